import { createReadStream, createWriteStream } from 'node:fs';
import { appendFile, mkdir, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ModelconvError, systemErrorCode } from '../errors.js';
import { exists } from '../host/files.js';
import { checkLog, outputError } from '../host/outputs.js';
import type { Progress } from '../host/progress.js';
import { withScratchDir } from '../host/temp.js';
import type { CheckedRequest } from '../request/checked-request.js';
import type { ConvertOutcome } from '../schema/generated/types.js';
import { probeModel } from '../source/probe.js';
import { type ConvertContext, convertModel } from './convert.js';
import { runJobs } from './run-jobs.js';

export interface ConvertAllContext extends Omit<ConvertContext, 'progress'> {
  /** Conversions at the same time, at most. */
  readonly jobs: number;
  /** MAKEFLAGS of the make that started this: its jobserver then says how many. */
  readonly makeFlags?: string | undefined;
  progressFor(device: string): Progress;
  /** Told each end as it comes. */
  onSettled?(result: Settled): void;
}

/** One device's end: an outcome, or the error that it ended with. */
export type Settled =
  | { readonly device: string; readonly outcome: ConvertOutcome }
  | { readonly device: string; readonly error: ModelconvError; readonly durationMs: number };

/**
 * Convert one model for several devices, a few at a time. A failure ends its own device alone;
 * an interruption ends all.
 *
 * @returns one result per request, in their order.
 */
export async function convertAll(
  requests: readonly CheckedRequest[],
  context: ConvertAllContext,
): Promise<Settled[]> {
  const made = await makeOutputDirectories(requests);
  if (context.logFile !== undefined && requests.length > 1)
    await checkSharedLog(requests, context.logFile);
  const { jobs, makeFlags, signal } = context;
  const results = await runJobs(
    requests,
    async (request) => {
      const result = await settleWithLog(request, context, requests.length > 1);
      context.onSettled?.(result);
      return result;
    },
    { jobs, makeFlags, signal },
  );
  // nothing was written: nothing is left behind
  if (results.every((result) => 'error' in result))
    for (const directory of made) await rmdir(directory).catch(() => {});
  return results;
}

/** Conversions at the same time keep their logs apart; each is added to the user's file when it ends. */
async function settleWithLog(
  request: CheckedRequest,
  context: ConvertAllContext,
  isOneOfMany: boolean,
): Promise<Settled> {
  const { logFile } = context;
  if (logFile === undefined || !isOneOfMany) return await settle(request, context);
  return await withScratchDir(async (scratch) => {
    const own = path.join(scratch, 'log.txt');
    const settled = await settle(request, { ...context, logFile: own });
    await appendLog(own, logFile, request.device.name);
    return settled;
  });
}

/** Add one conversion's log to the user's file, as a stream: tools can print gigabytes. */
async function appendLog(own: string, logFile: string, device: string): Promise<void> {
  try {
    await appendFile(logFile, `== ${device}\n`);
    if (await exists(own))
      await pipeline(createReadStream(own), createWriteStream(logFile, { flags: 'a' }));
  } catch (error) {
    throw outputError(logFile, error, '--log');
  }
}

/** Before any work: the log can be written, and is no input or output of any of the conversions. */
async function checkSharedLog(requests: readonly CheckedRequest[], logFile: string): Promise<void> {
  const [first] = requests;
  if (first === undefined) return;
  const source = await probeModel(first.source);
  const inputs = [source.file, ...source.parts.map(({ file }) => file), ...first.reads];
  await checkLog(logFile, [...inputs, ...requests.map(({ output }) => output)]);
  await appendFile(logFile, '').catch((error: unknown) => {
    throw outputError(logFile, error, '--log');
  });
}

async function settle(request: CheckedRequest, context: ConvertAllContext): Promise<Settled> {
  const device = request.device.name;
  const started = performance.now();
  try {
    return {
      device,
      outcome: await convertModel(request, { ...context, progress: context.progressFor(device) }),
    };
  } catch (error) {
    context.signal?.throwIfAborted();
    if (error instanceof ModelconvError)
      return { device, error, durationMs: Math.round(performance.now() - started) };
    throw error;
  }
}

/** Several packages, and several reports, go into one directory, which is made when it is not there yet; returns the ones that were made. */
async function makeOutputDirectories(requests: readonly CheckedRequest[]): Promise<string[]> {
  const made: string[] = [];
  if (requests.length < 2) return made;
  const files = requests.flatMap(({ output, report }) => [output, report ?? output]);
  for (const directory of new Set(files.map((file) => path.dirname(file)))) {
    const error = await mkdir(directory).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (error === undefined) made.push(directory);
    else if (systemErrorCode(error) !== 'EEXIST') throw outputError(directory, error);
  }
  return made;
}
