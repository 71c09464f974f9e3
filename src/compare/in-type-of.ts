import type { OutputQuantization, OutputResult } from '../adapters/run-files.js';
import type { Quantization } from '../schema/generated/types.js';

const LEVELS = /^u?int(8|16)$/;

/**
 * An output in the type in which the reference gives it. Quantized models are run by runtimes of two kinds: those
 * that turn their integers into real numbers and tell with what, and those that leave them as they are.
 *
 * @param own - of the model that gave the result, by its own names; a reference whose runtime tells goes first.
 */
export function inTypeOf(
  expected: OutputResult | undefined,
  result: OutputResult,
  own?: Quantization,
): OutputResult {
  if (expected === undefined) return result;
  if (/^float/.test(expected.dtype) && LEVELS.test(result.dtype)) {
    const known = expected.quantization ?? onlyScale(own, result.name);
    return known === undefined ? result : changed(result, expected, toReal(known));
  }
  if (/^u?int/.test(expected.dtype) && result.quantization !== undefined)
    return changed(result, expected, toLevel(result.quantization));
  return result;
}

/** The same of all outputs: by name, then by place. */
export function allInTypeOf(
  reference: readonly OutputResult[],
  results: readonly OutputResult[],
  own?: Quantization,
): OutputResult[] {
  return results.map((result, place) =>
    inTypeOf(reference.find(({ name }) => name === result.name) ?? reference[place], result, own),
  );
}

function onlyScale(
  quantization: Quantization | undefined,
  name: string,
): OutputQuantization | undefined {
  const { scale: [scale, ...others] = [], zeroPoint: [zeroPoint = 0] = [] } =
    quantization?.tensors?.[name] ?? {};
  return scale === undefined || others.length > 0 ? undefined : { scale, zeroPoint };
}

function toReal({ scale, zeroPoint }: OutputQuantization): (level: number) => number {
  return (level) => scale * (level - zeroPoint);
}

function toLevel({ scale, zeroPoint }: OutputQuantization): (value: number) => number {
  return (value) => Math.round(value / scale) + zeroPoint;
}

function changed(
  result: OutputResult,
  { dtype }: OutputResult,
  change: (value: number) => number,
): OutputResult {
  return { ...result, dtype, sample: async (index) => (await result.sample(index)).map(change) };
}
