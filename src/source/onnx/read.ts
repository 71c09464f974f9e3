import type { ModelInfo, ModelTensor } from '../../schema/generated/types.js';
import { dtypeOf, tensorBytes } from '../dtype.js';
import { metadataOf } from '../embedded-metadata.js';
import { type FileWindow, MalformedError } from '../file-window.js';
import { minimumForOnnx } from '../onnxruntime-versions.js';
import type { ModelStructure } from '../structure.js';
import { elementCount, type OperatorUse, summarize } from '../summary.js';
import { indexLimits } from './index-limits.js';
import { layoutsOf } from './layouts.js';
import {
  decodeModel,
  MODEL_SPEC,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValue,
} from './messages.js';
import { readSparse } from './sparse.js';

/**
 * Read the structure of an ONNX model; tensor data is jumped over.
 *
 * @throws MalformedError when the file is no ONNX model.
 */
export function readOnnx(file: FileWindow): ModelStructure {
  const model = decodeSafely(file);
  const { graph } = model;
  if (graph === undefined)
    throw new MalformedError('it holds no graph: the file is truncated or not ONNX');
  if (graph.nodes.length === 0 && graph.outputs.length === 0)
    throw new MalformedError('its graph is empty');
  const tensors = [...allTensors(graph), ...nodeTensors(model.functions)];
  return {
    info: describe(model, graph, tensors),
    externalSizes: externalSizes(tensors),
    indexLimits: indexLimits(graph),
  };
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
): Omit<ModelInfo, 'path' | 'sizeBytes'> {
  const weights = tensors.map((tensor) => ({ dtype: dtypeOf(tensor.dataType), dims: tensor.dims }));
  const { precision, ...summary } = summarize(allNodes(graph, model.functions), weights);
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
    },
  };
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
