import type { Dtype } from '../../schema/generated/types.js';

// Slots: tensorflow/compiler/mlir/lite/schema/schema.fbs, version 3d (TensorFlow 2.21, LiteRT 2).
export const MODEL = {
  version: 0,
  operatorCodes: 1,
  subgraphs: 2,
  description: 3,
  buffers: 4,
  metadata: 6,
} as const;
export const OPERATOR_CODE = { oldBuiltin: 0, custom: 1, builtin: 3 } as const;
export const SUBGRAPH = { tensors: 0, inputs: 1, outputs: 2, operators: 3, name: 4 } as const;
export const TENSOR = {
  shape: 0,
  type: 1,
  buffer: 2,
  name: 3,
  quantization: 4,
  shapeSignature: 7,
  hasRank: 8,
  externalBuffer: 10,
} as const;
export const OPERATOR = { code: 0, inputs: 1, outputs: 2 } as const;
export const BUFFER = { data: 0, offset: 1, size: 2 } as const;
export const METADATA = { name: 0, buffer: 1 } as const;
export const QUANTIZATION = {
  scale: 2,
  zeroPoint: 3,
  detailsType: 4,
  details: 5,
  axis: 6,
} as const;
/** BlockwiseQuantization: indexes of the tensors that hold scales and zero points. */
export const BLOCKWISE = { scales: 0, zeroPoints: 1, blockSize: 2 } as const;

/** TensorType by number, in the same file. */
const DTYPES: readonly Dtype[] = [
  'float32',
  'float16',
  'int32',
  'uint8',
  'int64',
  'string',
  'bool',
  'int16',
  'complex64',
  'int8',
  'float64',
  'complex128',
  'uint64',
  'unknown',
  'unknown',
  'uint32',
  'uint16',
  'int4',
  'bfloat16',
  'int2',
  'uint4',
];

/** Element type of a TensorType number; `unknown` for resources, variants and numbers of the future. */
export function dtypeOfTflite(type: number): Dtype {
  return DTYPES[type] ?? 'unknown';
}
