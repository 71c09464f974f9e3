import type { FileWindow } from '../file-window.js';
import { type LayerTensor, layersOf } from '../layers.js';
import { readOnnxGraph } from './read.js';
import { field } from './wire.js';

// onnx.proto3: ModelProto.graph, GraphProto.output, ValueInfoProto.name
const [GRAPH, OUTPUT, NAME] = [7, 12, 1] as const;

/** @throws MalformedError when the file is no ONNX model. */
export function onnxLayers(file: FileWindow): LayerTensor[] {
  const { nodes, inputs, initializers } = readOnnxGraph(file);
  const constant = new Set(initializers.map(({ name }) => name));
  return layersOf(
    nodes,
    inputs.map(({ name }) => name).filter((name) => !constant.has(name)),
  );
}

/**
 * What makes every layer of a model an output of it, as bytes to append: a message that stands in a file twice
 * is merged, its lists one after the other (protobuf, "Last One Wins" and merging). ONNX Runtime finds the
 * types by itself.
 *
 * @throws MalformedError when the file is no ONNX model.
 */
export function exposingSuffix(file: FileWindow): Buffer {
  const known = new Set(readOnnxGraph(file).outputs.map(({ name }) => name));
  const outputs = onnxLayers(file)
    .filter(({ name }) => !known.has(name))
    .map(({ name }) => field(OUTPUT, field(NAME, Buffer.from(name))));
  return field(GRAPH, Buffer.concat(outputs));
}
