import type { OutputResult } from '../adapters/run-files.js';
import type { Quantization } from '../schema/generated/types.js';

/**
 * Integers of a converted model as the real numbers that they stand for, where the reference gives real
 * numbers: the runtime of TFLite knows scale and zero point of an int8 output, a converter may keep its
 * integers and not what they mean.
 *
 * @param quantization - of the model that the reference ran.
 */
export function asReal(
  results: readonly OutputResult[],
  reference: readonly OutputResult[],
  quantization: Quantization | undefined,
): readonly OutputResult[] {
  return results.map((result, place) => {
    const expected = reference.find(({ name }) => name === result.name) ?? reference[place];
    const { scale, zeroPoint = [0] } = quantization?.tensors?.[expected?.name ?? ''] ?? {};
    const [factor, ...others] = scale ?? [];
    const isKnown = factor !== undefined && others.length === 0;
    if (!isKnown || expected?.dtype !== 'float32' || !/^u?int(8|16)$/.test(result.dtype))
      return result;
    const zero = zeroPoint[0] ?? 0;
    return {
      ...result,
      dtype: expected.dtype,
      sample: async (index) => (await result.sample(index)).map((level) => factor * (level - zero)),
    };
  });
}
