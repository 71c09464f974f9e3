import { decodeElements } from '../../tensor/elements.js';
import type { SampleSet } from '../../tensor/samples.js';
import { imagesOf, shiftedChannel } from './altered-inputs.js';
import { type OutputValues, relativeError } from './outputs-of.js';

/** Runs the source on other samples. */
export type Rerun = (samples: SampleSet) => Promise<readonly OutputValues[]>;

const STEPS = 6;
/** Part of the spread of the input by which it is moved to see what the output does. */
const PROBE = 0.01;

/**
 * A constant that, added to the channels of an image input of the source, gives what the converted model
 * gives: Gauss-Newton on one number for each channel.
 *
 * @param others - outputs of the converted model, in the order of the source's.
 * @returns a sentence, or undefined when no constant explains it.
 */
export async function shiftedMean(
  samples: SampleSet,
  others: readonly OutputValues[],
  rerun: Rerun,
  limit: number,
): Promise<string | undefined> {
  for (const image of imagesOf(samples)) {
    const offsets = new Array<number>(image.channels).fill(0);
    const probe = PROBE * spreadOf(samples, image.input.name);
    for (let step = 0; step < STEPS; step++) {
      const base = await rerun(shiftedChannel(samples, image, offsets));
      if (worst(base, others) <= limit)
        return step === 0 ? undefined : found(image.input.name, offsets);
      const from = flattened(base);
      const beyond = (outputs: readonly OutputValues[]): Float64Array =>
        flattened(outputs).map((value, at) => value - (from[at] ?? 0));
      const columns: Float64Array[] = [];
      for (const channel of offsets.keys()) {
        const moved = offsets.map((offset, at) => (at === channel ? offset + probe : offset));
        const outputs = await rerun(shiftedChannel(samples, image, moved));
        columns.push(beyond(outputs).map((value) => value / probe));
      }
      const target = beyond(others);
      const change = leastSquares(columns, target);
      if (change === undefined) break;
      for (const [channel, value] of change.entries())
        offsets[channel] = (offsets[channel] ?? 0) + value;
    }
  }
  return undefined;
}

function found(input: string, offsets: readonly number[]): string {
  const shown = offsets.map((offset) => String(Number(offset.toPrecision(4)))).join(', ');
  return `it computes what the source computes when ${shown} is added to ${offsets.length === 1 ? '' : 'the channels of '}${input}: a mean that is subtracted from the input is wrong`;
}

function worst(base: readonly OutputValues[], others: readonly OutputValues[]): number {
  return Math.max(
    ...base.map((output, at) => {
      const other = others[at];
      return other === undefined ? Infinity : relativeError(output, other);
    }),
  );
}

function flattened(outputs: readonly OutputValues[]): Float64Array {
  const arrays = outputs.flatMap(({ samples }) => samples);
  const all = new Float64Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const values of arrays) {
    all.set(values, at);
    at += values.length;
  }
  return all;
}

/** Standard deviation of the elements of an input. */
function spreadOf({ inputs }: SampleSet, name: string): number {
  const input = inputs.find((one) => one.name === name);
  if (input === undefined) return 1;
  const values = decodeElements(input.dtype, input.data);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return Math.sqrt(variance) || 1;
}

/** Normal equations, solved by elimination with pivots; undefined where they have no single solution. */
function leastSquares(
  columns: readonly Float64Array[],
  target: Float64Array,
): number[] | undefined {
  const dot = (a: Float64Array, b: Float64Array): number =>
    a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
  const rows = columns.map((column) => [
    ...columns.map((other) => dot(column, other)),
    dot(column, target),
  ]);
  for (let pivot = 0; pivot < rows.length; pivot++) {
    const best = rows.findIndex(
      (row, at) =>
        at >= pivot &&
        rows.every(
          (other, k) => k < pivot || Math.abs(other[pivot] ?? 0) <= Math.abs(row[pivot] ?? 0),
        ),
    );
    const [top, chosen] = [rows[pivot], rows[best]];
    if (top === undefined || chosen === undefined || Math.abs(chosen[pivot] ?? 0) < 1e-12)
      return undefined;
    [rows[pivot], rows[best]] = [chosen, top];
    for (const [at, row] of rows.entries()) {
      if (at === pivot) continue;
      const factor = (row[pivot] ?? 0) / (chosen[pivot] ?? 1);
      for (let k = pivot; k < row.length; k++) row[k] = (row[k] ?? 0) - factor * (chosen[k] ?? 0);
    }
  }
  const solution = rows.map((row, at) => (row[rows.length] ?? 0) / (row[at] ?? 1));
  return solution.every(Number.isFinite) ? solution : undefined;
}
