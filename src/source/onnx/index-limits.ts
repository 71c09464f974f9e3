import type { OnnxGraph, OnnxNode } from './model.js';

/** Operators that hand integer values on unchanged, in their first input. */
const PASS_ON: ReadonlySet<string> = new Set([
  'Cast',
  'Identity',
  'Unsqueeze',
  'Squeeze',
  'Reshape',
  'Flatten',
  'Transpose',
  'Expand',
  'Slice',
  'Concat',
]);
/** Operators whose result has the shape of their first input. */
const SAME_SHAPE: ReadonlySet<string> = new Set(['Cast', 'Identity', 'DequantizeLinear']);

/**
 * For graph inputs that are used as indices into a table of weights (tokens into an embedding):
 * the number of rows, so that generated inputs stay within their meaning.
 *
 * @returns rows by input name; an input that indexes several tables gets the smallest.
 */
export function indexLimits(graph: OnnxGraph): Map<string, number> {
  const consumers = new Map<string, OnnxNode[]>();
  const shapes = new Map(graph.initializers.map((tensor) => [tensor.name, tensor.dims]));
  for (const node of graph.nodes) {
    for (const input of new Set(node.inputs)) {
      const known = consumers.get(input);
      if (known === undefined) consumers.set(input, [node]);
      else known.push(node);
    }
    const [from, to] = [node.inputs[0], node.outputs[0]];
    const shape = from === undefined ? undefined : shapes.get(from);
    if (SAME_SHAPE.has(node.opType) && to !== undefined && shape !== undefined)
      shapes.set(to, shape);
  }
  const limits = new Map<string, number>();
  for (const { name } of graph.inputs) {
    const limit = smallestTable(name, consumers, shapes);
    if (limit !== undefined) limits.set(name, limit);
  }
  return limits;
}

function smallestTable(
  input: string,
  consumers: ReadonlyMap<string, OnnxNode[]>,
  shapes: ReadonlyMap<string, number[]>,
): number | undefined {
  let limit: number | undefined;
  const seen = new Set([input]);
  for (const name of seen) {
    for (const node of consumers.get(name) ?? []) {
      const rows = tableRows(node, name, shapes);
      if (rows !== undefined) limit = Math.min(limit ?? rows, rows);
      const [output] = node.outputs;
      if (handsOn(node, name) && output !== undefined) seen.add(output);
    }
  }
  return limit;
}

/** Whether the values of `input` come out of a node unchanged: all of Concat's inputs do, of others the first. */
function handsOn({ opType, inputs }: OnnxNode, input: string): boolean {
  return PASS_ON.has(opType) && (opType === 'Concat' || inputs[0] === input);
}

function tableRows(
  node: OnnxNode,
  indices: string,
  shapes: ReadonlyMap<string, number[]>,
): number | undefined {
  if (node.opType !== 'Gather' || node.inputs[1] !== indices) return undefined;
  const dims = shapes.get(node.inputs[0] ?? '');
  const axis = node.attributes.find(({ name }) => name === 'axis')?.int ?? 0;
  return dims?.at(axis);
}
