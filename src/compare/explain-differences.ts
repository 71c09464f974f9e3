import { type OutputResult, readResults } from '../adapters/run-files.js';
import type { StepContext } from '../host/run-step.js';
import type { Tolerance } from '../schema/generated/types.js';
import { type SampleSet, selectSamples } from '../tensor/samples.js';
import type { Normalisation } from './diagnose/altered-inputs.js';
import { diagnose } from './diagnose/diagnose.js';
import { type OutputValues, readOutputs } from './diagnose/outputs-of.js';
import type { OutputDifference } from './outputs.js';
import type { Runner } from './subject.js';

export interface ExplanationRequest {
  readonly reference: readonly OutputResult[];
  readonly results: readonly OutputResult[];
  readonly differences: readonly OutputDifference[];
  readonly samples: SampleSet;
  readonly tolerance: Tolerance;
  /** The reference, which is run again on altered samples. */
  readonly source: { readonly runner: Runner; readonly path: string };
  readonly normalisation: Normalisation | undefined;
  readonly timeoutMs: number;
  readonly context: StepContext;
}

/** Diagnosing is worth so many samples: each run of the source takes all of them. */
const MAX_SAMPLES = 16;
const RESULTS = 'results/diagnosis';

/**
 * What explains that two models differ. Costs runs of the source, and is asked for only when they do.
 *
 * @returns sentences; empty when nothing that is looked for explains it.
 * @throws ModelconvError as `runStep` does.
 */
export async function explainDifferences(request: ExplanationRequest): Promise<string[]> {
  const { reference, results, differences, tolerance, normalisation } = request;
  const samples = firstSamples(request.samples, MAX_SAMPLES);
  const [expected, actual] = await Promise.all([reference, results].map(readOutputs));
  const pairs = differences.flatMap(({ name, otherName, transposed, shape }) => {
    const a = expected?.find((output) => output.name === name);
    const b = actual?.find((output) => output.name === otherName);
    const isComparable = transposed !== true && b?.shape.join() === shape.join();
    return a === undefined || b === undefined || !isComparable
      ? []
      : [[cut(a, samples.count), cut(b, samples.count)] as const];
  });
  if (pairs.length === 0) return [];
  const names = pairs.map(([{ name }]) => name);
  const rerun = async (altered: SampleSet): Promise<OutputValues[]> => {
    const outputs = await readOutputs(await runAgain(request, altered));
    return names.flatMap((name) => outputs.find((output) => output.name === name) ?? []);
  };
  return await diagnose({ pairs, samples, tolerance, rerun, normalisation });
}

async function runAgain(
  { source, timeoutMs, context }: ExplanationRequest,
  samples: SampleSet,
): Promise<OutputResult[]> {
  const { adapter, toolchain } = source.runner;
  const models = [{ path: source.path, resultDir: RESULTS }];
  await adapter.run?.(toolchain, { models, samples, timeoutMs }, context);
  return await readResults(toolchain.tool, context.workDir, RESULTS);
}

function cut(output: OutputValues, count: number): OutputValues {
  return { ...output, samples: output.samples.slice(0, count) };
}

function firstSamples(samples: SampleSet, most: number): SampleSet {
  const count = Math.min(samples.count, most);
  return selectSamples(
    samples,
    Array.from({ length: count }, (_none, index) => index),
  );
}
