import type { Quantization } from '../../schema/generated/types.js';
import { describeQuantization as describe } from '../quantization/describe.js';
import type { QuantizedGraph } from '../quantization/graph.js';
import type { GraphSummary } from '../summary.js';
import type { TfliteTensor } from './tensors.js';

/**
 * How a file is quantized.
 *
 * @returns undefined when nothing is quantized.
 */
export function describeQuantization(
  tensors: readonly TfliteTensor[],
  graph: QuantizedGraph,
  { precision }: GraphSummary,
): Quantization | undefined {
  return describe(graph, precision) ?? halfWeights(tensors);
}

/** Half-precision weights under single-precision work: the runtime dequantizes them when it loads. */
function halfWeights(tensors: readonly TfliteTensor[]): Quantization | undefined {
  const half = tensors.filter(({ dtype }) => dtype === 'float16');
  return half.length > 0 && half.every(({ constant }) => constant)
    ? { type: 'fp16-weights', weightBits: 16 }
    : undefined;
}
