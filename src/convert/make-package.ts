import { open } from 'node:fs/promises';
import path from 'node:path';
import { checkOutput, outputError } from '../host/outputs.js';
import type { Progress } from '../host/progress.js';
import type { StepContext } from '../host/run-step.js';
import { withScratchDir } from '../host/temp.js';
import type { CheckedRequest } from '../request/checked-request.js';
import { loadValidator } from '../schema/check.js';
import type { ConvertOutcome } from '../schema/generated/types.js';
import { loadReader, type ProbedModel } from '../source/probe.js';
import { whileInUse } from '../toolchain/use.js';
import { type Expected, keepCached } from './cached.js';
import { loadParity } from './checks.js';
import {
  checkReport,
  keepFailureReport,
  ReportKeeper,
  removeFailureReport,
  writeReport,
} from './conversion-report.js';
import type { ConvertContext } from './convert.js';
import { describePackage } from './describe-package.js';
import { keepFailureLog, LOG_HEADER, removeFailureLog } from './failure-log.js';
import { gatherIngredients } from './ingredients.js';
import { planLayers } from './layers.js';
import { describeResult, loadWriter, type PackInfo, packResult } from './pack-result.js';
import { planRoute, type Route, requireMatch } from './plan.js';
import { planInput } from './plan-input.js';
import { checkEvaluation, filesOf, prepareData, writeData } from './prepare-data.js';
import { keepSource, runConversion, type Work } from './run-stages.js';
import { digestStaged, isAsStaged, stageSource } from './stage-source.js';

/** A conversion that was checked as far as it can be without reading data. */
export interface CheckedConversion {
  readonly request: CheckedRequest;
  readonly source: ProbedModel;
  /** undefined: the cache is not used, or the conversion cannot be planned yet. */
  readonly expected: Expected | undefined;
  readonly progress: Progress;
  /** Gets every warning. */
  readonly warnings: readonly string[];
}

/**
 * Read the data, convert, check and pack: what {@link convertModel} does when it was not done before.
 *
 * @throws ModelconvError as `convertModel` does.
 */
export async function makePackage(
  { request, source, expected, progress, warnings }: CheckedConversion,
  context: ConvertContext,
): Promise<Omit<ConvertOutcome, 'device' | 'durationMs'>> {
  const madeAnew = warnings.length;
  const data = await prepareData(request, source, { progress, signal: context.signal });
  context.successor?.accept(data);
  await checkOutput(request.output, filesOf(data), context.force);
  if (request.report !== undefined) await checkReport(request.report, filesOf(data), context.force);
  // whatever refuses the conversion does so before anything is copied
  const route =
    expected !== undefined && data.calibration === undefined
      ? expected.route
      : await planRoute(request, source, planInput(request, source, data.calibration));
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
    const status = result.run === undefined ? 'unconverted' : 'converted';
    const match = [...requireMatch(result.converted.info, request.device).reasons];
    // what is said of the cache or a report is for this run alone
    const kept = warningsOf(warnings.slice(madeAnew));
    const report = await reportWanted(work);
    progress.start('package', request.output);
    const packed = await packResult(whole, {
      force: context.force,
      ifChanged: context.ifChanged,
      signal: context.signal,
      onComplete: async (file, made) => {
        if (expected !== undefined)
          await keepCached(expected, file, digests.main.sha256, {
            status,
            match,
            ...made,
            ...kept,
          });
      },
    });
    if (expected?.cached !== undefined)
      await (await import('./remember.js')).rememberInputs(work, whole);
    await removeFailureLog(request.output);
    progress.done('package', describePackage(request.output, packed));
    context.onIngredients?.(
      request.output,
      expected?.ingredients ?? (await gatherIngredients(request, source, route)),
    );
    return {
      status,
      package: request.output,
      ...(report === undefined ? {} : { report }),
      ...packed,
      match,
      ...warningsOf(warnings),
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

function warningsOf(warnings: readonly string[]): Pick<ConvertOutcome, 'warnings'> {
  return warnings.length === 0 ? {} : { warnings: [...warnings] };
}
