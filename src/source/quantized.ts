import type { Dtype } from '../schema/generated/types.js';
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
