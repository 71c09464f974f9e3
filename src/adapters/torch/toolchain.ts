import type { PythonToolchain } from '../../toolchain/python-toolchain.js';

/** PyTorch. Any environment that holds it will do: other converters bring it along. */
export const toolchain: PythonToolchain = {
  name: 'torch',
  tool: 'PyTorch',
  distribution: 'torch',
  variable: 'MODELCONV_TORCH',
  executables: ['torchrun'],
  license: 'BSD-3-Clause',
  isShared: true,
  releases: [
    {
      version: '2.13.0',
      python: ['3.11', '3.12'],
      lock: new URL('./locks/2.13.0.txt', import.meta.url),
      imports: ['torch', 'numpy'],
      sizeBytes: 960_000_000,
      usesPip: true,
    },
  ],
};
