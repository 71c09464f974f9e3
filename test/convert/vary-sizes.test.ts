import { describe, expect, it } from 'vitest';
import { variantText, varySizes } from '../../src/convert/vary-sizes.js';
import type { ModelTensor } from '../../src/schema/generated/types.js';
import { generateSamples } from '../../src/tensor/generate.js';

const tensor = (name: string, ...shape: (number | string)[]): ModelTensor => ({
  name,
  dtype: 'float32',
  shape,
});

function vary(inputs: readonly ModelTensor[], kept: readonly ModelTensor[] = inputs) {
  return varySizes(generateSamples(inputs, new Map()), inputs, kept, new Map());
}

describe('sizes that are tried', () => {
  it('leave the samples of the usual sizes as they are', () => {
    const inputs = [tensor('x', 'batch', 4)];
    const given = generateSamples(inputs, new Map());
    const { samples } = vary(inputs);
    expect(samples.inputs[0]?.data.subarray(0, 6 * 16)).toEqual(
      given.inputs[0]?.data.subarray(0, 6 * 16),
    );
    expect(samples.inputs[0]?.data).toHaveLength((6 + 3 + 2) * 16);
  });

  it('change one open axis at a time, and the number of samples stays', () => {
    const { samples, variants } = vary([tensor('x', 'batch', 'length')]);
    expect(samples.count).toBe(8);
    expect(samples.inputs[0]?.shapes?.slice(3)).toEqual([
      [1, 16],
      [3, 16],
      [1, 7],
      [2, 16],
      [1, 1],
    ]);
    expect(variants.map((variant) => [variant.sample, variantText(variant)])).toEqual([
      [4, 'axis 0 of input x (batch) at 3'],
      [5, 'axis 1 of input x (length) at 7'],
      [6, 'axis 0 of input x (batch) at 2'],
      [7, 'axis 1 of input x (length) at 1'],
    ]);
  });

  it('leave two samples of the usual sizes, however many axes are open', () => {
    const axes = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'];
    const { samples, variants } = vary(axes.map((name) => tensor(name, 1, name)));
    expect(samples.count).toBe(8);
    expect(variants).toHaveLength(6);
    // the first size of each before the second of any
    expect(new Set(variants.map(({ size }) => size))).toEqual(new Set([7]));
  });

  it('are the usual ones where the converted model keeps none open', () => {
    const inputs = [tensor('x', 'batch', 4)];
    expect(vary(inputs, [tensor('x', 1, 4)]).variants).toEqual([]);
  });

  it('are the usual ones for samples of the user', () => {
    const inputs = [tensor('x', 'batch', 4)];
    const given = { ...generateSamples(inputs, new Map()), kind: 'user' } as const;
    expect(varySizes(given, inputs, inputs, new Map())).toEqual({ samples: given, variants: [] });
  });

  it('are the usual ones where others would be too large', () => {
    const inputs = [tensor('x', 'batch', 60_000_000)];
    const given = generateSamples([tensor('x', 1, 1)], new Map());
    expect(varySizes(given, inputs, inputs, new Map())).toEqual({ samples: given, variants: [] });
  });
});
