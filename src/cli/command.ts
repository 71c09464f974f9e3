import type { Command } from 'commander';
import type { GlobalFlags, Io } from './io.js';

/** What every command is given when it is added. */
export interface CommandContext {
  readonly io: Io;
  /** Told the global flags of the command that runs, before it runs. */
  onFlags(flags: GlobalFlags): void;
  /** Status of a command that ends without an error. */
  setExitCode(code: number): void;
}

/** The flags that mean the same everywhere. */
export function addGlobalFlags(command: Command): Command {
  return command
    .option('--json', 'print the result as one JSON document on stdout, a failure as one on stderr')
    .option('-q, --quiet', 'print errors and warnings only')
    .option('--no-color', 'no colour, as with NO_COLOR in the environment');
}

/** For flags that may be given several times. */
export function collect(value: string, previous: readonly string[] | undefined): string[] {
  return [...(previous ?? []), value];
}

/** `Examples:` at the end of a help text. */
export function examples(...lines: readonly string[]): string {
  return `\nExample${lines.length > 1 ? 's' : ''}:\n${lines.map((line) => `  $ ${line}`).join('\n')}`;
}
