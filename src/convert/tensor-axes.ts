import type { ModelTensor, SourceAxes } from '../schema/generated/types.js';

type Shape = NonNullable<ModelTensor['shape']>;

/**
 * The one order of axes that makes a shape of another, axes of size 1 aside: those may come and go, and
 * where they stand changes nothing in the order of the elements.
 *
 * @returns for each axis of `to` its axis in `from`, null for a new one; undefined where several orders do, or none.
 */
export function axesByShape(from: Shape, to: Shape): SourceAxes | undefined {
  const [before, after] = [longAxes(from), longAxes(to)];
  const sizes = before.map((axis) => from[axis]);
  // two axes of one size can be swapped
  if (before.length !== after.length || new Set(sizes).size < sizes.length) return undefined;
  const places = after.map((axis) => before.find((old) => from[old] === to[axis]));
  if (places.some((place) => place === undefined)) return undefined;
  return withUnits(from, to, after, places as number[]);
}

/**
 * The axes in the order that they have, where both shapes can be the same: an open size can be any.
 *
 * @returns undefined where they cannot.
 */
export function axesInOrder(from: Shape, to: Shape): SourceAxes | undefined {
  const fits = (size: number | string, other: number | string | undefined): boolean =>
    typeof size === 'string' || typeof other === 'string' || size === other;
  if (from.length === to.length && from.every((size, axis) => fits(size, to[axis])))
    return from.map((_size, axis) => axis);
  const [before, after] = [longAxes(from), longAxes(to)];
  const isKept =
    before.length === after.length && before.every((old, at) => from[old] === to[after[at] ?? -1]);
  return isKept ? withUnits(from, to, after, before) : undefined;
}

/** Axes that move elements; an open size counts as one that does. */
function longAxes(shape: Shape): number[] {
  return [...shape.keys()].filter((axis) => shape[axis] !== 1);
}

/** Axes of size 1 are paired from the innermost out: the batch axis is the one that goes. */
function withUnits(
  from: Shape,
  to: Shape,
  after: readonly number[],
  places: readonly number[],
): SourceAxes {
  const units = [...from.keys()].filter((axis) => from[axis] === 1);
  const axes: (number | null)[] = to.map(() => null);
  for (const [at, axis] of after.entries()) axes[axis] = places[at] ?? null;
  for (const axis of [...to.keys()].reverse())
    if (!after.includes(axis)) axes[axis] = units.pop() ?? null;
  return axes;
}

/** Letters of the axes of a converted tensor; undefined where one of them is new. */
export function movedLayout(layout: string, axes: SourceAxes): string | undefined {
  const letters = axes.map((axis) => (axis === null ? undefined : layout[axis]));
  return letters.includes(undefined) ? undefined : letters.join('');
}
