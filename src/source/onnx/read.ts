import type { Dimension, Dtype, ModelInfo, ModelTensor } from '../../schema/generated/types.js';
import { dtypeOf, tensorBytes } from '../dtype.js';
import { metadataOf } from '../embedded-metadata.js';
import { type FileWindow, MalformedError } from '../file-window.js';
import { minimumForOnnx } from '../onnxruntime-versions.js';
import { describeQuantization } from '../quantization/describe.js';
import type { QuantizedGraph } from '../quantization/graph.js';
import { decodeNumbers } from '../quantization/numbers.js';
import type { Companion, ModelStructure, OpenPart } from '../structure.js';
import { elementCount, type OperatorUse, summarize } from '../summary.js';
import { elementsIn } from './elements.js';
import {
  type GraphConstant,
  type GraphNode,
  isOfInterest,
  type OnnxLikeGraph,
  quantizedGraph,
} from './graph.js';
import { indexLimits } from './index-limits.js';
import { layoutsOf } from './layouts.js';
import { MODEL_SPEC } from './message-specs.js';
import { decodeModel } from './messages.js';
import type { OnnxGraph, OnnxModel, OnnxNode, OnnxTensor, OnnxValue } from './model.js';
import { readSparse } from './sparse.js';

/**
 * Read the structure of an ONNX model; tensor data is jumped over.
 *
 * @throws MalformedError when the file is no ONNX model.
 */
export function readOnnx(
  file: FileWindow,
  _companion?: Companion,
  openPart?: OpenPart,
): ModelStructure {
  const model = decodeSafely(file);
  const { graph } = model;
  if (graph === undefined)
    throw new MalformedError('it holds no graph: the file is truncated or not ONNX');
  if (graph.nodes.length === 0 && graph.outputs.length === 0)
    throw new MalformedError('its graph is empty');
  const tensors = [...allTensors(graph), ...nodeTensors(model.functions)];
  const quantized = quantizedGraph(graphOf(file, graph, openPart));
  return {
    info: describe(model, graph, tensors, quantized),
    externalSizes: externalSizes(tensors),
    indexLimits: indexLimits(graph),
    quantized,
  };
}

/**
 * The graph of an ONNX model, without the data of its tensors.
 *
 * @throws MalformedError when the file is no ONNX model.
 */
export function readOnnxGraph(file: FileWindow): OnnxGraph {
  const { graph } = decodeSafely(file);
  if (graph === undefined) throw new MalformedError('it holds no graph');
  return graph;
}

function decodeSafely(file: FileWindow): OnnxModel {
  const bytes = readSparse(file, MODEL_SPEC);
  try {
    return decodeModel(bytes);
  } catch (error) {
    throw new MalformedError('a field has another type than ONNX gives it', { cause: error });
  }
}

function describe(
  model: OnnxModel,
  graph: OnnxGraph,
  tensors: readonly OnnxTensor[],
  quantized: QuantizedGraph,
): Omit<ModelInfo, 'path' | 'sizeBytes'> {
  const weights = tensors.map((tensor) => ({ dtype: dtypeOf(tensor.dataType), dims: tensor.dims }));
  const { precision, ...summary } = summarize(allNodes(graph, model.functions), weights);
  const quantization = describeQuantization(quantized, precision);
  const minimum = minimumForOnnx(model.irVersion, model.opsets.get(''));
  const initialized = new Set(graph.initializers.map(({ name }) => name));
  const layouts = layoutsOf(graph);
  const toTensor = (value: OnnxValue): ModelTensor => tensorOf(value, layouts.get(value.name));
  return {
    format: 'onnx',
    formatVersion: String(model.irVersion),
    ...(model.producerName === ''
      ? {}
      : { producer: { name: model.producerName, version: model.producerVersion } }),
    graphName: graph.name,
    opsets: Object.fromEntries(
      [...model.opsets].map(([domain, version]) => [domain || 'ai.onnx', version]),
    ),
    ...(precision === undefined ? {} : { precision }),
    ...summary,
    // most weights may be floats all the same
    ...(quantization === undefined ? {} : { quantized: true, quantization }),
    // before IR version 4 every initializer was listed among the inputs, too
    inputs: graph.inputs.filter(({ name }) => !initialized.has(name)).map(toTensor),
    outputs: graph.outputs.map(toTensor),
    ...metadataOf(model.metadata),
    ...(minimum === undefined ? {} : { minimumRuntime: minimum }),
    facts: {
      formatVersion: 'read',
      inputs: 'read',
      outputs: 'read',
      precision: precision === undefined ? 'unknown' : 'read',
      producer: model.producerName === '' ? 'unknown' : 'read',
      minimumRuntime: minimum === undefined ? 'unknown' : 'read',
      ...(quantization === undefined ? {} : { quantization: 'read' }),
    },
  };
}

/** The graph without subgraphs' bounds: names are unique over all of them. */
function graphOf(
  file: FileWindow,
  graph: OnnxGraph,
  openPart: OpenPart | undefined,
): OnnxLikeGraph {
  const constants = new Map<string, GraphConstant>();
  const shapes = new Map<string, readonly Dimension[]>();
  const dtypes = new Map<string, Dtype>();
  const nodes: GraphNode[] = [];
  const visit = ({ initializers, inputs, outputs, values, nodes: inner }: OnnxGraph): void => {
    for (const tensor of initializers)
      constants.set(tensor.name, constantOf(file, tensor, openPart));
    for (const { name, elemType, shape } of [...inputs, ...outputs, ...values]) {
      if (shape !== undefined) shapes.set(name, shape);
      dtypes.set(name, dtypeOf(elemType));
    }
    for (const node of inner) {
      const value = node.opType === 'Constant' ? node.attributes[0]?.tensors[0] : undefined;
      if (value !== undefined)
        constants.set(node.outputs[0] ?? '', constantOf(file, value, openPart));
      if (isOfInterest(node.opType)) nodes.push(withAttributes(node));
      for (const attribute of node.attributes) attribute.graphs.forEach(visit);
    }
  };
  visit(graph);
  const outer = new Set([...graph.inputs, ...graph.outputs].map(({ name }) => name));
  return { nodes, constants, shapes, dtypes, outer };
}

function withAttributes(node: OnnxNode): GraphNode {
  const { attributes } = node;
  return { ...node, int: (key) => attributes.find(({ name }) => name === key)?.int };
}

function constantOf(
  file: FileWindow,
  tensor: OnnxTensor,
  openPart: OpenPart | undefined,
): GraphConstant {
  const dtype = dtypeOf(tensor.dataType);
  return { dtype, dims: tensor.dims, read: () => elementsOf(file, tensor, dtype, openPart) };
}

/** Elements in the file, or in the one beside it that they are kept in. */
function elementsOf(
  file: FileWindow,
  tensor: OnnxTensor,
  dtype: Dtype,
  openPart: OpenPart | undefined,
): number[] | undefined {
  const location = externalPath(tensor);
  if (location === undefined) return elementsIn(file, tensor, dtype);
  const count = elementCount(tensor.dims);
  const length = tensorBytes(dtype, count);
  const part = openPart?.(location);
  // one that is too short is told with its name when all parts are looked for
  if (part === undefined || length === undefined || lastByte(tensor) > part.sizeBytes)
    return undefined;
  return decodeNumbers(part.bytes(byteField(tensor, 'offset', 0), length), dtype, count);
}

function tensorOf({ name, elemType, shape }: OnnxValue, layout: string | undefined): ModelTensor {
  return {
    name,
    dtype: dtypeOf(elemType),
    ...(shape === undefined ? {} : { shape }),
    ...(layout === undefined ? {} : { layout }),
  };
}

function* allNodes(
  graph: OnnxGraph,
  functions: readonly OnnxNode[],
): Generator<OperatorUse & OnnxNode> {
  yield* functions;
  for (const node of graph.nodes) {
    yield node;
    for (const attribute of node.attributes) {
      for (const inner of attribute.graphs) yield* allNodes(inner, []);
    }
  }
}

/** Initializers, and tensors in attributes (Constant nodes), of the graph and of its subgraphs. */
function* allTensors(graph: OnnxGraph): Generator<OnnxTensor> {
  yield* graph.initializers;
  yield* nodeTensors(graph.nodes);
}

function* nodeTensors(nodes: readonly OnnxNode[]): Generator<OnnxTensor> {
  for (const node of nodes) {
    for (const attribute of node.attributes) {
      yield* attribute.tensors;
      for (const inner of attribute.graphs) yield* allTensors(inner);
    }
  }
}

/** Path of the file that holds a tensor, as one file is spelled in one way. */
function externalPath(tensor: OnnxTensor): string | undefined {
  if (tensor.external.size === 0) return undefined;
  const location = tensor.external.get('location')?.replace(/^(\.\/)+/, '');
  if (location === undefined || location === '') {
    throw new MalformedError(`tensor "${tensor.name}" has external data without a location`);
  }
  return location;
}

/** First byte after a tensor's external data. */
function lastByte(tensor: OnnxTensor): number {
  const dtype = dtypeOf(tensor.dataType);
  const needed = tensorBytes(dtype, elementCount(tensor.dims)) ?? 0;
  return byteField(tensor, 'offset', 0) + byteField(tensor, 'length', needed);
}

function byteField(tensor: OnnxTensor, key: string, missing: number): number {
  const text = tensor.external.get(key);
  if (text === undefined) return missing;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(value))
    throw new MalformedError(
      `tensor "${tensor.name}" has external data with the ${key} ${JSON.stringify(text)}`,
    );
  return value;
}

/** For each external file the size that it must have at least, in bytes. */
function externalSizes(tensors: readonly OnnxTensor[]): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const tensor of tensors) {
    const path = externalPath(tensor);
    if (path !== undefined) sizes.set(path, Math.max(sizes.get(path) ?? 0, lastByte(tensor)));
  }
  return new Map([...sizes].sort(([a], [b]) => (a < b ? -1 : 1)));
}
