import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OutputMetrics } from '../../src/schema/generated/types.js';
import { OutputComparison } from '../../src/tensor/metrics.js';

function compare(
  reference: readonly number[],
  converted: readonly number[],
  classes?: number,
): OutputMetrics {
  const comparison = new OutputComparison();
  comparison.add(Float64Array.from(reference), Float64Array.from(converted), classes);
  return comparison.result();
}

it('metrics by hand: [3, 4, 0, 0] against [3, 3, 0, 0]', () => {
  expect(compare([3, 4, 0, 0], [3, 3, 0, 0])).toEqual({
    elements: 4,
    maxAbs: 1,
    maxRel: 0.25,
    rmse: 0.5, // sqrt(1 / 4)
    cosine: 0.989949, // 21 / (5 * sqrt 18)
    snrDb: 13.9794, // 10 log10(25 / 1)
  });
});

it('equal outputs have no differences, and no finite signal to noise ratio', () => {
  expect(compare([1, -2, 3], [1, -2, 3])).toEqual({
    elements: 3,
    maxAbs: 0,
    maxRel: 0,
    rmse: 0,
    cosine: 1,
  });
});

it('the opposite output has cosine -1', () => {
  expect(compare([1, 2], [-1, -2]).cosine).toBe(-1);
});

it('a scaled output keeps its cosine and loses its peak', () => {
  expect(compare([1, 2], [2, 4])).toMatchObject({ cosine: 1, maxAbs: 2, maxRel: 1 });
});

describe('zeros', () => {
  it('zeros on both sides agree', () => {
    expect(compare([0, 0], [0, -0])).toMatchObject({ cosine: 1, maxAbs: 0, maxRel: 0 });
  });
  it('zeros on one side have cosine 0', () => {
    expect(compare([0, 0], [1, 0]).cosine).toBe(0);
    expect(compare([1, 0], [0, 0]).cosine).toBe(0);
  });
  it('where the reference is zero throughout, the difference itself is the relative one', () => {
    expect(compare([0, 0], [0, 0.5])).toMatchObject({ maxAbs: 0.5, maxRel: 0.5 });
  });
  it('an output without elements agrees', () => {
    expect(compare([], [])).toEqual({ elements: 0, maxAbs: 0, maxRel: 0, rmse: 0, cosine: 1 });
  });
});

describe('NaN and infinity', () => {
  it.each([Number.NaN, Infinity, -Infinity])('%d on both sides is agreement', (value) => {
    const metrics = compare([1, value], [1, value]);
    expect(metrics).toMatchObject({ elements: 2, maxAbs: 0, cosine: 1 });
    expect(metrics).not.toHaveProperty('nonFinite');
  });
  it.each([
    [Number.NaN, 1],
    [1, Number.NaN],
    [Infinity, 1],
    [1, -Infinity],
    [Infinity, -Infinity],
    [Number.NaN, Infinity],
  ])('%d against %d is counted', (reference, converted) => {
    expect(compare([1, reference, reference], [1, converted, converted]).nonFinite).toBe(2);
  });
  it('the other elements are still compared', () => {
    expect(compare([Number.NaN, 2], [0, 1])).toMatchObject({ nonFinite: 1, maxAbs: 1 });
  });
});

describe('the class with the greatest score', () => {
  it('agrees in every row', () => {
    expect(compare([1, 2, 5, 4], [0, 9, 1, 0], 2).top1Agreement).toBe(1);
  });
  it('agrees in one row of three', () => {
    expect(compare([1, 2, 1, 2, 2, 1], [2, 1, 2, 1, 2, 1], 2).top1Agreement).toBe(0.333333);
  });
  it('is the first of several equal ones', () => {
    expect(compare([1, 1, 0], [1, 0, 1], 3).top1Agreement).toBe(1);
    expect(compare([1, 1, 0], [0, 1, 0], 3).top1Agreement).toBe(0);
  });
  it('is not looked for when the output has no classes', () => {
    expect(compare([1, 2], [1, 2])).not.toHaveProperty('top1Agreement');
  });
});

it('over several samples the worst cosine and the greatest difference count', () => {
  const comparison = new OutputComparison();
  const add = (reference: number[], converted: number[]): void =>
    comparison.add(Float64Array.from(reference), Float64Array.from(converted), undefined);
  add([1, 0], [1, 0]);
  add([0, 2], [2, 0]);
  add([4, 0], [4, 0]);
  expect(comparison.result()).toEqual({
    elements: 6,
    maxAbs: 2,
    maxRel: 0.5,
    rmse: 1.1547, // sqrt(8 / 6)
    cosine: 0,
    snrDb: 4.19129, // 10 log10(21 / 8)
  });
});

it('equal outputs agree however large or small they are', () => {
  const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
  fc.assert(
    fc.property(fc.array(finite, { minLength: 1, maxLength: 20 }), (values) => {
      const { cosine, maxAbs, nonFinite } = compare(values, values);
      expect(cosine).toBeCloseTo(1, 5);
      expect(maxAbs).toBe(0);
      expect(nonFinite).toBeUndefined();
    }),
    { examples: [[[1e200, 1]], [[1e100]], [[1e-200]], [[5e-324, 1]]] },
  );
});

it('tiny outputs of opposite sign have cosine -1', () => {
  expect(compare([1e-90], [-1e-90]).cosine).toBe(-1);
});

it('metrics of ordinary outputs lie within their bounds', () => {
  const ordinary = fc.integer({ min: -1e9, max: 1e9 }).map((value) => value / 1000);
  fc.assert(
    fc.property(fc.array(fc.tuple(ordinary, ordinary), { minLength: 1 }), (pairs) => {
      const metrics = compare(
        pairs.map(([a]) => a),
        pairs.map(([, b]) => b),
      );
      expect(metrics.cosine).toBeGreaterThanOrEqual(-1);
      expect(metrics.cosine).toBeLessThanOrEqual(1);
      expect(metrics.rmse).toBeLessThanOrEqual((metrics.maxAbs ?? 0) * 1.00001);
      const greatest = Math.max(...pairs.map(([a, b]) => Math.abs(a - b)));
      expect(metrics.maxAbs).toBe(Number(greatest.toPrecision(6)));
    }),
  );
});

it('a hundred thousand samples leave no memory behind', () => {
  const comparison = new OutputComparison();
  const reference = new Float64Array(100).fill(1);
  const converted = new Float64Array(100).fill(2);
  for (let i = 0; i < 1000; i++) comparison.add(reference, converted, 10);
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < 100_000; i++) comparison.add(reference, converted, 10);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(30 * 1024 * 1024);
  expect(comparison.result()).toMatchObject({ elements: 10_100_000, maxAbs: 1, rmse: 1 });
});
