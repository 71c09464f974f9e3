import { open } from 'node:fs/promises';
import path from 'node:path';
import { formatBytes } from '../format-bytes.js';
import { checkLog, checkOutput, outputError } from '../host/outputs.js';
import type { Progress } from '../host/progress.js';
import type { StepContext } from '../host/run-step.js';
import { withScratchDir } from '../host/temp.js';
import { entryTime } from '../package/entry-time.js';
import type { PackedPackage } from '../package/write.js';
import type { CheckedRequest } from '../request/checked-request.js';
import { loadValidator } from '../schema/check.js';
import type { ConvertOutcome, ModelInfo } from '../schema/generated/types.js';
import { loadReader, type ProbedModel, probeModel } from '../source/probe.js';
import { whileInUse } from '../toolchain/use.js';
import { loadParity } from './checks.js';
import {
  checkReport,
  keepFailureReport,
  ReportKeeper,
  removeFailureReport,
  writeReport,
} from './conversion-report.js';
import { keepFailureLog, LOG_HEADER, removeFailureLog } from './failure-log.js';
import { planLayers } from './layers.js';
import { describeResult, loadWriter, type PackInfo, packResult } from './pack-result.js';
import { checkSource, planRoute, type Route, requireMatch } from './plan.js';
import { checkEvaluation, filesOf, planInput, prepareData, writeData } from './prepare-data.js';
import { keepSource, runConversion, type Work } from './run-stages.js';
import { digestStaged, isAsStaged, stageSource } from './stage-source.js';
import type { Successor } from './succession.js';

export interface ConvertContext {
  readonly progress: Progress;
  /** Replace an output that is there already. */
  readonly force: boolean;
  /** Keeps the whole log of the vendor tools. */
  readonly logFile?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Where the package is to take the place of another one. */
  readonly successor?: Successor | undefined;
}

/**
 * Convert one model for one device and pack it: probe, plan, run, read back, verify, describe, pack.
 *
 * @throws ModelconvError; on any error the output stays as it was, and nothing is left behind but the
 *   log of a tool that failed, or the report of a check that failed, beside the would-be output.
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
  await checkSource(request, source);
  const data = await prepareData(request, source, { progress, signal: context.signal });
  context.successor?.accept(data);
  await checkOutput(request.output, filesOf(data), context.force);
  if (request.report !== undefined) await checkReport(request.report, filesOf(data), context.force);
  // whatever refuses the conversion does so before anything is copied
  const route = await planRoute(request, source, planInput(request, source, data.calibration));
  await checkEvaluation(request, route, data.evaluation);
  await planLayers(request, route, source);
  return await withTools(route, async (workDir) => {
    const steps: StepContext = {
      workDir,
      logFile: await openLog(context.logFile, workDir),
      signal: context.signal,
      // what comes after the converter is loaded while it runs, not before it starts
      onStart: () => void loadWhatFollows(request, route).catch(() => {}),
    };
    const staged = await stageSource(source, workDir);
    // hashed while the converter runs
    const hashing = digestStaged(staged);
    hashing.catch(() => {});
    const reports = new ReportKeeper();
    const prepared: Work = { request, source, staged, ...data, steps, progress, reports };
    const work =
      route.kind === 'convert'
        ? { ...prepared, samples: await writeData(prepared, route) }
        : prepared;
    const result = await keepingLog(work, context, async () =>
      route.kind === 'convert' ? await runConversion(work, route) : await keepSource(work, route),
    );
    const digests = (await isAsStaged(staged)) ? await hashing : await digestStaged(staged);
    const info: PackInfo = { request, source: source.info, staged, digests, result };
    const embedded = request.embed
      ? await keepingLog(work, context, async () =>
          // for those who embed alone
          (await import('./embed.js')).embed(work, info),
        )
      : info;
    const proven = await keepingLog(work, context, async () => await withTruth(work, embedded));
    const whole = await keepingLog(
      work,
      context,
      async () => await succeeding(work, proven, context),
    );
    // before the one that was asked for: it may be of the same name
    await removeFailureReport(request.output);
    const report = await reportWanted(work);
    progress.start('package', request.output);
    const packed = await packResult(whole, { force: context.force, signal: context.signal });
    await removeFailureLog(request.output);
    progress.done('package', describePackage(request.output, packed));
    return {
      device: request.device.name,
      status: result.run === undefined ? 'unconverted' : 'converted',
      package: request.output,
      ...(report === undefined ? {} : { report }),
      sizeBytes: packed.sizeBytes,
      descriptorSha256: packed.descriptorSha256,
      durationMs: Math.round(performance.now() - started),
      match: [...requireMatch(result.converted.info, request.device).reasons],
      ...(warnings.length === 0 ? {} : { warnings }),
      descriptor: packed.descriptor,
    };
  });
}

/** Work in a directory of its own, with tools that stay where they are until it is done. */
async function withTools<T>(route: Route, work: (workDir: string) => Promise<T>): Promise<T> {
  const stages = route.kind === 'convert' ? route.stages : [];
  const launchers = stages.map(({ toolchain }) => toolchain.launcher);
  return await whileInUse(launchers, async () => await withScratchDir(work));
}

/** The raw sample that is to be packed, with what becomes of it. */
async function withTruth(work: Work, info: PackInfo): Promise<PackInfo> {
  if (work.request.truth === undefined) return info;
  const { model, conversion } = describeResult(info);
  const { truthOf } = await import('./truth.js');
  const dropped = conversion?.source.droppedInputs ?? [];
  return { ...info, truth: await truthOf(work, model, info.result, dropped) };
}

/** What another package leaves to the one that takes its place. */
async function succeeding(
  work: Work,
  info: PackInfo,
  { successor }: ConvertContext,
): Promise<PackInfo> {
  if (successor === undefined) return info;
  return { ...info, succession: await successor.takeOver(work, info.result) };
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
  if (request.report !== undefined)
    await checkReport(request.report, [...inputs, ...log, request.output], context.force);
}

/** The code that reads, compares and packs what a converter makes. */
async function loadWhatFollows({ verify }: CheckedRequest, route: Route): Promise<void> {
  const made = route.kind === 'convert' ? route.stages.map((stage) => stage.adapter) : [];
  await Promise.all([
    ...made.map(({ capabilities }) => loadReader(capabilities.output)),
    ...(verify.enabled ? [loadParity()] : []),
    loadWriter(),
    loadValidator('descriptor'),
  ]);
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

/** The report that was asked for, whether or not the check found anything. */
async function reportWanted({ request, reports, progress }: Work): Promise<string | undefined> {
  const { report } = request;
  if (report === undefined) return undefined;
  const latest = reports.latest();
  if (latest === undefined) {
    progress.warn(`${report} was not written: nothing was compared`);
    return undefined;
  }
  await writeReport(latest, report);
  return report;
}

/** When the work fails, the log of the tools and what was compared stay, beside the would-be output. */
async function keepingLog<T>(
  { request, steps, reports }: Work,
  context: ConvertContext,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw await keepFailureReport(
      await keepFailureLog(error, {
        logFile: steps.logFile,
        output: request.output,
        isKept: context.logFile !== undefined,
      }),
      reports,
      request,
    );
  }
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
