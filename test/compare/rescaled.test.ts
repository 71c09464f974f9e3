import { describe, expect, it } from 'vitest';
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
