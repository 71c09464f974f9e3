import type { Device } from '../../schema/generated/types.js';
import { ESP_DL_VERSIONS, ETHOS_U_VERSIONS, NNCASE_1 } from './runtime-versions.js';

const VELA = 'https://pypi.org/project/ethos-u-vela/5.2.0/';
const DRIVER = 'https://arm-software.github.io/CMSIS-Ethos-U/main/driver/index.html';

/** What Vela compiles for, and where Arm or the kernel says that it computes in 8 and 16 bit integers. */
const ETHOS_U = [
  { npu: 'u55', macs: [32, 64, 128, 256], source: 'https://pypi.org/project/ethos-u-vela/1.2.0/' },
  {
    npu: 'u65',
    macs: [256, 512],
    source: 'https://kernel.org/doc/Documentation/devicetree/bindings/npu/arm%2Cethos.yaml',
  },
  {
    npu: 'u85',
    macs: [128, 256, 512, 1024, 2048],
    source: 'https://kernel.org/doc/Documentation/devicetree/bindings/npu/arm%2Cethos.yaml',
  },
] as const;

/** One for each configuration: a file that Vela made for one of them runs on no other. */
const ETHOS_U_DEVICES: readonly Device[] = ETHOS_U.flatMap(({ npu, macs, source }) =>
  macs.map((count): Device => {
    const name = `ethos-${npu}-${count}`;
    const title = `Ethos-${npu.toUpperCase()}`;
    return {
      name,
      vendor: 'Arm',
      class: 'terminal',
      soc: name,
      npu: `Arm ${title}, ${count} MACs per cycle`,
      stack: { kind: 'ethos-u', knownVersions: ETHOS_U_VERSIONS },
      formats: ['vela-tflite'],
      precisions: ['int8', 'int16'],
      description: `A chip with an Arm ${title} of ${count} MACs: quantized TFLite models that Vela compiled.`,
      references: [VELA, source, DRIVER],
    };
  }),
);

/** Files of one chip give other results on another: they round in different ways. */
const ESPRESSIF = {
  vendor: 'Espressif',
  class: 'terminal',
  stack: { kind: 'esp-dl', knownVersions: ESP_DL_VERSIONS },
  formats: ['espdl'],
  precisions: ['int8', 'int16', 'mixed'],
} as const satisfies Partial<Device>;

const ESP_DL = [
  'https://docs.espressif.com/projects/esp-dl/en/latest/tutorials/how_to_quantize_model.html',
  'https://docs.espressif.com/projects/esp-dl/zh_CN/latest/tutorials/how_to_quantize_model.html',
  'https://github.com/espressif/esp-dl/releases/tag/v3.3.14',
];

/** Microcontrollers. No adapter makes files for them yet. */
export const MICROCONTROLLER_DEVICES: readonly Device[] = [
  ...ETHOS_U_DEVICES,
  {
    ...ESPRESSIF,
    name: 'esp32-s3',
    soc: 'esp32s3',
    cpu: '2 x Xtensa LX7, 240 MHz, vector instructions',
    description: 'Espressif ESP32-S3 with ESP-DL.',
    references: [...ESP_DL, 'https://www.espressif.com/en/products/socs/esp32-s3'],
  },
  {
    ...ESPRESSIF,
    name: 'esp32-p4',
    soc: 'esp32p4',
    cpu: '2 x 32-bit RISC-V, 400 MHz',
    description: 'Espressif ESP32-P4 with ESP-DL.',
    references: [
      ...ESP_DL,
      'https://docs.zephyrproject.org/latest/boards/espressif/common/soc-esp32p4-features.html',
    ],
  },
  {
    name: 'k210',
    vendor: 'Kendryte',
    class: 'terminal',
    soc: 'k210',
    cpu: '2 x 64-bit RISC-V',
    npu: 'KPU',
    stack: { kind: 'nncase', knownVersions: NNCASE_1 },
    formats: ['kmodel'],
    precisions: ['int8'],
    description: 'Kendryte K210 with nncase; its KPU has room for parameters of 5 to 5.9 MiB.',
    references: [
      'https://www.manualshelf.com/manual/seeed-studio/114991695/datasheet-english.html',
      'https://github.com/kendryte/nncase',
    ],
  },
];
