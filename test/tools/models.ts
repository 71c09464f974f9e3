import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { attribute, FLOAT, graph, model, node, valueInfo } from '../support/onnx.js';

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

function write(directory: string, name: string, body: Uint8Array): string {
  const file = path.join(directory, name);
  writeFileSync(file, model(body));
  return file;
}
