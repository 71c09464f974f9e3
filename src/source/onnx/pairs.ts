import type { Dimension } from '../../schema/generated/types.js';
import type { GraphNode, OnnxLikeGraph } from './graph.js';

/** How QuantizeLinear and DequantizeLinear lead from real numbers to integers and back, by name. */
export interface Pairs {
  /** What QuantizeLinear made integers of, by the integers. */
  readonly sources: ReadonlyMap<string, string>;
  /** The integers that it made, by what it made them of. */
  readonly integers: ReadonlyMap<string, string>;
  /** The integers that DequantizeLinear takes, by what it gives. */
  readonly dequantized: ReadonlyMap<string, string>;
  /** What it gives, by the integers. */
  readonly reals: ReadonlyMap<string, string>;
}

/** Of all nodes, whatever their order: subgraphs may stand anywhere. */
export function pairsOf(nodes: readonly GraphNode[]): Pairs {
  const [sources, integers] = [new Map<string, string>(), new Map<string, string>()];
  const [dequantized, reals] = [new Map<string, string>(), new Map<string, string>()];
  for (const { opType, inputs, outputs } of nodes) {
    const [from = ''] = inputs;
    const [to = ''] = outputs;
    if (opType === 'DequantizeLinear') {
      dequantized.set(to, from);
      reals.set(from, to);
    }
    if (opType === 'QuantizeLinear') {
      sources.set(to, from);
      integers.set(from, to);
    }
  }
  return { sources, integers, dequantized, reals };
}

/** The shape of a tensor: of those of a pair the file may say it of one alone. */
export function shapeOf(
  name: string | undefined,
  { constants, shapes }: OnnxLikeGraph,
  { sources, integers, dequantized, reals }: Pairs,
): readonly Dimension[] | undefined {
  if (name === undefined || name === '') return undefined;
  const quantized = dequantized.get(name) ?? integers.get(name) ?? '';
  for (const one of [name, quantized, sources.get(quantized), reals.get(quantized)]) {
    const known = one === undefined ? undefined : (shapes.get(one) ?? constants.get(one)?.dims);
    if (known !== undefined) return known;
  }
  return undefined;
}
