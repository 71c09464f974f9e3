import type { Dtype } from '../../schema/generated/types.js';
import type { Table } from '../flatbuffers/table.js';
import type { QuantizedEntry } from '../quantization/graph.js';
import type { ScaledTensor } from '../quantized.js';
import { type Geometry, weightOf } from './quantized-weight.js';
import { BLOB, dtypeOfMnn, INT8_PARAM, MAIN, OP } from './schema.js';

/** A list of numbers that an operator keeps. */
export interface MnnWeight extends ScaledTensor {
  /** Name of its operator. */
  readonly name?: string;
  readonly bits?: number;
  readonly symmetric?: boolean;
  readonly scales?: QuantizedEntry;
}

// Slots of the lists of 32-bit floats, by parameter: schema/default/CaffeOp.fbs, TensorflowOp.fbs.
const FLOATS: Readonly<Record<number, readonly number[]>> = {
  [MAIN.batchNorm]: [1, 2, 3, 4, 5, 6],
  [MAIN.convolution]: [1, 2],
  [MAIN.innerProduct]: [3, 4],
  [MAIN.prelu]: [1],
  [MAIN.scale]: [1, 2],
  [MAIN.convolution3d]: [1, 2],
  [MAIN.layerNorm]: [2, 3],
};
/** Slot of `external`: where the numbers are in the file of weights, offset first, then sizes in bytes. */
const EXTERNAL: Readonly<Record<number, number>> = {
  [MAIN.convolution]: 6,
  [MAIN.scale]: 3,
  [MAIN.convolution3d]: 3,
  [MAIN.layerNorm]: 5,
};
const QUAN_SLOT: Readonly<Record<number, number>> = {
  [MAIN.convolution]: 3,
  [MAIN.innerProduct]: 7,
};
const CONVOLUTION = { common: 0, int8: 4 } as const;
const COMMON = { kernelX: 2, kernelY: 3, group: 9, outputs: 10, inputs: 11 } as const;

/**
 * The numbers that an operator keeps; none for operators whose parameters are not looked into (those
 * of the last years keep theirs in constants).
 */
export function* weightsOf(op: Table): Generator<MnnWeight> {
  const name = op.string(OP.name) ?? '';
  for (const weight of unnamedWeights(op)) yield { name, ...weight };
}

function* unnamedWeights(op: Table): Generator<MnnWeight> {
  const type = op.uint8(OP.mainType);
  const main = op.table(OP.main);
  if (main === undefined) return;
  if (type === MAIN.blob) yield* ofBlob(main);
  for (const slot of FLOATS[type] ?? []) yield* floats(main.listLength(slot, 4));
  const quanSlot = QUAN_SLOT[type];
  const quan = quanSlot === undefined ? undefined : main.table(quanSlot);
  if (quan !== undefined) yield weightOf(quan, geometryOf(op, type, main));
  if (type === MAIN.convolution) yield* ofInt8(main.table(CONVOLUTION.int8));
  const external = EXTERNAL[type];
  // with an IDSTQuan table the sizes are those of codes and scales, and the weights are counted already
  if (external !== undefined && quan === undefined) {
    const [, ...sizes] = main.listLength(external, 8) > 8 ? [] : [...main.int64s(external)];
    for (const size of sizes) yield* floats(size / 4);
  }
}

function* floats(count: number): Generator<MnnWeight> {
  if (count > 0) yield { dtype: 'float32', dims: [count], quantized: false };
}

const BLOB_LISTS: readonly (readonly [slot: number, bytes: number, dtype: Dtype])[] = [
  [BLOB.uint8s, 1, 'uint8'],
  [BLOB.int8s, 1, 'int8'],
  [BLOB.int32s, 4, 'int32'],
  [BLOB.int64s, 8, 'int64'],
  [BLOB.float32s, 4, 'float32'],
];

function* ofBlob(blob: Table): Generator<MnnWeight> {
  // halves are kept as bytes (tools/converter/source/common/SaveHalfFloat.cpp)
  const half = dtypeOfMnn(blob.int32(BLOB.dataType, 1)) === 'float16';
  for (const [slot, bytes, dtype] of BLOB_LISTS) {
    const count = blob.listLength(slot, bytes);
    if (count === 0) continue;
    yield half && bytes === 1
      ? { dtype: 'float16', dims: [Math.floor(count / 2)], quantized: false }
      : { dtype, dims: [count], quantized: false };
  }
}

/** Weights of a calibrated model, with 32-bit biases. */
function* ofInt8(int8: Table | undefined): Generator<MnnWeight> {
  const count = int8?.byteLength(INT8_PARAM.weight) ?? 0;
  const biases = int8?.listLength(INT8_PARAM.bias, 4) ?? 0;
  if (count > 0) yield { dtype: 'int8', dims: [count], quantized: true, bits: 8, symmetric: true };
  if (biases > 0) yield { dtype: 'int32', dims: [biases], quantized: false };
}

function geometryOf(op: Table, type: number, main: Table): Geometry {
  const name = op.string(OP.name) ?? '';
  if (type === MAIN.innerProduct) return { name, outputs: main.int32(0), elements: main.int32(2) };
  const common = main.table(CONVOLUTION.common);
  const outputs = common?.int32(COMMON.outputs) ?? 0;
  const inputs = common?.int32(COMMON.inputs) ?? 0;
  const kernel = (common?.int32(COMMON.kernelX, 1) ?? 1) * (common?.int32(COMMON.kernelY, 1) ?? 1);
  const group = common?.int32(COMMON.group, 1) || 1;
  return { name, outputs, elements: Math.max(0, (outputs * inputs * kernel) / group) };
}
