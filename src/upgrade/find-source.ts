import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { ModelconvError } from '../errors.js';
import { copyReadOnly, hashFile } from '../host/files.js';
import { filesBelow } from '../host/files-below.js';
import { SOURCE_PREFIX } from '../package/limits.js';
import { extractFiles } from '../package/unpack.js';
import type { ConversionSource, Descriptor, UpgradeSource } from '../schema/generated/types.js';

/** Remembers by digest what earlier conversions read. */
export interface Recall {
  /** A file that has this digest now. */
  source(sha256: string): Promise<string | undefined>;
  calibration(sha256: string): Promise<string | undefined>;
}

/** Where the source of a package may be. */
export interface SourceSearch {
  readonly file: string;
  /** Path that is given for it. */
  readonly given: string | undefined;
  readonly directories: readonly string[];
  readonly recall: Recall | undefined;
}

/** The source where it was found; absent where it is nowhere. */
export interface FoundSource {
  readonly state: UpgradeSource;
  /** Its main file, under the name that the package has for it. */
  readonly main?: string;
}

/**
 * Find the source of a package by its digest: the file that is given, in the package, in the cache, below
 * the directories. Every file of it has the digest that the package says.
 *
 * @param workDir - an empty directory for what is taken out of the package, or brought under its name.
 * @throws ModelconvError `E_INPUT` when the given file is another one, or cannot be read; `E_PACKAGE_INVALID`.
 */
export async function findSource(
  descriptor: Descriptor & { readonly conversion: { readonly source: ConversionSource } },
  search: SourceSearch,
  workDir: string,
): Promise<FoundSource> {
  const { source } = descriptor.conversion;
  const name = path.posix.basename(source.path ?? descriptor.name);
  const state = {
    sha256: source.sha256,
    name,
    ...(source.size === undefined ? {} : { sizeBytes: source.size }),
  };
  if (search.given !== undefined) {
    await requireSource(search.given, source, search.file);
    const main = await named(search.given, name, source, workDir);
    return { state: { ...state, found: 'given', path: search.given }, main };
  }
  if (source.included === true && source.path !== undefined) {
    await extractFiles(search.file, workDir, inPackage(source));
    return {
      state: { ...state, found: 'included' },
      main: path.join(workDir, ...source.path.split('/')),
    };
  }
  const remembered = await search.recall?.source(source.sha256);
  // its own digest was just checked; that of what belongs to it may be another one by now
  if (
    remembered !== undefined &&
    (source.files === undefined || (await isSource(remembered, source)))
  ) {
    const main = await named(remembered, name, source, workDir);
    return { state: { ...state, found: 'cache', path: remembered }, main };
  }
  for (const directory of search.directories) {
    const found = await searchBelow(directory, source);
    if (found === undefined) continue;
    return {
      state: { ...state, found: 'search', path: found },
      main: await named(found, name, source, workDir),
    };
  }
  return { state: { ...state, found: 'missing' } };
}

/** A model that was packed as it is, is its own source. */
function inPackage({ path: main = '', files = [] }: ConversionSource): (entry: string) => boolean {
  const parts = files.map((part) => path.posix.join(path.posix.dirname(main), part.path));
  return (entry) => entry === main || entry.startsWith(SOURCE_PREFIX) || parts.includes(entry);
}

/** Whether a file, and what belongs to it, is the source. */
async function isSource(file: string, source: ConversionSource): Promise<boolean> {
  return (await differenceFrom(file, source)) === undefined;
}

/** What makes a file another one than the source; undefined when it is the source. */
async function differenceFrom(file: string, source: ConversionSource): Promise<string | undefined> {
  const wanted = [
    { file, sha256: source.sha256 },
    ...(source.files ?? []).map((part) => ({
      file: path.join(path.dirname(file), ...part.path.split('/')),
      sha256: part.sha256,
    })),
  ];
  for (const one of wanted) {
    const found = await stat(one.file).catch(() => undefined);
    if (found?.isFile() !== true)
      return `${found === undefined ? 'there is no file' : 'this is no file:'} ${one.file}`;
    const { sha256 } = await hashFile(one.file);
    if (sha256 !== one.sha256)
      return `${one.file} has the digest ${sha256}, the package says ${one.sha256}`;
  }
  return undefined;
}

async function requireSource(given: string, source: ConversionSource, file: string): Promise<void> {
  const difference = await differenceFrom(given, source);
  if (difference === undefined) return;
  throw new ModelconvError('E_INPUT', {
    what: `${given} is not the source of ${file}`,
    why: difference,
    next: `give the model that it was made from, or make a new package: modelconv convert ${given} -d DEVICE -o OUT`,
  });
}

/** The same steps give the same bytes only under the same name. */
async function named(
  file: string,
  name: string,
  source: ConversionSource,
  workDir: string,
): Promise<string> {
  if (path.basename(file) === name) return file;
  const directory = path.join(workDir, 'source');
  await mkdir(directory, { recursive: true });
  const main = path.join(directory, name);
  await copyReadOnly(file, main);
  for (const part of source.files ?? []) {
    const to = path.join(directory, ...part.path.split('/'));
    await mkdir(path.dirname(to), { recursive: true });
    await copyReadOnly(path.join(path.dirname(file), ...part.path.split('/')), to);
  }
  return main;
}

/** The first file of the right size and digest; a directory below that cannot be read is passed over. */
async function searchBelow(
  directory: string,
  source: ConversionSource,
): Promise<string | undefined> {
  const refuse = (place: string, error: unknown): void => {
    if (place !== directory) return;
    throw new ModelconvError('E_INPUT', {
      what: `${directory} cannot be searched`,
      next: 'name a directory that can be read: --search DIR',
      cause: error,
    });
  };
  for await (const file of filesBelow(directory, refuse)) {
    const found = await stat(file).catch(() => undefined);
    const fits = source.size === undefined || found?.size === source.size;
    if (fits && (await isSource(file, source).catch(() => false))) return file;
  }
  return undefined;
}
