import type { Dimension } from '../../schema/generated/types.js';

type Shape = readonly Dimension[];

/** Open sizes count as 1: the figures are for one sample. */
function size(dimension: Dimension | undefined): number {
  return typeof dimension === 'number' && dimension > 0 ? dimension : 1;
}

/** Elements of a shape, open sizes counted as 1. */
export function elementsOf(shape: Shape): number {
  return shape.reduce<number>((product, dimension) => product * size(dimension), 1);
}

/** Multiply-accumulates of a convolution: for each output element one for each weight of its channel. */
export function convolutionMacs(
  output: Shape | undefined,
  weightsPerOutput: number | undefined,
): number | undefined {
  if (output === undefined || weightsPerOutput === undefined) return undefined;
  return elementsOf(output) * weightsPerOutput;
}

/**
 * Multiply-accumulates of a product of matrices, whichever of them is transposed: the inner size is what
 * the first matrix has beside the rows of the output.
 */
export function productMacs(a: Shape | undefined, output: Shape | undefined): number | undefined {
  if (a === undefined || output === undefined || a.length === 0) return undefined;
  const inner =
    a.length === 1 || output.length < 2
      ? size(a.at(-1))
      : (size(a.at(-1)) * size(a.at(-2))) / size(output.at(-2));
  return elementsOf(output) * inner;
}
