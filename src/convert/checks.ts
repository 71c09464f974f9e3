import path from 'node:path';
import type { EvaluationSet } from '../accuracy/load.js';
import { runnerFor } from '../adapters/runners.js';
import type { Progress } from '../host/progress.js';
import type { StepContext } from '../host/run-step.js';
import type { CheckedRequest } from '../request/checked-request.js';
import type { Accuracy, Verification } from '../schema/generated/types.js';
import type { ParitySides, Runner } from './run-both.js';

/** What a package says of a parity check that was not wanted. */
export const LEFT_OUT: Verification = { skipped: 'left out by --no-verify' };

/** The comparison is needed when both models have run: loaded when there is time. */
export function loadParity(): Promise<typeof import('./parity.js')> {
  return import('./parity.js');
}

/** What every check is made with. */
export interface CheckContext {
  readonly request: CheckedRequest;
  readonly context: StepContext;
  readonly progress: Progress;
}

/**
 * Score the source, and the converted model where there is one, on labelled data.
 *
 * @param simulatedBefore - samples that stand before these in the results of a simulator.
 * @throws ModelconvError as `measureAccuracy` does; a drop that is too great is told by the result.
 */
export async function scoreAccuracy(
  evaluation: EvaluationSet,
  sides: ParitySides,
  simulatedBefore: number,
  { request: { eval: wanted, timeoutMs }, context, progress }: CheckContext,
): Promise<Accuracy> {
  // loaded here: most conversions are given no labelled data
  const [{ measureAccuracy }, { accuracyText }] = await Promise.all([
    import('./accuracy.js'),
    import('../accuracy/accuracy-text.js'),
  ]);
  progress.start('accuracy', `${evaluation.count} samples`);
  const request = { ...sides, evaluation, simulatedBefore, maxDrop: wanted?.maxDrop, timeoutMs };
  const accuracy = await measureAccuracy(request, context);
  if (accuracy.passed !== false) progress.done('accuracy', accuracyText(accuracy));
  return accuracy;
}

/** What runs the source for reference; undefined when nothing here does. */
export async function referenceRunner(format: string): Promise<Runner | undefined> {
  const found = await runnerFor(format);
  return 'adapter' in found ? found : undefined;
}

/** What was not checked, and in the warning the command that gets the runtime, where there is one. */
export async function skip(
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

/** Path of a file in the work directory, relative to it, with `/`. */
export function relativePath(workDir: string, file: string): string {
  return path.relative(workDir, file).split(path.sep).join('/');
}
