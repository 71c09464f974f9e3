/** Largest k with 2^k <= value; value is positive and finite. */
function exponentOf(value: number): number {
  const guess = Math.floor(Math.log2(value));
  // the logarithm is rounded: next to a power of two it may be one off
  if (2 ** guess > value) return guess - 1;
  return 2 ** (guess + 1) <= value ? guess + 1 : guess;
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

/** Halfway between the largest half, 65504, and what would come after it: from here on it is infinity. */
const OVERFLOW = 65520;

/** The nearest IEEE 754 half-precision number, as its 16 bits; ties to even. */
export function toFloat16Bits(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size >= OVERFLOW) return sign | 0x7c00;
  if (size === 0) return sign;
  // below 2^-14 halves are subnormal: they keep the spacing of that size
  const exponent = Math.max(-14, exponentOf(size));
  // scaling by a power of two is exact, so this is the only rounding
  const units = roundHalfToEven(size / 2 ** (exponent - 10));
  // the hidden bit of a normal number counts one up in the exponent field
  return sign | (((exponent + 14) << 10) + units);
}

/** The value of 16 bits read as an IEEE 754 half-precision number. */
export function fromFloat16Bits(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const mantissa = bits & 0x3ff;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 0x1f) return mantissa === 0 ? sign * Infinity : Number.NaN;
  return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}
