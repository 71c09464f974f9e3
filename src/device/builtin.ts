import type { Device } from '../schema/generated/types.js';
import { CPU_DEVICES } from './builtin/cpu.js';
import { DESCRIBED_DEVICES } from './builtin/described.js';
import { MICROCONTROLLER_DEVICES } from './builtin/microcontrollers.js';
import { ONNXRUNTIME_DEVICES } from './builtin/onnxruntime.js';
import { ROCKCHIP_DEVICES } from './builtin/rockchip.js';
import { SOPHGO_DEVICES } from './builtin/sophgo.js';

/**
 * Kinds of devices that every inventory starts from; a device of your own `extends` one of them.
 * `local` is not here: it is probed.
 */
export const BUILTIN_DEVICES: readonly Device[] = [
  ...ONNXRUNTIME_DEVICES,
  ...CPU_DEVICES,
  ...ROCKCHIP_DEVICES,
  ...DESCRIBED_DEVICES,
  ...SOPHGO_DEVICES,
  ...MICROCONTROLLER_DEVICES,
];
