import path from 'node:path';
import { formatBytes } from '../format-bytes.js';
import { checkLog, checkOutput } from '../host/outputs.js';
import type { Progress } from '../host/progress.js';
import { entryTime } from '../package/entry-time.js';
import type { CheckedRequest } from '../request/checked-request.js';
import type { ConvertOutcome, ModelInfo } from '../schema/generated/types.js';
import { type ProbedModel, probeModel } from '../source/probe.js';
import { type Expected, expectConversion, isKept, takeCached } from './cached.js';
import { checkReport, removeFailureReport } from './conversion-report.js';
import { describePackage } from './describe-package.js';
import { removeFailureLog } from './failure-log.js';
import type { Ingredients } from './ingredients.js';
import { checkSource } from './plan.js';
import type { Successor } from './succession.js';

export interface ConvertContext {
  readonly progress: Progress;
  /** Replace an output that is there already. */
  readonly force: boolean;
  /** Leave an output alone that has the same bytes already. */
  readonly ifChanged?: boolean | undefined;
  /** Keeps the whole log of the vendor tools. */
  readonly logFile?: string | undefined;
  /** False: convert anew, and keep nothing; true when left out. */
  readonly usesCache?: boolean | undefined;
  /** Told what went into a conversion that succeeded. */
  readonly onIngredients?: ((output: string, ingredients: Ingredients) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Where the package is to take the place of another one; the cache is not used then. */
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
  const usesCache =
    context.usesCache !== false && context.successor === undefined && isKept(request);
  const expected =
    usesCache || context.onIngredients !== undefined
      ? await expectConversion(request, source, usesCache)
      : undefined;
  const found = await cachedOutcome(request, expected, { ...context, progress });
  if (found !== undefined)
    return { device: request.device.name, ...found, durationMs: since(started) };
  // the rest of the pipeline is for those who convert
  const { makePackage } = await import('./make-package.js');
  const made = await makePackage({ request, source, expected, progress, warnings }, context);
  return { device: request.device.name, ...made, durationMs: since(started) };
}

function since(started: number): number {
  return Math.round(performance.now() - started);
}

/**
 * The outcome of the same conversion, when it was made before; its package is then copied. A report and a
 * log tell of work: where they are asked for, it is done.
 */
async function cachedOutcome(
  request: CheckedRequest,
  expected: Expected | undefined,
  { progress, force, ifChanged, logFile, onIngredients }: ConvertContext,
): Promise<Omit<ConvertOutcome, 'device' | 'durationMs'> | undefined> {
  if (expected === undefined || request.report !== undefined || logFile !== undefined)
    return undefined;
  const outcome = await takeCached(request, expected, { force, ifChanged }, progress);
  if (outcome === undefined) return undefined;
  await removeFailureReport(request.output);
  await removeFailureLog(request.output);
  for (const warning of outcome.warnings ?? []) progress.warn(warning);
  progress.done('cache', `${describePackage(request.output, outcome)}, converted before`);
  onIngredients?.(request.output, expected.ingredients);
  return { ...outcome, package: request.output, cached: true };
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
