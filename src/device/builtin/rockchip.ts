import type { Device } from '../../schema/generated/types.js';
import { RKNN_VERSIONS } from './runtime-versions.js';

const TOOLKIT = 'https://github.com/airockchip/rknn-toolkit2';

/** What all of them have in common: the NPU runs `.rknn` files of librknnrt, and nothing else. */
const ROCKCHIP = {
  vendor: 'Rockchip',
  os: 'linux',
  stack: { kind: 'rknn', knownVersions: RKNN_VERSIONS },
  formats: ['rknn'],
} as const satisfies Partial<Device>;

/** Chips with 64-bit cores, in boards and boxes; their NPU computes in fp16 as well. */
const EDGE = {
  ...ROCKCHIP,
  class: 'edge',
  arch: 'arm64',
  precisions: ['int8', 'fp16'],
} as const satisfies Partial<Device>;

/** Camera chips with 32-bit cores. RKNN-Toolkit2 2.5.0 refuses everything but quantized models for them. */
const CAMERA = {
  ...ROCKCHIP,
  class: 'terminal',
  arch: 'arm',
  precisions: ['int8'],
} as const satisfies Partial<Device>;

/** One for each chip that RKNN-Toolkit2 compiles for. */
export const ROCKCHIP_DEVICES: readonly Device[] = [
  {
    ...EDGE,
    name: 'rk3588',
    soc: 'rk3588',
    npu: 'RKNPU, 3 cores, 6 TOPS int8',
    description: 'Rockchip RK3588 (4 x Cortex-A76, 4 x Cortex-A55) with its NPU.',
    references: [
      'https://www.rock-chips.com/uploads/pdf/2022.8.26/192/RK3588%20Brief%20Datasheet.pdf',
      TOOLKIT,
    ],
  },
  {
    ...EDGE,
    name: 'rk3588s',
    // the toolkit takes rk3588s as a name and writes rk3588 into the file
    soc: 'rk3588',
    npu: 'RKNPU, 3 cores, 6 TOPS int8',
    description: 'Rockchip RK3588S, the RK3588 with fewer interfaces; it runs the same files.',
    references: [
      'https://www.rock-chips.com/a/en/products/RK35_Series/2022/0926/1660.html',
      TOOLKIT,
    ],
  },
  {
    ...EDGE,
    name: 'rk3576',
    soc: 'rk3576',
    npu: 'RKNPU, 6 TOPS int8',
    description: 'Rockchip RK3576 (4 x Cortex-A72, 4 x Cortex-A53) with its NPU.',
    references: ['https://cnblogs.com/armsom/p/18196724', TOOLKIT],
  },
  {
    ...EDGE,
    name: 'rk3568',
    soc: 'rk3568',
    npu: 'RKNPU, 1 TOPS int8',
    description: 'Rockchip RK3568 (4 x Cortex-A55) with its NPU.',
    references: [
      'https://www.rock-chips.com/uploads/pdf/2022.8.26/191/RK3568%20Brief%20Datasheet.pdf',
      TOOLKIT,
    ],
  },
  {
    ...EDGE,
    name: 'rk3566',
    soc: 'rk3566',
    npu: 'RKNPU, 0.8 TOPS int8',
    description: 'Rockchip RK3566 (4 x Cortex-A55) with its NPU.',
    references: [
      'https://www.rock-chips.com/uploads/pdf/2022.8.26/191/RK3566%20Brief%20Datasheet.pdf',
      TOOLKIT,
    ],
  },
  {
    ...EDGE,
    name: 'rk3562',
    soc: 'rk3562',
    npu: 'RKNPU, 1 TOPS int8',
    description: 'Rockchip RK3562 (4 x Cortex-A53) with its NPU.',
    references: [
      'https://cnx-software.com/2023/03/13/rockchip-showcases-rk3528-tv-box-soc-and-rk3562-tablet-soc',
      TOOLKIT,
    ],
  },
  {
    ...EDGE,
    class: 'terminal',
    name: 'rv1126b',
    soc: 'rv1126b',
    npu: 'RKNPU, 3 TOPS int8',
    description: 'Rockchip RV1126B camera chip (4 x Cortex-A53) with its NPU.',
    references: ['https://wiki.seeedstudio.com/recamera_pro_model_compatibility/', TOOLKIT],
  },
  {
    ...CAMERA,
    name: 'rv1103',
    soc: 'rv1103',
    npu: 'RKNPU, 0.5 TOPS int8',
    description: 'Rockchip RV1103 camera chip (Cortex-A7) with its NPU, which takes int8 alone.',
    references: [
      'https://raw.githubusercontent.com/steward-fu/website/gh-pages/mcu/luckfox-pico-mini-b_spec.htm',
      TOOLKIT,
    ],
  },
  {
    ...CAMERA,
    name: 'rv1106',
    soc: 'rv1106',
    npu: 'RKNPU, 0.5 TOPS int8',
    description: 'Rockchip RV1106 camera chip (Cortex-A7) with its NPU, which takes int8 alone.',
    references: [
      'https://www.rock-chips.com/uploads/pdf/2022.8.26/192/RV1106%20Brief%20Datasheet.pdf',
      'https://wiki.t-firefly.com/en/CT36L/usage_npu.html',
      TOOLKIT,
    ],
  },
  {
    ...CAMERA,
    name: 'rv1103b',
    soc: 'rv1103b',
    npu: 'RKNPU',
    description: 'Rockchip RV1103B camera chip with its NPU, which takes int8 alone.',
    references: [TOOLKIT],
  },
  {
    ...CAMERA,
    name: 'rv1106b',
    soc: 'rv1106b',
    npu: 'RKNPU',
    description: 'Rockchip RV1106B camera chip with its NPU, which takes int8 alone.',
    references: [TOOLKIT],
  },
];
