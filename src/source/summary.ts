import type { Dtype, ModelWeights, Precision } from '../schema/generated/types.js';
import { tensorBytes } from './dtype.js';
import { MalformedError } from './file-window.js';

/** What the summary needs of an operator, in whichever format it came. */
export interface OperatorUse {
  readonly opType: string;
  readonly domain: string;
}

export interface WeightTensor {
  readonly dtype: Dtype;
  readonly dims: readonly number[];
}

export interface GraphSummary {
  readonly nodes: number;
  readonly operators: Record<string, number>;
  readonly weights: ModelWeights;
  readonly quantized: boolean;
  readonly precision: Precision | undefined;
}

/** The precision that a type of weights stands for. */
export const PRECISIONS: Readonly<Partial<Record<Dtype, Precision>>> = {
  float64: 'fp64',
  float32: 'fp32',
  float16: 'fp16',
  bfloat16: 'bf16',
  int16: 'int16',
  uint16: 'int16',
  int8: 'int8',
  uint8: 'int8',
  int4: 'int4',
  uint4: 'int4',
};
const QUANTIZED_WEIGHTS: ReadonlySet<Dtype> = new Set([
  'int16',
  'uint16',
  'int8',
  'uint8',
  'int4',
  'uint4',
]);
/** Operators whose presence means that integer weights stand for real numbers (ONNX and com.microsoft sets). */
const QUANTIZING =
  /^(DequantizeLinear|QLinear\w+|MatMulInteger\w*|ConvInteger\w*|DynamicQuantize\w+|MatMulNBits|Q(Gemm|Attention)|GatherBlockQuantized)$/;

/** Number of elements of a shape. @throws MalformedError for a negative or impossible size. */
export function elementCount(dims: readonly number[]): number {
  const count = dims.reduce((product, size) => product * size, 1);
  if (!Number.isSafeInteger(count) || dims.some((size) => size < 0)) {
    throw new MalformedError(`a tensor of shape [${dims.join(', ')}] cannot be`);
  }
  return count;
}

/** `Conv` for the default domain, `com.acme:Conv` for any other. */
export function operatorName({ opType, domain }: OperatorUse): string {
  return domain === '' || domain === 'ai.onnx' ? opType : `${domain}:${opType}`;
}

/** Count operators and weights, and tell in which precision a graph works. */
export function summarize(
  uses: Iterable<OperatorUse>,
  tensors: Iterable<WeightTensor>,
): GraphSummary {
  const operators = new Map<string, number>();
  let nodes = 0;
  let quantizing = false;
  for (const use of uses) {
    nodes++;
    quantizing ||= QUANTIZING.test(use.opType);
    operators.set(operatorName(use), (operators.get(operatorName(use)) ?? 0) + 1);
  }
  const elements = new Map<Dtype, number>();
  let parameters = 0;
  let sizeBytes = 0;
  for (const { dtype, dims } of tensors) {
    const count = elementCount(dims);
    parameters += count;
    sizeBytes += tensorBytes(dtype, count) ?? 0;
    elements.set(dtype, (elements.get(dtype) ?? 0) + count);
  }
  const main = prevailing(elements, quantizing);
  return {
    nodes,
    operators: Object.fromEntries([...operators].sort(([a], [b]) => (a < b ? -1 : 1))),
    weights: {
      parameters,
      sizeBytes,
      ...(main.dtype === undefined ? {} : { dataFormat: main.dtype }),
    },
    quantized: main.dtype !== undefined && quantizing && QUANTIZED_WEIGHTS.has(main.dtype),
    precision: main.precision,
  };
}

/** The type that more than half of the weights have; integers count only where they stand for real numbers. */
function prevailing(
  elements: ReadonlyMap<Dtype, number>,
  quantizing: boolean,
): { dtype?: Dtype; precision?: Precision } {
  const counted = [...elements].filter(
    ([dtype]) => PRECISIONS[dtype] !== undefined && (quantizing || !QUANTIZED_WEIGHTS.has(dtype)),
  );
  const total = counted.reduce((sum, [, count]) => sum + count, 0);
  const top = counted.sort((a, b) => b[1] - a[1])[0];
  if (top === undefined || total === 0) return {};
  const precision = PRECISIONS[top[0]];
  if (precision === undefined) return {};
  return { dtype: top[0], precision: top[1] * 2 > total ? precision : 'mixed' };
}
