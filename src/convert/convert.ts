import { open, rename } from 'node:fs/promises';
import path from 'node:path';
import type { ConversionJob, ConvertedModel } from '../adapters/contract.js';
import { RUN_SPEC, writeRunSpec } from '../adapters/run-files.js';
import type { CalibrationSet } from '../calibration/load.js';
import { formatBytes } from '../format-bytes.js';
import { checkLog, checkOutput, outputError } from '../host/files.js';
import type { Progress } from '../host/progress.js';
import type { StepContext } from '../host/run-step.js';
import { withScratchDir } from '../host/temp.js';
import { entryTime } from '../package/entry-time.js';
import type { PackedPackage } from '../package/write.js';
import type { CheckedRequest } from '../request/acquire.js';
import { loadValidator } from '../schema/check.js';
import type { ConvertOutcome, ModelInfo } from '../schema/generated/types.js';
import { type ProbedModel, probeModel } from '../source/probe.js';
import type { SampleSet } from '../tensor/samples.js';
import { embed } from './embed.js';
import { keepFailureLog, LOG_HEADER, removeFailureLog } from './failure-log.js';
import { type ConversionResult, loadWriter, type PackInfo, packResult } from './pack-result.js';
import {
  type PlanInput,
  planRoute,
  type Route,
  requireMatch,
  type Stage,
  stageDir,
} from './plan.js';
import { runPlan } from './run-plan.js';
import {
  digestStaged,
  isAsStaged,
  restoreStaged,
  type StagedSource,
  stagedPath,
  stageSource,
} from './stage-source.js';
import {
  CONVERTED_RESULTS,
  type DoneStage,
  loadParity,
  prepareSamples,
  verifyModel,
  verifyUnconverted,
} from './verify-model.js';

export interface ConvertContext {
  readonly progress: Progress;
  /** Replace an output that is there already. */
  readonly force: boolean;
  /** Keeps the whole log of the vendor tools. */
  readonly logFile?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Everything that the steps of one conversion share. */
interface Work {
  readonly request: CheckedRequest;
  readonly source: ProbedModel;
  readonly staged: StagedSource;
  readonly samples: SampleSet | undefined;
  readonly calibration: CalibrationSet | undefined;
  readonly steps: StepContext;
  readonly progress: Progress;
}

/**
 * Convert one model for one device and pack it: probe, plan, run, read back, verify, describe, pack.
 *
 * @throws ModelconvError; on any error the output stays as it was, and nothing is left behind but the
 *   log of a tool that failed, beside the would-be output.
 */
export async function convertModel(
  request: CheckedRequest,
  context: ConvertContext,
): Promise<ConvertOutcome> {
  const started = performance.now();
  const { progress, warnings } = collectWarnings(context.progress);
  progress.start('source', request.source);
  const source = await probeModel(request.source);
  await checkPaths(request, source, context);
  progress.done('source', describeSource(source.info));
  const { samples, calibration } = await prepareData(request, source, progress);
  await checkOutput(
    request.output,
    [...(samples?.files ?? []), ...(calibration?.files ?? [])],
    context.force,
  );
  // whatever refuses the conversion does so before anything is copied
  const route = await planRoute(request, source, planInput(request, source, calibration));
  return await withScratchDir(async (workDir) => {
    const steps: StepContext = {
      workDir,
      logFile: await openLog(context.logFile, workDir),
      signal: context.signal,
      // what comes after the converter is loaded while it runs, not before it starts
      onStart: () =>
        void Promise.all([loadParity(), loadWriter(), loadValidator('descriptor')]).catch(() => {}),
    };
    const staged = await stageSource(source, workDir);
    // hashed while the converter runs
    const hashing = digestStaged(staged);
    hashing.catch(() => {});
    const prepared: Work = { request, source, staged, samples, calibration, steps, progress };
    const work =
      route.kind === 'convert'
        ? { ...prepared, samples: await writeData(prepared, route) }
        : prepared;
    const result = await keepingLog(work, context, async () =>
      route.kind === 'convert' ? await runConversion(work, route) : await keepSource(work, route),
    );
    const digests = (await isAsStaged(staged)) ? await hashing : await digestStaged(staged);
    const info: PackInfo = { request, source: source.info, staged, digests, result };
    if (request.embed) await keepingLog(work, context, async () => await embed(work, info));
    progress.start('package', request.output);
    const packed = await packResult(info, { force: context.force, signal: context.signal });
    await removeFailureLog(request.output);
    progress.done('package', describePackage(request.output, packed));
    return {
      device: request.device.name,
      status: result.run === undefined ? 'unconverted' : 'converted',
      package: request.output,
      sizeBytes: packed.sizeBytes,
      descriptorSha256: packed.descriptorSha256,
      durationMs: Math.round(performance.now() - started),
      match: [...requireMatch(result.converted.info, request.device).reasons],
      ...(warnings.length === 0 ? {} : { warnings }),
      descriptor: packed.descriptor,
    };
  });
}

/** Whatever is read besides the model, checked before any tool is started. */
export async function prepareData(
  request: CheckedRequest,
  source: ProbedModel,
  progress?: Progress,
): Promise<{ samples: SampleSet | undefined; calibration: CalibrationSet | undefined }> {
  const samples = await prepareSamples(request, source);
  // the image libraries are loaded for those who calibrate
  const calibration =
    request.calibration === undefined
      ? undefined
      : await (await import('./calibration.js')).prepareCalibration(request, source);
  for (const warning of calibration?.warnings ?? []) progress?.warn(warning);
  if (calibration !== undefined) progress?.done('calibration', calibration.summary);
  return { samples, calibration };
}

/** What the plan knows of the data. */
export function planInput(
  request: CheckedRequest,
  source: ProbedModel,
  calibration: CalibrationSet | undefined,
): PlanInput {
  return {
    stagedPath: stagedPath(source.file),
    ...(calibration === undefined
      ? {}
      : { calibration: { spec: 'calibration/spec.json', count: calibration.count } }),
    ...(request.verify.enabled
      ? { simulation: { spec: RUN_SPEC, resultDir: CONVERTED_RESULTS } }
      : {}),
  };
}

/** Warnings are shown as they come, and are part of the outcome. */
function collectWarnings(shown: Progress): { progress: Progress; warnings: string[] } {
  const warnings: string[] = [];
  const warn = (message: string): void => {
    warnings.push(message);
    shown.warn(message);
  };
  return { progress: { start: shown.start, done: shown.done, warn }, warnings };
}

/**
 * Nothing that is read may be written: not by the output, not by the log.
 *
 * @throws ModelconvError `E_OUTPUT`, `E_OUTPUT_EXISTS`, `E_USAGE` (SOURCE_DATE_EPOCH).
 */
export async function checkPaths(
  request: CheckedRequest,
  source: ProbedModel,
  context: Pick<ConvertContext, 'logFile' | 'force'>,
): Promise<void> {
  const inputs = [source.file, ...source.parts.map(({ file }) => file), ...request.reads];
  entryTime();
  const log = context.logFile === undefined ? [] : [context.logFile];
  await checkOutput(request.output, [...inputs, ...log], context.force);
  for (const file of log) await checkLog(file, inputs);
}

async function openLog(logFile: string | undefined, workDir: string): Promise<string> {
  const file = logFile === undefined ? path.join(workDir, 'log.txt') : path.resolve(logFile);
  const handle = await open(file, 'a').catch((error: unknown) => {
    throw outputError(file, error, '--log');
  });
  if (logFile === undefined) await handle.write(LOG_HEADER);
  await handle.close();
  return file;
}

async function runConversion(
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
    progress.start('convert', `${what}, ${job.precision}`);
    const output = await runPlan(adapter, toolchain, stage.plan, steps);
    if (isLast) requireMatch(output.converted.info, request.device);
    progress.done('convert', `${what}, ${output.converted.info.precision ?? job.precision}`);
    done.push(isLast ? { stage, ...output } : await setAside(stage, output, index, steps.workDir));
  }
  await restoreStaged(staged);
  const verification = await verifyModel(
    { request, source, sourcePath: staged.path, stages: done },
    samples,
    steps,
    progress,
  );
  const [last] = done.slice(-1) as [DoneStage];
  return {
    converted: withCalibration(last.converted, last.stage.job, work.calibration),
    files: last.files,
    run: {
      adapter: last.stage.adapter.id,
      toolchain: last.stage.toolchain,
      plan: last.stage.plan,
      stages: done.map(({ stage }) => stage),
    },
    precision: route.precision,
    verification,
  };
}

/** Calibration data and, for a simulating converter, samples have to be there before it starts. */
async function writeData(
  { request, calibration, samples, steps, progress }: Work,
  { stages }: Extract<Route, { kind: 'convert' }>,
): Promise<SampleSet | undefined> {
  let used = samples;
  if (calibration !== undefined) {
    if (!stages.some(({ job }) => job.calibration !== undefined))
      progress.warn('no value ranges are measured here, so the calibration data had no effect');
    await calibration.write(steps.workDir);
    // generated numbers say little about a model whose ranges were measured on real inputs
    if (used?.kind === 'generated' && !calibration.synthetic)
      used = await (await import('./calibration.js')).calibrationSamples(
        calibration,
        steps.workDir,
      );
  }
  const last = stages.at(-1);
  if (used !== undefined && last?.adapter.capabilities.simulates === true)
    await writeRunSpec(steps.workDir, { models: [], samples: used, timeoutMs: request.timeoutMs });
  return used;
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
  converted: ConvertedModel,
  job: ConversionJob,
  set: CalibrationSet | undefined,
): ConvertedModel {
  if (set === undefined || job.calibration === undefined) return converted;
  const { sha256, count, synthetic } = set;
  return {
    ...converted,
    quantization: {
      ...(converted.quantization ?? { type: 'int8' }),
      calibration: { sha256, samples: count, synthetic },
    },
  };
}

/** When the work fails, the log of the tools stays, beside the would-be output. */
async function keepingLog<T>(
  { request, steps }: Work,
  context: ConvertContext,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw await keepFailureLog(error, {
      logFile: steps.logFile,
      output: request.output,
      isKept: context.logFile !== undefined,
    });
  }
}

async function keepSource(work: Work, route: Route): Promise<ConversionResult> {
  const { request, source, staged, steps, progress } = work;
  const verification = await verifyUnconverted(
    request,
    source,
    staged.path,
    work.samples,
    steps,
    progress,
  );
  await restoreStaged(staged);
  const unused = Object.keys(request.options);
  if (unused.length > 0)
    progress.warn(`nothing was converted, so these options had no effect: ${unused.join(', ')}`);
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

/** `digits.tar  146 KB  needs onnxruntime >= 1.16` */
function describePackage(output: string, { sizeBytes, descriptor }: PackedPackage): string {
  const { kind, minimumVersion } = descriptor.software.stack;
  return `${output}  ${formatBytes(sizeBytes)}${minimumVersion === undefined ? '' : `  needs ${kind} >= ${minimumVersion}`}`;
}

/** `digits.onnx  ONNX opset 17, 129 KB, input image [batch,1,8,8] float32` */
function describeSource(info: ModelInfo): string {
  const opset = info.opsets?.['ai.onnx'];
  const format = `${info.format.toUpperCase()}${opset === undefined ? '' : ` opset ${opset}`}`;
  const inputs = info.inputs.map(
    ({ name, shape, dtype }) => `${name} [${shape?.join(',') ?? '?'}] ${dtype}`,
  );
  const shown =
    inputs.length > 3
      ? `${inputs.length} inputs`
      : `input${inputs.length === 1 ? '' : 's'} ${inputs.join(', ')}`;
  return `${path.basename(info.path)}  ${format}, ${formatBytes(info.sizeBytes)}, ${shown}`;
}
