import type { Device } from '../../schema/generated/types.js';

/** Any machine whose processor runs the models of one runtime. What it computes in is what the kernels of that runtime do. */
export const CPU_DEVICES: readonly Device[] = [
  {
    name: 'openvino-cpu',
    description: 'A computer whose processor runs OpenVINO.',
    class: 'edge',
    stack: { kind: 'openvino' },
    formats: ['openvino-ir'],
    precisions: ['fp32', 'fp16', 'int8', 'bf16', 'fp64', 'int4', 'mixed'],
    references: [
      'https://docs.openvino.ai/2026/documentation/compatibility-and-support/supported-devices.html',
    ],
  },
  {
    name: 'tflite-cpu',
    description: 'A phone, board or computer whose processor runs TensorFlow Lite (LiteRT).',
    class: 'edge',
    stack: { kind: 'tflite' },
    formats: ['tflite'],
    precisions: ['fp32', 'fp16', 'int8', 'int16', 'mixed'],
    references: [
      'https://ai.google.dev/edge/litert/conversion/tensorflow/quantization/model_optimization',
    ],
  },
  {
    name: 'ncnn-cpu',
    description: 'A phone or board whose processor runs ncnn.',
    class: 'terminal',
    stack: { kind: 'ncnn' },
    formats: ['ncnn'],
    precisions: ['fp32', 'fp16', 'bf16', 'int8'],
    references: ['https://github.com/Tencent/ncnn'],
  },
  {
    name: 'mnn-cpu',
    description: 'A phone or board whose processor runs MNN.',
    class: 'terminal',
    stack: { kind: 'mnn' },
    formats: ['mnn'],
    precisions: ['fp32', 'fp16', 'bf16', 'int8', 'int4', 'mixed'],
    references: ['https://github.com/alibaba/MNN'],
  },
];
