import type { PythonToolchain } from '../../toolchain/python-toolchain.js';

/** pnnx, the converter of ncnn, and ncnn's runtime. The version is that of pnnx: a date. */
export const toolchain: PythonToolchain = {
  name: 'ncnn',
  tool: 'pnnx',
  distribution: 'pnnx',
  variable: 'MODELCONV_NCNN',
  executables: ['pnnx'],
  license: 'BSD-3-Clause',
  releases: [
    {
      version: '20261020',
      python: ['3.11', '3.12', '3.13', '3.10'],
      lock: new URL('./locks/20261020.txt', import.meta.url),
      imports: ['ncnn', 'numpy'],
      sizeBytes: 215_000_000,
    },
  ],
};
