import type { OutputResult } from '../adapters/run-files.js';
import type { OutputMetrics, Tolerance } from '../schema/generated/types.js';
import { channelsFirst } from '../tensor/channels-first.js';
import { violations } from '../tensor/tolerance.js';
import { OutputCollector } from './collect.js';

/** One output of the reference, and what the other model gives for it. */
export interface OutputDifference {
  readonly name: string;
  readonly dtype: OutputResult['dtype'];
  /** Of the first sample. */
  readonly shape: readonly number[];
  /** Absent where the other model has no such output. */
  readonly otherName?: string;
  readonly transposed?: boolean;
  /** Absent where nothing could be compared. */
  readonly collector?: OutputCollector;
  readonly metrics?: OutputMetrics;
  /** What is wrong, each a sentence about this output. */
  readonly faults: readonly string[];
}

/** The name of an output of the reference in the other model; undefined: by the same name, then by place. */
export type OutputNames = (reference: string) => string | undefined;

/**
 * Compare every output of two models over all samples.
 *
 * @throws ModelconvError `E_TOOL_OUTPUT` when results are damaged or no numbers.
 */
export async function compareOutputs(
  reference: readonly OutputResult[],
  results: readonly OutputResult[],
  count: number,
  tolerance: Tolerance,
  names: OutputNames = () => undefined,
): Promise<OutputDifference[]> {
  const differences: OutputDifference[] = [];
  for (const [place, expected] of reference.entries()) {
    const wanted = names(expected.name) ?? expected.name;
    const actual = results.find(({ name }) => name === wanted) ?? results[place];
    differences.push(await compareOutput(expected, actual, count, tolerance));
  }
  return differences;
}

/** All faults, each with the output that it is about. */
export function faultsOf(differences: readonly OutputDifference[]): string[] {
  return differences.flatMap(({ name, faults }) => faults.map((fault) => `output ${name}${fault}`));
}

async function compareOutput(
  expected: OutputResult,
  actual: OutputResult | undefined,
  count: number,
  tolerance: Tolerance,
): Promise<OutputDifference> {
  const { name, dtype } = expected;
  const shape = expected.shapes[0] ?? [];
  const base = { name, dtype, shape };
  if (actual === undefined) return { ...base, faults: [' is missing in the converted model'] };
  const transposed = areTransposed(expected, actual, count);
  const difference = transposed ? undefined : shapeDifference(expected, actual, count);
  const other = { ...base, otherName: actual.name, ...(transposed ? { transposed } : {}) };
  if (difference !== undefined) return { ...other, faults: [`: ${difference}`] };
  const collector = new OutputCollector(elementsOf(expected));
  for (let sample = 0; sample < count; sample++) {
    const values = await actual.sample(sample);
    collector.add(
      await expected.sample(sample),
      transposed ? channelsFirst(values, sizesOf(actual, sample)) : values,
      classesOf(expected),
    );
  }
  const metrics = collector.comparison.result();
  const isEmpty = metrics.elements > 0 && collector.comparison.compared === 0;
  return {
    ...other,
    collector,
    metrics,
    faults: [
      ...(isEmpty
        ? [
            ': no element of the reference is finite for these inputs, so nothing could be compared; give real ones with --samples',
          ]
        : []),
      ...withIntegers(violations(metrics, tolerance), expected, actual).map(
        (fault) => `: ${fault}`,
      ),
    ],
  };
}

/** Quantized numbers that were left as they are explain a difference better than any layer. */
function withIntegers(
  faults: readonly string[],
  expected: OutputResult,
  actual: OutputResult,
): readonly string[] {
  const areLevels = /^float/.test(expected.dtype) && /^u?int(8|16)$/.test(actual.dtype);
  return areLevels && faults.length > 0
    ? [
        ...faults,
        `it gives ${actual.dtype} where the reference gives ${expected.dtype}, and no scale and zero point of them is known`,
      ]
    : faults;
}

function elementsOf({ shapes }: OutputResult): number {
  return shapes.reduce((sum, shape) => sum + shape.reduce((product, size) => product * size, 1), 0);
}

/**
 * Real numbers with one axis beside the batch that is not 1, as what `--eval` scores: one for each class.
 * [N, 10] and [N, 10, 1, 1] are such outputs.
 */
export function classesOf({
  dtype,
  shapes: [shape = []],
}: Pick<OutputResult, 'dtype' | 'shapes'>): number | undefined {
  const [classes = 0, ...others] = shape.slice(1).filter((size) => size !== 1);
  return /^float/.test(dtype) && others.length === 0 && classes > 1 ? classes : undefined;
}

/** Sizes of an output with four axes, channels last. */
export function sizesOf(
  { shapes }: OutputResult,
  sample: number,
): readonly [number, number, number, number] {
  const [n = 1, h = 1, w = 1, c = 1] = shapes[sample] ?? [];
  return [n, h, w, c];
}

function areTransposed(expected: OutputResult, actual: OutputResult, count: number): boolean {
  for (let sample = 0; sample < count; sample++)
    if (!isTransposed(expected.shapes[sample] ?? [], actual.shapes[sample] ?? [])) return false;
  return count > 0;
}

/** [1,3,8,8] and [1,8,8,3]: the same elements, channels last. */
export function isTransposed(a: readonly number[], b: readonly number[]): boolean {
  const [n, c, h, w] = a;
  return a.length === 4 && a.join() !== b.join() && [n, h, w, c].join() === b.join();
}

function shapeDifference(
  expected: OutputResult,
  actual: OutputResult,
  count: number,
): string | undefined {
  for (let sample = 0; sample < count; sample++) {
    const [a, b] = [expected.shapes[sample], actual.shapes[sample]];
    // some formats have no scalars
    const isScalar = a?.length === 0 && b?.join() === '1';
    if (a?.join() !== b?.join() && !isScalar)
      return `shape [${b?.join(', ')}] instead of [${a?.join(', ')}]`;
  }
  return undefined;
}
