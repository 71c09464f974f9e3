import path from 'node:path';
import type { ConvertedModel } from '../adapters/contract.js';
import { canRun, runnerFor } from '../adapters/runners.js';
import type { Progress } from '../host/progress.js';
import type { StepContext } from '../host/run-step.js';
import type { CheckedRequest } from '../request/acquire.js';
import { fixInputs } from '../request/input-shapes.js';
import { preprocessOf } from '../request/preprocess.js';
import type { ModelTensor, Precision, Verification } from '../schema/generated/types.js';
import type { ProbedModel } from '../source/probe.js';
import { generateSamples } from '../tensor/generate.js';
import { loadSamples, type SampleSet, sampleOrigin } from '../tensor/samples.js';
import { toleranceFor } from '../tensor/tolerance.js';
import { declaredNormalisation } from '../truth/normalisation.js';
import type { ProvenPair } from './io-map.js';
import { CONVERTED_RESULTS, type Runner } from './parity.js';
import type { Stage } from './plan.js';

export { CONVERTED_RESULTS };

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
  return generateSamples(inputs, source.indexLimits, request.verify.seed);
}

/** A traced model is known to take what it was traced with. */
function withExampleShape(input: ModelTensor): ModelTensor {
  const { shape, exampleShape } = input;
  return shape === undefined && exampleShape !== undefined
    ? { ...input, shape: exampleShape }
    : input;
}

/** The comparison is needed when both models have run: loaded when there is time. */
export function loadParity(): Promise<typeof import('./parity.js')> {
  return import('./parity.js');
}

/** The last stage whose output can be run: by its runtime, or by its converter's simulator. */
function runnableStage(stages: readonly DoneStage[]): DoneStage | undefined {
  return stages.findLast(
    ({ stage: { adapter }, converted }) =>
      adapter.capabilities.simulates === true || canRun(adapter, converted.info.format),
  );
}

/**
 * The parity check of one conversion; on by default. What it found goes into the package.
 *
 * @throws ModelconvError `E_PARITY` when the converted model computes something else.
 */
export async function verifyModel(
  input: VerifyRequest,
  samples: SampleSet | undefined,
  context: StepContext,
  progress: Progress,
): Promise<VerifiedModel> {
  const { request, source, stages } = input;
  if (samples === undefined) return { verification: NOT_WANTED };
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
      `the model for ${request.device.name} cannot be run here: parity is that of the ${adapter.id} model it was made from`,
    );
  const { checkParity, parityError } = await loadParity();
  progress.start('parity', `${samples.count} ${samples.kind} samples`);
  const precision = done.converted.info.precision ?? done.stage.job.precision;
  const tolerance = toleranceFor(precision, request.verify.tolerance);
  const result = await checkParity(
    {
      source: { runner: reference, path: input.sourcePath },
      converted: {
        runner: { adapter, toolchain },
        path: relativePath(context.workDir, done.files[0]),
        job: done.stage.job,
        isSimulated: adapter.capabilities.simulates === true,
      },
      samples,
      tolerance,
      // a converter may build it in once more, or leave it out
      normalisation: declaredNormalisation(
        Object.values(preprocessOf(source.info.inputs, request.preprocess)),
      ),
      timeoutMs: request.timeoutMs,
    },
    context,
  );
  if (result.faults.length > 0)
    throw parityError(
      `what was converted for ${request.device.name} does not compute what ${source.file} computes`,
      result,
      done.stage,
    );
  progress.done('parity', paritySummary(result.verification));
  const { verification, pairs } = result;
  return done === last
    ? { verification, pairs }
    : { verification: { ...verification, stage: adapter.id } };
}

const NOT_WANTED: Verification = { skipped: 'left out by --no-verify' };

function relativePath(workDir: string, file: string): string {
  return path.relative(workDir, file).split(path.sep).join('/');
}

/** A model that something was embedded in. */
interface EmbeddedModel {
  /** What it was made and is run by; the reference runtime for a source. */
  readonly runner?: Runner;
  /** Absolute. */
  readonly file: string;
  readonly format: string;
  readonly precision: Precision;
}

/**
 * Run a model again that something was embedded in: it must still give what the source gives.
 *
 * @throws ModelconvError `E_TOOL_OUTPUT` when its runtime refuses it, `E_PARITY`.
 */
export async function verifyEmbedded(
  {
    request,
    source,
    samples,
  }: Pick<VerifyRequest, 'request' | 'source'> & {
    readonly samples: SampleSet | undefined;
  },
  embedded: EmbeddedModel,
  sourcePath: string,
  context: StepContext,
): Promise<void> {
  const reference = await referenceRunner(source.info.format);
  if (samples === undefined || reference === undefined) return;
  const runner = embedded.runner ?? reference;
  if (!canRun(runner.adapter, embedded.format)) return;
  const { checkParity, parityError } = await loadParity();
  const result = await checkParity(
    {
      source: { runner: reference, path: sourcePath },
      converted: {
        runner,
        path: relativePath(context.workDir, embedded.file),
        isSimulated: false,
      },
      samples,
      tolerance: toleranceFor(embedded.precision, request.verify.tolerance),
      timeoutMs: request.timeoutMs,
    },
    context,
  );
  if (result.faults.length > 0)
    throw parityError('the model computes something else with the descriptor in it', result);
}

/** A model packed as it is: run once on the samples, to know that it runs at all. */
export async function verifyUnconverted(
  request: CheckedRequest,
  source: ProbedModel,
  stagedPath: string,
  samples: SampleSet | undefined,
  context: StepContext,
  progress: Progress,
): Promise<Verification> {
  if (samples === undefined) return NOT_WANTED;
  const runner = await referenceRunner(source.info.format);
  if (runner?.adapter.run === undefined) {
    const { format } = source.info;
    return await skip(
      'the model was not run',
      `packed as it is; no runtime for ${format} on this machine`,
      format,
      progress,
    );
  }
  progress.start('run', `${samples.count} ${samples.kind} samples`);
  await runner.adapter.run(
    runner.toolchain,
    {
      models: [{ path: stagedPath, resultDir: 'results/source' }],
      samples,
      timeoutMs: request.timeoutMs,
    },
    context,
  );
  progress.done('run', `the model runs, ${samples.count} ${samples.kind} samples`);
  return {
    skipped: 'packed as it is: it runs, there is nothing to compare it with',
    reference: { runtime: runner.adapter.id, version: runner.toolchain.version },
    ranOn: 'runtime',
    samples: samples.count,
    inputs: sampleOrigin(samples),
  };
}

/** What runs the source for reference; undefined when nothing here does. */
export async function referenceRunner(format: string): Promise<Runner | undefined> {
  const found = await runnerFor(format);
  return 'adapter' in found ? found : undefined;
}

/** What was not checked, and in the warning the command that gets the runtime, where there is one. */
async function skip(
  what: string,
  skipped: string,
  format: string,
  progress: Progress,
): Promise<Verification> {
  // advice alone: a description that is not valid is told by whoever needs it
  const found = await runnerFor(format).catch(() => ({ missing: undefined }));
  const install = 'missing' in found ? found.missing?.install : undefined;
  const fix = install === undefined ? '' : `; get it with: ${install}`;
  progress.warn(`${what}: ${skipped}${fix}`);
  return { skipped };
}

function paritySummary({ metrics = {}, samples, inputs, tolerance }: Verification): string {
  const all = Object.values(metrics);
  const worst = Math.min(...all.map(({ cosine }) => cosine ?? 1));
  const maxAbs = Math.max(...all.map((entry) => entry.maxAbs ?? 0));
  const top1 = all.find(({ top1Agreement }) => top1Agreement !== undefined)?.top1Agreement;
  const bound = tolerance?.cosine === undefined ? '' : ` (needs ${tolerance.cosine})`;
  const agreement = top1 === undefined ? '' : `, top-1 agrees ${Number((top1 * 100).toFixed(2))} %`;
  return `cosine ${worst}${bound}, max abs ${short(maxAbs)}${agreement}, ${samples} ${inputs?.kind === 'calibration' ? 'calibration samples (--samples compares on others)' : 'samples'}`;
}

/** Three digits, with an exponent where zeros would fill the line. */
function short(value: number): string {
  return value !== 0 && value < 1e-3
    ? value.toExponential(2)
    : String(Number(value.toPrecision(3)));
}
