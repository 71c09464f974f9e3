import { type ChildProcess, spawn } from 'node:child_process';
import { type FileHandle, open } from 'node:fs/promises';

export interface ProcessRequest {
  /** Executable, absolute. */
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment of the process; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** File that takes everything the process prints, stdout and stderr in the order they came. */
  readonly logFile: string;
  readonly signal?: AbortSignal | undefined;
  /** Called in the same turn in which the process is made, so that its id can be kept even if this process is killed next. */
  readonly onSpawn?: ((pid: number) => void) | undefined;
  /** Called once the process runs. */
  readonly onStart?: (() => void) | undefined;
}

export interface ProcessResult {
  readonly exitCode: number | undefined;
  /** Name of the signal that ended it, e.g. `SIGSEGV`. */
  readonly signal: string | undefined;
  readonly timedOut: boolean;
  readonly durationMs: number;
  /** Why it could not be started at all. */
  readonly startError: string | undefined;
}

/** Children that run now: whatever ends this process ends them. One listener for all of them. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) killGroup(child, 'SIGKILL');
});

/** How long a process may take to end by itself once it is asked to. */
const GRACE_MS = 2000;
/** Longest delay that a timer takes (2^31 - 1 ms, 24 days); a longer one would fire at once. */
const MAX_TIMER_MS = 2_147_483_647;
const GROUPED = process.platform !== 'win32';

/**
 * Run a process to its end, in a process group of its own, stdin closed, all output to a file.
 * The file is handed to the process itself: a chatty tool costs this process nothing, however much it prints.
 *
 * @returns how it ended, a failed start and a signal included; it throws only when the log cannot be opened.
 */
export async function runProcess(request: ProcessRequest): Promise<ProcessResult> {
  const log = await open(request.logFile, 'a');
  try {
    return await superviseProcess(request, log);
  } finally {
    await log.close();
  }
}

async function superviseProcess(request: ProcessRequest, log: FileHandle): Promise<ProcessResult> {
  const started = performance.now();
  // node:child_process and not execa: nothing is piped here, so of execa only its import would be
  // left, which costs 100 ms of the 300 ms that a conversion may take beyond the converter
  const child: ChildProcess = spawn(request.file, [...request.args], {
    cwd: request.cwd,
    env: { ...request.env },
    stdio: ['ignore', log.fd, log.fd],
    detached: GROUPED,
    windowsHide: true,
  });
  if (child.pid !== undefined) request.onSpawn?.(child.pid);
  if (request.onStart !== undefined) child.once('spawn', request.onStart);
  let timedOut = false;
  let force: NodeJS.Timeout | undefined;
  const stop = (): void => {
    killGroup(child, 'SIGTERM');
    force ??= setTimeout(() => killGroup(child, 'SIGKILL'), GRACE_MS);
  };
  const timer = setTimeout(
    () => {
      timedOut = true;
      stop();
    },
    Math.min(request.timeoutMs, MAX_TIMER_MS),
  );
  running.add(child);
  request.signal?.addEventListener('abort', stop, { once: true });
  if (request.signal?.aborted) stop();
  try {
    const end = await endOf(child);
    // whatever the tool started and left behind ends with it
    killGroup(child, 'SIGKILL');
    return {
      ...end,
      timedOut,
      durationMs: performance.now() - started,
    };
  } finally {
    clearTimeout(timer);
    clearTimeout(force);
    running.delete(child);
    request.signal?.removeEventListener('abort', stop);
  }
}

function endOf(
  child: ChildProcess,
): Promise<Pick<ProcessResult, 'exitCode' | 'signal' | 'startError'>> {
  return new Promise((resolve) => {
    child.once('error', (error) =>
      resolve({ exitCode: undefined, signal: undefined, startError: error.message }),
    );
    child.once('exit', (code, signal) =>
      resolve({ exitCode: code ?? undefined, signal: signal ?? undefined, startError: undefined }),
    );
  });
}

/** End a process with all that it started. Windows has no process groups: there the tool is ended alone. */
function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(GROUPED ? -child.pid : child.pid, signal);
  } catch {
    // it has ended in the meantime
  }
}
