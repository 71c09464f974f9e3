import { describe, expect, it } from 'vitest';
import { fromFloat16Bits, toFloat16Bits } from '../../src/tensor/float16.js';

/** The value of a half by its definition in IEEE 754, written differently from the program. */
function halfOf(bits: number): number {
  const text = bits.toString(2).padStart(16, '0');
  const sign = text[0] === '1' ? -1 : 1;
  const exponent = Number.parseInt(text.slice(1, 6), 2);
  const fraction = Number.parseInt(text.slice(6), 2) / 1024;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -14 : sign * (1 + fraction) * 2 ** (exponent - 15);
}

it('all 65 536 patterns have the value that IEEE 754 gives them', () => {
  const wrong: number[] = [];
  for (let bits = 0; bits < 65_536; bits++)
    if (!Object.is(fromFloat16Bits(bits), halfOf(bits))) wrong.push(bits);
  expect(wrong).toEqual([]);
});

it('every half that is a number is written as it was read', () => {
  const wrong: number[] = [];
  for (let bits = 0; bits < 65_536; bits++) {
    const value = fromFloat16Bits(bits);
    if (!Number.isNaN(value) && toFloat16Bits(value) !== bits) wrong.push(bits);
  }
  expect(wrong).toEqual([]);
});

it('every NaN stays NaN', () => {
  expect(fromFloat16Bits(toFloat16Bits(Number.NaN))).toBeNaN();
  const payloads = [0x7c01, 0x7dff, 0x7e00, 0xfc01, 0xffff];
  for (const bits of payloads)
    expect(fromFloat16Bits(toFloat16Bits(fromFloat16Bits(bits)))).toBeNaN();
});

it('halfway between two halves the even one is taken, and just beside it the nearer one', () => {
  const wrong: number[] = [];
  // a step in single precision, so that what is tested is the rounding to half alone
  const step = 1 + 2 ** -20;
  for (let bits = 0; bits < 0x7bff; bits++) {
    const middle = (fromFloat16Bits(bits) + fromFloat16Bits(bits + 1)) / 2;
    const even = bits % 2 === 0 ? bits : bits + 1;
    const ok =
      toFloat16Bits(middle) === even &&
      toFloat16Bits(-middle) === (even | 0x8000) &&
      toFloat16Bits(middle * step) === bits + 1 &&
      toFloat16Bits(middle / step) === bits;
    if (!ok) wrong.push(bits);
  }
  expect(wrong).toEqual([]);
});

describe('limits', () => {
  it.each([
    ['the greatest half', 65_504, 0x7bff],
    ['just below halfway to the next power', 65_519, 0x7bff],
    ['halfway to the next power', 65_520, 0x7c00],
    ['far beyond', 1e30, 0x7c00],
    ['beyond single precision', 1e300, 0x7c00],
    ['infinity', Infinity, 0x7c00],
    ['minus infinity', -Infinity, 0xfc00],
    ['the smallest half', 2 ** -24, 0x0001],
    ['half of the smallest', 2 ** -25, 0x0000],
    ['just above half of the smallest', 2 ** -25 * 1.001, 0x0001],
    ['far below', 1e-30, 0x0000],
    ['far below zero and near it', -1e-300, 0x8000],
    ['zero', 0, 0x0000],
    ['minus zero', -0, 0x8000],
    ['one', 1, 0x3c00],
    ['minus two', -2, 0xc000],
  ])('%s', (_what, value, bits) => {
    expect(toFloat16Bits(value)).toBe(bits);
  });
});

it('a double just above halfway is rounded up, not first to single and then down', () => {
  expect(toFloat16Bits(1 + 2 ** -11 + 2 ** -40)).toBe(0x3c01);
});
