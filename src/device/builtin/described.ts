import type { Device } from '../../schema/generated/types.js';
import {
  CANN_VERSIONS,
  HAILORT_4,
  HAILORT_5,
  NANO_TENSORRT,
  ORIN_TENSORRT,
  XAVIER_TENSORRT,
} from './runtime-versions.js';

const GRAPH_ENGINE =
  'https://github.com/hicann/ge/tree/master/docs/zh/user_guides/atc_tools/CLI_options';

/** What Ascend processors have in common: they run `.om` files of CANN. */
const ASCEND = {
  vendor: 'Huawei',
  os: 'linux',
  stack: { kind: 'cann', knownVersions: CANN_VERSIONS },
  formats: ['ascend-om'],
  precisions: ['fp16', 'fp32', 'int8'],
} as const satisfies Partial<Device>;

const ASCEND_DEVICES: readonly Device[] = [
  {
    ...ASCEND,
    name: 'ascend310',
    class: 'edge',
    soc: 'ascend310',
    npu: 'Ascend 310',
    description: 'Huawei Ascend 310 (Atlas 200, 300 and 500), in boxes and on cards.',
    references: [
      'https://www.hiascend.com/document/detail/zh/CANNCommunityEdition/82RC1alpha003/devaids/atctool/atlasatcparam_16_0036.html',
      GRAPH_ENGINE,
    ],
  },
  {
    ...ASCEND,
    name: 'ascend310b1',
    class: 'edge',
    soc: 'ascend310b1',
    arch: 'arm64',
    npu: 'Ascend 310B',
    description:
      'Huawei Ascend 310B (Atlas 200I A2); `npu-smi info` tells which suffix a board has.',
    references: [
      'https://www.hiascend.com/doc_center/source/zh/canncommercial/62RC1/inferapplicationdev/atctool/atctool_000066.html',
      GRAPH_ENGINE,
    ],
  },
  {
    ...ASCEND,
    name: 'ascend310p3',
    class: 'cloud',
    soc: 'ascend310p3',
    npu: 'Ascend 310P',
    description: 'Huawei Ascend 310P3 (Atlas 300I Pro), a card for servers.',
    references: [
      'https://hiascend.com/document/detail/zh/canncommercial/63RC1/inferapplicationdev/atctool/atctool_000065.html',
      GRAPH_ENGINE,
    ],
  },
];

/** Engines are built on the machine that runs them: modelconv has to run there. */
const JETSON = {
  class: 'edge',
  vendor: 'NVIDIA',
  arch: 'arm64',
  os: 'linux',
  formats: ['tensorrt-engine'],
} as const satisfies Partial<Device>;

const NVIDIA_DEVICES: readonly Device[] = [
  {
    ...JETSON,
    name: 'jetson-nano',
    npu: 'Maxwell GPU, 128 CUDA cores',
    stack: { kind: 'tensorrt', knownVersions: NANO_TENSORRT },
    precisions: ['fp16', 'fp32'],
    description: 'NVIDIA Jetson Nano with JetPack 4; its GPU does not compute in int8.',
    references: [
      'https://github.com/kentaroy47/benchmark-FP32-FP16-INT8-with-TensorRT',
      'https://cpu-gpu.alldbin.com/graphics-card-comparison/Jetson-TX2-GPU-and-Jetson-Nano-comparison.html',
    ],
  },
  {
    ...JETSON,
    name: 'jetson-xavier',
    soc: 'xavier',
    npu: 'Volta GPU with tensor cores',
    stack: { kind: 'tensorrt', knownVersions: XAVIER_TENSORRT },
    precisions: ['fp16', 'fp32', 'int8'],
    description:
      'NVIDIA Jetson AGX Xavier or Xavier NX with JetPack; engines load only on the module that built them.',
    references: [
      'https://gist.github.com/discort/2213fcd6a2d408e930d3b53334332f9d',
      'https://forums.developer.nvidia.com/t/same-memory-usage-for-fp16-and-int8/183338',
    ],
  },
  {
    name: 'jetson-orin',
    class: 'edge',
    vendor: 'NVIDIA',
    soc: 'orin',
    arch: 'arm64',
    os: 'linux',
    npu: 'Ampere GPU, 40 to 275 TOPS int8 (sparse)',
    stack: { kind: 'tensorrt', knownVersions: ORIN_TENSORRT },
    formats: ['tensorrt-engine'],
    precisions: ['fp16', 'fp32', 'int8'],
    description:
      'NVIDIA Jetson Orin with JetPack; engines load only on the module that built them.',
    references: [
      'https://docs.nvidia.com/deeplearning/tensorrt/11.3.0/getting-started/support-matrix.html',
      'https://github.com/icub-tech-iit/cad-libraries/files/13056089/JETSON-ORIN-NX-DATASHEET.pdf',
    ],
  },
];

const QUALCOMM_TOOLS =
  'https://docs.qualcomm.com/bundle/publicresource/80-63442-10/topics/SNPE_general_tools.md';
const QUALCOMM_CHIPS =
  'https://github.com/pytorch/executorch/blob/main/backends/qualcomm/serialization/qc_schema.py';

/** Chips with a Hexagon tensor processor: it computes in integers and fp16. */
const QUALCOMM = {
  vendor: 'Qualcomm',
  arch: 'arm64',
  stack: { kind: 'qairt' },
  formats: ['qualcomm-dlc'],
  precisions: ['int8', 'fp16'],
  references: [QUALCOMM_TOOLS, QUALCOMM_CHIPS],
} as const satisfies Partial<Device>;

const QUALCOMM_DEVICES: readonly Device[] = [
  {
    ...QUALCOMM,
    name: 'sm8650',
    class: 'terminal',
    soc: 'sm8650',
    npu: 'Hexagon v75',
    os: 'android',
    description: 'Qualcomm Snapdragon 8 Gen 3.',
  },
  {
    ...QUALCOMM,
    name: 'sm8550',
    class: 'terminal',
    soc: 'sm8550',
    npu: 'Hexagon v73',
    os: 'android',
    description: 'Qualcomm Snapdragon 8 Gen 2.',
  },
  {
    ...QUALCOMM,
    name: 'qcs6490',
    class: 'edge',
    soc: 'qcs6490',
    npu: 'Hexagon v68',
    os: 'linux',
    description: 'Qualcomm QCS6490, in boards and cameras.',
  },
];

/** What Hailo's processors have in common: they run `.hef` files of HailoRT. */
const HAILO = {
  vendor: 'Hailo',
  class: 'edge',
  formats: ['hailo-hef'],
  precisions: ['int8'],
} as const satisfies Partial<Device>;

const HAILO_DEVICES: readonly Device[] = [
  {
    ...HAILO,
    name: 'hailo8',
    stack: { kind: 'hailort', knownVersions: HAILORT_4 },
    soc: 'hailo8',
    npu: '26 TOPS int8',
    description: 'Hailo-8, a processor beside a host.',
    references: [
      'https://community.hailo.ai/t/what-are-differences-between-hailo-8-and-hailo-8l/1675',
    ],
  },
  {
    ...HAILO,
    name: 'hailo8l',
    stack: { kind: 'hailort', knownVersions: HAILORT_4 },
    soc: 'hailo8l',
    npu: '13 TOPS int8',
    description: 'Hailo-8L, a processor beside a host; its files run on Hailo-8, too.',
    references: [
      'https://community.hailo.ai/t/what-are-differences-between-hailo-8-and-hailo-8l/1675',
    ],
  },
  {
    ...HAILO,
    name: 'hailo10h',
    stack: { kind: 'hailort', knownVersions: HAILORT_5 },
    soc: 'hailo10h',
    npu: '20 TOPS int8',
    description: 'Hailo-10H, a processor with memory of its own beside a host.',
    references: ['https://www.theregister.com/2024/04/10/hailo_10h_ai_chip/'],
  },
  {
    ...HAILO,
    name: 'hailo15h',
    stack: { kind: 'hailort', knownVersions: HAILORT_5 },
    soc: 'hailo15h',
    description: 'Hailo-15H, a camera chip.',
    references: ['https://github.com/hailo-ai/hailort'],
  },
];

/** Devices whose converters are described in documents (src/adapters/described/catalogue). */
export const DESCRIBED_DEVICES: readonly Device[] = [
  ...ASCEND_DEVICES,
  ...NVIDIA_DEVICES,
  ...QUALCOMM_DEVICES,
  ...HAILO_DEVICES,
];
