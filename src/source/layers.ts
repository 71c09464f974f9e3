/** A tensor that a layer of a graph computes from the inputs of the model. */
export interface LayerTensor {
  readonly name: string;
  /** What computes it, e.g. `Conv`; with its domain where that is not the default one. */
  readonly operator: string;
  /** Tensors that it is computed from, those that follow from the inputs of the model alone. */
  readonly from: readonly string[];
  /** Whether constants of the model go in: weights. */
  readonly hasConstants: boolean;
}

/** One operator of a graph. */
export interface GraphNode {
  readonly opType: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** What gives or takes no tensors: nothing of it can be shown. */
const NO_TENSORS = /^(Sequence(?!At$|Length$)|SplitToSequence$|Optional(?!HasElement$)|ZipMap$)/;

/**
 * The tensors that follow from the inputs of a graph, each after those that it is computed from.
 *
 * @param nodes - in any order.
 */
export function layersOf(nodes: readonly GraphNode[], inputs: readonly string[]): LayerTensor[] {
  const computed = new Set(inputs);
  const layers: LayerTensor[] = [];
  for (const { opType, domain, inputs: taken, outputs } of inOrder(nodes)) {
    const from = taken.filter((name) => computed.has(name));
    if (from.length === 0) continue;
    const hasConstants = taken.some((name) => name !== '' && !computed.has(name));
    const operator = domain === '' ? opType : `${domain}.${opType}`;
    for (const name of outputs) {
      if (name === '') continue;
      computed.add(name);
      if (!NO_TENSORS.test(opType)) layers.push({ name, operator, from, hasConstants });
    }
  }
  return layers;
}

/** Producers before consumers: ONNX files have them so, files that an optimizer wrote need not. */
function inOrder(nodes: readonly GraphNode[]): GraphNode[] {
  const producer = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node])));
  const state = new Map<GraphNode, 'open' | 'done'>();
  const ordered: GraphNode[] = [];
  for (const start of nodes) {
    const stack = [start];
    while (stack.length > 0) {
      const node = stack.at(-1) as GraphNode;
      if (state.get(node) === undefined) {
        state.set(node, 'open');
        for (const name of node.inputs) {
          const before = producer.get(name);
          if (before !== undefined && state.get(before) === undefined) stack.push(before);
        }
        continue;
      }
      stack.pop();
      if (state.get(node) === 'done') continue;
      state.set(node, 'done');
      ordered.push(node);
    }
  }
  return ordered;
}
