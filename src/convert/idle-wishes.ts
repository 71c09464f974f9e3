import type { CheckedRequest } from '../request/checked-request.js';

/** What was asked for a conversion that does not take place: nothing is passed over in silence. */
export function idleWishes({
  options,
  device,
  askedToolchain,
  calibration,
  layers,
}: CheckedRequest): string[] {
  const byDevice = device.converter?.options ?? {};
  const idle = Object.keys(options).filter((name) => options[name] !== byDevice[name]);
  return [
    ...(idle.length === 0 ? [] : [`these options had no effect: ${idle.join(', ')}`]),
    ...(askedToolchain === undefined ? [] : [`--toolchain ${askedToolchain} had no effect`]),
    ...(calibration === undefined ? [] : ['the calibration data had no effect']),
    ...(layers ? ['--layers had no effect'] : []),
  ].map((what) => `nothing was converted, so ${what}`);
}
