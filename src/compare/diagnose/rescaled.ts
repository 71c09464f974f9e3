import { type OutputValues, relativeError } from './outputs-of.js';

/** An explanation has to leave less than this part of the error. */
export const EXPLAINED: number = 1 / 3;

/** A softmax that a converter adds to or takes from the end of a model. */
export function softmaxAtEnd(
  reference: OutputValues,
  other: OutputValues,
  limit: number,
): string | undefined {
  if (relativeError(mapped(reference, softmax), other) <= limit)
    return `output ${other.name} is the softmax of what the source gives: the converted model has a softmax more`;
  if (relativeError(reference, mapped(other, softmax)) <= limit)
    return `output ${other.name} is what the source gives before its softmax: the converted model has lost it`;
  return undefined;
}

/** An output that no longer depends on the input, or that is off by a scale and an offset. */
export function rescaledOutput(
  reference: OutputValues,
  other: OutputValues,
  limit: number,
): string | undefined {
  if (isConstant(other) && !isConstant(reference))
    return `output ${other.name} is the same for every sample: it does not depend on the input any more`;
  const line = fitLine(other, reference);
  if (line === undefined) return undefined;
  const { factor, offset } = line;
  const fitted = mapped(other, (values) => values.map((value) => factor * value + offset));
  // a line always fits a little better: it explains an error that it takes away
  const bound = Math.min(limit, relativeError(reference, other) * EXPLAINED);
  if (relativeError(reference, fitted) > bound) return undefined;
  const scale = `${short(1 / factor)} times what the source gives`;
  const shift = Math.abs(offset) < limit ? '' : `, and ${short(-offset / factor)} more`;
  return `output ${other.name} is ${scale}${shift}: a scale or an offset at its end is wrong`;
}

function mapped(output: OutputValues, map: (values: Float64Array) => Float64Array): OutputValues {
  return { ...output, samples: output.samples.map(map) };
}

function isConstant({ samples }: OutputValues): boolean {
  const [first, ...rest] = samples;
  return (
    first !== undefined &&
    rest.length > 0 &&
    rest.every((values) => values.every((value, at) => value === first[at]))
  );
}

/** Over the whole of one sample: right for one row of class scores. */
function softmax(values: Float64Array): Float64Array {
  const most = values.reduce((greatest, value) => Math.max(greatest, value), -Infinity);
  const powers = values.map((value) => Math.exp(value - most));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/** Least squares of `to = factor * from + offset`; undefined where `from` does not vary. */
function fitLine(
  from: OutputValues,
  to: OutputValues,
): { readonly factor: number; readonly offset: number } | undefined {
  let [n, sumX, sumY, sumXX, sumXY] = [0, 0, 0, 0, 0];
  for (const [index, xs] of from.samples.entries())
    for (const [at, x] of xs.entries()) {
      const y = to.samples[index]?.[at] ?? 0;
      n++;
      sumX += x;
      sumY += y;
      sumXX += x * x;
      sumXY += x * y;
    }
  const spread = n * sumXX - sumX * sumX;
  if (!(spread > 0)) return undefined;
  const factor = (n * sumXY - sumX * sumY) / spread;
  if (!Number.isFinite(factor) || factor === 0) return undefined;
  return { factor, offset: (sumY - factor * sumX) / n };
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}
