import { describe, expect, it } from 'vitest';
import type { OutputResult } from '../../src/adapters/run-files.js';
import { classesOf, compareOutputs, faultsOf } from '../../src/compare/outputs.js';

const output = (shape: readonly number[], ...values: number[]): OutputResult => ({
  name: 'y',
  dtype: 'float32',
  shapes: [shape],
  sample: async () => Float64Array.from(values),
});

async function faults(a: OutputResult, b: OutputResult): Promise<string[]> {
  return faultsOf(await compareOutputs([a], [b], 1, { cosine: 0.9999, maxRel: 1e-3 }));
}

describe('an output holds one score for each class', () => {
  it.each([
    [[1, 10], 10],
    [[8, 10], 10],
    [[1, 10, 1, 1], 10],
    [[1, 1, 10], 10],
    [[1, 1], undefined],
    [[10], undefined],
    [[1, 4, 10], undefined],
    [[], undefined],
  ])('of shape %j: %s', (shape, classes) => {
    expect(classesOf({ dtype: 'float32', shapes: [shape] })).toBe(classes);
  });

  it('but not where it gives integers', () => {
    expect(classesOf({ dtype: 'int64', shapes: [[1, 10]] })).toBeUndefined();
  });
});

describe('outputs of two models', () => {
  it.each([
    ['a scalar that became a list of one', [], [1]],
    ['the same shape', [1], [1]],
  ])('%s can be compared', async (_what, a, b) => {
    expect(await faults(output(a, 2), output(b, 2))).toEqual([]);
    expect(await faults(output(a, 2), output(b, 3))).not.toEqual([]);
  });

  it.each([
    ['a list of one that became a scalar', [1], []],
    ['a further axis', [1, 1], [1]],
  ])('%s is another shape', async (_what, a, b) => {
    expect((await faults(output(a, 2), output(b, 2))).join()).toMatch(/shape/);
  });

  it('of which one gives integers of an unknown scale are told as that', async () => {
    const levels: OutputResult = { ...output([2], -128, 127), dtype: 'int8' };
    expect((await faults(output([2], 0, 1), levels)).join()).toMatch(/int8 where .* no scale/);
    expect((await faults(output([2], -128, 127), levels)).join()).toBe('');
  });

  it('that are not finite in the reference prove nothing, and say what helps', async () => {
    const nothing = output([2], Number.NaN, Infinity);
    expect((await faults(nothing, nothing)).join()).toMatch(/could be compared; give real ones/);
  });
});
