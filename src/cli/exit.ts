import { ModelconvError, messageOf } from '../errors.js';
import { printable } from '../printable.js';
import { errorReport } from './error-report.js';
import { type GlobalFlags, type Io, styleFor, writeJson } from './io.js';

/** Last lines of a tool's log that are shown with its error. */
const SHOWN_LOG_LINES = 20;

/** Anything thrown as one of our errors; what is not one is a bug, and says so without a stack trace. */
export function toModelconvError(error: unknown, env: Io['env']): ModelconvError {
  if (error instanceof ModelconvError) return error;
  const stack = env['MODELCONV_DEBUG'] && error instanceof Error ? error.stack : undefined;
  return new ModelconvError('E_INTERNAL', {
    what: `modelconv met a bug: ${messageOf(error)}`,
    why: stack,
    next: 'run again with MODELCONV_DEBUG=1 in the environment and report what it prints',
    cause: error,
  });
}

/** Print an error on stderr, in the form that the flags ask for, and give its exit status. */
export async function reportError(thrown: unknown, io: Io, flags: GlobalFlags): Promise<number> {
  const error = toModelconvError(thrown, io.env);
  if (flags.progress === 'json') (await import('./progress-events.js')).tellError(io, error);
  else if (flags.json === true) writeJson(io.stderr, errorReport(error));
  else await printError(error, io, flags);
  return error.exitCode;
}

/** `error[CODE]: what`, then `why:` and `next:` lines. @param prefix - names the device when there are several. */
export async function printError(
  error: ModelconvError,
  io: Io,
  flags: GlobalFlags,
  prefix = '',
): Promise<void> {
  const style = await styleFor(io.stderr, io, flags);
  const lines = [`${prefix}${style.red(`error[${error.code}]:`)} ${printable(error.message)}`];
  for (const { path, message, line, column } of error.faults ?? []) {
    const place = line === undefined ? path || 'document' : `${line}:${column}`;
    lines.push(
      `  ${style.bold(printable(place))}${line === undefined || path === '' ? '' : ` ${printable(path)}`}  ${printable(message)}`,
    );
  }
  if (error.logTail !== undefined && error.logTail !== '') {
    lines.push(
      style.dim('  the tool said last:'),
      ...error.logTail
        .split('\n')
        .slice(-SHOWN_LOG_LINES)
        .map((line) => style.dim(`  | ${line}`)),
    );
  }
  if (error.logFile !== undefined)
    lines.push(`  ${style.bold('log:')}  ${printable(error.logFile)}`);
  if (error.reportFile !== undefined)
    lines.push(`  ${style.bold('report:')} ${printable(error.reportFile)}`);
  if (error.why !== undefined) lines.push(`  ${style.bold('why:')}  ${printable(error.why)}`);
  if (error.next !== undefined) lines.push(`  ${style.bold('next:')} ${printable(error.next)}`);
  io.stderr.write(`${lines.join('\n')}\n`);
}
