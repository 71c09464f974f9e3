import type { CommandDefinition, FlagDefinition } from './definition.js';
import { fillScript } from './template.js';
import type { ValueKind } from './value-kind.js';

/** The completion script for bash 4 and newer (3.2 of macOS completes files everywhere, too). */
export async function bashScript(commands: readonly CommandDefinition[]): Promise<string> {
  return await fillScript('bash', [
    table('commands', commands, ({ commands: inner }) => inner.map(({ name }) => name).join(' ')),
    table('flags', commands, ({ flags }) => flags.flatMap(({ names }) => names).join(' ')),
    table('value', commands.flatMap(valuesOf), ({ kind }) => kind),
    table('argument', commands, ({ arguments: all }) =>
      all.map(({ value, isVariadic }) => `${kindOf(value)}${isVariadic ? '...' : ''}`).join(' '),
    ),
  ]);
}

interface Row {
  readonly words: readonly string[];
}

/** A function that sets REPLY to what stands in a row. Without associative arrays: bash 3.2 has none. */
function table<R extends Row>(
  name: string,
  rows: readonly R[],
  cellOf: (row: R) => string,
): string {
  const cases = rows
    .map((row) => [row.words.join(' '), cellOf(row)] as const)
    .filter(([, cell]) => cell !== '')
    .map(([key, cell]) => `    '${key}') REPLY='${cell}' ;;`);
  return `_modelconv_${name}() {\n  REPLY=\n  case $1 in\n${cases.join('\n')}\n  esac\n}\n`;
}

function valuesOf({ words, flags }: CommandDefinition): (Row & { readonly kind: string })[] {
  return flags.flatMap(({ names, value }: FlagDefinition) =>
    value === undefined
      ? []
      : names.map((name) => ({ words: [...words, name], kind: kindOf(value) })),
  );
}

/** One word: the lists of words are split at blanks. */
function kindOf(value: ValueKind): string {
  return typeof value === 'string' ? value : `=${value.oneOf.join(',')}`;
}
