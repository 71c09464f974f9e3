import { describe, expect, it } from 'vitest';
import { layouts } from '../../../src/compare/layers/layout.js';

/** Elements of a tensor numbered in the order of the reference, laid out anew. */
function laidOut(shape: readonly number[], axes: readonly number[]): number[] {
  const total = shape.reduce((all, size) => all * size, 1);
  const out: number[] = new Array(total).fill(-1);
  const others = axes.map((axis) => shape[axis] ?? 1);
  for (let index = 0; index < total; index++) {
    let rest = index;
    const at = shape.map(() => 0);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at[axis] = rest % (shape[axis] ?? 1);
      rest = Math.floor(rest / (shape[axis] ?? 1));
    }
    const place = axes.reduce((sum, axis, i) => sum * (others[i] ?? 1) + (at[axis] ?? 0), 0);
    out[place] = index;
  }
  return out;
}

describe('the ways in which elements can be laid out', () => {
  it.each([
    ['channels last', [2, 3, 4, 5], [0, 2, 3, 1]],
    ['channels first', [2, 4, 5, 3], [0, 3, 1, 2]],
    ['a matrix turned round', [7, 3], [1, 0]],
    ['a batch that became the last axis', [4, 2, 3], [1, 2, 0]],
  ])('%s is one of them', (_what, shape, axes) => {
    const other = laidOut(shape, axes);
    const sizes = axes.map((axis) => shape[axis] ?? 1);
    const isRight = layouts(shape, sizes).map((places) =>
      other.every((_value, index) => other[places(index)] === index),
    );
    expect(isRight.filter(Boolean)).toHaveLength(1);
  });

  it('axes of size 1 come and go', () => {
    const [places, ...rest] = layouts([1, 8, 1, 3], [8, 3]);
    expect(rest).toEqual([]);
    expect([0, 5, 23].map((index) => places?.(index))).toEqual([0, 5, 23]);
  });

  it('where sizes are equal, all that fit are tried', () => {
    expect(layouts([4, 4], [4, 4])).toHaveLength(2);
  });

  it('a flattened tensor keeps its order', () => {
    expect(layouts([1, 3, 4, 4], [48]).map((places) => places(17))).toEqual([17]);
  });

  it.each([
    [
      [2, 3],
      [2, 4],
    ],
    [
      [2, 3, 4],
      [6, 4],
    ],
    [[], [2]],
  ])('%j and %j have none', (shape, other) => {
    expect(layouts(shape, other)).toEqual([]);
  });
});
