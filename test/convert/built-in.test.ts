import { describe, expect, it } from 'vitest';
import { rknn } from '../../src/adapters/rknn/index.js';
import { tflite } from '../../src/adapters/tflite/index.js';
import { builtInOf, forConverted, forSource } from '../../src/convert/built-in.js';
import type { ModelTensor, Preprocess } from '../../src/schema/generated/types.js';
import { decodeElements } from '../../src/tensor/elements.js';
import type { SampleSet } from '../../src/tensor/samples.js';
import { float32 } from '../support/npy.js';

const PHOTO: ModelTensor = { name: 'photo', dtype: 'float32', shape: [1, 3, 1, 2] };
const NORMALISED: Preprocess = {
  range: [0, 1],
  mean: [0.5, 0.25, 0],
  scale: [2, 4, 1],
  where: 'npu',
};

const of = (declared: Preprocess, input = PHOTO, adapter: typeof rknn | undefined = rknn) =>
  builtInOf(
    { preprocess: { photo: declared }, device: { name: 'board' } },
    { inputs: [input] },
    adapter,
  );

const samplesOf = (...values: number[]): SampleSet => ({
  kind: 'user',
  count: 1,
  inputs: [{ name: 'photo', dtype: 'float32', shape: [1, 3, 1, 2], data: float32(...values) }],
});
const valuesOf = ({ inputs: [input] }: SampleSet): number[] => [
  ...decodeElements('float32', input?.data ?? Buffer.alloc(0)),
];

describe('what a converter is told to build in', () => {
  it('is range, mean and scale as one mean and one scale of bytes', () => {
    const { photo } = of(NORMALISED);
    for (const [at, value] of [127.5, 63.75, 0].entries())
      expect(photo?.mean[at]).toBeCloseTo(value, 9);
    for (const [at, value] of [2, 4, 1].entries())
      expect(photo?.scale[at]).toBeCloseTo(value / 255, 12);
  });

  it('is in the unit of the range, where the host does that', () => {
    const where = { mean: 'npu', scale: 'npu' } as const;
    expect(of({ ...NORMALISED, where })).toEqual({
      photo: { mean: [0.5, 0.25, 0], scale: [2, 4, 1] },
    });
  });

  it('is the scale alone, where the host subtracts the mean', () => {
    expect(of({ mean: [1], scale: [2], where: { scale: 'npu' } })).toEqual({
      photo: { mean: [0, 0, 0], scale: [2, 2, 2] },
    });
  });

  it.each(['host', 'graph'] as const)('is nothing that the %s does', (where) => {
    expect(of({ ...NORMALISED, where })).toEqual({});
  });

  it.each<[string, Preprocess, ModelTensor, typeof rknn | undefined, RegExp]>([
    ['by a converter that builds nothing in', NORMALISED, PHOTO, tflite, /not told/],
    ['into a source that is packed as it is', NORMALISED, PHOTO, undefined, /not told/],
    [
      'for an order of colours',
      { colorOrder: 'bgr', where: { colorOrder: 'npu' } },
      PHOTO,
      rknn,
      /not colorOrder/,
    ],
    ['into an input of two axes', NORMALISED, { ...PHOTO, shape: [1, 3] }, rknn, /images/],
    ['into integers', NORMALISED, { ...PHOTO, dtype: 'uint8' }, rknn, /uint8/],
  ])('is refused %s', (_what, declared, input, adapter, why) => {
    const build = () =>
      builtInOf(
        { preprocess: { photo: declared }, device: { name: 'board' } },
        { inputs: [input] },
        adapter,
      );
    expect(build).toThrow(
      expect.objectContaining({ code: 'E_NOT_CONVERTIBLE', why: expect.stringMatching(why) }),
    );
  });
});

describe('samples', () => {
  const built = of({ mean: [10, 20, 30], scale: [2, 1, 0.5], where: 'npu' });

  it('of the converted model are normalised for the source, channel by channel', () => {
    const source = forSource(samplesOf(10, 11, 20, 22, 30, 34), built);
    expect(valuesOf(source)).toEqual([0, 2, 0, 2, 0, 2]);
  });

  it('of the source come back as what the converted model takes', () => {
    const converted = forConverted(samplesOf(0, 2, 0, 2, 0, 2), built);
    expect(valuesOf(converted)).toEqual([10, 11, 20, 22, 30, 34]);
  });

  it('are the same where nothing is built in', () => {
    const samples = samplesOf(1, 2, 3, 4, 5, 6);
    expect(forSource(samples, {})).toBe(samples);
  });
});
