import type { Dtype } from '../schema/generated/types.js';
import { encodeElements } from '../tensor/elements.js';
import { INTEGER_LIMITS } from '../tensor/integer-limits.js';
import { unusable } from './faults.js';

/**
 * Values as little-endian elements; for integer types rounded to the nearest, halves up.
 *
 * @throws ModelconvError `E_CALIBRATION_INVALID` when a value is beyond an integer type.
 */
export function encodeSample(dtype: Dtype, values: Float64Array): Buffer {
  const limits = INTEGER_LIMITS[dtype];
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
