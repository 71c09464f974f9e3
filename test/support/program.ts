import type { Command } from 'commander';
import { wholeProgram } from '../../dist/cli/program.js';

const NOWHERE = { write: () => true };

/** The program with all of its commands, for reading. */
export async function program(): Promise<Command> {
  return await wholeProgram({
    stdout: NOWHERE,
    stderr: NOWHERE,
    env: {},
    cwd: '/',
    signal: new AbortController().signal,
  });
}

/** A command, with the words that call it: `toolchains`, `install`. */
export interface NamedCommand {
  readonly words: readonly string[];
  readonly command: Command;
}

/** Every command with an action of its own, in the order of the help. */
export function leaves(command: Command, words: readonly string[] = []): NamedCommand[] {
  const { commands } = command;
  if (commands.length === 0) return [{ words, command }];
  return commands.flatMap((inner) => leaves(inner, [...words, inner.name()]));
}
