import { describe, expect, it } from 'vitest';
import { FLOAT, graph, model, node, tensor, valueInfo } from '../support/onnx.js';
import { probeBytes } from './probe-bytes.js';

const weights = tensor({ name: 'w', dims: [4, 3, 3, 3] });
const mean = tensor({ name: 'mean', dims: [3, 1, 1] });

/** Layouts of x and y, of a graph that leads from one to the other. */
async function layoutsOf(
  nodes: readonly Uint8Array[],
  shapes: readonly (readonly number[])[] = [
    [1, 3, 8, 8],
    [1, 4, 8, 8],
  ],
): Promise<(string | undefined)[]> {
  const [from, to] = shapes;
  const { info } = await probeBytes(
    model(
      graph({
        nodes,
        initializers: [weights, mean],
        inputs: [valueInfo('x', FLOAT, from)],
        outputs: [valueInfo('y', FLOAT, to)],
      }),
    ),
  );
  return [info.inputs[0]?.layout, info.outputs[0]?.layout];
}

const conv = (input: string, output: string): Uint8Array =>
  node('Conv', { inputs: [input, 'w'], outputs: [output] });

describe('the layout of an ONNX tensor', () => {
  it('is what a convolution takes and gives', async () => {
    expect(await layoutsOf([conv('x', 'y')])).toEqual(['NCHW', 'NCHW']);
  });

  it.each([
    [[1, 3, 8], 'NCW'],
    [[1, 3, 4, 8, 8], 'NCDHW'],
  ])('of the rank of %j is %s', async (shape, layout) => {
    expect(await layoutsOf([conv('x', 'y')], [shape, shape])).toEqual([layout, layout]);
  });

  it('is known through operators that leave the axes where they are', async () => {
    const nodes = [
      node('Cast', { inputs: ['x'], outputs: ['a'] }),
      node('Sub', { inputs: ['a', 'mean'], outputs: ['b'] }),
      conv('b', 'c'),
      node('Relu', { inputs: ['c'], outputs: ['y'] }),
    ];
    expect(await layoutsOf(nodes)).toEqual(['NCHW', 'NCHW']);
  });

  it('is not known behind a transposition', async () => {
    const nodes = [
      node('Transpose', { inputs: ['x'], outputs: ['a'] }),
      conv('a', 'b'),
      node('Transpose', { inputs: ['b'], outputs: ['y'] }),
    ];
    expect(await layoutsOf(nodes)).toEqual([undefined, undefined]);
  });

  it('is not known where no operator defines it', async () => {
    expect(await layoutsOf([node('MatMul', { inputs: ['x', 'w'], outputs: ['y'] })])).toEqual([
      undefined,
      undefined,
    ]);
  });

  it('is not that of what a convolution takes for weights', async () => {
    const nodes = [node('Conv', { inputs: ['w', 'x'], outputs: ['c'] })];
    const relu = node('Relu', { inputs: ['x'], outputs: ['y'] });
    expect(await layoutsOf([...nodes, relu])).toEqual([undefined, undefined]);
  });

  it('is not known through a sum with a tensor of more axes', async () => {
    const wide = tensor({ name: 'wide', dims: [1, 1, 1, 1, 1] });
    const bytes = model(
      graph({
        nodes: [node('Add', { inputs: ['x', 'wide'], outputs: ['a'] }), conv('a', 'y')],
        initializers: [weights, wide],
        inputs: [valueInfo('x', FLOAT, [1, 3, 8, 8])],
        outputs: [valueInfo('y', FLOAT)],
      }),
    );
    expect((await probeBytes(bytes)).info.inputs[0]).not.toHaveProperty('layout');
  });

  it('ends in a loop of names without hanging', async () => {
    const nodes = [
      node('Relu', { inputs: ['x'], outputs: ['a'] }),
      node('Relu', { inputs: ['a'], outputs: ['x'] }),
    ];
    expect(await layoutsOf(nodes)).toEqual([undefined, undefined]);
  });
});
