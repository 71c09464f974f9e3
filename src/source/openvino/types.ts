import type { Dtype } from '../../schema/generated/types.js';

/** Element types whose name in an IR is not the letter, the bits (openvino src/core/src/type/element_type.cpp). */
const NAMES: Readonly<Record<string, Dtype>> = {
  boolean: 'bool',
  bool: 'bool',
  string: 'string',
  f4e2m1: 'float4e2m1',
  f8e4m3: 'float8e4m3fn',
  f8e5m2: 'float8e5m2',
};
const PREFIXES: Readonly<Record<string, string>> = {
  f: 'float',
  fp: 'float',
  bf: 'bfloat',
  i: 'int',
  u: 'uint',
};
const NUMBERS: ReadonlySet<string> = new Set<Dtype>([
  'float64',
  'float32',
  'float16',
  'bfloat16',
  'int64',
  'int32',
  'int16',
  'int8',
  'int4',
  'int2',
  'uint64',
  'uint32',
  'uint16',
  'uint8',
  'uint4',
  'uint2',
]);

/** Element type by its name in `element_type` (`f32`) or in `precision` of a port (`FP32`); `unknown` for others (`nf4`, `u1`, `dynamic`). */
export function dtypeNamed(name: string | undefined): Dtype {
  const lower = name?.toLowerCase() ?? '';
  const [, letters = '', bits = ''] = /^([a-z]+)(\d+)$/.exec(lower) ?? [];
  const number = `${PREFIXES[letters] ?? ''}${bits}`;
  return NAMES[lower] ?? (NUMBERS.has(number) ? (number as Dtype) : 'unknown');
}
