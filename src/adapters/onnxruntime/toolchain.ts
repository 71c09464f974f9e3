import type { PythonToolchain } from '../../toolchain/python-toolchain.js';

/** The quantizer of ONNX Runtime, which comes with its Python package alone. Nothing else here needs it. */
export const toolchain: PythonToolchain = {
  name: 'onnxruntime',
  tool: 'ONNX Runtime (Python)',
  distribution: 'onnxruntime',
  variable: 'MODELCONV_ONNXRUNTIME_PYTHON',
  executables: [],
  license: 'MIT',
  releases: [
    {
      version: '1.31.1',
      python: ['3.11', '3.12', '3.13'],
      lock: new URL('./locks/1.31.1.txt', import.meta.url),
      imports: ['onnxruntime.quantization', 'onnx', 'sympy'],
      sizeBytes: 290_000_000,
    },
  ],
};
