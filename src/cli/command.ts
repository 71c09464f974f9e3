import type { Command } from 'commander';
import type { GlobalFlags, Io, ProgressMode } from './io.js';

/** What every command is given when it is added. */
export interface CommandContext {
  readonly io: Io;
  /** Told the global flags of the command that runs, before it runs. */
  onFlags(flags: GlobalFlags): void;
  /** Status of a command that ends without an error. */
  setExitCode(code: number): void;
  /** The program with every command, for those that tell of the others. */
  wholeProgram(): Promise<Command>;
}

/**
 * The flags that mean the same everywhere.
 *
 * @param results - schemas of what the command prints under --json: names of files of schemas/.
 */
export function addGlobalFlags(command: Command, ...results: readonly string[]): Command {
  const schemas = results.map((name) => `schemas/${name}.schema.json`).join(', ');
  return command
    .option(
      '--json',
      `print the result as one JSON document on stdout (${schemas}), a failure as one on stderr`,
    )
    .option('-q, --quiet', 'print errors and warnings only')
    .option('--no-color', 'no colour, as with NO_COLOR in the environment');
}

const PROGRESS_MODES: readonly ProgressMode[] = ['auto', 'plain', 'json', 'none'];

/** For the commands that work in steps. */
export function addProgressFlag(command: Command): Command {
  return command.addOption(
    command
      .createOption(
        '--progress <form>',
        'how the steps are told on stderr: auto (a spinner on a terminal, else lines; nothing with --json), plain lines, json (one event per line, schemas/progress-event.schema.json), none; with --quiet warnings and errors alone (default: auto)',
      )
      .choices(PROGRESS_MODES),
  );
}

/** For flags that may be given several times. */
export function collect(value: string, previous: readonly string[] | undefined): string[] {
  return [...(previous ?? []), value];
}

/** `Examples:` at the end of a help text. */
export function examples(...lines: readonly string[]): string {
  return `\nExample${lines.length > 1 ? 's' : ''}:\n${lines.map((line) => `  $ ${line}`).join('\n')}`;
}
