import { ModelconvError } from '../errors.js';

/** An installer that ended badly. */
export interface InstallFailure {
  /** `openvino 2026.4.1` */
  readonly label: string;
  readonly command: string;
  /** `exit status 1`, or the signal. */
  readonly ending: string;
  readonly logTail: string;
  readonly logFile: string;
}

interface KnownFailure {
  readonly pattern: RegExp;
  readonly code?: 'E_OUTPUT' | 'E_TOOL_MISSING';
  readonly what: (found: RegExpExecArray, label: string) => string;
  readonly why?: (found: RegExpExecArray) => string | undefined;
  readonly next: string;
}

const OTHER_SOURCE =
  'use an index that has it (--index-url URL, --extra-index-url URL) or a directory of wheels (--find-links DIR)';

/** Lines of pip 21 to 26 and uv 0.4 to 0.13, the more telling ones first: pip reports a dead network as a missing package, too. */
const KNOWN_FAILURES: readonly KnownFailure[] = [
  {
    pattern: /No space left on device|Errno 28|os error 28|There is not enough space/,
    code: 'E_OUTPUT',
    what: (_, label) => `${label} cannot be installed: the disk is full`,
    next: 'free some room, or set MODELCONV_HOME to a directory with more (and TMPDIR, where pip unpacks)',
  },
  {
    pattern:
      /DO NOT MATCH THE HASHES[^\n]*\n(?:[^\n]*\n)*?\s+(\S+==\S+|\S+)(?: from |:)[^\n]*|Hash mismatch for `([^`]+)`/,
    what: ([, pip, uv], label) =>
      `${label} was refused: the file offered for ${pip ?? uv} is not the one that the lock names`,
    why: () => 'its SHA-256 digest differs: it was changed, damaged, or is another build',
    next: OTHER_SOURCE,
  },
  {
    pattern:
      /Failed to establish a new connection|name resolution|getaddrinfo|Connection refused|ConnectTimeoutError|ReadTimeoutError|ProxyError|SSLError|CERTIFICATE_VERIFY_FAILED|error sending request|dns error|invalid peer certificate/,
    what: (_, label) => `${label} cannot be fetched: the package index was not reached`,
    why: ([line]) => line,
    next: 'check the network and the proxy settings (HTTPS_PROXY, pip config), then run this again: what was fetched is kept',
  },
  {
    pattern:
      /No matching distribution found for (\S+)|satisfies the requirement (\S+)|Because there (?:is|are) no versions? of (\S+?)(?:,| and)|Because (\S+) was not found in the/,
    what: ([, ...names], label) =>
      `${label} cannot be installed: no wheel for ${names.find((name) => name !== undefined)} was found`,
    why: () => 'where packages were looked for, there is none for this Python and this system',
    next: OTHER_SOURCE,
  },
  {
    pattern: /Refusing to create a venv in [^\n]*PATH separator[^\n]*/,
    code: 'E_OUTPUT',
    what: (_, label) => `${label} cannot be installed: its directory's path holds a PATH separator`,
    why: ([line]) => line,
    next: 'set MODELCONV_HOME to a path without one',
  },
  {
    pattern: /ensurepip is not available[^\n]*|No module named '?(?:ensurepip|venv)/,
    code: 'E_TOOL_MISSING',
    what: (_, label) => `${label} cannot be installed: this Python cannot make environments`,
    why: ([line]) => line,
    next: 'install its venv package (Debian, Ubuntu: apt install python3-venv), or name another with --python PATH',
  },
];

/** The error for a failed installer: what is known of its words, else its last ones. */
export function explainInstall(failure: InstallFailure): ModelconvError {
  const { label, command, ending, logTail, logFile } = failure;
  for (const { pattern, code, what, why, next } of KNOWN_FAILURES) {
    const found = pattern.exec(logTail);
    if (found === null) continue;
    return new ModelconvError(code ?? 'E_TOOL_FAILED', {
      what: what(found, label),
      why: why?.(found),
      next,
      logTail,
      logFile,
    });
  }
  return new ModelconvError('E_TOOL_FAILED', {
    what: `${label} could not be installed: ${command} failed`,
    why: ending,
    next: 'read the log named above, then run this again',
    logTail,
    logFile,
  });
}

/** A GPU build of torch where a CPU build was meant: its CUDA libraries are packages of their own, which no lock of ours has. */
const CUDA_LIBRARY = /lib(?:cu[a-z]+|nccl|nv[a-zA-Z]+)[\w.-]*\.so[\w.]*: cannot open shared object/;

/** The error for an import that failed in a fresh environment. */
export function explainImport(label: string, logTail: string, logFile: string): ModelconvError {
  const line = logTail.split('\n').findLast((text) => /^\w*(Error|Exception)\b/.test(text));
  const lacksCuda = CUDA_LIBRARY.test(logTail);
  return new ModelconvError('E_TOOL_FAILED', {
    what: `${label} was unpacked but does not load, so it is not installed`,
    why: lacksCuda
      ? `the torch that was fetched is a build for CUDA, whose libraries are not here: ${line}`
      : (line ?? 'an import failed'),
    next: lacksCuda
      ? 'take torch from an index with CPU builds (--index-url URL or --extra-index-url URL) or from a directory (--find-links DIR), with --reinstall'
      : 'read the log named above; a library that is missing comes with your system’s packages',
    logTail,
    logFile,
  });
}
