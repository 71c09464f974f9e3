import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { attribute, FLOAT, graph, model, node, tensor, valueInfo } from '../support/onnx.js';

/** A model of one Relu: nothing to keep in a file of weights, and nothing to quantize. */
export function reluModel(directory: string): string {
  return write(directory, 'relu.onnx', graph());
}

/** A model whose output is a scalar. */
export function sumModel(directory: string): string {
  const attributes = [attribute({ name: 'keepdims', int: 0 })];
  return write(
    directory,
    'sum.onnx',
    graph({
      nodes: [node('ReduceSum', { inputs: ['x'], outputs: ['sum'], attributes })],
      outputs: [valueInfo('sum', FLOAT, [])],
    }),
  );
}

/**
 * An image model whose sides differ, with two outputs of which the second is the mean of the first over
 * the image: `photo` [1,3,8,10], `map` [1,4,8,10], `pooled` [1,4].
 */
export function photoModel(directory: string): string {
  const weights = Float32Array.from({ length: 4 * 3 }, (_none, at) => ((at * 7) % 12) / 6 - 1);
  return write(
    directory,
    'photo.onnx',
    graph({
      nodes: [
        node('Conv', { inputs: ['photo', 'w'], outputs: ['conv'] }),
        node('Relu', { inputs: ['conv'], outputs: ['map'] }),
        node('GlobalAveragePool', { inputs: ['map'], outputs: ['mean'] }),
        node('Flatten', { inputs: ['mean'], outputs: ['pooled'] }),
      ],
      initializers: [
        tensor({ name: 'w', dims: [4, 3, 1, 1], rawData: new Uint8Array(weights.buffer) }),
      ],
      inputs: [valueInfo('photo', FLOAT, [1, 3, 8, 10])],
      outputs: [valueInfo('map', FLOAT, [1, 4, 8, 10]), valueInfo('pooled', FLOAT, [1, 4])],
    }),
  );
}

/** A model of which one input, the first, leads nowhere. */
export function unusedInputModel(directory: string): string {
  return write(
    directory,
    'unused.onnx',
    graph({
      nodes: [node('Relu', { inputs: ['x'], outputs: ['y'] })],
      inputs: [valueInfo('unused', FLOAT, [1, 7]), valueInfo('x', FLOAT, [1, 4])],
    }),
  );
}

function write(directory: string, name: string, body: Uint8Array): string {
  const file = path.join(directory, name);
  writeFileSync(file, model(body));
  return file;
}
