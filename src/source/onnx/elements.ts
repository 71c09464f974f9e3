import type { Dtype } from '../../schema/generated/types.js';
import { type FileWindow, MalformedError } from '../file-window.js';
import { decodeNumbers } from '../quantization/numbers.js';
import { elementCount } from '../summary.js';
import { DATA } from './message-specs.js';
import type { OnnxTensor } from './model.js';

/** A varint of a negative 32-bit integer has this many bytes. */
const MAX_VARINT = 10;

/**
 * The elements of a tensor (scales, zero points) that the file itself holds.
 *
 * @returns undefined where it holds none.
 * @throws MalformedError when there are fewer than its shape needs.
 */
export function elementsIn(
  file: FileWindow,
  { dims, data }: OnnxTensor,
  dtype: Dtype,
): number[] | undefined {
  const count = elementCount(dims);
  const raw = data.get(DATA.raw);
  if (raw !== undefined) {
    if (raw.length > count * 8)
      throw new MalformedError(`${raw.length} bytes for ${count} numbers`);
    return decodeNumbers(file.bytes(raw.start, raw.length), dtype, count);
  }
  const floats = data.get(DATA.floats);
  if (floats !== undefined)
    return decodeNumbers(
      file.bytes(floats.start, Math.min(floats.length, count * 4)),
      'float32',
      count,
    );
  const integers = data.get(DATA.int32s) ?? data.get(DATA.int64s);
  if (integers === undefined) return count === 0 ? [] : undefined;
  const bytes = file.bytes(integers.start, Math.min(integers.length, count * MAX_VARINT));
  return integersIn(bytes, dtype, count);
}

/**
 * int32_data and int64_data: one varint an element, and of types of less than a byte one for each byte; of
 * halves it holds their bits (onnx.proto3, TensorProto).
 */
function integersIn(bytes: Buffer, dtype: Dtype, count: number): number[] {
  const values = varintsIn(bytes);
  if (dtype === 'int64' || dtype === 'int32' || dtype === 'uint32') {
    if (values.length < count)
      throw new MalformedError(`${values.length} numbers where ${count} should be`);
    return values.slice(0, count);
  }
  const isWide = dtype.endsWith('16');
  const data = Buffer.alloc(values.length * (isWide ? 2 : 1));
  for (const [index, value] of values.entries())
    if (isWide) data.writeUInt16LE(value & 0xffff, index * 2);
    else data.writeUInt8(value & 0xff, index);
  return decodeNumbers(data, dtype, count);
}

function varintsIn(bytes: Buffer): number[] {
  const values: number[] = [];
  let value = 0n;
  let shift = 0n;
  for (const byte of bytes) {
    value |= BigInt(byte & 0x7f) << shift;
    shift += 7n;
    if (byte >= 0x80) continue;
    values.push(Number(BigInt.asIntN(64, value)));
    value = 0n;
    shift = 0n;
  }
  return values;
}
