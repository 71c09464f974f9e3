import type { Dtype, QuantizedTensor } from '../schema/generated/types.js';
import {
  type GraphSummary,
  type OperatorUse,
  PRECISIONS,
  summarize,
  type WeightTensor,
} from './summary.js';

/** A weight of a format that says of every tensor whether its integers stand for real numbers. */
export interface ScaledTensor extends WeightTensor {
  readonly quantized: boolean;
}

/**
 * {@link summarize} for formats whose tensors, not operators, tell what is quantized: integers count
 * for the precision where they have a scale.
 */
export function summarizeScaled(
  uses: Iterable<OperatorUse>,
  tensors: Iterable<ScaledTensor>,
): GraphSummary {
  const elements = new Map<string, number>();
  let total = 0;
  function* counted(): Generator<ScaledTensor> {
    for (const tensor of tensors) {
      yield tensor;
      if (!tensor.quantized && !tensor.dtype.includes('float')) continue;
      const count = tensor.dims.reduce((product, size) => product * size, 1);
      const key = `${tensor.quantized ? 'q' : 'f'}:${tensor.dtype}`;
      elements.set(key, (elements.get(key) ?? 0) + count);
      total += count;
    }
  }
  const summary = summarize(uses, counted());
  const [top, count] = [...elements].sort((a, b) => b[1] - a[1])[0] ?? [];
  const dtype = top?.slice(2) as Dtype | undefined;
  if (dtype === undefined || count === undefined || count === 0) return summary;
  return {
    ...summary,
    weights: { ...summary.weights, dataFormat: dtype },
    quantized: [...elements.keys()].some((key) => key.startsWith('q')),
    precision: count * 2 > total ? PRECISIONS[dtype] : 'mixed',
  };
}

/** Text of scales that is kept, in bytes: a descriptor has room for 256 KiB in all. */
const MAX_SCALE_TEXT = 96 * 1024;

/** The scales of one tensor, read when there is room for them. */
export interface ScaleSource {
  readonly name: string;
  /** Number of scales. */
  readonly count: number;
  read(): QuantizedTensor;
}

/**
 * The scales that a descriptor has room for (96 KiB of text). What does not fit is left out whole, so
 * the order of the sources decides; of two tensors with one name the first is kept.
 */
export function keepScales(sources: Iterable<ScaleSource>): {
  readonly tensors: Record<string, QuantizedTensor>;
  readonly leftOut: number;
} {
  const kept = new Map<string, QuantizedTensor>();
  let text = 0;
  let leftOut = 0;
  for (const { name, count, read } of sources) {
    if (kept.has(name)) continue;
    // what is certain before the reading: a long list is not even read
    const least = text + Buffer.byteLength(name) + count;
    if (least > MAX_SCALE_TEXT) {
      leftOut++;
      continue;
    }
    const scales = read();
    const size = Buffer.byteLength(JSON.stringify([name, scales]));
    if (text + size > MAX_SCALE_TEXT) leftOut++;
    else {
      text += size;
      kept.set(name, scales);
    }
  }
  return { tensors: Object.fromEntries(kept), leftOut };
}

/** One number where all are the same: the schema takes one, or one per channel. */
export function shortened(values: readonly number[]): number[] {
  const [first] = values;
  return first !== undefined && values.every((value) => value === first) ? [first] : [...values];
}

/** The value of a JSON object's text; undefined for anything else. */
export function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
