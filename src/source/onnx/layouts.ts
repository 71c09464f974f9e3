import type { OnnxGraph, OnnxNode, OnnxValue } from './model.js';

/**
 * Operators whose first input and first output are [N, C, spatial axes…] by their definition.
 * See https://onnx.ai/onnx/operators.
 */
const CHANNELS_FIRST: ReadonlySet<string> = new Set([
  ...['Conv', 'ConvInteger', 'ConvTranspose', 'QLinearConv', 'DeformConv'],
  ...['MaxPool', 'AveragePool', 'LpPool', 'QLinearAveragePool'],
  ...['GlobalMaxPool', 'GlobalAveragePool', 'GlobalLpPool', 'QLinearGlobalAveragePool'],
  ...['InstanceNormalization', 'LRN', 'DepthToSpace', 'SpaceToDepth'],
]);
/** Operators that leave every axis of their first input where it is. */
const KEEPS_AXES: ReadonlySet<string> = new Set([
  ...['Identity', 'Cast', 'Dropout', 'Pad', 'Resize', 'Upsample', 'Clip'],
  ...['QuantizeLinear', 'DequantizeLinear', 'BatchNormalization', 'PRelu'],
  ...['Relu', 'LeakyRelu', 'Elu', 'Selu', 'Celu', 'Gelu', 'Mish', 'ThresholdedRelu', 'Softplus'],
  ...['Sigmoid', 'HardSigmoid', 'HardSwish', 'Tanh', 'Softsign', 'Softmax', 'LogSoftmax'],
  ...['Neg', 'Abs', 'Exp', 'Log', 'Sqrt', 'Reciprocal', 'Floor', 'Ceil', 'Round', 'Erf'],
]);
/** Operators that keep them, too, where the other operand has no more axes. */
const BROADCASTS: ReadonlySet<string> = new Set(['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Min', 'Max']);

const LETTERS: Readonly<Record<number, string>> = { 3: 'NCW', 4: 'NCHW', 5: 'NCDHW' };

/** What the axes of inputs and outputs mean: known where they meet an operator that defines it, by name. */
export function layoutsOf(graph: OnnxGraph): Map<string, string> {
  const ranks = new Map(graph.initializers.map(({ name, dims }) => [name, dims.length]));
  const [takers, makers] = [new Map<string, OnnxNode[]>(), new Map<string, OnnxNode[]>()];
  for (const node of graph.nodes) {
    for (const name of node.inputs) note(takers, name, node);
    for (const name of node.outputs) note(makers, name, node);
  }
  const layouts = new Map<string, string>();
  const find = (values: readonly OnnxValue[], isMet: (value: OnnxValue) => boolean): void => {
    for (const value of values) {
      const letters = LETTERS[value.shape?.length ?? 0];
      if (letters !== undefined && isMet(value)) layouts.set(value.name, letters);
    }
  };
  find(graph.inputs, ({ name, shape = [] }) =>
    meets(name, takers, (node, at) =>
      isHandedOn(node, at, ranks, shape.length) ? node.outputs.slice(0, 1) : [],
    ),
  );
  find(graph.outputs, ({ name, shape = [] }) =>
    meets(name, makers, (node, at) =>
      node.outputs[0] === at ? sourcesOf(node, ranks, shape.length) : [],
    ),
  );
  return layouts;
}

function note(nodes: Map<string, OnnxNode[]>, name: string, node: OnnxNode): void {
  const known = nodes.get(name);
  if (known === undefined) nodes.set(name, [node]);
  else known.push(node);
}

/** Whether a tensor gets to an operator that defines the axes; `next` gives the tensors with the same ones. */
function meets(
  start: string,
  nodes: ReadonlyMap<string, OnnxNode[]>,
  next: (node: OnnxNode, at: string) => readonly string[],
): boolean {
  const seen = new Set([start]);
  for (const name of seen) {
    for (const node of nodes.get(name) ?? []) {
      if (CHANNELS_FIRST.has(node.opType) && isImage(node, name)) return true;
      for (const other of next(node, name)) seen.add(other);
    }
  }
  return false;
}

/** Not its weights, and no second output. */
function isImage({ inputs, outputs }: OnnxNode, name: string): boolean {
  return inputs[0] === name || outputs[0] === name;
}

function isHandedOn(
  node: OnnxNode,
  name: string,
  ranks: ReadonlyMap<string, number>,
  rank: number,
): boolean {
  return sourcesOf(node, ranks, rank).includes(name);
}

/** Inputs of a node that have the axes of its output. */
function sourcesOf(
  { opType, inputs }: OnnxNode,
  ranks: ReadonlyMap<string, number>,
  rank: number,
): string[] {
  if (KEEPS_AXES.has(opType)) return inputs.slice(0, 1);
  if (!BROADCASTS.has(opType)) return [];
  const isSmall = (name: string): boolean => (ranks.get(name) ?? Infinity) <= rank;
  // of two tensors that are computed the rank is not known
  const computed = inputs.filter((name) => !ranks.has(name));
  return computed.length === 1 && inputs.every((name) => !ranks.has(name) || isSmall(name))
    ? computed
    : [];
}
