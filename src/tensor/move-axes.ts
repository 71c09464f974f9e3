import type { SourceAxes } from '../schema/generated/types.js';

/** A tensor as numbers, in C order. */
export interface Values {
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

/**
 * A tensor with its axes in another order, as numpy.transpose: axis `i` of the result is axis `axes[i]`; null
 * is a new axis of size 1, and an axis that is not listed must have size 1.
 *
 * @throws RangeError when an axis that is not listed is longer.
 */
export function moveAxes({ shape, values }: Values, axes: SourceAxes): Values {
  const dropped = shape.filter((_size, axis) => !axes.includes(axis));
  if (dropped.some((size) => size !== 1))
    throw new RangeError(`[${shape.join(', ')}] has more than the axes ${axes.join(', ')}`);
  const strides = shape.map((_size, axis) =>
    shape.slice(axis + 1).reduce((product, size) => product * size, 1),
  );
  const sizes = axes.map((axis) => (axis === null ? 1 : (shape[axis] ?? 1)));
  const steps = axes.map((axis) => (axis === null ? 0 : (strides[axis] ?? 0)));
  const moved = new Float64Array(values.length);
  const place = sizes.map(() => 0);
  for (let to = 0, from = 0; to < moved.length; to++) {
    moved[to] = values[from] ?? 0;
    // the next place, innermost axis first
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      from += steps[axis] ?? 0;
      place[axis] = (place[axis] ?? 0) + 1;
      if ((place[axis] ?? 0) < (sizes[axis] ?? 1)) break;
      from -= (steps[axis] ?? 0) * (sizes[axis] ?? 1);
      place[axis] = 0;
    }
  }
  return { shape: sizes, values: moved };
}

/** The axes that undo `axes` for a tensor that had `rank` axes. */
export function inverseAxes(axes: SourceAxes, rank: number): SourceAxes {
  return Array.from({ length: rank }, (_none, axis) => {
    const at = axes.indexOf(axis);
    return at < 0 ? null : at;
  });
}
