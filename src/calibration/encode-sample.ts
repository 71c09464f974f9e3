import type { Dtype } from '../schema/generated/types.js';
import { encodeElements } from '../tensor/elements.js';
import { unusable } from './faults.js';

/** Least and greatest value of the types that do not take every number. */
const LIMITS: Readonly<Partial<Record<Dtype, readonly [number, number]>>> = {
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  int16: [-(2 ** 15), 2 ** 15 - 1],
  int8: [-128, 127],
  uint64: [0, Number.MAX_SAFE_INTEGER],
  uint32: [0, 2 ** 32 - 1],
  uint16: [0, 2 ** 16 - 1],
  uint8: [0, 255],
  bool: [0, 1],
};

/**
 * Values as little-endian elements; for integer types rounded to the nearest, halves up.
 *
 * @throws ModelconvError `E_CALIBRATION_INVALID` when a value is beyond an integer type.
 */
export function encodeSample(dtype: Dtype, values: Float64Array): Buffer {
  const limits = LIMITS[dtype];
  let i = 0;
  if (limits === undefined) return encodeElements(dtype, values.length, () => values[i++] ?? 0);
  const [least, greatest] = limits;
  return encodeElements(dtype, values.length, () => {
    const value = Math.floor((values[i++] ?? 0) + 0.5);
    if (value >= least && value <= greatest) return value;
    throw unusable(
      `its value ${values[i - 1]} does not fit into ${dtype}: check mean, scale and range`,
    );
  });
}
