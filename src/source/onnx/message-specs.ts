import type { SparseSpec } from './sparse.js';

// Field numbers: onnx.proto3 of the ONNX repository (IR version 12); they are never reused.

const spec = (
  skip: readonly number[],
  nested: readonly (readonly [number, () => SparseSpec])[] = [],
): SparseSpec => ({
  skip: new Set(skip),
  nested: new Map(nested),
});

/** Fields with the elements of a tensor: packed floats, packed 32-bit integers, packed 64-bit integers, bytes. */
export const DATA = { floats: 4, int32s: 5, int64s: 7, raw: 9 } as const;
const TENSOR: SparseSpec = {
  ...spec([6, 10, 11, 12]),
  locate: new Set<number>(Object.values(DATA)),
};
const SPARSE_TENSOR = spec(
  [],
  [
    [1, () => TENSOR],
    [2, () => TENSOR],
  ],
);
const ATTRIBUTE: SparseSpec = spec(
  [4, 7, 8, 9, 13],
  [
    [5, () => TENSOR],
    [6, () => GRAPH],
    [10, () => TENSOR],
    [11, () => GRAPH],
    [22, () => SPARSE_TENSOR],
    [23, () => SPARSE_TENSOR],
  ],
);
const NODE: SparseSpec = spec([6], [[5, () => ATTRIBUTE]]);
/** Of inputs and outputs all but what is written for people. */
const VALUE = spec([3, 4]);
const GRAPH: SparseSpec = spec(
  [10, 14],
  [
    [11, () => VALUE],
    [12, () => VALUE],
    [13, () => VALUE],
    [1, () => NODE],
    [5, () => TENSOR],
    [15, () => SPARSE_TENSOR],
  ],
);
const FUNCTION: SparseSpec = spec([8], [[7, () => NODE]]);
/** Which parts of a ModelProto are structure: tensors' data, documentation and training graphs are not. */
export const MODEL_SPEC: SparseSpec = spec(
  [6, 20],
  [
    [7, () => GRAPH],
    [25, () => FUNCTION],
  ],
);
