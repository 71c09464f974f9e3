import type { Dimension, Dtype } from '../../schema/generated/types.js';

/** Scales of one tensor, as its file has them. */
export interface Scales {
  readonly scale: readonly number[];
  /** Whole numbers; absent where the file has none. */
  readonly zeroPoint?: readonly number[] | undefined;
  /** MNN: the real number of the least level, where a zero point is no whole number. */
  readonly minimum?: readonly number[];
}

/** A tensor whose integers stand for real numbers, in whichever format it came. */
export interface QuantizedEntry {
  readonly name: string;
  readonly role: 'weight' | 'activation' | 'bias';
  /** Whether it is an input or output of the model. */
  readonly outer?: boolean;
  /** Element type, where the file tells it. */
  readonly dtype?: Dtype;
  readonly shape?: readonly Dimension[];
  /** Number of scales. */
  readonly count: number;
  /** Axis of the channels, where they have scales of their own. */
  readonly axis?: number;
  /** Elements of a channel that share a scale, where it has several. */
  readonly blockSize?: number;
  /**
   * Reads the scales: only while the file is open.
   *
   * @returns undefined where they stand in another file.
   * @throws MalformedError.
   */
  read(): Scales | undefined;
}

/** A weight that stayed in floating point. */
export interface FloatWeight {
  readonly name: string;
  readonly dtype: Dtype;
  readonly parameters: number;
}

/** An operator that multiplies; of a file that is compiled for an NPU, any operator. */
export interface Work {
  readonly name: string;
  readonly type: string;
  /** Multiply-accumulates of one inference; undefined where a shape is not known. */
  readonly macs: number | undefined;
  readonly computes: 'integer' | 'float';
  readonly unit?: 'npu' | 'cpu';
}

/** What a reader finds out about the quantization of a model; the arrays stay in the file until they are read. */
export interface QuantizedGraph {
  readonly entries: readonly QuantizedEntry[];
  readonly floats: readonly FloatWeight[];
  readonly work: readonly Work[];
  /** Elements of weights and biases that are integers. */
  readonly quantizedParameters: number;
}

const BITS: Readonly<Partial<Record<Dtype, number>>> = {
  int2: 2,
  uint2: 2,
  int4: 4,
  uint4: 4,
  int8: 8,
  uint8: 8,
  int16: 16,
  uint16: 16,
};

/** Bits of the integers that models are quantized to; undefined for all other types. */
export function bitsOf(dtype: Dtype | undefined): number | undefined {
  return dtype === undefined ? undefined : BITS[dtype];
}

/** `per-channel` for a scale each, `per-block` for several. */
export function granularityOf({
  count,
  blockSize,
}: Pick<QuantizedEntry, 'count' | 'blockSize'>): 'per-tensor' | 'per-channel' | 'per-block' {
  if (blockSize !== undefined) return 'per-block';
  return count > 1 ? 'per-channel' : 'per-tensor';
}

/** Whether zero stands in the middle of the integers: at 0, and of unsigned ones at half of their range. */
export function isSymmetric(dtype: Dtype | undefined, zeroPoint: readonly number[]): boolean {
  const middle = dtype?.startsWith('u') === true ? 2 ** ((bitsOf(dtype) ?? 8) - 1) : 0;
  return zeroPoint.every((value) => value === middle);
}

/** The one value that all have; undefined where there is none, or several. */
export function onlyOne<T>(values: readonly T[]): T | undefined {
  return new Set(values).size === 1 ? values[0] : undefined;
}
