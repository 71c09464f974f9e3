import { describe, expect, it } from 'vitest';
import { diagnose } from '../../src/compare/diagnose/diagnose.js';
import type { OutputValues } from '../../src/compare/diagnose/outputs-of.js';
import { rescaledOutput } from '../../src/compare/diagnose/rescaled.js';

const VALUES = Array.from({ length: 64 }, (_none, at) => Math.sin(at * 1.3) * 5);

const output = (change: (value: number, at: number) => number): OutputValues => ({
  name: 'y',
  shape: [64],
  samples: [
    Float64Array.from(VALUES, change),
    Float64Array.from(VALUES, (v, at) => change(-v, at)),
  ],
});
const source = output((value) => value);

describe('a scale or an offset at the end of a model', () => {
  it('is named with its numbers', () => {
    const found = rescaledOutput(
      source,
      output((value) => value * 2 + 3),
      0.02,
    );
    expect(found).toMatch(/y is 2 times what the source gives, and 3 more: a scale or an offset/);
  });

  it('is not what rounding to integers does', () => {
    const rounded = output((value, at) => value * 1.001 + Math.sin(at * 7.7) * 0.08);
    expect(rescaledOutput(source, rounded, 0.02)).toBeUndefined();
  });
});

it('a softmax of great numbers is no saturation, although it piles up at 1', async () => {
  const scores = (samples: readonly (readonly number[])[]): OutputValues => ({
    name: 'y',
    shape: [1, 3],
    samples: samples.map((values) => Float64Array.from(values)),
  });
  const rows = [9, 40, 200, -90, 310, 77].map((value, at) => [value, at, -value]);
  const softmax = rows.map((row) => {
    const powers = row.map((value) => Math.exp(value - Math.max(...row)));
    const sum = powers.reduce((total, power) => total + power, 0);
    return powers.map((power) => power / sum);
  });
  const [finding] = await diagnose({
    pairs: [[scores(rows), scores(softmax)]],
    samples: { kind: 'user', count: 6, inputs: [] },
    tolerance: { cosine: 0.9999 },
    rerun: async () => [],
  });
  expect(finding).toMatch(/softmax more/);
});
