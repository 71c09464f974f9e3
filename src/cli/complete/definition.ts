import type { Command, Option } from 'commander';
import { collect } from '../command.js';
import { argumentKind, flagKind, type ValueKind } from './value-kind.js';

/** A command as a completion script knows it. */
export interface CommandDefinition {
  /** The words that call it, without the program's; none for the program itself. */
  readonly words: readonly string[];
  readonly commands: readonly Named[];
  readonly flags: readonly FlagDefinition[];
  readonly arguments: readonly ArgumentDefinition[];
}

interface Named {
  readonly name: string;
  readonly summary: string;
}

export interface FlagDefinition {
  /** `-d` where there is one, and `--device`. */
  readonly names: readonly string[];
  readonly summary: string;
  /** Undefined for a flag without a value. */
  readonly value: ValueKind | undefined;
  readonly placeholder: string;
  readonly isRepeatable: boolean;
}

export interface ArgumentDefinition {
  readonly name: string;
  readonly value: ValueKind;
  readonly isVariadic: boolean;
}

/** Every command that can be called, the program itself first: all from what the parser itself goes by. */
export function commandDefinitions(
  command: Command,
  words: readonly string[] = [],
): CommandDefinition[] {
  const help = command.createHelp();
  const visible = help.visibleCommands(command);
  const commands = visible.map((inner) => ({
    name: inner.name(),
    summary: inner.summary() || phraseOf(inner.description()),
  }));
  const own = { words, commands, flags: help.visibleOptions(command).map(flagDefinition) };
  return [
    { ...own, arguments: command.commands.length > 0 ? [] : argumentsOf(command, words) },
    ...visible.flatMap((inner) =>
      inner.name() === 'help'
        ? [helpCommand([...words, 'help'], commands)]
        : commandDefinitions(inner, [...words, inner.name()]),
    ),
  ];
}

function argumentsOf(command: Command, words: readonly string[]): ArgumentDefinition[] {
  return command.registeredArguments.map((argument) => ({
    name: argument.name(),
    value: argumentKind(words, argument),
    isVariadic: argument.variadic,
  }));
}

/** commander's own command: it takes the name of another. */
function helpCommand(words: readonly string[], commands: readonly Named[]): CommandDefinition {
  const oneOf = commands.map(({ name }) => name).filter((name) => name !== 'help');
  return {
    words,
    commands: [],
    flags: [],
    arguments: [{ name: 'command', value: { oneOf }, isVariadic: false }],
  };
}

function flagDefinition(option: Option): FlagDefinition {
  const { short, long, description, flags, variadic, parseArg } = option;
  return {
    names: [short, long].filter((name) => name !== undefined),
    summary: phraseOf(description),
    value: flagKind(option),
    placeholder: /[<[](.*)[>\]]$/.exec(flags)?.[1] ?? '',
    isRepeatable: variadic || parseArg === collect,
  };
}

/** The first phrase of a description: a menu has one line for it. */
function phraseOf(description: string): string {
  const [phrase = ''] = description.split(/[;:](?= )|\. |, e\.g\.| \(|, once for each/);
  return phrase.replace(/\.$/, '');
}
