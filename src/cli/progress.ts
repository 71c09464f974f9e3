import type { Ora } from 'ora';
import type { Progress } from '../host/progress.js';
import { printableLine } from '../printable.js';
import { type GlobalFlags, type Io, styleFor, wantsColor } from './io.js';

const NAME_WIDTH = 11;

/** ` ✓ convert     onnxruntime 1.30.0 for local, fp32                0.2 s` */
function stepLine(mark: string, name: string, detail: string, ms: number): string {
  const time = ms >= 50 ? `${(ms / 1000).toFixed(1)} s` : '';
  const text = ` ${mark} ${name.padEnd(NAME_WIDTH)} ${printableLine(detail)}`;
  return time === '' ? text : `${text.padEnd(72)}  ${time.padStart(7)}`;
}

/**
 * Progress for people on stderr: a spinner on a terminal, one plain line per finished step
 * elsewhere, nothing with --quiet or --json (warnings are shown all the same).
 *
 * @param prefix - put before every line, when several devices are converted at once.
 */
export async function createProgress(
  io: Io,
  flags: GlobalFlags,
  prefix = '',
): Promise<Progress & { stop(): void }> {
  const style = await styleFor(io.stderr, io, flags);
  const isSilent = flags.quiet === true || flags.json === true;
  const spinner = isSilent || prefix !== '' ? undefined : await createSpinner(io, flags);
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
      if (flags.json !== true) print(`${style.yellow('warning:')} ${printableLine(message)}`);
    },
    stop: () => spinner?.stop(),
  };
}

/** ora prints wherever it is told to, terminal or not: it is made for a terminal alone. */
async function createSpinner(io: Io, flags: GlobalFlags): Promise<Ora | undefined> {
  const isTerminal =
    io.stderr.isTTY === true && io.env['TERM'] !== 'dumb' && (io.env['CI'] ?? '') === '';
  if (!isTerminal) return undefined;
  const { default: ora } = await import('ora');
  return ora({
    stream: process.stderr,
    prefixText: '',
    discardStdin: false,
    // decided above; ora's own guess prints plain lines where CI is set, even to nothing
    isEnabled: true,
    color: wantsColor(io.stderr, io, flags) ? 'cyan' : false,
  });
}
