import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Dtype, ModelTensor } from '../../src/schema/generated/types.js';
import { decodeElements } from '../../src/tensor/elements.js';
import { concreteShape, generateSamples } from '../../src/tensor/generate.js';
import { digestSamples } from '../../src/tensor/samples.js';

const NONE = new Map<string, number>();

const input = (dtype: Dtype, shape: readonly (number | string)[], name = 'x'): ModelTensor => ({
  name,
  dtype,
  shape: [...shape],
});

function valuesOf(dtype: Dtype, limit?: number, elements = 2000): number[] {
  const limits = limit === undefined ? NONE : new Map([['x', limit]]);
  const { inputs } = generateSamples([input(dtype, [elements])], limits, 1, 1);
  return [...decodeElements(dtype, inputs[0]?.data ?? Buffer.alloc(0))];
}

it('the samples of a seed are the same on every machine and in every version', () => {
  const samples = generateSamples(
    [
      input('float32', ['batch', 3, 8, 8], 'image'),
      input('int64', ['batch', 'length'], 'ids'),
      input('bool', [1, 6], 'mask'),
      input('float16', [1, 4], 'half'),
      input('uint8', [1, 4], 'pixels'),
    ],
    new Map([['ids', 17]]),
  );
  expect(samples).toMatchObject({ kind: 'generated', seed: 20_240_229, count: 8 });
  expect(digestSamples(samples)).toBe(
    'b106c32e8201c681039e665198df9714df1897a8b7063ded7f3b21a6574dd021',
  );
});

it('another seed gives other samples', () => {
  const of = (seed: number): string =>
    digestSamples(generateSamples([input('float32', [4])], NONE, seed));
  expect(new Set([of(0), of(1), of(2), of(4_294_967_295)]).size).toBe(4);
});

it('every sample has the size of the input', () => {
  const dims = fc.array(fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constant('n')), {
    maxLength: 3,
  });
  fc.assert(
    fc.property(dims, fc.integer({ min: 1, max: 4 }), (shape, count) => {
      const { inputs } = generateSamples([input('float32', shape)], NONE, 1, count);
      const size = concreteShape(shape).reduce((product, dim) => product * dim, 4);
      expect(inputs[0]?.data.length).toBe(size * count);
    }),
  );
});

describe('values', () => {
  it.each(['float64', 'float32', 'float16'] as const)('%s: around 0, about 1 wide', (dtype) => {
    const values = valuesOf(dtype);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan(0.1);
    expect(variance).toBeGreaterThan(0.8);
    expect(variance).toBeLessThan(1.2);
    expect(values.every((value) => Math.abs(value) <= 6)).toBe(true);
  });

  it.each([
    ['bool', 0, 1],
    ['uint8', 0, 255],
    ['int8', -128, 127],
    ['int32', 0, 1],
    ['int64', 0, 1],
    ['uint64', 0, 1],
  ] as const)(
    '%s without a limit: whole numbers from %i to %i, both of them',
    (dtype, least, most) => {
      const values = valuesOf(dtype, undefined, 20_000);
      expect(values.every(Number.isInteger)).toBe(true);
      expect([Math.min(...values), Math.max(...values)]).toEqual([least, most]);
    },
  );

  it.each(['int64', 'int32', 'uint32', 'int16', 'uint8'] as const)(
    '%s indices stay within the table, and reach both ends',
    (dtype) => {
      const values = valuesOf(dtype, 17);
      expect([Math.min(...values), Math.max(...values)]).toEqual([0, 16]);
    },
  );

  it.each([0, 1])('a table of %i rows leaves index 0', (rows) => {
    expect(new Set(valuesOf('int64', rows))).toEqual(new Set([0]));
  });
});

describe('sizes that are known only when the model runs', () => {
  it.each([
    [
      ['batch', 3],
      [1, 3],
    ],
    [
      ['batch', 'length'],
      [1, 16],
    ],
    [
      ['n', 'length', 'width'],
      [1, 16, 16],
    ],
    [
      ['n', 3, 'h', 'w'],
      [1, 3, 64, 64],
    ],
    [
      ['n', 1, 8, 8],
      [1, 1, 8, 8],
    ],
    [[], []],
  ])('%j becomes %j', (shape, concrete) => {
    expect(concreteShape(shape)).toEqual(concrete);
  });
});

describe('what cannot be generated is refused, and --samples is named', () => {
  it.each(['string', 'unknown', 'bfloat16', 'int4', 'complex64', 'float8e4m3fn'] as const)(
    '%s',
    (dtype) => {
      expect(() => generateSamples([input(dtype, [1])], NONE)).toThrow(
        expect.objectContaining({
          code: 'E_SAMPLES_INVALID',
          next: expect.stringContaining('--samples'),
        }),
      );
    },
  );

  it('an input of unknown rank', () => {
    expect(() => generateSamples([{ name: 'x', dtype: 'float32' }], NONE)).toThrow(
      expect.objectContaining({ code: 'E_SAMPLES_INVALID' }),
    );
  });

  it.each([[[2 ** 40]], [[2 ** 30, 2 ** 30]], [[1, 2 ** 33]]])(
    'an input of shape %j, which no memory holds',
    (shape) => {
      expect(() => generateSamples([input('float32', shape)], NONE)).toThrow(
        expect.objectContaining({ code: 'E_SAMPLES_INVALID' }),
      );
    },
  );
});
