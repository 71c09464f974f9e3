import { rename } from 'node:fs/promises';
import path from 'node:path';
import type { EvaluationSet } from '../accuracy/load.js';
import type { Adapter, ConvertedModel } from '../adapters/contract.js';
import type { CalibrationSet } from '../calibration/load.js';
import { ModelconvError } from '../errors.js';
import type { Progress } from '../host/progress.js';
import type { StepContext } from '../host/run-step.js';
import type { CheckedRequest } from '../request/checked-request.js';
import type { Precision } from '../schema/generated/types.js';
import type { ProbedModel } from '../source/probe.js';
import { isOpen } from '../tensor/open-shape.js';
import type { SampleSet } from '../tensor/samples.js';
import type { ReportKeeper } from './conversion-report.js';
import { withDeclared } from './declare.js';
import { idleWishes } from './idle-wishes.js';
import { withOutputScales } from './output-scales.js';
import type { ConversionResult } from './pack-result.js';
import { type Route, requireMatch, type Stage, stageDir } from './plan.js';
import { runPlan } from './run-plan.js';
import { restoreStaged, type StagedSource } from './stage-source.js';
import { unquantized } from './unquantized.js';
import { type DoneStage, verifyModel } from './verify-model.js';
import { verifyUnconverted } from './verify-unconverted.js';

/** Everything that the steps of one conversion share. */
export interface Work {
  readonly request: CheckedRequest;
  readonly source: ProbedModel;
  readonly staged: StagedSource;
  readonly samples: SampleSet | undefined;
  readonly calibration: CalibrationSet | undefined;
  readonly evaluation: EvaluationSet | undefined;
  readonly steps: StepContext;
  readonly progress: Progress;
  readonly reports: ReportKeeper;
}

/**
 * Run the converters of a route one after the other, and check what the last one made.
 *
 * @throws ModelconvError as `runPlan` and `verifyModel` do, or `E_NOT_CONVERTIBLE` when the device would
 *   refuse the result.
 */
export async function runConversion(
  work: Work,
  route: Extract<Route, { kind: 'convert' }>,
): Promise<ConversionResult> {
  const { request, source, staged, samples, steps, progress } = work;
  const done: DoneStage[] = [];
  for (const [index, planned] of route.stages.entries()) {
    const stage = index === 0 ? planned : replanned(planned, done[index - 1]);
    const { adapter, toolchain, job } = stage;
    const what = `${adapter.id} ${toolchain.version} for ${request.device.name}`;
    const isLast = index === route.stages.length - 1;
    warnUntried(adapter, progress);
    progress.start('convert', `${what}, ${job.precision}`);
    const output = await runPlan(adapter, toolchain, stage.plan, steps);
    requirePrecision(output.converted, stage);
    const made = {
      ...output,
      converted: withOutputScales(
        withDeclared(output.converted, job, adapter.capabilities.narrows),
        job,
      ),
    };
    if (isLast) requireMatch(made.converted.info, request.device);
    progress.done('convert', `${what}, ${made.converted.info.precision ?? job.precision}`);
    done.push(isLast ? { stage, ...made } : await setAside(stage, made, index, steps.workDir));
  }
  await restoreStaged(staged);
  for (const warning of [...keptOpen(request, done), ...unquantized(done)]) progress.warn(warning);
  const { verification, pairs } = await verifyModel(
    {
      request,
      source,
      sourcePath: staged.path,
      stages: done,
      reports: work.reports,
      evaluation: work.evaluation,
    },
    samples,
    steps,
    progress,
  );
  const [last] = done.slice(-1) as [DoneStage];
  return {
    converted: withCalibration(last, work),
    files: last.files,
    run: {
      adapter: last.stage.adapter.id,
      toolchain: last.stage.toolchain,
      plan: last.stage.plan,
      stages: done.map(({ stage }) => stage),
      made: done.map(({ converted }) => converted.info),
      pairs,
    },
    precision: route.precision,
    verification,
  };
}

/**
 * Some tools exit with 0 and a model that they did not quantize, or that they left in the precision of its
 * source. What a file does not tell is not held against it.
 *
 * @throws ModelconvError `E_NOT_CONVERTIBLE`.
 */
function requirePrecision({ info }: ConvertedModel, { job, toolchain }: Stage): void {
  const { precision: asked } = job;
  const { precision: made, quantized } = info;
  const isAskedToQuantize = INTEGERS.includes(asked);
  if (made === asked || (isAskedToQuantize && quantized === true)) return;
  // of a model without weights some files tell that nothing is quantized, but no precision
  if (made === undefined && !(isAskedToQuantize && quantized === false)) return;
  const own = job.source.info.precision ?? made ?? 'its own precision';
  throw new ModelconvError('E_NOT_CONVERTIBLE', {
    what: `${toolchain.tool} was asked for ${asked}, and made a model ${made === undefined ? 'without it' : `in ${made}`}`,
    why: isAskedToQuantize
      ? 'nothing in the model was quantized'
      : 'it left the weights as they are in the source',
    next: isAskedToQuantize
      ? `leave --precision out to keep the model in ${own}, or look into the log with --log FILE`
      : `leave --precision out to keep ${made}, or give the model in ${asked}`,
  });
}

/** Precisions that a model has when it is quantized; some of its tensors stay in floating point. */
const INTEGERS: readonly Precision[] = ['int8', 'int4', 'int16', 'mixed'];

/** A description that nobody has run with the real tool is a good guess, and no more. */
function warnUntried({ id, description }: Adapter, progress: Progress): void {
  if (description === undefined || description.tried.length > 0) return;
  progress.warn(
    `${id} is described from its documentation alone and was not run with the real tool: check its result on the device`,
  );
}

/** What `--input` asked for and the converter did not do: nothing that was asked for is passed over in silence. */
function keptOpen({ inputs }: CheckedRequest, done: readonly DoneStage[]): string[] {
  const last = done.at(-1);
  return (last?.converted.info.inputs ?? [])
    .filter(({ name, shape }) => Object.hasOwn(inputs, name) && isOpen(shape))
    .map(
      ({ name, shape }) =>
        `input ${name} stays [${shape?.join(',') ?? '?'}] in the converted model: ${last?.stage.adapter.id} keeps open sizes`,
    );
}

/** The plan of a later stage, made again from what the one before it really wrote. */
function replanned(planned: Stage, before: DoneStage | undefined): Stage {
  if (before === undefined) return planned;
  const { format, inputs, outputs, precision } = before.converted.info;
  const info = {
    ...planned.job.source.info,
    ...before.converted.info,
    format,
    inputs,
    outputs,
    ...(precision === undefined ? {} : { precision }),
  };
  const job = { ...planned.job, source: { ...planned.job.source, info } };
  return { ...planned, job, plan: planned.adapter.plan(job) };
}

/** Outputs of a stage make room for those of the next. */
async function setAside(
  stage: Stage,
  { converted, files }: { converted: ConvertedModel; files: readonly string[] },
  index: number,
  workDir: string,
): Promise<DoneStage> {
  const directory = path.join(workDir, stageDir(index));
  await rename(path.join(workDir, 'out'), directory);
  const moved = files.map((file) =>
    path.join(directory, path.relative(path.join(workDir, 'out'), file)),
  );
  return { stage, converted, files: moved as [string, ...string[]] };
}

/** What was measured on goes beside what was quantized by it. */
function withCalibration(
  { converted, stage: { job, plan } }: DoneStage,
  { calibration: set, request }: Pick<Work, 'calibration' | 'request'>,
): ConvertedModel {
  if (set === undefined || job.calibration === undefined) return converted;
  const { sha256, count, synthetic } = set;
  // generated data can be made again
  const seed = synthetic ? { seed: request.verify.seed } : {};
  return {
    ...converted,
    quantization: {
      ...(converted.quantization ?? { type: 'int8' }),
      calibration: { ...plan.calibrates, sha256, samples: count, synthetic, ...seed },
    },
  };
}

/** Pack the source as it is, once it has shown that it runs. */
export async function keepSource(work: Work, route: Route): Promise<ConversionResult> {
  const { request, source, staged, progress } = work;
  const verification = await verifyUnconverted(work);
  await restoreStaged(staged);
  for (const warning of idleWishes(request)) progress.warn(warning);
  const reason =
    route.match.reasons.find(({ code }) => code === 'FORMAT')?.message ??
    'the source fits as it is';
  progress.done('convert', `not needed: ${reason}`);
  return {
    converted: { info: source.info },
    files: [],
    run: undefined,
    precision: route.precision,
    verification,
  };
}
