import { writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  attribute,
  FLOAT,
  field,
  graph,
  join,
  type Message,
  model,
  node,
  tensor,
  valueInfo,
} from '../support/onnx.js';

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

/** A model of one Sin, which no NPU of Rockchip's computes. */
export function sineModel(directory: string): string {
  const shape = [1, 4, 8, 8];
  return write(
    directory,
    'sine.onnx',
    graph({
      nodes: [node('Sin', { inputs: ['x'], outputs: ['y'] })],
      inputs: [valueInfo('x', FLOAT, shape)],
      outputs: [valueInfo('y', FLOAT, shape)],
    }),
    13,
  );
}

/** An LSTM, which ONNX Runtime does not quantize, with a small product behind it, which it does. */
export function recurrentModel(directory: string): string {
  const size = 32;
  const weights = (name: string, ...dims: number[]): Message => {
    const count = dims.reduce((product, one) => product * one, 1);
    const values = Float32Array.from({ length: count }, (_, i) => Math.sin(i) / size);
    return tensor({ name, dims, rawData: new Uint8Array(values.buffer) });
  };
  return write(
    directory,
    'recurrent.onnx',
    graph({
      nodes: [
        node('LSTM', {
          inputs: ['x', 'w', 'r'],
          outputs: ['', 'state'],
          attributes: [attribute({ name: 'hidden_size', int: size })],
        }),
        node('MatMul', { inputs: ['state', 'v'], outputs: ['y'] }),
      ].map((one, i) => (i === 0 ? join(one, field(3, 'lstm')) : one)),
      initializers: [
        weights('w', 1, 4 * size, size),
        weights('r', 1, 4 * size, size),
        weights('v', size, 4),
      ],
      inputs: [valueInfo('x', FLOAT, [4, 1, size])],
      outputs: [valueInfo('y', FLOAT, [1, 1, 4])],
    }),
  );
}

function write(directory: string, name: string, body: Uint8Array, opset = 17): string {
  const file = path.join(directory, name);
  writeFileSync(file, model(body, { opsets: { '': opset } }));
  return file;
}
