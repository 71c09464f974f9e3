import { type OutputResult, readResults } from '../adapters/run-files.js';
import { ModelconvError } from '../errors.js';
import type { StepContext } from '../host/run-step.js';
import type { Precision, Tolerance } from '../schema/generated/types.js';
import { firstSamples, type SampleSet } from '../tensor/samples.js';
import { toleranceFor, violations } from '../tensor/tolerance.js';
import type { Normalisation } from './diagnose/altered-inputs.js';
import { diagnose } from './diagnose/diagnose.js';
import { type OutputValues, readOutputs } from './diagnose/outputs-of.js';
import type { LayerComparison } from './layers/compare-layers.js';
import { describeJump } from './layers/describe-jump.js';
import { areInputsSame } from './layers/first-jump.js';
import { type LayerSide, seeLayers, showLayers, showsLayers } from './layers/see-layers.js';
import type { OutputDifference } from './outputs.js';

export interface ExplanationRequest {
  readonly reference: readonly OutputResult[];
  readonly results: readonly OutputResult[];
  readonly differences: readonly OutputDifference[];
  readonly samples: SampleSet;
  readonly tolerance: Tolerance;
  readonly sides: ExplainedSides;
  /** Of the other model. */
  readonly precision: Precision | undefined;
  /** What was seen of the layers already. */
  readonly layers?: LayerComparison | undefined;
  readonly normalisation: Normalisation | undefined;
  readonly timeoutMs: number;
  readonly context: StepContext;
}

/** The two models: the reference is run again on altered samples, and both where layers are looked at. */
export interface ExplainedSides {
  readonly reference: Omit<LayerSide, 'samples'>;
  /** Its samples where it takes them otherwise than the reference. */
  readonly other: Omit<LayerSide, 'samples'> & { readonly samples?: SampleSet };
}

export interface Explanation {
  /** Sentences; none when nothing that is looked for explains it. */
  readonly findings: readonly string[];
  /** What was seen of the layers, where they were looked at. */
  readonly layers?: LayerComparison | undefined;
}

/** Diagnosing is worth so many samples: each run of the source takes all of them. */
const MAX_SAMPLES = 16;
const RESULTS = 'results/diagnosis';

/**
 * What explains that two models differ. Costs runs of the source, and is asked for only when they do.
 *
 * @throws ModelconvError as `runStep` does.
 */
export async function explainDifferences(request: ExplanationRequest): Promise<Explanation> {
  const { reference, results, differences, tolerance, normalisation } = request;
  const samples = firstSamples(request.samples, MAX_SAMPLES);
  const [expected, actual] = await Promise.all([reference, results].map(readOutputs));
  const pairs = differences.flatMap(({ name, otherName, transposed, shape, collector }) => {
    const a = expected?.find((output) => output.name === name);
    const b = actual?.find((output) => output.name === otherName);
    const isComparable =
      transposed !== true &&
      b?.shape.join() === shape.join() &&
      (collector?.comparison.compared ?? 0) > 0;
    return a === undefined || b === undefined || !isComparable
      ? []
      : [[cut(a, samples.count), cut(b, samples.count)] as const];
  });
  if (pairs.length === 0) return { findings: [], layers: request.layers };
  const names = pairs.map(([{ name }]) => name);
  const rerun = async (altered: SampleSet): Promise<OutputValues[]> => {
    const outputs = await readOutputs(await runAgain(request, altered));
    return names.flatMap((name) => outputs.find((output) => output.name === name) ?? []);
  };
  let layers = request.layers;
  const { sides } = request;
  // two runs more, in place of one for each fault that an input may have; a converter that analyses takes longer
  const isCheap = showsLayers(sides.reference) && showsLayers(sides.other);
  const seenInputs = async (): Promise<boolean> => {
    layers ??= await seenLayers(request);
    return layers !== undefined && areInputsSame(layers.tensors);
  };
  const found = await diagnose({
    pairs,
    samples,
    tolerance,
    rerun,
    normalisation,
    areInputsSame: isCheap ? seenInputs : undefined,
  });
  return found.length > 0
    ? { findings: found, layers: request.layers }
    : await explainByLayers({ ...request, layers });
}

/** What is left when nothing that was tried explains it. */
const UNEXPLAINED = 'no order of inputs or outputs, no mean, scale or saturation explains it';

/** The layer in which the two part, where their runtimes show it. */
async function explainByLayers(request: ExplanationRequest): Promise<Explanation> {
  const layers = request.layers ?? (await seenLayers(request));
  const findings = [`${UNEXPLAINED}${causeOf(request, layers)}`];
  return { findings, layers };
}

/** What is known of the cause, after the words that nothing else explains it. */
function causeOf(request: ExplanationRequest, layers: LayerComparison | undefined): string {
  if (layers?.first !== undefined) return `; ${describeJump(layers.first)}`;
  if (isUsual(request))
    return `: it is within what is usual for ${request.precision}, and the bound is stricter`;
  return layers === undefined
    ? ': weights or operators differ'
    : `, and no layer adds an error beyond what rounding in ${request.precision ?? 'fp32'} does`;
}

/** Whether bounds of the user's own are all that is broken. */
function isUsual({ differences, precision }: ExplanationRequest): boolean {
  return (
    precision !== undefined &&
    differences.every(
      ({ metrics }) =>
        metrics !== undefined && violations(metrics, toleranceFor(precision)).length === 0,
    )
  );
}

/** An explanation is worth having, and not worth an error of its own. */
async function seenLayers(request: ExplanationRequest): Promise<LayerComparison | undefined> {
  const { sides, precision, timeoutMs, context } = request;
  if (!showLayers(sides.reference, sides.other)) return undefined;
  try {
    const { samples } = request;
    const reference = { ...sides.reference, samples };
    const other = { samples, ...sides.other };
    return await seeLayers({ reference, other, precision, timeoutMs }, context);
  } catch (error) {
    context.signal?.throwIfAborted();
    if (error instanceof ModelconvError) return undefined;
    throw error;
  }
}

async function runAgain(
  { sides: { reference }, timeoutMs, context }: ExplanationRequest,
  samples: SampleSet,
): Promise<OutputResult[]> {
  const { adapter, toolchain } = reference.runner;
  const models = [{ path: reference.path, resultDir: RESULTS }];
  await adapter.run?.(toolchain, { models, samples, timeoutMs }, context);
  return await readResults(toolchain.tool, context.workDir, RESULTS);
}

function cut(output: OutputValues, count: number): OutputValues {
  return { ...output, samples: output.samples.slice(0, count) };
}
