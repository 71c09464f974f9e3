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
    17,
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

function write(directory: string, name: string, body: Uint8Array, opset = 17): string {
  const file = path.join(directory, name);
  writeFileSync(file, model(body, { opsets: { '': opset } }));
  return file;
}
