import type { PythonToolchain } from '../../toolchain/python-toolchain.js';

/** onnx2tf with TensorFlow, which quantizes, and LiteRT, which runs the result. */
export const toolchain: PythonToolchain = {
  name: 'tflite',
  tool: 'onnx2tf',
  distribution: 'onnx2tf',
  variable: 'MODELCONV_TFLITE',
  executables: ['onnx2tf'],
  license: 'MIT (TensorFlow and LiteRT: Apache-2.0)',
  releases: [
    {
      version: '2.6.9',
      python: ['3.12', '3.13'],
      lock: new URL('./locks/2.6.9.txt', import.meta.url),
      imports: ['onnx2tf', 'tensorflow', 'tf_keras', 'ai_edge_litert'],
      sizeBytes: 2_700_000_000,
    },
  ],
};
