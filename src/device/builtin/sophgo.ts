import type { Device } from '../../schema/generated/types.js';
import { LIBSOPHON_VERSIONS } from './runtime-versions.js';

const TPU_MLIR = 'https://github.com/sophgo/tpu-mlir';
const TERMS =
  'https://doc.sophgo.com/sdk-docs/v24.04.01/docs_latest_release/docs/SophonSDK_doc/en/html/2_Term_Definitions.html';
const SAMPLES = 'https://github.com/sophgo/sophon-demo/blob/release/sample/DeepSORT/README.md';

/** Processors for boxes and cards: they run `.bmodel` files of BMRuntime, each made for one of them. */
const BM = {
  vendor: 'Sophgo',
  class: 'edge',
  os: 'linux',
  stack: { kind: 'bmruntime' },
  formats: ['bmodel'],
} as const satisfies Partial<Device>;

const LIBSOPHON = { kind: 'bmruntime', knownVersions: LIBSOPHON_VERSIONS } as const;

/** Camera chips: `.cvimodel` files, int8 or bf16 (TPU-MLIR, "CV18XX Guidance"). */
const CV = {
  vendor: 'Sophgo',
  class: 'terminal',
  os: 'linux',
  stack: { kind: 'cviruntime' },
  formats: ['cvimodel'],
  precisions: ['int8', 'bf16'],
} as const satisfies Partial<Device>;

/** Processors of Sophgo. No adapter makes files for them yet. */
export const SOPHGO_DEVICES: readonly Device[] = [
  {
    ...BM,
    name: 'bm1684',
    stack: LIBSOPHON,
    soc: 'bm1684',
    npu: 'Sophgo TPU, 17.6 TOPS int8',
    precisions: ['int8', 'fp32'],
    description: 'Sophgo BM1684 (8 x Cortex-A53), in boxes and on cards.',
    references: ['https://intl.sienovo.cn/blog/139362634', SAMPLES, TPU_MLIR],
  },
  {
    ...BM,
    name: 'bm1684x',
    stack: LIBSOPHON,
    soc: 'bm1684x',
    npu: 'Sophgo TPU, 32 TOPS int8',
    precisions: ['int8', 'fp16', 'fp32'],
    description: 'Sophgo BM1684X (Cortex-A53), in boxes and on cards.',
    references: ['https://www.iotdt.com/news/chanpingxunxi/1727.html', SAMPLES, TERMS, TPU_MLIR],
  },
  {
    ...BM,
    name: 'bm1688',
    soc: 'bm1688',
    npu: 'Sophgo TPU',
    precisions: ['int8', 'fp16', 'fp32'],
    description: 'Sophgo BM1688, in boxes.',
    references: [SAMPLES, TERMS, TPU_MLIR],
  },
  {
    ...BM,
    name: 'cv186x',
    soc: 'cv186x',
    npu: 'Sophgo TPU, 7.2 TOPS int8',
    precisions: ['int8', 'fp16'],
    description: 'Sophgo CV186AH (6 x Cortex-A53): the smaller one of the generation of BM1688.',
    references: ['https://www.iotdt.com/news/xingyezixun/1943.html', TERMS, TPU_MLIR],
  },
  {
    ...CV,
    name: 'cv180x',
    soc: 'cv180x',
    npu: 'Sophgo TPU',
    description: 'Sophgo CV180x camera chips.',
    references: [TPU_MLIR],
  },
  {
    ...CV,
    name: 'cv181x',
    soc: 'cv181x',
    npu: 'Sophgo TPU, 0.5 TOPS int8 (SG2000)',
    description: 'Sophgo CV1810C to CV1812H camera chips, and the SG2000.',
    references: ['https://doc.embedfire.com/linux/sg2000/tpu/zh/latest/tpu/tpu.html', TPU_MLIR],
  },
  {
    ...CV,
    name: 'cv182x',
    soc: 'cv182x',
    npu: 'Sophgo TPU',
    description: 'Sophgo CV182x camera chips.',
    references: [TPU_MLIR],
  },
  {
    ...CV,
    name: 'cv183x',
    soc: 'cv183x',
    npu: 'Sophgo TPU',
    description: 'Sophgo CV183x camera chips.',
    references: [TPU_MLIR],
  },
];
