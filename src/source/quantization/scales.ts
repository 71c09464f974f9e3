import { createHash } from 'node:crypto';
import type { OmittedScales, Quantization, QuantizedTensor } from '../../schema/generated/types.js';
import { isSymmetric, type QuantizedEntry, type Scales } from './graph.js';

/** Text of scales that is kept, in bytes: a descriptor has room for 256 KiB in all. */
const MAX_SCALE_TEXT = 144 * 1024;
/** What YAML adds to a number of a list: its indentation, a dash, the end of its line. */
const BYTES_A_LINE = 12;
/** Scales that are read for a descriptor, together; of arrays beyond it has their number alone: a probe does not read the bulk of a file. */
const MAX_READ = 2 * 1024 * 1024;

/** What a descriptor holds of the scales of a model. */
export interface KeptScales {
  readonly tensors: Record<string, QuantizedTensor>;
  /** Tensors of which not even the name is in it. */
  readonly leftOut: number;
}

/**
 * The scales that a descriptor has room for (144 KiB of text), in the order of the entries. An array that
 * does not fit is replaced by its number, range and digest; where not even that fits, it is counted. Of
 * two tensors with one name the first is kept.
 */
export function keepScales(entries: Iterable<QuantizedEntry>): KeptScales {
  const kept = new Map<string, QuantizedTensor>();
  let text = 0;
  let read = 0;
  let leftOut = 0;
  for (const entry of entries) {
    if (kept.has(entry.name)) continue;
    const isRead = read + entry.count <= MAX_READ;
    if (isRead) read += entry.count;
    const found = fitting(entry, isRead, MAX_SCALE_TEXT - text);
    if (found === undefined) leftOut++;
    else {
      text += found.size;
      kept.set(entry.name, found.tensor);
    }
  }
  return { tensors: Object.fromEntries(kept), leftOut };
}

function fitting(
  entry: QuantizedEntry,
  isRead: boolean,
  room: number,
): { readonly tensor: QuantizedTensor; readonly size: number } | undefined {
  const name = Buffer.byteLength(JSON.stringify(entry.name));
  if (name > room) return undefined;
  const scales = isRead ? entry.read() : undefined;
  // what is certain before the writing
  if (scales !== undefined && areNumbers(scales) && entry.count * BYTES_A_LINE <= room) {
    const tensor = { ...about(entry), ...listed(scales) };
    const size = name + textOf(tensor);
    if (size <= room) return { tensor, size };
  }
  const tensor = { ...about(entry), omitted: omit(entry.count, scales) };
  const size = name + textOf(tensor);
  return size <= room ? { tensor, size } : undefined;
}

/** Bytes of a tensor in a descriptor, at most. */
function textOf(tensor: QuantizedTensor): number {
  const { scale = [], zeroPoint = [], minimum = [] } = tensor;
  const lines = scale.length + zeroPoint.length + minimum.length + Object.keys(tensor).length + 5;
  return Buffer.byteLength(JSON.stringify(tensor)) + lines * BYTES_A_LINE;
}

function about({ role, dtype, axis, blockSize, count }: QuantizedEntry): QuantizedTensor {
  return {
    role,
    ...(dtype === undefined ? {} : { dtype }),
    ...(count > 1 && axis !== undefined ? { axis } : {}),
    ...(blockSize === undefined ? {} : { blockSize }),
  };
}

/** Scales as a descriptor and a report have them. */
export function listed({ scale, zeroPoint, minimum }: Scales): QuantizedTensor {
  const short = shortened(zeroPoint ?? []);
  return {
    scale: [...scale],
    ...(short.length === 0 ? {} : { zeroPoint: short }),
    ...(minimum === undefined ? {} : { minimum: [...minimum] }),
  };
}

/** Whether zero is mapped to the middle of the integers. No zero point stands for 0. */
export function schemeIn(
  dtype: QuantizedEntry['dtype'],
  scales: Scales | undefined,
): Quantization['scheme'] {
  if (scales === undefined) return undefined;
  const { zeroPoint = [0], minimum } = scales;
  return minimum === undefined && isSymmetric(dtype, zeroPoint) ? 'symmetric' : 'asymmetric';
}

/** What is told of scales in place of their numbers. */
export function omit(count: number, scales: Scales | undefined): OmittedScales {
  if (scales === undefined || !areNumbers(scales)) return { count };
  let [minimum, maximum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of scales.scale) {
    minimum = Math.min(minimum, value);
    maximum = Math.max(maximum, value);
  }
  const sha256 = createHash('sha256')
    .update(doubles(scales.scale))
    .update(doubles(scales.zeroPoint ?? []))
    .digest('hex');
  return { count, ...(count === 0 ? {} : { minimum, maximum }), sha256 };
}

function doubles(values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 8));
  for (const [index, value] of values.entries()) view.setFloat64(index * 8, value, true);
  return new Uint8Array(view.buffer);
}

/** Neither YAML nor JSON has other numbers, and no runtime computes with them. */
export function areNumbers({ scale, zeroPoint = [], minimum = [] }: Scales): boolean {
  return (
    scale.every(Number.isFinite) &&
    zeroPoint.every(Number.isSafeInteger) &&
    minimum.every(Number.isFinite)
  );
}

/** One number where all are the same: the schema takes one, or one per channel. */
function shortened(values: readonly number[]): number[] {
  const [first] = values;
  return first !== undefined && values.every((value) => value === first) ? [first] : [...values];
}
