import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Dtype } from '../../src/schema/generated/types.js';
import {
  decodeElements,
  elementBytes,
  encodeElements,
  isNumeric,
} from '../../src/tensor/elements.js';

const NUMERIC = {
  float64: 8,
  float32: 4,
  float16: 2,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  uint64: 8,
  uint32: 4,
  uint16: 2,
  uint8: 1,
  bool: 1,
} as const;
const OTHERS: readonly Dtype[] = [
  'string',
  'unknown',
  'bfloat16',
  'complex64',
  'complex128',
  'int4',
  'uint4',
  'float8e5m2',
];

const encode = (dtype: Dtype, values: readonly number[]): Buffer => {
  const rest = values.values();
  return encodeElements(dtype, values.length, () => rest.next().value ?? 0);
};

it.each(Object.entries(NUMERIC))('%s takes %i bytes', (dtype, bytes) => {
  expect(elementBytes(dtype as Dtype)).toBe(bytes);
  expect(isNumeric(dtype as Dtype)).toBe(true);
});

it.each(OTHERS)('%s is no number here', (dtype) => {
  expect(isNumeric(dtype)).toBe(false);
  expect(() => elementBytes(dtype)).toThrow(RangeError);
  expect(() => decodeElements(dtype, Buffer.alloc(8))).toThrow(RangeError);
  expect(() => encodeElements(dtype, 1, () => 0)).toThrow(RangeError);
});

describe('elements are little-endian', () => {
  it.each([
    ['float64', 1.5, '000000000000f83f'],
    ['float32', -2, '000000c0'],
    ['float16', 1, '003c'],
    ['int64', -2, 'feffffffffffffff'],
    ['int32', 258, '02010000'],
    ['int16', -1, 'ffff'],
    ['int8', -128, '80'],
    ['uint64', 258, '0201000000000000'],
    ['uint32', 4_294_967_295, 'ffffffff'],
    ['uint16', 258, '0201'],
    ['uint8', 255, 'ff'],
    ['bool', 1, '01'],
  ] as const)('%s %d is %s', (dtype, value, hex) => {
    expect(encode(dtype, [value]).toString('hex')).toBe(hex);
    expect([...decodeElements(dtype, Buffer.from(hex, 'hex'))]).toEqual([value]);
  });
});

it('what is written is read back', () => {
  const ranges: readonly (readonly [Dtype, number, number])[] = [
    ['int64', -Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
    ['uint64', 0, Number.MAX_SAFE_INTEGER],
    ['int32', -(2 ** 31), 2 ** 31 - 1],
    ['uint32', 0, 2 ** 32 - 1],
    ['int16', -32_768, 32_767],
    ['uint8', 0, 255],
  ];
  for (const [dtype, min, max] of ranges) {
    fc.assert(
      fc.property(fc.array(fc.integer({ min, max })), (values) => {
        expect([...decodeElements(dtype, encode(dtype, values))]).toEqual(values);
      }),
      { numRuns: 30 },
    );
  }
  fc.assert(
    fc.property(fc.array(fc.double()), (values) => {
      expect([...decodeElements('float64', encode('float64', values))]).toEqual(values);
    }),
  );
});

it('a part of a larger buffer is read from its own start', () => {
  const whole = encode('float32', [1, 2, 3]);
  expect([...decodeElements('float32', whole.subarray(4))]).toEqual([2, 3]);
});

it('bytes that do not make a whole element are left out', () => {
  expect([...decodeElements('int16', Buffer.from([1, 0, 9]))]).toEqual([1]);
});

it('no elements are no bytes', () => {
  expect(encode('float32', [])).toHaveLength(0);
  expect(decodeElements('float32', Buffer.alloc(0))).toHaveLength(0);
});
