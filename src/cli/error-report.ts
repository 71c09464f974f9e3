import type { ModelconvError } from '../errors.js';
import type { ErrorReport } from '../schema/generated/types.js';

/** The error as it is shown under --json: schemas/error.schema.json. */
export function errorReport(error: ModelconvError): ErrorReport {
  const { code, exitCode, message, why, next, faults, logTail, logFile, reportFile } = error;
  return {
    error: {
      code,
      exitCode,
      what: message,
      ...(why === undefined ? {} : { why }),
      ...(next === undefined ? {} : { next }),
      ...(faults === undefined ? {} : { faults: [...faults] }),
      ...(logTail === undefined || logTail === '' ? {} : { logTail }),
      ...(logFile === undefined ? {} : { logFile }),
      ...(reportFile === undefined ? {} : { reportFile }),
    },
  };
}
