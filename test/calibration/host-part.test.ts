import { describe, expect, it } from 'vitest';
import { arrayScaling } from '../../src/calibration/array-values.js';
import { hostPart, placeFaults, placeOf, stepsAt } from '../../src/calibration/host-part.js';
import { imageTarget } from '../../src/calibration/image-target.js';
import type { Preprocess } from '../../src/schema/generated/types.js';

const ALL: Preprocess = {
  resize: 'stretch',
  colorOrder: 'bgr',
  range: [0, 1],
  mean: [0.5],
  scale: [2],
  layout: 'nchw',
};

describe('where a step is done', () => {
  it('is the host, where nothing is said', () => {
    expect(stepsAt(ALL, 'host')).toEqual(Object.keys(ALL));
  });

  it('is for range, mean and scale what one word says', () => {
    const declared: Preprocess = { ...ALL, where: 'npu' };
    expect(stepsAt(declared, 'npu')).toEqual(['range', 'mean', 'scale']);
    expect(stepsAt(declared, 'host')).toEqual(['resize', 'colorOrder', 'layout']);
  });

  it('is for each step what is said of it', () => {
    const declared: Preprocess = { ...ALL, where: { mean: 'npu', scale: 'npu', range: 'host' } };
    expect(placeOf(declared, 'mean')).toBe('npu');
    expect(stepsAt(declared, 'npu')).toEqual(['mean', 'scale']);
    expect(stepsAt(declared, 'graph')).toEqual([]);
  });
});

describe('what is left for the host', () => {
  it.each(['graph', 'npu'] as const)('is nothing that the %s does', (where) => {
    expect(hostPart({ ...ALL, where })).toEqual({
      resize: 'stretch',
      colorOrder: 'bgr',
      layout: 'nchw',
    });
    const target = imageTarget(
      { name: 'x', dtype: 'float32', shape: [1, 3, 4, 5] },
      { ...ALL, where },
    );
    expect(target).toMatchObject({ range: [0, 255], mean: [0, 0, 0], scale: [1, 1, 1] });
    expect(
      arrayScaling({ name: 'x', dtype: 'float32', shape: [1, 3, 4, 5] }, { ...ALL, where }),
    ).toBeUndefined();
  });

  it('is the range, where only what comes behind it is built in', () => {
    const where = { mean: 'npu', scale: 'npu' } as const;
    expect(hostPart({ ...ALL, where })).toMatchObject({ range: [0, 1] });
    expect(hostPart({ ...ALL, where })).not.toHaveProperty('mean');
  });

  it('is an image with its channels last, where the model moves them', () => {
    expect(hostPart({ ...ALL, where: { layout: 'graph' } })).toMatchObject({ layout: 'nhwc' });
  });
});

describe('what cannot be', () => {
  it.each<[string, NonNullable<Preprocess['where']>]>([
    ['mean on the host behind a range in the graph', { range: 'graph' }],
    ['scale on the host behind a mean on the NPU', { mean: 'npu' }],
    ['mean on the host behind an order of channels on the NPU', { colorOrder: 'npu' }],
  ])('is %s', (_what, where) => {
    expect(placeFaults({ ...ALL, where })).not.toEqual([]);
  });

  it.each<NonNullable<Preprocess['where']>>([
    'host',
    'npu',
    { scale: 'npu' },
    { colorOrder: 'npu', range: 'npu', mean: 'npu', scale: 'npu' },
  ])('is not %j', (where) => {
    expect(placeFaults({ ...ALL, where })).toEqual([]);
    expect(placeFaults(ALL)).toEqual([]);
  });

  it('is no step that is not declared', () => {
    expect(placeFaults({ mean: [1], where: { range: 'npu' } })).toEqual([]);
  });
});
