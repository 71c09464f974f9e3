import type { Dimension } from '../../schema/generated/types.js';
import type { Work } from '../quantization/graph.js';
import { convolutionMacs, elementsOf, productMacs } from '../quantization/macs.js';
import { operatorName } from '../summary.js';
import type { GraphNode, OnnxLikeGraph } from './graph.js';
import { type Pairs, shapeOf } from './pairs.js';
import { COMPUTES_INTEGERS, MULTIPLYING } from './quantized-operators.js';

/** What an operator that multiplies has to do: in integers where both sides of its products are dequantized. */
export function workOf(node: GraphNode, graph: OnnxLikeGraph, pairs: Pairs): Work {
  const { opType, inputs, outputs, name } = node;
  const second = MULTIPLYING[opType]?.[1] ?? 1;
  const isPaired =
    pairs.dequantized.has(inputs[0] ?? '') && pairs.dequantized.has(inputs[second] ?? '');
  return {
    name: name || (outputs[0] ?? ''),
    type: operatorName(node),
    macs: macsOf(node, (tensor) => shapeOf(tensor, graph, pairs)),
    computes: COMPUTES_INTEGERS.has(opType) || isPaired ? 'integer' : 'float',
  };
}

function macsOf(
  node: GraphNode,
  shapeOfTensor: (name: string | undefined) => readonly Dimension[] | undefined,
): number | undefined {
  const { opType, inputs, outputs } = node;
  const [kind = 'unknown', second = 1] = MULTIPLYING[opType] ?? [];
  const input = shapeOfTensor(inputs[0]);
  const output = shapeOfTensor(outputs[0]);
  const weights = shapeOfTensor(inputs[second]);
  switch (kind) {
    case 'convolution':
      return convolutionMacs(output, weights && elementsOf(weights.slice(1)));
    case 'deconvolution':
      return convolutionMacs(input, weights && elementsOf(weights.slice(1)));
    case 'product':
      return productMacs(input, output);
    case 'blocks':
      return convolutionMacs(output, node.int('K'));
    case 'recurrent': {
      // X is [steps, batch, inputs]; each step multiplies by the weights of inputs and of the state
      const state = shapeOfTensor(inputs[2]);
      if (input === undefined || weights === undefined || state === undefined) return undefined;
      return elementsOf(input.slice(0, 2)) * (elementsOf(weights) + elementsOf(state));
    }
    default:
      return undefined;
  }
}
