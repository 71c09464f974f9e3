import { expect, it } from 'vitest';
import { match } from '../../src/device/match.js';

it.each([
  ['rk3588', 'RK3588', true],
  ['rk3588', 'rk3588s', true],
  ['rk3588s', 'rk3588', true],
  ['rk3588', 'rk3576', false],
  ['constructor', 'rk3588', false],
])('a file for %s on a device with %s: %s', (file, soc, fits) => {
  const { matches } = match({ format: 'rknn', soc: file }, { name: 'camera', soc });
  expect(matches).toBe(fits);
});
