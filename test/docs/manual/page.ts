import type { Command } from 'commander';
import { MODELCONV_VERSION } from '../../../src/version.js';
import { leaves } from '../../support/program.js';
import { exitStatuses } from './exit-statuses.js';
import { FILES, variables } from './places.js';
import { entry, flagEntry, prose, roff, section, typed } from './roff.js';

/** A manual page: the name of its file, and its text. */
export interface Page {
  readonly file: string;
  readonly text: string;
}

/** @param examples - the commands that the help of a command gives, by the words that call it. */
export async function manualPages(
  program: Command,
  examples: (words: readonly string[]) => Promise<string[]>,
): Promise<Page[]> {
  const own = await programPage(program, await examples([]));
  const others = await Promise.all(
    program.commands.map(async (command) => commandPage(command, await examples([command.name()]))),
  );
  return [own, ...others];
}

async function programPage(program: Command, examples: readonly string[]): Promise<Page> {
  return page('modelconv', 'convert trained models for devices', [
    ...section('SYNOPSIS', ['\\fBmodelconv\\fP \\fIcommand\\fP [\\fIoptions\\fP]']),
    ...section('DESCRIPTION', [prose(program.description())]),
    ...section(
      'COMMANDS',
      program.commands.flatMap((command) => [
        '.TP',
        `\\fBmodelconv\\-${roff(command.name())}\\fP(1)`,
        prose(sentence(command.summary())),
      ]),
    ),
    ...section('OPTIONS', optionsOf(program)),
    ...section('EXAMPLES', typed(examples)),
    ...section(
      'EXIT STATUS',
      exitStatuses().flatMap(([status, meaning]) => entry(String(status), sentence(meaning))),
    ),
    ...section(
      'FILES',
      FILES.flatMap(([term, meaning]) => entry(term, meaning)),
    ),
    ...section(
      'ENVIRONMENT',
      (await variables()).flatMap(([term, meaning]) => entry(term, meaning)),
    ),
    ...section('SEE ALSO', [
      ...references(program.commands.map((command) => `modelconv-${command.name()}`)),
      '.PP',
      'The directory \\fBdocs\\fP of the package: a guide, the documents, every error code.',
    ]),
  ]);
}

function commandPage(command: Command, examples: readonly string[]): Page {
  const all = leaves(command);
  const isGroup = command.commands.length > 0;
  return page(`modelconv-${command.name()}`, command.summary(), [
    ...section(
      'SYNOPSIS',
      all.flatMap(({ command: leaf }, index) => [...(index > 0 ? ['.br'] : []), synopsis(leaf)]),
    ),
    ...section('DESCRIPTION', [prose(command.description())]),
    ...(isGroup
      ? section(
          'COMMANDS',
          all.flatMap(({ command: leaf }) => [
            `.SS "${roff(`${command.name()} ${leaf.name()}`)}"`,
            prose(leaf.description()),
            ...argumentsOf(leaf),
            ...optionsOf(leaf),
          ]),
        )
      : [...section('ARGUMENTS', argumentsOf(command)), ...section('OPTIONS', optionsOf(command))]),
    ...section('EXAMPLES', typed(examples)),
    ...section('EXIT STATUS', ['0 when all is done; for the others see \\fBmodelconv\\fP(1).']),
    ...section('SEE ALSO', references(['modelconv'])),
  ]);
}

function page(name: string, summary: string, body: readonly string[]): Page {
  const head = [
    '.\\" Made from the program by npm run options.',
    `.TH "${roff(name.toUpperCase())}" 1 "" "modelconv ${roff(MODELCONV_VERSION)}" "modelconv manual"`,
    // no line is broken within a word, and none is stretched to the margin
    '.nh',
    '.ad l',
    ...section('NAME', [`${roff(name)} \\- ${roff(summary)}`]),
  ];
  return { file: `${name}.1`, text: `${[...head, ...body].join('\n')}\n` };
}

function synopsis(command: Command): string {
  const help = command.createHelp();
  const [, called = '', rest = ''] =
    /^([\w -]+?) (\[options\].*)$/.exec(help.commandUsage(command)) ?? [];
  return `\\fB${roff(called || help.commandUsage(command))}\\fP ${roff(rest)}`.trimEnd();
}

function argumentsOf(command: Command): string[] {
  return command.registeredArguments.flatMap((argument) => [
    '.TP',
    `\\fI${roff(argument.name())}\\fP`,
    prose(`${sentence(argument.description)}${choices(argument.argChoices)}`),
  ]);
}

function optionsOf(command: Command): string[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .flatMap((option) =>
      flagEntry(option.flags, `${sentence(option.description)}${choices(option.argChoices)}`),
    );
}

function choices(values: readonly string[] | undefined): string {
  return values === undefined ? '' : ` One of ${values.join(', ')}.`;
}

function sentence(phrase: string): string {
  const text = phrase.replace(/^[a-z](?=[a-z]*([ ,]|$))/, (letter) => letter.toUpperCase());
  return text.endsWith('.') ? text : `${text}.`;
}

function references(names: readonly string[]): string[] {
  return names.map((name, index) => `.BR ${roff(name)} (1)${index < names.length - 1 ? ',' : ''}`);
}
