import { type OutputValues, relativeError } from './outputs-of.js';

/**
 * Outputs of the reference that another output of the converted model computes.
 *
 * @param pairs - each output of the reference with the one that it was compared with.
 * @param limit - relative error up to which two outputs are the same.
 */
export function swappedOutputs(
  pairs: readonly (readonly [reference: OutputValues, other: OutputValues])[],
  limit: number,
): string[] {
  return pairs.flatMap(([reference, other]) => {
    if (relativeError(reference, other) <= limit) return [];
    const match = pairs.find(
      ([, candidate]) => candidate !== other && relativeError(reference, candidate) <= limit,
    );
    return match === undefined
      ? []
      : [
          `what the source gives as ${reference.name} the converted model gives as ${match[1].name}: outputs are in another order`,
        ];
  });
}
