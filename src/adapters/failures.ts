import { type ErrorCode, ModelconvError } from '../errors.js';
import { type ExplainFailure, MORE_MEMORY, type StepFailure } from '../host/run-step.js';

/**
 * One signature in a vendor's log, what it means and what to do. `$1` stands for the first group,
 * `REPAIR` for the command that makes the tool whole again.
 */
export interface KnownFailure {
  readonly pattern: RegExp;
  readonly code: ErrorCode;
  readonly what: string;
  /** The line that was found when absent. */
  readonly why?: string;
  readonly next: string;
  /** Steps that it is about, by label; all of them when absent. */
  readonly step?: string;
}

/** What happens to any tool. `TOOL` stands for its name. */
const COMMON: readonly KnownFailure[] = [
  {
    pattern: /No space left on device|ENOSPC|\[Errno 28\][^\n]*/,
    code: 'E_OUTPUT',
    what: 'TOOL could not write: the disk of the temporary directory is full',
    next: 'set TMPDIR to a directory with more room',
  },
  {
    pattern:
      /(?:std::bad_alloc|MemoryError|Unable to allocate [\d.]+ \w+|Cannot allocate memory|[Oo]ut of memory|DefaultCPUAllocator: can't allocate memory)[^\n]*/,
    code: 'E_TOOL_FAILED',
    what: 'TOOL ran out of memory',
    next: MORE_MEMORY,
  },
  {
    // what a driver says of the program that it started
    pattern: /[^\n]*crashed with SIGKILL/,
    code: 'E_TOOL_FAILED',
    what: 'TOOL was killed, as the system does when memory runs out',
    next: MORE_MEMORY,
  },
  {
    pattern: /(?:ModuleNotFoundError: No module named|ImportError:|DLL load failed)[^\n]*/,
    code: 'E_TOOL_MISSING',
    what: 'TOOL is not completely installed',
    next: 'REPAIR',
  },
];

const REPAIR_UNKNOWN = 'look at it with: modelconv toolchains doctor';

/**
 * An explanation of failures from a catalogue: the vendor's own entries first, in their order.
 *
 * @param tool - name of the tool in messages.
 */
export function explainBy(tool: string, own: readonly KnownFailure[]): ExplainFailure {
  const catalogue = [...own, ...COMMON];
  return (failure: StepFailure) => {
    for (const known of catalogue) {
      if (known.step !== undefined && known.step !== failure.step.label) continue;
      const match = known.pattern.exec(failure.logTail);
      if (match !== null) return toError(known, match, tool, failure);
    }
    return undefined;
  };
}

function toError(
  { code, what, why, next }: KnownFailure,
  match: RegExpExecArray,
  tool: string,
  { logTail, repair = REPAIR_UNKNOWN }: StepFailure,
): ModelconvError {
  const fill = (text: string): string =>
    text
      .replaceAll('TOOL', tool)
      .replaceAll('REPAIR', repair)
      .replaceAll(/\$(\d)/g, (_all, group) => match[Number(group)] ?? '');
  return new ModelconvError(code, {
    what: fill(what),
    why: fill(why ?? match[0].trim()),
    next: fill(next),
    logTail,
  });
}
