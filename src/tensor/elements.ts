import type { Dtype } from '../schema/generated/types.js';
import { fromFloat16Bits, toFloat16Bits } from './float16.js';

interface Codec {
  readonly bytes: number;
  read(view: DataView, at: number): number;
  write(view: DataView, at: number, value: number): void;
}

/** How elements stand in little-endian memory. 64-bit integers beyond 2^53 lose their low bits when compared as numbers. */
const CODECS: Readonly<Partial<Record<Dtype, Codec>>> = {
  float64: {
    bytes: 8,
    read: (v, at) => v.getFloat64(at, true),
    write: (v, at, x) => v.setFloat64(at, x, true),
  },
  float32: {
    bytes: 4,
    read: (v, at) => v.getFloat32(at, true),
    write: (v, at, x) => v.setFloat32(at, x, true),
  },
  float16: {
    bytes: 2,
    read: (v, at) => fromFloat16Bits(v.getUint16(at, true)),
    write: (v, at, x) => v.setUint16(at, toFloat16Bits(x), true),
  },
  int64: {
    bytes: 8,
    read: (v, at) => Number(v.getBigInt64(at, true)),
    write: (v, at, x) => v.setBigInt64(at, BigInt(x), true),
  },
  int32: {
    bytes: 4,
    read: (v, at) => v.getInt32(at, true),
    write: (v, at, x) => v.setInt32(at, x, true),
  },
  int16: {
    bytes: 2,
    read: (v, at) => v.getInt16(at, true),
    write: (v, at, x) => v.setInt16(at, x, true),
  },
  int8: { bytes: 1, read: (v, at) => v.getInt8(at), write: (v, at, x) => v.setInt8(at, x) },
  uint64: {
    bytes: 8,
    read: (v, at) => Number(v.getBigUint64(at, true)),
    write: (v, at, x) => v.setBigUint64(at, BigInt(x), true),
  },
  uint32: {
    bytes: 4,
    read: (v, at) => v.getUint32(at, true),
    write: (v, at, x) => v.setUint32(at, x, true),
  },
  uint16: {
    bytes: 2,
    read: (v, at) => v.getUint16(at, true),
    write: (v, at, x) => v.setUint16(at, x, true),
  },
  uint8: { bytes: 1, read: (v, at) => v.getUint8(at), write: (v, at, x) => v.setUint8(at, x) },
  bool: { bytes: 1, read: (v, at) => v.getUint8(at), write: (v, at, x) => v.setUint8(at, x) },
};

/** Whether tensors of this type can be generated, written and compared here. */
export function isNumeric(dtype: Dtype): boolean {
  return CODECS[dtype] !== undefined;
}

function codecOf(dtype: Dtype): Codec {
  const codec = CODECS[dtype];
  if (codec === undefined) throw new RangeError(`tensors of ${dtype} are not numbers here`);
  return codec;
}

/** Bytes per element. @throws RangeError for strings and unknown types. */
export function elementBytes(dtype: Dtype): number {
  return codecOf(dtype).bytes;
}

/** Elements of a little-endian buffer as numbers. @throws RangeError for strings and unknown types. */
export function decodeElements(dtype: Dtype, data: Buffer): Float64Array {
  const codec = codecOf(dtype);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const values = new Float64Array(Math.floor(data.length / codec.bytes));
  for (let i = 0; i < values.length; i++) values[i] = codec.read(view, i * codec.bytes);
  return values;
}

/** `count` elements, each from `next`, as a little-endian buffer. @throws RangeError for strings and unknown types. */
export function encodeElements(dtype: Dtype, count: number, next: () => number): Buffer {
  const codec = codecOf(dtype);
  const data = Buffer.alloc(count * codec.bytes);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (let i = 0; i < count; i++) codec.write(view, i * codec.bytes, next());
  return data;
}
