import type { CommandDefinition, FlagDefinition } from './definition.js';
import { fillScript } from './template.js';
import type { ValueKind } from './value-kind.js';

/** The completion script for fish 3. */
export async function fishScript(commands: readonly CommandDefinition[]): Promise<string> {
  const places = commands.filter(({ words }) => words.length > 0);
  return await fillScript('fish', [
    `set -g __modelconv_places ${wordsOf(places)}`,
    `set -g __modelconv_groups ${wordsOf(places.filter(({ commands: inner }) => inner.length > 0))}`,
    ...commands.flatMap(linesOf),
  ]);
}

function wordsOf(commands: readonly CommandDefinition[]): string {
  return commands.map(({ words }) => quoted(words.join(' '))).join(' ');
}

function linesOf({ words, commands, flags, arguments: all }: CommandDefinition): string[] {
  const at = `complete -c modelconv -n ${quoted(`__modelconv_at ${quoted(words.join(' '))}`)}`;
  return [
    ...commands.map(({ name, summary }) => `${at} -a ${name} -d ${quoted(summary)}`),
    ...flags.map((flag) => `${at} ${flagWords(flag)} -d ${quoted(flag.summary)}`),
    // one kind for all of its places: fish does not count them
    ...all.slice(0, 1).map(({ value }) => `${at} ${valueWords(value)}`),
  ];
}

function flagWords({ names, value }: FlagDefinition): string {
  const name = names.map((one) =>
    one.startsWith('--') ? `-l ${one.slice(2)}` : `-s ${one.slice(1)}`,
  );
  return [...name, ...(value === undefined ? [] : ['-r', valueWords(value)])].join(' ');
}

function valueWords(value: ValueKind): string {
  if (typeof value !== 'string') return `-f -a ${quoted(value.oneOf.join(' '))}`;
  if (value === 'file') return '-F';
  if (value === 'directory') return "-f -a '(__fish_complete_directories)'";
  return value === 'text' ? '-f' : `-f -a '(__modelconv_look_up ${value})'`;
}

function quoted(text: string): string {
  return `'${text.replaceAll(/[\\']/g, (char) => `\\${char}`)}'`;
}
