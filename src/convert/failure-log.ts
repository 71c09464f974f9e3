import { copyFile, rm, stat } from 'node:fs/promises';
import { type ErrorCode, ModelconvError } from '../errors.js';
import { isOwnFile } from '../host/own-file.js';

/** Ends that the vendor tools' own words explain. */
const TOLD_BY_TOOLS: ReadonlySet<ErrorCode> = new Set([
  'E_TOOL_FAILED',
  'E_TOOL_OUTPUT',
  'E_TIMEOUT',
  'E_NOT_CONVERTIBLE',
  'E_MODEL_INVALID',
  'E_SAMPLES_INVALID',
  'E_TOOL_MISSING',
  'E_PARITY',
  'E_ACCURACY',
]);

/** First line of a log that modelconv left: such a file is its own to replace. */
const HEADER = '# modelconv: what the vendor tools printed';

/** Where the log of a failed conversion is left. */
export function failureLogOf(output: string): string {
  return `${output}.log`;
}

/** The line that starts every log. */
export const LOG_HEADER: string = `${HEADER}\n`;

/**
 * Keep the log of a conversion that failed beside its would-be output, unless the user keeps it
 * elsewhere or the tools said nothing.
 *
 * @returns the error, with the file that holds the log.
 */
export async function keepFailureLog(
  error: unknown,
  log: { readonly logFile: string; readonly output: string; readonly isKept: boolean },
): Promise<unknown> {
  if (!(error instanceof ModelconvError) || !TOLD_BY_TOOLS.has(error.code)) return error;
  if (log.isKept) return error.withLogFile(log.logFile);
  const said = await stat(log.logFile).catch(() => undefined);
  if (said === undefined || said.size <= LOG_HEADER.length) return error;
  const file = failureLogOf(log.output);
  if (!(await isOwnFile(file, HEADER))) return error;
  // the log is a help: where it cannot be written, the error itself still stands
  return await copyFile(log.logFile, file).then(
    () => error.withLogFile(file),
    () => error,
  );
}

/** A conversion that succeeded leaves no log of an earlier failure. */
export async function removeFailureLog(output: string): Promise<void> {
  const file = failureLogOf(output);
  const isThere = (await stat(file).catch(() => undefined))?.isFile() ?? false;
  if (isThere && (await isOwnFile(file, HEADER))) await rm(file, { force: true }).catch(() => {});
}
