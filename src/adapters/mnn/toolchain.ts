import type { PythonToolchain } from '../../toolchain/python-toolchain.js';

/** MNN's converter and runtime. */
export const toolchain: PythonToolchain = {
  name: 'mnn',
  tool: 'MNN',
  distribution: 'MNN',
  variable: 'MODELCONV_MNN',
  executables: ['mnnconvert'],
  license: 'Apache-2.0',
  releases: [
    {
      version: '3.6.1',
      python: ['3.11', '3.12', '3.13', '3.10'],
      lock: new URL('./locks/3.6.1.txt', import.meta.url),
      imports: ['MNN', '_tools'],
      sizeBytes: 160_000_000,
    },
    {
      version: '3.2.0',
      python: ['3.11', '3.12', '3.10'],
      lock: new URL('./locks/3.2.0.txt', import.meta.url),
      imports: ['MNN', '_tools'],
      sizeBytes: 140_000_000,
    },
  ],
  unlocked: { python: ['3.10', '3.11', '3.12'], beside: ['numpy'], oldest: '3.0.0' },
};
