import ora, { type Ora } from 'ora';
import { type GlobalFlags, type Io, wantsColor } from './io.js';

/** ora prints wherever it is told to, terminal or not: it is made for a terminal alone. */
export function createSpinner(io: Io, flags: GlobalFlags): Ora {
  return ora({
    stream: process.stderr,
    prefixText: '',
    discardStdin: false,
    // decided by who asks for it; ora's own guess prints plain lines where CI is set, even to nothing
    isEnabled: true,
    color: wantsColor(io.stderr, io, flags) ? 'cyan' : false,
  });
}
