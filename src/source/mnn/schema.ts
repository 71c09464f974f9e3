import type { Dtype } from '../../schema/generated/types.js';

// Slots: schema/default/*.fbs of MNN 3.6; fields are only ever added at the end.
export const NET = {
  bizCode: 0,
  tensorDescribe: 1,
  extraInfo: 2,
  operators: 3,
  outputs: 4,
  tensorNames: 7,
  subgraphs: 10,
  uuid: 11,
} as const;
export const EXTRA_INFO = { buffer: 0, version: 2 } as const;
/** The table Extra, of which ExtraInfo.buffer holds one with the metadata of the source. */
export const EXTRA = { attributes: 3 } as const;
export const ATTRIBUTE = { text: 0, key: 3 } as const;
export const OP = { mainType: 1, main: 2, name: 3, outputs: 4, type: 5 } as const;
export const SUBGRAPH = { operators: 4 } as const;
export const INPUT = { dims: 0, dtype: 1, format: 2 } as const;
export const BLOB = {
  dims: 0,
  dataType: 2,
  uint8s: 3,
  int8s: 4,
  int32s: 5,
  int64s: 6,
  float32s: 7,
  external: 9,
} as const;
export const QUAN = {
  buffer: 0,
  alpha: 1,
  type: 2,
  quantScale: 4,
  bits: 7,
  leastLevel: 8,
  readType: 9,
  hasScaleInt: 10,
  shapeInt32: 11,
  weightSize: 12,
  sparseIndex: 13,
  alphaHalf: 14,
} as const;
export const INT8_PARAM = { weight: 0, bias: 1, bits: 5 } as const;
export const TENSOR_DESCRIBE = { blob: 0, index: 1, name: 2, quant: 4 } as const;
export const TENSOR_QUANT = { scale: 0, zero: 1, type: 4 } as const;
/** Numbers of OpType. */
export const OP_TYPE = { input: 34, const: 11 } as const;
/** Numbers of the union OpParameter. */
export const MAIN = {
  batchNorm: 5,
  blob: 7,
  convolution: 9,
  innerProduct: 20,
  input: 21,
  prelu: 32,
  scale: 58,
  convolution3d: 80,
  layerNorm: 88,
} as const;

/** MNN_DATA_FORMAT by number, as far as a tensor of a model has it: schema/default/Tensor.fbs. */
export const DATA_FORMATS: readonly string[] = ['NCHW', 'NHWC', 'NC4HW4'];

/** DataType by number: schema/default/Type.fbs. */
const DTYPES: readonly Dtype[] = [
  'unknown',
  'float32',
  'float64',
  'int32',
  'uint8',
  'int16',
  'int8',
  'string',
  'complex64',
  'int64',
  'bool',
  'int8',
  'uint8',
  'int32',
  'bfloat16',
  'int16',
  'uint16',
  'uint16',
  'complex128',
  'float16',
];

/** Element type of a DataType number; `unknown` for resources, variants and numbers of the future. */
export function dtypeOfMnn(type: number): Dtype {
  return DTYPES[type] ?? 'unknown';
}
