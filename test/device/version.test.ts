import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareVersions } from '../../src/device/version.js';

describe('older versions come first', () => {
  it.each([
    ['1.9', '1.10'],
    ['1.9.9', '2'],
    ['0.9', '1'],
    ['1.2.0', '1.2.1'],
    ['1.2', '1.2.1'],
    ['2023.3', '2024.0'],
    ['1.2.0rc1', '1.2.0'],
    ['1.2.0-beta', '1.2.0'],
    ['1.2.0-alpha', '1.2.0-beta'],
    ['1.1.9', '1.2.0rc1'],
    ['1.24.0', '1.24.1'],
    ['v1.9', '1.10'],
    ['9007199254740991', '9007199254740992.1'],
    ['unknown', '1.0'],
    ['5.10.104', '5.10.104-tegra'],
    ['8.5.2', '8.5.2-1'],
    ['2.3.0.dev1', '2.3.0'],
  ])('%s before %s', (older, newer) => {
    expect(compareVersions(older, newer)).toBeLessThan(0);
    expect(compareVersions(newer, older)).toBeGreaterThan(0);
  });
});

describe('equal versions', () => {
  it.each([
    ['1.2.3', '1.2.3'],
    ['1.2', '1.2.0'],
    ['1', '1.0.0.0'],
    ['v1.2', '1.2'],
    ['01.02', '1.2'],
    ['1.30.0+cuda12', '1.30.0'],
    ['1.30.0+a', '1.30.0+b'],
  ])('%s and %s', (a, b) => {
    expect(compareVersions(a, b)).toBe(0);
    expect(compareVersions(b, a)).toBe(0);
  });
});

const version = fc
  .tuple(
    fc.array(fc.nat(12), { minLength: 1, maxLength: 4 }),
    fc.constantFrom('', 'rc1', '-beta', '+x'),
  )
  .map(([numbers, rest]) => numbers.join('.') + rest);

it('the order is the same from both sides', () => {
  fc.assert(
    fc.property(version, version, (a, b) => {
      expect(Math.sign(compareVersions(a, b))).toBe(-Math.sign(compareVersions(b, a)) + 0);
    }),
  );
});

it('sorting does not depend on the order in which versions come', () => {
  fc.assert(
    fc.property(fc.array(version, { maxLength: 6 }), (versions) => {
      const once = versions.toSorted(compareVersions);
      const again = versions.toReversed().sort(compareVersions);
      expect(once.map((a, i) => compareVersions(a, again[i] ?? ''))).toEqual(once.map(() => 0));
    }),
  );
});
