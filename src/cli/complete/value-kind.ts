import type { Argument, Option } from 'commander';

/** Values that are looked up while somebody types. */
export const LOOKED_UP = ['device', 'toolchain', 'release', 'adapter'] as const;
export type LookedUp = (typeof LOOKED_UP)[number];

/** What may stand in a place of the command line. */
export type ValueKind =
  | LookedUp
  | 'file'
  | 'directory'
  | 'text'
  | { readonly oneOf: readonly string[] };

/** Flags whose values are names that modelconv knows. */
const FLAGS: Readonly<Record<string, LookedUp>> = {
  '--device': 'device',
  '--extends': 'device',
  '--toolchain': 'toolchain',
};

/** Arguments that are such names, by the command and the placeholder. */
const ARGUMENTS: Readonly<Record<string, LookedUp>> = {
  'devices show name': 'device',
  'devices edit name': 'device',
  'devices remove name': 'device',
  'toolchains install name[@version]': 'release',
  'toolchains remove name[@version]': 'toolchain',
  'toolchains doctor name': 'adapter',
};

/** What a flag takes; undefined for one without a value. */
export function flagKind({
  long,
  argChoices,
  flags,
  required,
  optional,
}: Option): ValueKind | undefined {
  if (!required && !optional) return undefined;
  if (argChoices !== undefined) return { oneOf: argChoices };
  const placeholder = /[<[](.*)[>\]]$/.exec(flags)?.[1] ?? '';
  return FLAGS[long ?? ''] ?? placeKind(placeholder) ?? 'text';
}

/** What an argument takes: a file, where nothing else is known. */
export function argumentKind(words: readonly string[], argument: Argument): ValueKind {
  if (argument.argChoices !== undefined) return { oneOf: argument.argChoices };
  const name = argument.name();
  return ARGUMENTS[[...words, name].join(' ')] ?? placeKind(name) ?? 'file';
}

function placeKind(placeholder: string): ValueKind | undefined {
  if (/\b(file|path)/.test(placeholder)) return 'file';
  return /\bdir/.test(placeholder) ? 'directory' : undefined;
}
