import type { Dtype } from '../schema/generated/types.js';

/** ONNX TensorProto.DataType by number (onnx.proto3, IR version 13); the ORT format uses the same numbers. */
const DTYPES: readonly Dtype[] = [
  'unknown',
  'float32',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'int32',
  'int64',
  'string',
  'bool',
  'float16',
  'float64',
  'uint32',
  'uint64',
  'complex64',
  'complex128',
  'bfloat16',
  'float8e4m3fn',
  'float8e4m3fnuz',
  'float8e5m2',
  'float8e5m2fnuz',
  'uint4',
  'int4',
  'float4e2m1',
  'unknown',
  'uint2',
  'int2',
];

/** Element type of an ONNX type number; `unknown` for numbers of the future. */
export function dtypeOf(onnxType: number): Dtype {
  return DTYPES[onnxType] ?? 'unknown';
}

const BITS: Readonly<Partial<Record<Dtype, number>>> = {
  float64: 64,
  float32: 32,
  float16: 16,
  bfloat16: 16,
  int64: 64,
  int32: 32,
  int16: 16,
  int8: 8,
  int4: 4,
  int2: 2,
  uint64: 64,
  uint32: 32,
  uint16: 16,
  uint8: 8,
  uint4: 4,
  uint2: 2,
  bool: 8,
  complex64: 64,
  complex128: 128,
  float8e4m3fn: 8,
  float8e4m3fnuz: 8,
  float8e5m2: 8,
  float8e5m2fnuz: 8,
  float4e2m1: 4,
};

/** Size of `elements` elements in bytes, the last byte rounded up; undefined for strings and unknown types. */
export function tensorBytes(dtype: Dtype, elements: number): number | undefined {
  const bits = BITS[dtype];
  return bits === undefined ? undefined : Math.ceil((elements * bits) / 8);
}
