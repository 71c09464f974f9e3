import path from 'node:path';
import { printableLine } from '../../printable.js';
import { LOOKED_UP, type LookedUp } from './value-kind.js';

/** A value, and what is said of it in a menu. */
type Candidate = readonly [value: string, description: string];

/** Where somebody types. */
interface Place {
  readonly words: readonly string[];
  readonly cwd: string;
  readonly home: string | undefined;
}

const SOURCES: Readonly<Record<LookedUp, (place: Place) => Promise<Candidate[]>>> = {
  device: devices,
  toolchain: installedVersions,
  release: releases,
  adapter: adapters,
};

/**
 * Values for a place of the command line, one per line, with a tab before what is said of each. Starts no
 * process, and throws nothing: whoever types must not be disturbed by a faulty file.
 *
 * @param place - `words` are those of the command line so far, after the program's name.
 */
export async function candidateLines(kind: string, place: Place): Promise<string> {
  const known = LOOKED_UP.find((name) => name === kind);
  if (known === undefined) return '';
  const found = await SOURCES[known](place).catch(() => []);
  const firsts = found.filter(
    ([value], index) => found.findIndex(([other]) => other === value) === index,
  );
  return firsts.map(([value, text]) => `${value}\t${printableLine(text)}\n`).join('');
}

async function devices(place: Place): Promise<Candidate[]> {
  const [{ deviceFiles }, { BUILTIN_DEVICES }] = await Promise.all([
    import('../../device/inventory.js'),
    import('../../device/builtin.js'),
  ]);
  const files = await deviceFiles({ file: namedInventory(place), cwd: place.cwd });
  const own = await Promise.all(files.map(devicesIn));
  return [
    ...own.flat(),
    ['local', 'this machine'],
    ...BUILTIN_DEVICES.map(({ name, description }): Candidate => [name, description ?? 'built-in']),
  ];
}

async function devicesIn(file: string): Promise<Candidate[]> {
  const { readDeviceFile } = await import('../../device/device-file.js');
  const found = await readDeviceFile(file).catch(() => []);
  return found.map(({ name, description }) => [name, description ?? path.basename(file)]);
}

/** What stands after `--devices`; the shell has not put the home directory in yet. */
function namedInventory({ words, cwd, home }: Place): string | undefined {
  const at = words.findLastIndex((word) => /^--devices(=|$)/.test(word));
  const word = words[at]?.startsWith('--devices=')
    ? words[at].slice('--devices='.length)
    : words[at + 1];
  if (at < 0 || word === undefined || word === '') return undefined;
  const file = home === undefined ? word : word.replace(/^~(?=\/)/, () => home);
  return path.resolve(cwd, file);
}

async function installedVersions(): Promise<Candidate[]> {
  const { listManaged, managedNames } = await import('../../toolchain/installed.js');
  const names = await managedNames();
  const found = await Promise.all(
    names.map(async (name) =>
      (await listManaged(name)).map(
        ({ manifest }): Candidate => [
          `${name}@${manifest.version}`,
          `installed, Python ${manifest.pythonVersion}`,
        ],
      ),
    ),
  );
  return found.flat();
}

async function releases(): Promise<Candidate[]> {
  const { knownToolchains } = await import('../commands/toolchains-known.js');
  const { formatBytes } = await import('../../format-bytes.js');
  return (await knownToolchains()).flatMap(({ name, tool, releases: all }) => [
    [name, `${tool}, the newest release`] as const,
    ...all.map(
      ({ version, sizeBytes }): Candidate => [
        `${name}@${version}`,
        `${tool}, ${formatBytes(sizeBytes)} on disk`,
      ],
    ),
  ]);
}

async function adapters(): Promise<Candidate[]> {
  const { adapterIds } = await import('../../adapters/registry.js');
  return (await adapterIds()).map((id) => [id, 'adapter']);
}
