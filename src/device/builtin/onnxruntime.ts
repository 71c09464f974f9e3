import type { Device } from '../../schema/generated/types.js';
import { ONNXRUNTIME_VERSIONS } from './runtime-versions.js';

/** Precisions that ONNX Runtime's CPU kernels compute in; fp16 and int4 are computed through fp32. */
const ORT_PRECISIONS: Device['precisions'] = ['fp32', 'fp64', 'fp16', 'int8', 'int4', 'mixed'];

const ORT_ANYWHERE: Device = {
  name: 'onnxruntime-cpu',
  description:
    'Any machine with a full build of ONNX Runtime; takes ONNX as it is, or the ORT format.',
  class: 'edge',
  stack: { kind: 'onnxruntime', knownVersions: ONNXRUNTIME_VERSIONS },
  formats: ['onnx', 'ort'],
  precisions: ORT_PRECISIONS,
  references: [
    'https://onnxruntime.ai/docs/performance/model-optimizations/ort-format-models.html',
  ],
};

/** A reduced or mobile build of ONNX Runtime: ORT format alone. */
const ORT_MOBILE: Omit<Device, 'name'> = {
  stack: { kind: 'onnxruntime', knownVersions: ONNXRUNTIME_VERSIONS },
  formats: ['ort'],
  precisions: ORT_PRECISIONS,
  references: ['https://onnxruntime.ai/docs/build/custom.html'],
};

/** Devices with ONNX Runtime. */
export const ONNXRUNTIME_DEVICES: readonly Device[] = [
  ORT_ANYWHERE,
  {
    ...ORT_MOBILE,
    name: 'onnxruntime-mobile',
    class: 'terminal',
    description:
      'A phone or board with a reduced build of ONNX Runtime, which takes the ORT format alone.',
  },
  {
    ...ORT_MOBILE,
    name: 'android-arm64',
    class: 'terminal',
    arch: 'arm64',
    os: 'android',
    description: 'An Android phone with ONNX Runtime.',
  },
  {
    ...ORT_MOBILE,
    name: 'ios-arm64',
    class: 'terminal',
    arch: 'arm64',
    os: 'ios',
    description: 'An iPhone or iPad with ONNX Runtime.',
  },
  {
    ...ORT_MOBILE,
    name: 'raspberry-pi-zero-2-w',
    class: 'edge',
    vendor: 'Raspberry Pi',
    soc: 'RP3A0',
    arch: 'arm64',
    os: 'linux',
    description: 'Raspberry Pi Zero 2 W (4 x Cortex-A53, 512 MB) with ONNX Runtime.',
    references: ['https://www.raspberrypi.com/documentation/computers/processors.html'],
  },
  {
    ...ORT_MOBILE,
    name: 'raspberry-pi-3',
    class: 'edge',
    vendor: 'Raspberry Pi',
    soc: 'BCM2837',
    arch: 'arm64',
    os: 'linux',
    description: 'Raspberry Pi 3 (4 x Cortex-A53) with ONNX Runtime.',
    references: ['https://www.raspberrypi.com/documentation/computers/processors.html'],
  },
  {
    ...ORT_MOBILE,
    name: 'raspberry-pi-4',
    class: 'edge',
    vendor: 'Raspberry Pi',
    soc: 'BCM2711',
    arch: 'arm64',
    os: 'linux',
    cpuFeatures: ['asimd'],
    description: 'Raspberry Pi 4 (4 x Cortex-A72) with ONNX Runtime.',
    references: ['https://www.raspberrypi.com/documentation/computers/processors.html'],
  },
  {
    ...ORT_MOBILE,
    name: 'raspberry-pi-5',
    class: 'edge',
    vendor: 'Raspberry Pi',
    soc: 'BCM2712',
    arch: 'arm64',
    os: 'linux',
    cpuFeatures: ['asimd', 'asimddp', 'fphp', 'asimdhp'],
    description: 'Raspberry Pi 5 (4 x Cortex-A76) with ONNX Runtime.',
    references: ['https://www.raspberrypi.com/documentation/computers/processors.html'],
  },
];
