import type { Dimension, Dtype, ModelInfo, ModelTensor } from '../../schema/generated/types.js';
import { dtypeOf } from '../dtype.js';
import { metadataOf } from '../embedded-metadata.js';
import { type FileWindow, MalformedError } from '../file-window.js';
import { Table } from '../flatbuffers/table.js';
import { type LayerTensor, layersOf } from '../layers.js';
import {
  type GraphConstant,
  type GraphNode,
  isOfInterest,
  type OnnxLikeGraph,
  quantizedGraph,
} from '../onnx/graph.js';
import { minimumForOrt } from '../onnxruntime-versions.js';
import { describeQuantization } from '../quantization/describe.js';
import type { QuantizedGraph } from '../quantization/graph.js';
import { decodeNumbers } from '../quantization/numbers.js';
import type { ModelStructure } from '../structure.js';
import { elementCount, summarize, type WeightTensor } from '../summary.js';

// Slots: onnxruntime/core/flatbuffers/schema/ort.fbs, the same in releases 1.18 to 1.32.
const SESSION = { version: 0, model: 1 } as const;
const MODEL = { opsets: 1, producerName: 2, producerVersion: 3, graph: 7, metadata: 9 } as const;
const GRAPH = { initializers: 0, nodeArgs: 1, nodes: 2, inputs: 5, outputs: 6, sparse: 7 } as const;
const VALUE = { name: 0, type: 2 } as const;
const TENSOR = { name: 0, dims: 2, dataType: 3, rawData: 4 } as const;
const NODE = { name: 0, domain: 2, opType: 5, inputs: 8, outputs: 9, attributes: 10 } as const;
const ATTRIBUTE = { name: 0, int: 4, graph: 7, graphs: 12 } as const;
/** `tensor_type` of the union TypeInfoValue. */
const TENSOR_TYPE = 1;
/** Subgraphs in subgraphs. */
const MAX_DEPTH = 64;

interface OrtTensor extends WeightTensor {
  readonly name: string;
  readonly table: Table;
}

/**
 * Read the structure of an ORT format file; tensor data is not read, only checked to be there.
 *
 * @throws MalformedError when offsets or lengths do not fit the file.
 */
export function readOrt(file: FileWindow): ModelStructure {
  const session = Table.root(file);
  const model = session.table(SESSION.model);
  const graph = model?.table(MODEL.graph);
  if (model === undefined || graph === undefined)
    throw new MalformedError('it holds no graph: the file is damaged');
  const tensors = [...allTensors(graph, 0)];
  const nodes = [...allNodes(graph, 0)];
  const quantized = quantizedGraph(graphOf(graph, tensors, nodes));
  return {
    info: describe(session.string(SESSION.version), model, graph, tensors, nodes, quantized),
    externalSizes: new Map(),
    indexLimits: indexLimits(nodes, new Map(tensors.map((tensor) => [tensor.name, tensor.dims]))),
    quantized,
  };
}

/**
 * The layers of an ORT format file, and where the list of its outputs stands.
 *
 * @throws MalformedError when offsets or lengths do not fit the file.
 */
export function readOrtLayers(file: FileWindow): {
  readonly layers: LayerTensor[];
  readonly outputs: readonly string[];
  /** Position of the offset that leads to the list. */
  readonly outputsAt: number;
} {
  const graph = Table.root(file).table(SESSION.model)?.table(MODEL.graph);
  const outputsAt = graph?.field(GRAPH.outputs);
  if (graph === undefined || outputsAt === undefined)
    throw new MalformedError('it holds no graph with outputs');
  const nodes = [...graph.tables(GRAPH.nodes)].map((node) => ({
    opType: node.string(NODE.opType) ?? '',
    domain: node.string(NODE.domain) ?? '',
    inputs: [...node.strings(NODE.inputs)],
    outputs: [...node.strings(NODE.outputs)],
  }));
  const layers = layersOf(nodes, [...graph.strings(GRAPH.inputs)]);
  return { layers, outputs: [...graph.strings(GRAPH.outputs)], outputsAt };
}

function describe(
  version: string | undefined,
  model: Table,
  graph: Table,
  tensors: readonly OrtTensor[],
  nodes: readonly GraphNode[],
  quantized: QuantizedGraph,
): Omit<ModelInfo, 'path' | 'sizeBytes'> {
  const { precision, ...summary } = summarize(nodes, tensors);
  const quantization = describeQuantization(quantized, precision);
  const used = new Set(nodes.map(({ domain }) => domain));
  // the file lists every operator set that its writer knew; only the ones in use matter
  const opsets = new Map(
    [...model.tables(MODEL.opsets)]
      .map((entry): [string, number] => [entry.string(0) ?? '', entry.int64(1)])
      .filter(([domain]) => used.has(domain)),
  );
  const minimum =
    version === undefined ? undefined : minimumForOrt(Number(version), opsets.get(''));
  const producer = model.string(MODEL.producerName);
  return {
    format: 'ort',
    ...(version === undefined ? {} : { formatVersion: version }),
    ...(producer === undefined || producer === ''
      ? {}
      : { producer: { name: producer, version: model.string(MODEL.producerVersion) ?? '' } }),
    opsets: Object.fromEntries(
      [...opsets].map(([domain, number]) => [domain || 'ai.onnx', number]),
    ),
    ...(precision === undefined ? {} : { precision }),
    ...summary,
    // most weights may be floats all the same
    ...(quantization === undefined ? {} : { quantized: true, quantization }),
    inputs: tensorsNamed(graph, GRAPH.inputs),
    outputs: tensorsNamed(graph, GRAPH.outputs),
    ...metadataOf(
      [...model.tables(MODEL.metadata)].map((entry) => [
        entry.string(0) ?? '',
        entry.string(1) ?? '',
      ]),
    ),
    ...(minimum === undefined ? {} : { minimumRuntime: minimum }),
    facts: {
      formatVersion: version === undefined ? 'unknown' : 'read',
      inputs: 'read',
      outputs: 'read',
      precision: precision === undefined ? 'unknown' : 'read',
      producer: producer === undefined || producer === '' ? 'unknown' : 'read',
      minimumRuntime: minimum === undefined ? 'unknown' : 'read',
      ...(quantization === undefined ? {} : { quantization: 'read' }),
    },
  };
}

function tensorsNamed(graph: Table, slot: number): ModelTensor[] {
  const types = new Map(
    [...graph.tables(GRAPH.nodeArgs)].map((value) => [
      value.string(VALUE.name) ?? '',
      value.table(VALUE.type),
    ]),
  );
  return [...graph.strings(slot)].map((name) => ({ name, ...tensorType(types.get(name)) }));
}

function tensorType(type: Table | undefined): Omit<ModelTensor, 'name'> {
  const tensor = type?.uint8(1) === TENSOR_TYPE ? type.table(2) : undefined;
  if (tensor === undefined) return { dtype: 'unknown' };
  const shape = tensor.table(1);
  return {
    dtype: dtypeOf(tensor.int32(0)),
    ...(shape === undefined ? {} : { shape: [...shape.tables(0)].map(dimension) }),
  };
}

function dimension(entry: Table): number | string {
  const value = entry.table(0);
  const fixed = value?.int64(1) ?? 0;
  return fixed > 0 ? fixed : value?.string(2) || '?';
}

function* allTensors(graph: Table, depth: number): Generator<OrtTensor> {
  for (const tensor of graph.tables(GRAPH.initializers)) yield toTensor(tensor);
  for (const sparse of graph.tables(GRAPH.sparse)) {
    const values = sparse.table(0);
    if (values !== undefined) yield toTensor(values);
  }
  for (const inner of subgraphs(graph, depth)) yield* allTensors(inner, depth + 1);
}

function toTensor(tensor: Table): OrtTensor {
  tensor.byteLength(TENSOR.rawData);
  return {
    name: tensor.string(TENSOR.name) ?? '',
    dtype: dtypeOf(tensor.int32(TENSOR.dataType)),
    dims: [...tensor.int64s(TENSOR.dims)],
    table: tensor,
  };
}

function* allNodes(graph: Table, depth: number): Generator<GraphNode> {
  for (const node of graph.tables(GRAPH.nodes)) {
    const opType = node.string(NODE.opType) ?? '';
    // of the others nothing but their number is of interest
    const isRead = opType === 'Gather' || isOfInterest(opType);
    yield {
      name: isRead ? (node.string(NODE.name) ?? '') : '',
      opType,
      domain: node.string(NODE.domain) ?? '',
      inputs: isRead ? [...node.strings(NODE.inputs)] : [],
      outputs: isRead ? [...node.strings(NODE.outputs)] : [],
      int: (key) =>
        [...node.tables(NODE.attributes)]
          .find((attribute) => attribute.string(ATTRIBUTE.name) === key)
          ?.int64(ATTRIBUTE.int),
    };
  }
  for (const inner of subgraphs(graph, depth)) yield* allNodes(inner, depth + 1);
}

/** What the file says of tensors between nodes, subgraphs included. */
function* allValues(graph: Table, depth: number): Generator<Table> {
  yield* graph.tables(GRAPH.nodeArgs);
  for (const inner of subgraphs(graph, depth)) yield* allValues(inner, depth + 1);
}

function graphOf(
  graph: Table,
  tensors: readonly OrtTensor[],
  nodes: readonly GraphNode[],
): OnnxLikeGraph {
  const shapes = new Map<string, readonly Dimension[]>();
  const dtypes = new Map<string, Dtype>();
  const named = nodes.filter(({ opType }) => isOfInterest(opType));
  const wanted = new Set(named.flatMap(({ inputs, outputs }) => [...inputs, ...outputs]));
  for (const value of wanted.size === 0 ? [] : allValues(graph, 0)) {
    const name = value.string(VALUE.name) ?? '';
    if (!wanted.has(name)) continue;
    const { dtype, shape } = tensorType(value.table(VALUE.type));
    if (shape !== undefined) shapes.set(name, shape);
    if (dtype !== 'unknown') dtypes.set(name, dtype);
  }
  return {
    nodes: named,
    constants: new Map(tensors.map((tensor) => [tensor.name, constantOf(tensor)])),
    shapes,
    dtypes,
    outer: new Set([...graph.strings(GRAPH.inputs), ...graph.strings(GRAPH.outputs)]),
  };
}

function constantOf({ dtype, dims, table }: OrtTensor): GraphConstant {
  return {
    dtype,
    dims,
    read: () => {
      const count = elementCount(dims);
      const bytes = table.allBytes(TENSOR.rawData, count * 8);
      // large ones may be kept in a file of their own
      return bytes.length === 0 && count > 0 ? undefined : decodeNumbers(bytes, dtype, count);
    },
  };
}

function* subgraphs(graph: Table, depth: number): Generator<Table> {
  if (depth > MAX_DEPTH) throw new MalformedError(`graphs are nested more than ${MAX_DEPTH} deep`);
  for (const node of graph.tables(GRAPH.nodes)) {
    for (const attribute of node.tables(NODE.attributes)) {
      const inner = attribute.table(ATTRIBUTE.graph);
      if (inner !== undefined) yield inner;
      yield* attribute.tables(ATTRIBUTE.graphs);
    }
  }
}

/** Rows of the table that an input indexes directly; ONNX sources are followed further, see onnx/index-limits.ts. */
function indexLimits(
  nodes: readonly GraphNode[],
  shapes: ReadonlyMap<string, readonly number[]>,
): Map<string, number> {
  const limits = new Map<string, number>();
  for (const node of nodes) {
    const [table, indices] = node.inputs;
    const rows =
      node.opType === 'Gather' && table !== undefined
        ? shapes.get(table)?.at(node.int('axis') ?? 0)
        : undefined;
    if (rows !== undefined && indices !== undefined)
      limits.set(indices, Math.min(rows, limits.get(indices) ?? rows));
  }
  return limits;
}
