import { digestInputs } from '../calibration/digest.js';
import { FaultList } from '../calibration/faults.js';
import { ImageReader } from '../calibration/image-file.js';
import { chooseEvenly, type InputPlan, planInput } from '../calibration/input-plan.js';
import { lintInput } from '../calibration/lint-input.js';
import { RangeLint } from '../calibration/range-lint.js';
import { appliedTo, summarize } from '../calibration/summary.js';
import { elementBytes } from '../tensor/elements.js';
import type { SampleFiles } from '../tensor/samples.js';
import { batchSize, type CheckedInput, writeBatch } from './batch.js';
import { type FoundData, findData } from './find-data.js';
import { arrayLabels, directoryLabels, FINITE_LINT, type Labels, type Reading } from './labels.js';
import { EVALUATION, type EvaluationRequest, type Task } from './request.js';

/** Samples with labels that were checked, and can be written batch by batch. */
export interface EvaluationSet {
  /** Over names, types, shapes, preprocessing, prepared samples and labels in their order; not over paths. */
  readonly sha256: string;
  readonly count: number;
  readonly kind: 'images' | 'arrays';
  readonly task: Task;
  /** Name of the output that the labels are for. */
  readonly output: string;
  /** Names of the classes by their index, where directories give them. */
  readonly names: readonly string[] | undefined;
  /** Absolute paths of all files that are read. */
  readonly files: readonly string[];
  readonly warnings: readonly string[];
  /** One line for people. */
  readonly summary: string;
  /** Bytes of one prepared sample over all inputs. */
  readonly sampleBytes: number;
  /** Samples that are held on disk at once, at most. */
  readonly batchSize: number;
  /**
   * Write the samples from `start` up to `end` as files below `dir`.
   *
   * @throws ModelconvError `E_EVAL_INVALID` when a file changed since it was checked; system errors of `dir`.
   */
  write(dir: string, start: number, end: number): Promise<SampleFiles>;
  /** Labels of the samples from `start` up to `end`, one array for each. @throws ModelconvError `E_EVAL_INVALID`. */
  labels(start: number, end: number): Promise<readonly Float64Array[]>;
}

/**
 * Read, prepare and check evaluation data: labels are there and fit the output, and every sample can be
 * used. One sample is held at a time.
 *
 * @throws ModelconvError `E_INPUT` when the path cannot be read, `E_USAGE` when it is not clear which
 *   output is meant, `E_EVAL_INVALID` with all faults, the first 50 listed: nothing is left out silently.
 */
export async function loadEvaluation(request: EvaluationRequest): Promise<EvaluationSet> {
  const { path: location, limit = Infinity, signal } = request;
  const faults = new FaultList(EVALUATION);
  const warnings: string[] = [];
  const found = await findData(request, faults, warnings);
  const plans = await planInputs(request, found, faults, warnings);
  const images = new ImageReader();
  const inputs: CheckedInput[] = [];
  for (const plan of plans) {
    const units = chooseEvenly(plan.units, limit);
    const lint = plan.source.kind === 'images' ? new RangeLint(plan, true) : FINITE_LINT;
    const digest = await lintInput(plan, units, images, faults, warnings, { lint, signal });
    inputs.push({ plan, units, digest });
  }
  const reading = { images, faults, signal };
  const labels = await labelsOf(found, inputs, limit, reading);
  faults.throwIfAny(location);
  if (labels === undefined) return faults.throwAll(location);
  const count = inputs[0]?.units.length ?? 0;
  const available = plans[0]?.units.length ?? 0;
  const sampleBytes = found.inputs.reduce(
    (sum, { dtype, shape }) => sum + shape.reduce((a, b) => a * b, elementBytes(dtype)),
    0,
  );
  const { scored, lists, files } = found;
  const names = 'names' in found.labels ? found.labels.names : undefined;
  return {
    sha256: digestOf(count, inputs, labels, names),
    count,
    kind: plans.some(({ source }) => source.kind === 'images') ? 'images' : 'arrays',
    task: scored.task,
    output: scored.output.name,
    names,
    files: [...new Set([...lists, ...files.map((file) => file.path)])],
    warnings,
    summary: `${summarize(count, available, plans)}; labels for ${scored.output.name}, ${scored.task}${names === undefined ? '' : ` of ${names.length} classes`}`,
    sampleBytes,
    batchSize: batchSize(sampleBytes, labels.perSample),
    write: async (dir, start, end) => await writeBatch(dir, inputs, { start, end, images, signal }),
    labels: async (start, end) => await labels.read(start, end),
  };
}

/** Where the samples of each input are, the same number for all. */
async function planInputs(
  { path: location, preprocess }: EvaluationRequest,
  { inputs, files }: FoundData,
  faults: FaultList,
  warnings: string[],
): Promise<InputPlan[]> {
  const plans: InputPlan[] = [];
  for (const input of inputs) {
    const declared = preprocess[input.name] ?? {};
    const isOnly = inputs.length === 1;
    const plan = await planInput(input, files, declared, isOnly, faults, warnings);
    if (plan !== undefined) plans.push(plan);
  }
  faults.throwIfAny(location);
  if (new Set(plans.map(({ units }) => units.length)).size > 1)
    faults.add(
      { path: location },
      `the inputs have different numbers of samples: ${plans.map(({ input, units }) => `${input.name} ${units.length}`).join(', ')}`,
    );
  faults.throwIfAny(location);
  return plans;
}

async function labelsOf(
  { labels, scored }: FoundData,
  inputs: readonly CheckedInput[],
  limit: number,
  reading: Reading,
): Promise<Labels | undefined> {
  const [first] = inputs;
  if (first === undefined) return undefined;
  const { plan, units } = first;
  const labelled = { available: plan.units.length, units, input: plan.input, limit };
  return 'classOf' in labels
    ? directoryLabels(labels, labelled)
    : await arrayLabels(labels, labelled, scored, reading);
}

function digestOf(
  count: number,
  inputs: readonly CheckedInput[],
  { perSample, sha256 }: Labels,
  names: readonly string[] | undefined,
): string {
  const labels = {
    name: 'labels',
    dtype: 'float64',
    shape: [perSample],
    preprocessing: names ?? null,
    sha256,
  } as const;
  const samples = inputs.map(({ plan, digest }) => ({
    ...plan.input,
    preprocessing: appliedTo(plan),
    sha256: digest.sha256,
  }));
  return digestInputs(count, [...samples, labels]);
}
