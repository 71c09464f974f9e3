import type { Device } from '../../schema/generated/types.js';
import {
  MNN_VERSIONS,
  NCNN_VERSIONS,
  OPENVINO_VERSIONS,
  TFLITE_VERSIONS,
} from './runtime-versions.js';

const OPENVINO_CPU: Device = {
  name: 'openvino-cpu',
  description: 'A computer whose processor runs OpenVINO.',
  class: 'edge',
  stack: { kind: 'openvino', knownVersions: OPENVINO_VERSIONS },
  formats: ['openvino-ir'],
  precisions: ['fp32', 'fp16', 'int8', 'bf16', 'fp64', 'int4', 'mixed'],
  references: [
    'https://docs.openvino.ai/2026/documentation/compatibility-and-support/supported-devices.html',
  ],
};

const TFLITE_CPU: Device = {
  name: 'tflite-cpu',
  description: 'A phone, board or computer whose processor runs TensorFlow Lite (LiteRT).',
  class: 'edge',
  stack: { kind: 'tflite', knownVersions: TFLITE_VERSIONS },
  formats: ['tflite'],
  precisions: ['fp32', 'fp16', 'int8', 'int16', 'mixed'],
  references: [
    'https://ai.google.dev/edge/litert/conversion/tensorflow/quantization/model_optimization',
  ],
};

const NCNN_CPU: Device = {
  name: 'ncnn-cpu',
  description: 'A phone or board whose processor runs ncnn.',
  class: 'terminal',
  stack: { kind: 'ncnn', knownVersions: NCNN_VERSIONS },
  formats: ['ncnn'],
  precisions: ['fp32', 'fp16', 'bf16', 'int8'],
  references: ['https://github.com/Tencent/ncnn'],
};

const MNN_CPU: Device = {
  name: 'mnn-cpu',
  description: 'A phone or board whose processor runs MNN.',
  class: 'terminal',
  stack: { kind: 'mnn', knownVersions: MNN_VERSIONS },
  formats: ['mnn'],
  precisions: ['fp32', 'fp16', 'bf16', 'int8', 'int4', 'mixed'],
  references: ['https://github.com/alibaba/MNN'],
};

const PHONES = [
  { system: 'android', name: 'An Android phone' },
  { system: 'ios', name: 'An iPhone or iPad' },
] as const;

/** Runtimes for phones beside ONNX Runtime, and where they say that they run on both. */
const PHONE_RUNTIMES = [
  {
    base: TFLITE_CPU,
    runtime: 'TensorFlow Lite (LiteRT)',
    source: 'https://ai.google.dev/edge/litert',
  },
  { base: NCNN_CPU, runtime: 'ncnn', source: 'https://github.com/Tencent/ncnn' },
  { base: MNN_CPU, runtime: 'MNN', source: 'https://github.com/alibaba/MNN' },
] as const;

const PHONE_DEVICES: readonly Device[] = PHONES.flatMap(({ system, name }) =>
  PHONE_RUNTIMES.map(({ base, runtime, source }) => ({
    ...base,
    name: `${system}-arm64-${base.stack?.kind}`,
    class: 'terminal' as const,
    arch: 'arm64',
    os: system,
    description: `${name} whose processor runs ${runtime}.`,
    references: [...new Set([source, ...(base.references ?? [])])],
  })),
);

/** Any machine whose processor runs the models of one runtime. What it computes in is what the kernels of that runtime do. */
export const CPU_DEVICES: readonly Device[] = [
  OPENVINO_CPU,
  {
    ...OPENVINO_CPU,
    name: 'openvino-x64',
    arch: 'x64',
    description: 'A computer with an x86-64 processor that runs OpenVINO.',
  },
  TFLITE_CPU,
  NCNN_CPU,
  MNN_CPU,
  ...PHONE_DEVICES,
];
