/** How the elements of one tensor stand in another with the same elements: for each element of the first its place in the second. */
export type Places = (index: number) => number;

/** Most axes, those of size 1 not counted, of a tensor whose axes are moved. */
const MAX_AXES = 5;

/**
 * The ways in which converters lay out the elements of a tensor anew: as they are, or with one axis moved
 * (channels first to channels last, a batch that became the last axis). Axes of size 1 do not count: runtimes
 * add and drop them.
 *
 * @param shape - sizes of the reference.
 * @param other - sizes of the other tensor.
 * @returns nothing when the two cannot hold the same elements.
 */
export function layouts(shape: readonly number[], other: readonly number[]): Places[] {
  const [sizes, others] = [squeezed(shape), squeezed(other)];
  if (product(sizes) !== product(others)) return [];
  const found: Places[] = sizes.join() === others.join() ? [(index) => index] : [];
  if (sizes.length !== others.length || sizes.length > MAX_AXES)
    return flatOr(found, sizes, others);
  for (const axes of movedAxes(sizes.length))
    if (axes.every((axis, place) => sizes[axis] === others[place])) found.push(moved(sizes, axes));
  return found;
}

/** Sizes that were folded together keep their order. */
function flatOr(
  found: readonly Places[],
  sizes: readonly number[],
  others: readonly number[],
): Places[] {
  const isFolded = sizes.length !== others.length && (sizes.length <= 1 || others.length <= 1);
  return found.length === 0 && isFolded ? [(index) => index] : [...found];
}

function squeezed(shape: readonly number[]): number[] {
  return shape.filter((size) => size !== 1);
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((all, size) => all * size, 1);
}

/** Orders of axes in which one axis stands at another place: `axes[place]` is the axis of the reference. */
function movedAxes(rank: number): number[][] {
  const orders = new Map<string, number[]>();
  for (let from = 0; from < rank; from++)
    for (let to = 0; to < rank; to++) {
      const axes = Array.from({ length: rank }, (_none, axis) => axis).filter(
        (axis) => axis !== from,
      );
      axes.splice(to, 0, from);
      if (from !== to) orders.set(axes.join(), axes);
    }
  return [...orders.values()];
}

function moved(sizes: readonly number[], axes: readonly number[]): Places {
  // steps of the axes of the reference in the other tensor
  const steps = sizes.map(() => 0);
  let step = 1;
  for (const axis of [...axes].reverse()) {
    steps[axis] = step;
    step *= sizes[axis] ?? 1;
  }
  return (index) => {
    let rest = index;
    let place = 0;
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      const size = sizes[axis] ?? 1;
      place += (rest % size) * (steps[axis] ?? 0);
      rest = Math.floor(rest / size);
    }
    return place;
  };
}
