import { mkdir, stat } from 'node:fs/promises';
import { constants } from 'node:os';
import path from 'node:path';
import { ModelconvError } from '../errors.js';
import { printable } from '../printable.js';
import { exists, readFully, withInput } from './files.js';
import { runProcess } from './process.js';

/** One process of a plan. Paths in `args` and `env` are relative to the work directory. */
export interface Step {
  readonly label: string;
  /** One of the launcher's programs; absent: its `command`. */
  readonly program?: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** What its log must hold (a regular expression, `^` and `$` at every line) when it ends with status 0: several tools end with 0 whatever happens. */
  readonly successPattern?: string;
}

/** How a tool is started: executable and leading arguments, absolute; `binDir` goes first on PATH. */
export interface Launcher {
  readonly command: readonly [file: string, ...args: string[]];
  readonly binDir?: string | undefined;
  /** Further programs of the tool, by the name that steps use. */
  readonly programs?: Readonly<Record<string, readonly [file: string, ...args: string[]]>>;
  /** What the tool needs of the user's environment; nothing else of it is passed on. */
  readonly env?: Readonly<Record<string, string>>;
  /** The Python environment that it lives in: a directory that must stay while steps run. */
  readonly environment?: string;
  /** The command that makes the tool whole again, for people. */
  readonly repair?: string;
}

/** The words that start a step. @throws Error for a program that the launcher does not have: a bug of its adapter. */
export function commandOf(step: Step, launcher: Launcher): readonly [string, ...string[]] {
  if (step.program === undefined) return launcher.command;
  const command = launcher.programs?.[step.program];
  if (command === undefined) throw new Error(`no program "${step.program}" to run`);
  return command;
}

/** Where steps run: a private directory, and the file that keeps the whole log. */
export interface StepContext {
  readonly workDir: string;
  readonly logFile: string;
  readonly signal?: AbortSignal | undefined;
  /** Called when a process runs: the time until it ends is free for other work. */
  readonly onStart?: (() => void) | undefined;
}

/** How a step ended, for an adapter that knows its tool's words. */
export interface StepFailure {
  readonly step: Step;
  readonly tool: string;
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  /** Last lines of the log. */
  readonly logTail: string;
  /** The command that makes the tool whole again, where there is one. */
  readonly repair?: string | undefined;
}

/** Turns a known log line into a better error; undefined leaves the general one. */
export type ExplainFailure = (failure: StepFailure) => ModelconvError | undefined;

const TAIL_BYTES = 64 * 1024;
const TAIL_LINES = 200;
const SUCCESS_BYTES = 1024 * 1024;

/**
 * Run one step of a vendor tool. Every tool is started here and nowhere else, so timeout, cancel,
 * log, crash detection and the clean environment exist once.
 *
 * @returns wall time in milliseconds.
 * @throws {@link ModelconvError} `E_TOOL_FAILED` (exit status, signal or failed start), `E_TOOL_MISSING`
 *   (it was taken away since it was found), `E_TIMEOUT`, `E_INTERRUPTED`, or whatever `explain` returns.
 */
export async function runStep(
  step: Step,
  tool: string,
  launcher: Launcher,
  context: StepContext,
  explain?: ExplainFailure,
): Promise<number> {
  context.signal?.throwIfAborted();
  const logStart = await logSize(context.logFile);
  const [file, ...leading] = commandOf(step, launcher);
  const result = await runProcess({
    file,
    args: [...leading, ...step.args],
    cwd: context.workDir,
    env: {
      ...(await privateEnvironment(context.workDir, launcher.binDir)),
      ...launcher.env,
      ...step.env,
    },
    timeoutMs: step.timeoutMs,
    logFile: context.logFile,
    signal: context.signal,
    onStart: context.onStart,
  });
  context.signal?.throwIfAborted();
  if (result.timedOut) {
    throw new ModelconvError('E_TIMEOUT', {
      what: `${tool} did not finish within ${step.timeoutMs / 1000} s and was ended`,
      why: `step "${step.label}" took too long`,
      next: 'give it more time with --timeout SECONDS',
      logTail: await readTail(context.logFile, logStart),
    });
  }
  const isSilentFailure =
    result.exitCode === 0 && !(await hasSucceeded(step, context.logFile, logStart));
  if (result.exitCode === 0 && !isSilentFailure) return result.durationMs;
  const failure: StepFailure = {
    step,
    tool,
    exitCode: result.exitCode,
    signal: result.signal,
    logTail: await readTail(context.logFile, logStart),
    repair: launcher.repair,
  };
  if (result.startError !== undefined && !(await exists(file))) throw goneTool(failure, file);
  throw explain?.(failure) ?? failedStep(failure, result.startError);
}

/** Whether the words of success stand in the last MiB of the step's log. */
async function hasSucceeded(step: Step, logFile: string, logStart: number): Promise<boolean> {
  if (step.successPattern === undefined) return true;
  const log = await readEnd(logFile, logStart, SUCCESS_BYTES);
  return new RegExp(step.successPattern, 'm').test(log);
}

function reasonOf({ step, exitCode, signal }: StepFailure): string {
  if (signal === 'SIGKILL')
    return 'it was ended with SIGKILL, as the system does when memory runs out';
  if (signal !== undefined) return `it crashed with ${signal}`;
  // shells and wrappers pass a signal on as 128 + its number
  if (exitCode === 137)
    return 'exit status 137: it was killed, as the system does when memory runs out';
  if (exitCode !== undefined && exitCode > 128) {
    const name = Object.entries(constants.signals).find(([, number]) => number === exitCode - 128);
    if (name !== undefined) return `exit status ${exitCode}: it crashed with ${name[0]}`;
  }
  if (exitCode === 0) return `exit status 0, but its log does not say "${step.successPattern}"`;
  return `exit status ${exitCode}`;
}

/** What to do when a tool ran out of memory. */
export const MORE_MEMORY =
  'convert on a machine with more memory, or with fewer calibration samples (--calibration-samples)';

/** Not a word about the model: somebody removed the tool while it was in use. */
function goneTool({ step, tool, repair }: StepFailure, file: string): ModelconvError {
  return new ModelconvError('E_TOOL_MISSING', {
    what: `${tool} was not there any more for step "${step.label}"`,
    why: `${file} does not exist`,
    next: repair ?? 'see what there is: modelconv toolchains doctor',
  });
}

function failedStep(failure: StepFailure, startError: string | undefined): ModelconvError {
  const { step, tool, logTail } = failure;
  const why = startError ?? reasonOf(failure);
  return new ModelconvError('E_TOOL_FAILED', {
    what: `${tool} failed in step "${step.label}"`,
    why,
    next: wasKilled(failure) ? MORE_MEMORY : 'run again with --log FILE to keep its whole log',
    logTail,
  });
}

/** Nothing but the system's memory keeper sends SIGKILL unasked; 137 is what shells and wrappers make of it. */
function wasKilled({ signal, exitCode }: StepFailure): boolean {
  return signal === 'SIGKILL' || exitCode === 137;
}

/** The environment of every vendor tool: nothing of the user's but the words a program needs to start. */
async function privateEnvironment(
  workDir: string,
  binDir: string | undefined,
): Promise<Record<string, string>> {
  const home = path.join(workDir, 'home');
  const temporary = path.join(workDir, 'tmp');
  await Promise.all([
    mkdir(home, { recursive: true, mode: 0o700 }),
    mkdir(temporary, { recursive: true, mode: 0o700 }),
  ]);
  const systemPath = process.env['PATH'] ?? '';
  return {
    // SystemRoot: without it no program starts on Windows
    ...pickEnvironment(['SystemRoot', 'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH']),
    PATH: binDir === undefined ? systemPath : `${binDir}${path.delimiter}${systemPath}`,
    HOME: home,
    USERPROFILE: home,
    XDG_CACHE_HOME: path.join(home, 'cache'),
    XDG_CONFIG_HOME: path.join(home, 'config'),
    XDG_DATA_HOME: path.join(home, 'data'),
    TMPDIR: temporary,
    TEMP: temporary,
    TMP: temporary,
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    // several tools send usage reports unless they think they run in CI
    CI: 'true',
    DO_NOT_TRACK: '1',
  };
}

function pickEnvironment(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}

/** Size of a log so far, in bytes; 0 when there is none yet. What comes after belongs to the next step. */
export async function logSize(logFile: string): Promise<number> {
  return await stat(logFile).then(
    ({ size }) => size,
    () => 0,
  );
}

/** The last lines of a log, at most 200, whatever its size; nothing of what stood there before `start`. */
export async function readTail(logFile: string, start: number): Promise<string> {
  const end = await readEnd(logFile, start, TAIL_BYTES);
  return printable(end).split('\n').slice(-TAIL_LINES).join('\n').trim();
}

/** What stands at the end of a log, at most so many bytes, and nothing from before `start`. */
async function readEnd(logFile: string, start: number, bytes: number): Promise<string> {
  return await withInput(logFile, async (handle, sizeBytes) => {
    const buffer = Buffer.alloc(Math.max(0, Math.min(bytes, sizeBytes - start)));
    await readFully(handle, buffer, sizeBytes - buffer.length);
    return buffer.toString('utf8');
  });
}
