/**
 * Every failure that a user can meet, with the exit status it ends the program with
 * (design: the statuses follow BSD sysexits.h). Codes are public: add, never rename.
 */
export const ERRORS = {
  E_INTERNAL: 1,
  E_PARITY: 2,
  E_ACCURACY: 2,
  E_TRUTH: 2,
  E_USAGE: 64,
  E_DEVICE_UNKNOWN: 64,
  E_REQUEST_INVALID: 65,
  E_DEVICE_INVALID: 65,
  E_CONFIG_INVALID: 65,
  E_ADAPTER_INVALID: 65,
  E_PREPROCESS_INVALID: 65,
  E_DESCRIPTOR_INVALID: 65,
  E_PACKAGE_INVALID: 65,
  E_MODEL_INVALID: 65,
  E_SAMPLES_INVALID: 65,
  E_CALIBRATION_INVALID: 65,
  E_EVAL_INVALID: 65,
  E_TOOL_OUTPUT: 65,
  E_INPUT: 66,
  E_TRUTH_MISSING: 66,
  E_SOURCE_MISSING: 66,
  E_CALIBRATION_MISSING: 66,
  E_TOOL_MISSING: 69,
  E_TOOL_FAILED: 70,
  E_OUTPUT: 73,
  E_OUTPUT_EXISTS: 73,
  E_TIMEOUT: 75,
  E_BUSY: 75,
  E_NOT_CONVERTIBLE: 78,
  E_HANGUP: 129,
  E_INTERRUPTED: 130,
  E_TERMINATED: 143,
} as const;

export type ErrorCode = keyof typeof ERRORS;

/** One fault of a document: where it is and what would be right. Lines and columns start at 1. */
export interface Fault {
  readonly path: string;
  readonly message: string;
  readonly line?: number;
  readonly column?: number;
}

export interface ErrorInfo {
  /** What happened; names the file, tool or device. */
  readonly what: string;
  /** Why, in the user's terms. */
  readonly why?: string | undefined;
  /** What to do next: a command to type wherever there is one. */
  readonly next?: string | undefined;
  /** All faults found in a document, in document order. */
  readonly faults?: readonly Fault[] | undefined;
  /** The last lines of a vendor tool's log. */
  readonly logTail?: string | undefined;
  /** File that holds the whole log. */
  readonly logFile?: string | undefined;
  /** HTML file that shows what a conversion was measured on. */
  readonly reportFile?: string | undefined;
  readonly cause?: unknown;
}

/** The only error that modelconv throws on purpose: a stable code, and what / why / next for people. */
export class ModelconvError extends Error {
  override readonly name = 'ModelconvError';
  readonly code: ErrorCode;
  readonly why: string | undefined;
  readonly next: string | undefined;
  readonly faults: readonly Fault[] | undefined;
  readonly logTail: string | undefined;
  readonly logFile: string | undefined;
  readonly reportFile: string | undefined;

  constructor(code: ErrorCode, info: ErrorInfo) {
    super(info.what, info.cause === undefined ? undefined : { cause: info.cause });
    this.code = code;
    this.why = info.why;
    this.next = info.next;
    this.faults = info.faults;
    this.logTail = info.logTail;
    this.logFile = info.logFile;
    this.reportFile = info.reportFile;
  }

  /** The same error with the file that keeps the whole log. */
  withLogFile(logFile: string): ModelconvError {
    return this.#with({ logFile });
  }

  /** The same error with the report that shows it. */
  withReportFile(reportFile: string): ModelconvError {
    return this.#with({ reportFile });
  }

  /** The same error with another next step. */
  withNext(next: string): ModelconvError {
    return this.#with({ next });
  }

  #with(change: Partial<ErrorInfo>): ModelconvError {
    const { message: what, why, next, faults, logTail, logFile, reportFile, cause } = this;
    const same = { what, why, next, faults, logTail, logFile, reportFile, cause };
    return new ModelconvError(this.code, { ...same, ...change });
  }

  get exitCode(): number {
    return ERRORS[this.code];
  }
}

/** The `code` of a Node.js system error (`ENOENT`, `ENOSPC`, …), or undefined for anything else. */
export function systemErrorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Text of any thrown value, for a `why` line. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
