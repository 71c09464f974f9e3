import { describe, expect, it } from 'vitest';
import type { ModelTensor } from '../../src/schema/generated/types.js';
import { generateSamples, generateVaried } from '../../src/tensor/generate.js';
import { axisText, openAxes, withSize } from '../../src/tensor/open-axes.js';
import { dataOf, digestSamples, selectSamples, shapeOf } from '../../src/tensor/samples.js';

const tensor = (name: string, ...shape: (number | string)[]): ModelTensor => ({
  name,
  dtype: 'float32',
  shape,
});

describe('open axes', () => {
  it('of a batch, a length and the sides of an image have sizes of their own', () => {
    const inputs = [tensor('x', 'batch', 'length'), tensor('image', 'batch', 3, 'height', 'width')];
    expect(openAxes(inputs, inputs)).toEqual([
      { symbol: 'batch', input: 'x', axis: 0, sizes: [3, 2] },
      { symbol: 'length', input: 'x', axis: 1, sizes: [7, 1] },
      { symbol: 'height', input: 'image', axis: 2, sizes: [65, 32] },
      { symbol: 'width', input: 'image', axis: 3, sizes: [65, 32] },
    ]);
  });

  it('are those that the converted model keeps, whatever it calls them', () => {
    const inputs = [tensor('x', 'batch', 'length')];
    const symbols = (...kept: ModelTensor[]): string[] =>
      openAxes(inputs, kept).map(({ symbol }) => symbol);
    expect(symbols(tensor('x', '?', 16))).toEqual(['batch']);
    expect(symbols(tensor('x', 1, 16))).toEqual([]);
    expect(symbols(tensor('x', '?'))).toEqual([]);
    expect(symbols()).toEqual([]);
  });

  it('without a name are each its own', () => {
    const inputs = [tensor('a', '?', '?'), tensor('b', '?')];
    const axes = openAxes(inputs, inputs);
    expect(axes.map(axisText)).toEqual([
      'axis 0 of input a',
      'axis 1 of input a',
      'axis 0 of input b',
    ]);
    expect(withSize(inputs[0] ?? tensor(''), axes[1]?.symbol ?? '', 7)).toEqual(['?', 7]);
  });

  it('of one name have one size wherever they stand', () => {
    expect(withSize(tensor('x', 'n', 4, 'n', 'm'), 'n', 3)).toEqual([3, 4, 3, 'm']);
  });
});

describe('samples of several shapes', () => {
  const small = [tensor('x', 1, 2)];
  const large = [tensor('x', 3, 2)];
  const varied = generateVaried([small, small, large], new Map(), 7);

  it('stand one after the other, each with its own', () => {
    const [x] = varied.inputs;
    if (x === undefined) throw new Error('no input');
    expect(x.shapes).toEqual([
      [1, 2],
      [1, 2],
      [3, 2],
    ]);
    expect([0, 1, 2].map((at) => shapeOf(x, at))).toEqual(x.shapes);
    expect([0, 1, 2].map((at) => dataOf(x, at).length)).toEqual([8, 8, 24]);
    expect(Buffer.concat([0, 1, 2].map((at) => dataOf(x, at)))).toEqual(x.data);
  });

  it('are those of one shape where all are the same', () => {
    expect(generateVaried([small, small], new Map(), 7)).toEqual(
      generateSamples(small, new Map(), 7, 2),
    );
  });

  it('are of one shape again when those of another are left out', () => {
    const usual = selectSamples(varied, [0, 1]);
    expect(usual.inputs[0]?.shapes).toBeUndefined();
    expect(usual.inputs[0]?.data).toEqual(varied.inputs[0]?.data.subarray(0, 16));
    expect(selectSamples(varied, [2]).inputs[0]?.shape).toEqual([3, 2]);
  });

  it('have another digest than the same data in one shape', () => {
    const [x] = varied.inputs;
    if (x === undefined) throw new Error('no input');
    const { shapes: _shapes, ...flat } = x;
    expect(digestSamples({ ...varied, inputs: [flat] })).not.toBe(digestSamples(varied));
  });
});
