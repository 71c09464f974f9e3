import type { Dtype } from '../../schema/generated/types.js';
import { type FileWindow, MalformedError } from '../file-window.js';
import type { ScaledTensor } from '../quantized.js';
import { type WeightArray, weightArrays } from './layers.js';
import type { NcnnLayer } from './param.js';

/** Flags before an array (ncnn src/modelbin.cpp); 0 is float32 too. */
const FLAGS: ReadonlyMap<number, Dtype> = new Map([
  [0, 'float32'],
  [0x0002c056, 'float32'],
  [0x01306b47, 'float16'],
  [0x000d4b38, 'int8'],
]);
const WIDTH: Partial<Record<Dtype, number>> = { float32: 4, float16: 2, int8: 1 };
/** Any other flag: a table of 256 floats, then one byte an element that says which of them it is. */
const TABLE_BYTES = 256 * 4;

/** An array of a layer: where it stands, and what it is. */
export interface NcnnArray extends ScaledTensor {
  readonly layer: NcnnLayer;
  readonly scalesOf: WeightArray['scalesOf'];
  /** First byte of its numbers in the `.bin`. */
  readonly start: number;
}

export interface NcnnWeights {
  readonly tensors: readonly NcnnArray[];
  /** Bytes that the layers read, as far as that is certain. */
  readonly neededBytes: number;
  /** False when a layer came of which it is not certain what it reads: nothing behind it is known. */
  readonly complete: boolean;
}

/**
 * Walk the weights of a `.bin` in the order of the layers; only the flags are read.
 *
 * @throws MalformedError when it is shorter than the layers need.
 */
export function walkWeights(layers: readonly NcnnLayer[], bin: FileWindow): NcnnWeights {
  const tensors: NcnnArray[] = [];
  let position = 0;
  for (const layer of layers) {
    const arrays = weightArrays(layer);
    if (arrays === undefined) return { tensors, neededBytes: position, complete: false };
    for (const array of arrays) {
      const { dtype, start, end } = measure(layer, array, position, bin);
      tensors.push({
        layer,
        scalesOf: array.scalesOf,
        start,
        dtype,
        dims: [array.count],
        quantized: dtype === 'int8' || dtype === 'uint8',
      });
      position = end;
    }
  }
  return { tensors, neededBytes: position, complete: true };
}

function measure(
  { type }: NcnnLayer,
  { count, flagged }: WeightArray,
  position: number,
  bin: FileWindow,
): { dtype: Dtype; start: number; end: number } {
  if (!Number.isSafeInteger(count) || count < 1)
    throw new MalformedError(`a ${type} layer with ${count} weights cannot be`);
  const start = flagged ? position + 4 : position;
  if (start > bin.sizeBytes) throw truncated(bin, start);
  const flag = flagged ? bin.bytes(position, 4).readUInt32LE(0) : 0;
  const dtype = FLAGS.get(flag) ?? 'uint8';
  const table = FLAGS.has(flag) ? 0 : TABLE_BYTES;
  // every array starts at a multiple of 4 bytes
  const end = start + table + Math.ceil((count * (WIDTH[dtype] ?? 1)) / 4) * 4;
  if (end > bin.sizeBytes) throw truncated(bin, end);
  return { dtype, start, end };
}

function truncated(bin: FileWindow, needed: number): MalformedError {
  return new MalformedError(
    `its .bin has ${bin.sizeBytes} bytes, but the layers need ${needed}: it is truncated`,
  );
}
