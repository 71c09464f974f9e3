import { describe, expect, it } from 'vitest';
import { decodePng } from '../../src/calibration/png.js';
import type { StaticInput } from '../../src/calibration/request.js';
import type { Preprocess } from '../../src/schema/generated/types.js';
import { explainTensor, maxDifference } from '../../src/truth/explain-tensor.js';
import { preprocessRaw, type RawSample } from '../../src/truth/raw-sample.js';
import { photoPng } from '../support/photo.js';

const RAW: RawSample = { kind: 'image', image: decodePng(photoPng(23, 17)) };
const INPUT: StaticInput = { name: 'photo', dtype: 'float32', shape: [1, 3, 8, 10] };
const DECLARED: Preprocess = {
  resize: 'stretch',
  colorOrder: 'rgb',
  range: [0, 1],
  mean: [0.485, 0.456, 0.406],
  scale: [4.367, 4.464, 4.444],
};

function explained(
  expected: Float64Array,
  declared: Preprocess = DECLARED,
  input: StaticInput = INPUT,
  raw: RawSample = RAW,
): string {
  const check = { raw, input, preprocess: declared, expected, bound: 0 };
  return explainTensor(check, preprocessRaw(raw, input, declared)).join('; ');
}

const made = (change: Preprocess, input: StaticInput = INPUT): Float64Array =>
  preprocessRaw(RAW, input, { ...DECLARED, ...change });
const without = (...keys: (keyof Preprocess)[]): Float64Array => {
  const rest = { ...DECLARED };
  for (const key of keys) delete rest[key];
  return preprocessRaw(RAW, INPUT, rest);
};

describe('a tensor that the declared preprocessing does not make', () => {
  it.each<[string, () => Float64Array, RegExp]>([
    [
      'the other order of colours',
      () => made({ colorOrder: 'bgr' }),
      /^RGB and BGR are swapped.* bgr/,
    ],
    [
      'the other order of colours, mean and scale with them',
      () =>
        made({
          colorOrder: 'bgr',
          mean: [0.406, 0.456, 0.485],
          scale: [4.444, 4.464, 4.367],
        }),
      /^RGB and BGR are swapped.*mean and scale with them/,
    ],
    ['no mean and scale', () => without('mean', 'scale'), /^double normalisation: mean and scale/],
    ['no range', () => without('range'), /^double normalisation: range \[0, 1\]/],
    [
      'raw bytes',
      () => without('range', 'mean', 'scale'),
      /^double normalisation: range, mean and scale/,
    ],
    [
      'mean and scale twice',
      () => {
        const once = made({});
        const [mean, scale] = [DECLARED.mean ?? [], DECLARED.scale ?? []];
        return once.map((value, at) => {
          const c = Math.floor(at / 80);
          return (value - (mean[c] ?? 0)) * (scale[c] ?? 1);
        });
      },
      /^double normalisation: .*once more/,
    ],
    [
      'another mean',
      () => made({ mean: [0.5, 0.5, 0.5] }),
      /another: .* mean \[0\.5, 0\.5, 0\.5\]/,
    ],
    ['another scale', () => made({ scale: [2] }), /another: .* scale \[2, 2, 2\]/],
    ['another resizing', () => made({ resize: 'center-crop' }), /resize center-crop, .* stretch/],
  ])('is known for that of %s', (_what, expected, named) => {
    expect(explained(expected())).toMatch(named);
  });

  it('is known for one that is normalised where nothing is declared', () => {
    expect(explained(made({}), { resize: 'stretch' })).toMatch(/^normalisation is missing/);
  });

  it.each(['graph', 'npu'] as const)(
    'is known for one that has what the %s does already',
    (where) => {
      expect(explained(made({}), { ...DECLARED, where })).toMatch(
        /^double normalisation: the tensor has range, mean, scale already/,
      );
    },
  );

  it('is known for one with its channels last', () => {
    const last = made({ layout: 'nhwc' }, { ...INPUT, shape: [1, 8, 10, 3] });
    expect(explained(last)).toMatch(/^the layout is another: .*channels last/);
  });

  it('is known for one with its channels on axis 1', () => {
    const input = { ...INPUT, shape: [1, 8, 10, 3] };
    expect(explained(made({}), DECLARED, input)).toMatch(/^the layout is another: .*on axis 1/);
  });

  it('is known for one with its sides swapped', () => {
    const input = { ...INPUT, shape: [1, 3, 8, 8] };
    const ours = made({}, input);
    const turned = ours.map((_value, at) => {
      const [c, y, x] = [Math.floor(at / 64), Math.floor(at / 8) % 8, at % 8];
      return ours[c * 64 + x * 8 + y] ?? 0;
    });
    expect(explained(turned, DECLARED, input)).toMatch(/^height and width are swapped/);
  });

  it('is known for one with another border', () => {
    const declared: Preprocess = { ...DECLARED, resize: 'letterbox' };
    const input = { ...INPUT, shape: [1, 3, 12, 12] };
    const black = preprocessRaw(RAW, input, { ...declared, padding: 0 });
    expect(explained(black, declared, input)).toMatch(/^the border is another: .* padding 0/);
  });

  it('of which nothing is known is said to be so', () => {
    const noise = made({}).map((value, at) => value + Math.sin(at * at));
    expect(explained(noise)).toMatch(/^no order of colours or axes/);
  });

  it('of an array is explained, too', () => {
    const values = Float32Array.from({ length: 12 }, (_none, at) => at * at);
    const raw: RawSample = {
      kind: 'array',
      array: { dtype: 'float32', shape: [1, 12], data: Buffer.from(values.buffer) },
    };
    const input: StaticInput = { name: 'x', dtype: 'float32', shape: [1, 12] };
    const expected = Float64Array.from(values, (value) => (value - 3) * 0.5);
    expect(explained(expected, {}, input, raw)).toMatch(
      /^normalisation is missing: .* mean \[3\] and scale \[0\.5\]/,
    );
  });
});

describe('the difference of two tensors', () => {
  it('is the greatest', () => {
    expect(maxDifference(Float64Array.of(1, 2, 3), Float64Array.of(1, 5, 4))).toBe(3);
    expect(maxDifference(Float64Array.of(1), Float64Array.of(1))).toBe(0);
  });

  it('is infinite where something is no number, or missing', () => {
    expect(maxDifference(Float64Array.of(1, Number.NaN), Float64Array.of(1, 1))).toBe(Infinity);
    expect(maxDifference(Float64Array.of(1), Float64Array.of(1, 1))).toBe(Infinity);
  });
});
