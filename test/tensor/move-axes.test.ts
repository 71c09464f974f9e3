import { describe, expect, it } from 'vitest';
import { inverseAxes, moveAxes } from '../../src/tensor/move-axes.js';

const cube = {
  shape: [2, 3, 4],
  values: Float64Array.from({ length: 24 }, (_none, at) => at),
};

describe('axes in another order', () => {
  it('are those of numpy.transpose', () => {
    // np.arange(24).reshape(2, 3, 4).transpose(2, 0, 1).ravel()[:8]
    const { shape, values } = moveAxes(cube, [2, 0, 1]);
    expect(shape).toEqual([4, 2, 3]);
    expect([...values.slice(0, 8)]).toEqual([0, 4, 8, 12, 16, 20, 1, 5]);
  });

  it('may lose and get axes of size 1', () => {
    const one = { shape: [1, 2, 3], values: Float64Array.of(1, 2, 3, 4, 5, 6) };
    expect(moveAxes(one, [1, 2]).shape).toEqual([2, 3]);
    expect(moveAxes(one, [2, null, 1])).toEqual({
      shape: [3, 1, 2],
      values: Float64Array.of(1, 4, 2, 5, 3, 6),
    });
  });

  it('of a scalar are none', () => {
    expect(moveAxes({ shape: [], values: Float64Array.of(7) }, [])).toEqual({
      shape: [],
      values: Float64Array.of(7),
    });
  });

  it('lose no axis that is longer than 1', () => {
    expect(() => moveAxes(cube, [0, 1])).toThrow(RangeError);
  });

  it.each([
    [[0, 2, 1], 3],
    [[2, 0, 1], 3],
  ])('%j are undone by their inverse', (axes, rank) => {
    const moved = moveAxes(cube, axes);
    expect(moveAxes(moved, inverseAxes(axes, rank))).toEqual(cube);
  });

  it('that lost the first of four come back with it', () => {
    const image = {
      shape: [1, 3, 2, 2],
      values: Float64Array.from({ length: 12 }, (_n, at) => at),
    };
    expect(moveAxes(moveAxes(image, [1, 2, 3]), inverseAxes([1, 2, 3], 4))).toEqual(image);
  });
});
