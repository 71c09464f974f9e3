import { rm } from 'node:fs/promises';
import path from 'node:path';
import { accuracyText } from '../accuracy/accuracy-text.js';
import type { EvaluationSet } from '../accuracy/load.js';
import type { ConvertedModel } from '../adapters/contract.js';
import { canRun, takesSizes } from '../adapters/runners.js';
import { declaredNormalisation } from '../compare/diagnose/normalisation.js';
import type { Progress } from '../host/progress.js';
import type { StepContext } from '../host/run-step.js';
import type { CheckedRequest } from '../request/checked-request.js';
import { inputRanges } from '../request/declared-ranges.js';
import { fixInputs } from '../request/input-shapes.js';
import { preprocessOf } from '../request/preprocess.js';
import type { Accuracy, ModelTensor, Tolerance, Verification } from '../schema/generated/types.js';
import type { ProbedModel } from '../source/probe.js';
import { DEFAULT_SAMPLES, generateSamples } from '../tensor/generate.js';
import { loadSamples, type SampleSet } from '../tensor/samples.js';
import { toleranceFor } from '../tensor/tolerance.js';
import {
  LEFT_OUT,
  loadParity,
  referenceRunner,
  relativePath,
  scoreAccuracy,
  skip,
} from './checks.js';
import type { ReportKeeper } from './conversion-report.js';
import type { ProvenPair } from './io-map.js';
import { layersSummary } from './layers.js';
import type { ParityResult } from './parity.js';
import type { Stage } from './plan.js';
import type { ConvertedSide, ParitySides } from './run-both.js';
import { comparedPrecision } from './unquantized.js';
import { type VariedSamples, varySizes } from './vary-sizes.js';

/** A stage that has run, and what it made. */
export interface DoneStage {
  readonly stage: Stage;
  readonly converted: ConvertedModel;
  /** The produced files, absolute, the model first. */
  readonly files: readonly [model: string, ...others: string[]];
}

export interface VerifyRequest {
  readonly request: CheckedRequest;
  readonly source: ProbedModel;
  /** The source, relative to the work directory. */
  readonly sourcePath: string;
  readonly stages: readonly DoneStage[];
  readonly evaluation: EvaluationSet | undefined;
  readonly reports: ReportKeeper;
}

/** What a check found, and which outputs it compared. */
export interface VerifiedModel {
  readonly verification: Verification;
  /** undefined: the model that is packed was not compared with the source. */
  readonly pairs?: readonly ProvenPair[];
}

/** The user's samples, or generated ones; both before any tool is started, so that bad ones cost nothing. */
export async function prepareSamples(
  request: CheckedRequest,
  source: ProbedModel,
): Promise<SampleSet | undefined> {
  if (!request.verify.enabled) return undefined;
  const inputs = fixInputs(source.info.inputs, request).map(withExampleShape);
  if (request.verify.samples !== undefined)
    return await loadSamples(request.verify.samples, inputs);
  const ranges = inputRanges(source.info, request.preprocess);
  return generateSamples(inputs, source.indexLimits, request.verify.seed, DEFAULT_SAMPLES, ranges);
}

/** A traced model is known to take what it was traced with. */
function withExampleShape(input: ModelTensor): ModelTensor {
  const { shape, exampleShape } = input;
  return shape === undefined && exampleShape !== undefined
    ? { ...input, shape: exampleShape }
    : input;
}

/** The last stage whose output can be run: by its runtime, or by its converter's simulator. */
function runnableStage(stages: readonly DoneStage[]): DoneStage | undefined {
  return stages.findLast(
    ({ stage: { adapter }, converted }) =>
      adapter.capabilities.simulates === true || canRun(adapter, converted.info.format),
  );
}

/**
 * The checks of one conversion: parity, which is on by default, and accuracy where labelled data is
 * given. Both are made before either ends the conversion, so that the report tells of both. What they
 * found goes into the package.
 *
 * @throws ModelconvError `E_PARITY` when the converted model computes something else, `E_ACCURACY` when
 *   it loses more than is allowed.
 */
export async function verifyModel(
  input: VerifyRequest,
  samples: SampleSet | undefined,
  context: StepContext,
  progress: Progress,
): Promise<VerifiedModel> {
  const { request, source, stages, evaluation } = input;
  if (samples === undefined && evaluation === undefined) return { verification: LEFT_OUT };
  const reference = await referenceRunner(source.info.format);
  const done = runnableStage(stages);
  const last = stages.at(-1);
  if (reference === undefined || done === undefined) {
    const format =
      reference === undefined ? source.info.format : (last?.converted.info.format ?? 'the result');
    const why = `no runtime for ${format} on this machine`;
    return { verification: await skip('parity was not checked', why, format, progress) };
  }
  const { adapter, toolchain } = done.stage;
  if (done !== last)
    progress.warn(
      `the model for ${request.device.name} cannot be run here: ${checksOf(samples, evaluation)} that of the ${adapter.id} model it was made from`,
    );
  const sides = {
    source: { runner: reference, path: input.sourcePath, format: source.info.format },
    converted: {
      runner: { adapter, toolchain },
      path: relativePath(context.workDir, done.files[0]),
      format: done.converted.info.format,
      precision: comparedPrecision(done.converted.info, done.stage.job.precision),
      job: done.stage.job,
      isSimulated: adapter.capabilities.simulates === true,
    },
  };
  const made = { input, done, sides, context, progress };
  const parity = samples === undefined ? undefined : await parityOn(samples, made);
  const accuracy =
    evaluation === undefined
      ? undefined
      : await scoreAccuracy(evaluation, sides, samples?.count ?? 0, { request, context, progress });
  await rm(path.join(context.workDir, 'results'), { recursive: true, force: true });
  await judge(made, parity, accuracy);
  const verification = {
    ...(parity?.verification ?? LEFT_OUT),
    ...(accuracy === undefined ? {} : { accuracy }),
    ...(done === last ? {} : { stage: adapter.id }),
  };
  return done === last && parity !== undefined
    ? { verification, pairs: parity.pairs }
    : { verification };
}

function checksOf(samples: SampleSet | undefined, evaluation: EvaluationSet | undefined): string {
  const checks = [
    ...(samples === undefined ? [] : ['parity']),
    ...(evaluation === undefined ? [] : ['accuracy']),
  ];
  return `${checks.join(' and ')} ${checks.length > 1 ? 'are' : 'is'}`;
}

/** Both models, and where they are run. */
interface Checked {
  readonly input: VerifyRequest;
  readonly done: DoneStage;
  readonly sides: ParitySides & { readonly converted: ConvertedSide };
  readonly context: StepContext;
  readonly progress: Progress;
}

type MadeParity = ParityResult & { readonly tolerance: Tolerance };

async function parityOn(
  given: SampleSet,
  { input, done, sides, context, progress }: Checked,
): Promise<MadeParity> {
  const { request, source } = input;
  const { checkParity } = await loadParity();
  progress.start('parity', `${given.count} ${given.kind} samples`);
  const { samples, variants } = varied(given, { input, done, sides });
  const precision = sides.converted.precision ?? done.stage.job.precision;
  const tolerance = toleranceFor(precision, request.verify.tolerance);
  // a converter may build it in once more, or leave it out
  const normalisation = declaredNormalisation(
    Object.values(preprocessOf(source.info.inputs, request.preprocess)),
  );
  const { timeoutMs } = request;
  const result = await checkParity(
    {
      ...sides,
      samples,
      variants,
      tolerance,
      normalisation,
      layers: request.layers,
      timeoutMs,
    },
    context,
  );
  if (result.faults.length === 0) {
    progress.done('parity', paritySummary(result.verification));
    if (result.layers !== undefined)
      progress.done('layers', layersSummary(result.layers, precision));
  }
  return { ...result, tolerance };
}

/** Generated samples in several sizes, where source and converted model leave them open. */
function varied(
  samples: SampleSet,
  { input, done, sides }: Pick<Checked, 'input' | 'done' | 'sides'>,
): VariedSamples {
  const { request, source } = input;
  const runners = [sides.source.runner, sides.converted.runner];
  if (!runners.every(({ adapter }) => takesSizes(adapter))) return { samples, variants: [] };
  const inputs = fixInputs(source.info.inputs, request).map(withExampleShape);
  const made = done.converted.info.inputs;
  const kept = inputs.map(
    ({ name }, place) =>
      made.find((one) => one.sourceName === name) ??
      made.find((one) => one.name === name) ??
      made[place],
  );
  const ranges = inputRanges(source.info, request.preprocess);
  return varySizes(samples, inputs, kept, source.indexLimits, ranges);
}

/** Keep what was found, and end the conversion where it is not good enough. */
async function judge(
  { input, done, sides }: Checked,
  parity: MadeParity | undefined,
  accuracy: Accuracy | undefined,
): Promise<void> {
  const { request, source, reports } = input;
  const { parityError, reportOf } = await loadParity();
  const compared = { runner: sides.converted.runner, info: done.converted.info };
  const reference = sides.source.runner;
  reports.keep(() => reportOf({ request, source, reference, compared }, parity, accuracy));
  if (parity !== undefined && parity.faults.length > 0)
    throw parityError(
      `what was converted for ${request.device.name} does not compute what ${source.file} computes`,
      accuracy === undefined ? parity : withScore(parity, accuracy),
      done.stage,
    );
  if (accuracy?.passed === false) {
    const { accuracyError } = await import('./accuracy-fault.js');
    throw accuracyError(request, accuracy);
  }
}

/** Whoever widens a bound wants to know what it costs. */
function withScore(parity: MadeParity, accuracy: Accuracy): MadeParity {
  return { ...parity, faults: [...parity.faults, `accuracy: ${accuracyText(accuracy)}`] };
}

function paritySummary({ metrics = {}, samples, shapes, inputs, tolerance }: Verification): string {
  const all = Object.values(metrics);
  const worst = Math.min(...all.map(({ cosine }) => cosine ?? 1));
  const maxAbs = Math.max(...all.map((entry) => entry.maxAbs ?? 0));
  const top1 = all.find(({ top1Agreement }) => top1Agreement !== undefined)?.top1Agreement;
  const bound = tolerance?.cosine === undefined ? '' : ` (needs ${tolerance.cosine})`;
  const agreement = top1 === undefined ? '' : `, top-1 agrees ${Number((top1 * 100).toFixed(2))} %`;
  return `cosine ${worst}${bound}, max abs ${short(maxAbs)}${agreement}, ${samples} ${inputs?.kind === 'calibration' ? 'calibration samples (--samples compares on others)' : 'samples'}${sizesSummary(shapes)}`;
}

/** `, image in 3 sizes` */
function sizesSummary(shapes: Verification['shapes'] = {}): string {
  return Object.entries(shapes)
    .filter(([, tried]) => tried.length > 1)
    .map(([name, tried]) => `, ${name} in ${tried.length} sizes`)
    .join('');
}

/** Three digits, with an exponent where zeros would fill the line. */
function short(value: number): string {
  return value !== 0 && value < 1e-3
    ? value.toExponential(2)
    : String(Number(value.toPrecision(3)));
}
