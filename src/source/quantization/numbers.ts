import type { Dtype } from '../../schema/generated/types.js';
import { decodeElements, isNumeric } from '../../tensor/elements.js';
import { tensorBytes } from '../dtype.js';
import { MalformedError } from '../file-window.js';

/** Bits of integers that are packed, the first one in the lowest bits of a byte. */
const PACKED: Readonly<
  Partial<Record<Dtype, { readonly bits: number; readonly signed: boolean }>>
> = {
  int4: { bits: 4, signed: true },
  uint4: { bits: 4, signed: false },
  int2: { bits: 2, signed: true },
  uint2: { bits: 2, signed: false },
};

/**
 * Elements of little-endian tensor data as numbers; NaN for each of a type that is no number here.
 *
 * @throws MalformedError when there are fewer bytes than elements.
 */
export function decodeNumbers(bytes: Buffer, dtype: Dtype, count: number): number[] {
  const needed = tensorBytes(dtype, count);
  if (needed === undefined) return Array<number>(count).fill(Number.NaN);
  if (bytes.length < needed)
    throw new MalformedError(`${count} numbers of ${dtype} in ${bytes.length} bytes cannot be`);
  const packed = PACKED[dtype];
  if (packed !== undefined) return unpack(bytes, count, packed);
  if (dtype === 'bfloat16') return Array.from({ length: count }, (_, i) => bfloat16(bytes, i * 2));
  if (!isNumeric(dtype)) return Array<number>(count).fill(Number.NaN);
  return [...decodeElements(dtype, bytes.subarray(0, needed))];
}

function unpack(
  bytes: Buffer,
  count: number,
  { bits, signed }: { readonly bits: number; readonly signed: boolean },
): number[] {
  const perByte = 8 / bits;
  const mask = 2 ** bits - 1;
  return Array.from({ length: count }, (_, i) => {
    const value = ((bytes[Math.floor(i / perByte)] ?? 0) >> ((i % perByte) * bits)) & mask;
    return signed && value > mask / 2 ? value - mask - 1 : value;
  });
}

/** The upper half of a float32. */
function bfloat16(bytes: Buffer, at: number): number {
  const whole = Buffer.alloc(4);
  bytes.copy(whole, 2, at, at + 2);
  return whole.readFloatLE(0);
}
