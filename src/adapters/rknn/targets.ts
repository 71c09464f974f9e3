import { ModelconvError } from '../../errors.js';
import type { Device } from '../../schema/generated/types.js';
import { didYouMean } from '../../schema/nearest.js';

/** Values of the toolkit's `target_platform` that compile and can be simulated. */
const TARGETS = [
  'rk3588',
  'rk3588s',
  'rk3576',
  'rk3566',
  'rk3568',
  'rk3562',
  'rv1103',
  'rv1106',
  'rv1103b',
  'rv1106b',
  'rv1126b',
] as const;
export type Target = (typeof TARGETS)[number];

/** They refuse `do_quantization=False` (2.5.0): "Current target_platform(rv1106) not support". */
const WITHOUT_FLOATS: readonly Target[] = ['rv1103', 'rv1106', 'rv1103b', 'rv1106b'];

/** NPUs of the generation before: real chips, so nothing else was meant. */
const OLDER: readonly string[] = ['rk1806', 'rk1808', 'rk3399pro', 'rv1109', 'rv1126'];

/** Whether the NPU computes in fp16. */
export function hasFloats(target: Target): boolean {
  return !WITHOUT_FLOATS.includes(target);
}

/**
 * The target that a device's system on chip is.
 *
 * @throws ModelconvError `E_NOT_CONVERTIBLE` when it is none that the toolkit compiles for.
 */
export function targetOf(device: Device): Target {
  if (device.soc === undefined)
    throw new ModelconvError('E_NOT_CONVERTIBLE', {
      what: `${device.name} does not say which system on chip it has`,
      why: 'an RKNN file is compiled for one chip and loads on no other',
      next: `give the device soc: NAME, one of ${TARGETS.join(', ')}`,
    });
  const soc = device.soc.toLowerCase();
  const target = TARGETS.find((name) => name === soc);
  if (target !== undefined) return target;
  const isOlder = OLDER.includes(soc);
  throw new ModelconvError('E_NOT_CONVERTIBLE', {
    what: `RKNN-Toolkit2 does not compile for ${device.soc}, the chip of ${device.name}.${isOlder ? '' : didYouMean(soc, TARGETS)}`,
    why: `it compiles for ${TARGETS.join(', ')}`,
    next: isOlder
      ? 'use RKNN-Toolkit 1, which is another tool with another format'
      : 'correct soc of the device',
  });
}
