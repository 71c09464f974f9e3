import { type OutputResult, readResults } from '../adapters/run-files.js';
import type { Normalisation } from '../compare/diagnose/altered-inputs.js';
import { type OutputValues, readOutputs } from '../compare/diagnose/outputs-of.js';
import { inTypeOf } from '../compare/in-type-of.js';
import { compareOutputs, faultsOf, type OutputDifference } from '../compare/outputs.js';
import type { Runner } from '../compare/subject.js';
import type { StepContext } from '../host/run-step.js';
import type { Dtype, OutputTensor, Quantization, Tolerance } from '../schema/generated/types.js';
import type { Values } from '../tensor/move-axes.js';
import type { SampleSet } from '../tensor/samples.js';
import { explainOutputs } from './explain-outputs.js';
import { sourceNameOf } from './host-tensor.js';

/** A model that can be run. */
export interface RunnableModel {
  readonly runner: Runner;
  /** Relative to the work directory. */
  readonly path: string;
}

const RESULTS = 'results/truth';

/**
 * Run a model on samples. What it gives is held in memory: the next run writes over its files.
 *
 * @throws ModelconvError as `runStep` does, `E_TOOL_OUTPUT`.
 */
export async function runModel(
  { runner, path }: RunnableModel,
  samples: SampleSet,
  timeoutMs: number,
  context: StepContext,
  resultDir: string = RESULTS,
): Promise<OutputResult[]> {
  const { adapter, toolchain } = runner;
  const models = [{ path, resultDir }];
  await adapter.run?.(toolchain, { models, samples, timeoutMs }, context);
  const tool = toolchain.runtime ?? toolchain.tool;
  return await Promise.all((await readResults(tool, context.workDir, resultDir)).map(held));
}

async function held(result: OutputResult): Promise<OutputResult> {
  const samples = await Promise.all(result.shapes.map((_shape, index) => result.sample(index)));
  return {
    ...result,
    sample: (index) => Promise.resolve(samples[index] ?? new Float64Array()),
  };
}

/** The output that a runtime gives for one of the descriptor: by its name, that in the source, its place. */
export function resultOf(
  results: readonly OutputResult[],
  output: OutputTensor,
  place: number,
): OutputResult | undefined {
  const named = (name: string): OutputResult | undefined =>
    results.find((result) => result.name === name);
  return (
    named(output.name) ?? named(sourceNameOf(output)) ?? results[output.source?.index ?? place]
  );
}

/** Values as a runtime would give them. */
export function asResult(name: string, dtype: Dtype, { shape, values }: Values): OutputResult {
  return { name, dtype, shapes: [shape], sample: () => Promise.resolve(values) };
}

export interface OutputsRequest {
  /** What should be, with the axes of the source. */
  readonly expected: readonly OutputResult[];
  readonly results: readonly OutputResult[];
  readonly outputs: readonly OutputTensor[];
  readonly model: RunnableModel;
  /** Of the model, by its own names. */
  readonly quantization: Quantization | undefined;
  readonly samples: SampleSet;
  readonly tolerance: Tolerance;
  readonly normalisation: Normalisation | undefined;
  readonly timeoutMs: number;
  readonly context: StepContext;
}

/**
 * Compare what a model gives with what should be.
 *
 * @returns the differences, in the order of `expected`, and what explains them.
 * @throws ModelconvError as `runModel` does.
 */
export async function checkOutputs(
  request: OutputsRequest,
): Promise<{ differences: OutputDifference[]; findings: string[] }> {
  const { expected, outputs, tolerance } = request;
  const names = (wanted: string): string | undefined => {
    const place = outputs.findIndex(({ name }) => name === wanted);
    const output = outputs[place];
    return output === undefined ? undefined : resultOf(request.results, output, place)?.name;
  };
  const inType = (results: readonly OutputResult[]): OutputResult[] =>
    results.map((result) => {
      const counterpart = expected.find(({ name }) => (names(name) ?? name) === result.name);
      return inTypeOf(counterpart, result, request.quantization);
    });
  const results = inType(request.results);
  const differences = await compareOutputs(expected, results, 1, tolerance, names);
  const findings =
    faultsOf(differences).length === 0
      ? []
      : await explained({ ...request, results, inType }, differences);
  return { differences, findings };
}

async function explained(
  request: OutputsRequest & {
    readonly inType: (results: readonly OutputResult[]) => readonly OutputResult[];
  },
  differences: readonly OutputDifference[],
): Promise<string[]> {
  const { samples, tolerance, normalisation, model, timeoutMs, context } = request;
  const [expected = [], actual = []] = await Promise.all(
    [request.expected, request.results].map(readOutputs),
  );
  const pairs = differences.flatMap(({ name, otherName, transposed }) => {
    const a = expected.find((one) => one.name === name);
    const b = actual.find((one) => one.name === otherName);
    return a === undefined || b === undefined || transposed === true ? [] : [[a, b] as const];
  });
  if (pairs.length === 0) return [];
  const rerun = async (altered: SampleSet): Promise<OutputValues[]> =>
    await readOutputs(
      request.inType(await runModel(model, altered, timeoutMs, context, `${RESULTS}-altered`)),
    );
  return await explainOutputs({ pairs, samples, tolerance, normalisation, rerun });
}
