import type { ModelInfo, ModelTensor, Quantization } from '../../schema/generated/types.js';
import type { FileWindow } from '../file-window.js';
import { commonGranularity, describeScales } from '../quantization/describe.js';
import type { QuantizedGraph } from '../quantization/graph.js';
import { summarizeScaled } from '../quantized.js';
import type { Companion, ModelStructure } from '../structure.js';
import { summarize } from '../summary.js';
import { quantizedGraph } from './graph.js';
import { withNote } from './note.js';
import { type NcnnLayer, type NcnnParam, PARAM_MAGIC, parseParam } from './param.js';
import { type NcnnWeights, walkWeights } from './weights.js';

/**
 * Read the structure of an ncnn model: the `.param` text, and from the `.bin` beside it how the weights
 * are kept. Layers of which it is not certain what they read leave the weights unknown.
 *
 * @throws MalformedError when a line is not a layer, or the `.bin` is shorter than the layers need.
 */
export function readNcnn(file: FileWindow, companion: Companion | undefined): ModelStructure {
  const param = parseParam(file);
  const weights = companion === undefined ? undefined : walkWeights(param.layers, companion.window);
  const quantized =
    companion === undefined || weights?.complete !== true
      ? undefined
      : quantizedGraph(weights, companion.window);
  return {
    info: describe(param, weights, quantized),
    externalSizes: new Map(
      companion === undefined || weights === undefined
        ? []
        : [[companion.name, weights.neededBytes]],
    ),
    indexLimits: tableRows(param.layers),
    ...(quantized === undefined ? {} : { quantized }),
  };
}

function describe(
  { layers, embedded, note }: NcnnParam,
  weights: NcnnWeights | undefined,
  quantized: QuantizedGraph | undefined,
): Omit<ModelInfo, 'path' | 'sizeBytes'> {
  const uses = layers
    .filter(({ type }) => type !== 'Input')
    .map(({ type }) => ({ opType: type, domain: '' }));
  const { nodes, operators } = summarize(uses, []);
  const known = weights?.complete === true ? summarizeScaled([], weights.tensors) : undefined;
  const quantization =
    known?.quantized === true && quantized !== undefined
      ? quantizationOf(weights, quantized)
      : undefined;
  return {
    format: 'ncnn',
    formatVersion: PARAM_MAGIC,
    nodes,
    operators,
    ...(known === undefined ? {} : { weights: known.weights, quantized: known.quantized }),
    ...(known?.precision === undefined ? {} : { precision: known.precision }),
    ...(quantization === undefined ? {} : { quantization }),
    inputs: note === undefined ? inputsOf(layers) : withNote(inputsOf(layers), note.inputs),
    outputs: note === undefined ? outputsOf(layers) : withNote(outputsOf(layers), note.outputs),
    ...(embedded === undefined ? {} : { embedded }),
    facts: {
      formatVersion: 'read',
      // order, names and shapes are what its converter noted
      inputs: note === undefined ? 'read' : 'declared',
      outputs: note === undefined ? 'read' : 'declared',
      weights: known === undefined ? 'unknown' : 'read',
      precision: known?.precision === undefined ? 'unknown' : 'read',
      quantization: known === undefined ? 'unknown' : 'read',
      // the file does not name its writer, and the magic has been the same since 2017
      producer: 'unknown',
      minimumRuntime: 'unknown',
    },
  };
}

/** ncnn's int8 has scales and no zero points; a table of 256 floats is a kind of its own. */
function quantizationOf(weights: NcnnWeights | undefined, graph: QuantizedGraph): Quantization {
  const int8 = weights?.tensors.some(({ dtype }) => dtype === 'int8');
  const scaled = graph.entries.filter(({ role }) => role === 'weight');
  return {
    ...(int8 === true
      ? { type: 'int8', scheme: 'symmetric', ...commonGranularity(scaled), weightBits: 8 }
      : { type: 'int8-weights', weightBits: 8 }),
    ...(graph.entries.some(({ role }) => role === 'activation') ? { activationBits: 8 } : {}),
    ...describeScales(graph),
  };
}

function inputsOf(layers: readonly NcnnLayer[]): ModelTensor[] {
  const indices = tableRows(layers);
  return layers
    .filter(({ type }) => type === 'Input')
    .flatMap((layer) => {
      const shape = shapeOf(layer);
      // an Embed layer reads the bits of its input as int32, everything else float32 (ncnn src/layer/embed.cpp)
      return layer.tops.map((name): ModelTensor => {
        const dtype = indices.has(name) ? 'int32' : 'float32';
        return { name, dtype, ...(shape.length === 0 ? {} : { shape }) };
      });
    });
}

/** Outermost first: c, d, h, w; sizes that are not given are 0 (ncnn src/layer/input.cpp). */
function shapeOf(layer: NcnnLayer): number[] {
  return [2, 11, 1, 0].map((id) => layer.int(id, 0)).filter((size) => size > 0);
}

/** Blobs that nothing reads; the extractor gives every one of them as float32. */
function outputsOf(layers: readonly NcnnLayer[]): ModelTensor[] {
  const read = new Set(layers.flatMap(({ bottoms }) => bottoms));
  return layers
    .flatMap(({ tops }) => tops)
    .filter((name) => !read.has(name))
    .map((name) => ({ name, dtype: 'float32' }));
}

/** Rows of the table that an input indexes, directly or through a Split. */
function tableRows(layers: readonly NcnnLayer[]): Map<string, number> {
  const origin = new Map<string, string>();
  const rows = new Map<string, number>();
  for (const layer of layers) {
    const [source] = layer.bottoms;
    if (layer.type === 'Input') for (const name of layer.tops) origin.set(name, name);
    const input = source === undefined ? undefined : origin.get(source);
    if (input === undefined) continue;
    if (layer.type === 'Split') for (const name of layer.tops) origin.set(name, input);
    if (layer.type === 'Embed') {
      const size = layer.int(1, 0);
      if (size > 0) rows.set(input, Math.min(size, rows.get(input) ?? size));
    }
  }
  return rows;
}
