import type { Progress } from '../host/progress.js';
import { printableLine } from '../printable.js';
import { type GlobalFlags, type Io, styleFor } from './io.js';

const NAME_WIDTH = 11;

/** Whose progress it is. */
export interface ProgressOwner {
  /** The device that is worked for, in events. */
  readonly device?: string;
  /** Put before every line for people, when several devices are worked for at once. */
  readonly prefix?: string;
}

/** Progress that may hold the terminal until it is stopped. */
export type CliProgress = Progress & { stop(): void };

/** ` ✓ convert     onnxruntime 1.30.0 for local, fp32                0.2 s` */
function stepLine(mark: string, name: string, detail: string, ms: number): string {
  const time = ms >= 50 ? `${(ms / 1000).toFixed(1)} s` : '';
  const text = ` ${mark} ${name.padEnd(NAME_WIDTH)} ${printableLine(detail)}`;
  return time === '' ? text : `${text.padEnd(72)}  ${time.padStart(7)}`;
}

/**
 * Progress on stderr, as `--progress` says. `auto`: a spinner on a terminal, one plain line per finished step
 * elsewhere, nothing with --json. `plain`: the lines, with --json, too. `json`: one event per line
 * (schemas/progress-event.schema.json). `none`: nothing. --quiet leaves warnings and errors of each form.
 */
export async function createProgress(
  io: Io,
  flags: GlobalFlags,
  owner: ProgressOwner = {},
): Promise<CliProgress> {
  if (flags.progress === 'json') {
    const { eventProgress } = await import('./progress-events.js');
    return eventProgress(io, flags, owner.device);
  }
  return await linesOfSteps(io, flags, owner.prefix ?? '');
}

async function linesOfSteps(io: Io, flags: GlobalFlags, prefix: string): Promise<CliProgress> {
  const { progress: mode = 'auto' } = flags;
  const style = await styleFor(io.stderr, io, flags);
  const isSilent =
    flags.quiet === true || mode === 'none' || (flags.json === true && mode === 'auto');
  const spinner =
    isSilent || mode !== 'auto' || prefix !== '' ? undefined : await spinnerFor(io, flags);
  let started = performance.now();
  const label = prefix === '' ? '' : `${prefix}: `;
  const print = (line: string): void => {
    spinner?.stop();
    io.stderr.write(`${label}${line}\n`);
  };
  return {
    start: (name, detail = '') => {
      started = performance.now();
      if (spinner === undefined) return;
      spinner.text = `${name.padEnd(NAME_WIDTH)} ${printableLine(detail)}`;
      spinner.start();
    },
    done: (name, detail) => {
      if (!isSilent) print(stepLine(style.green('✓'), name, detail, performance.now() - started));
    },
    warn: (message) => {
      // under --json warnings are part of the result
      if (flags.json !== true || mode === 'plain')
        print(`${style.yellow('warning:')} ${printableLine(message)}`);
    },
    stop: () => spinner?.stop(),
  };
}

async function spinnerFor(io: Io, flags: GlobalFlags) {
  const isTerminal =
    io.stderr.isTTY === true && io.env['TERM'] !== 'dumb' && (io.env['CI'] ?? '') === '';
  if (!isTerminal) return undefined;
  const { createSpinner } = await import('./spinner.js');
  return createSpinner(io, flags);
}
