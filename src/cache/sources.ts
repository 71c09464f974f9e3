import { stat } from 'node:fs/promises';
import path from 'node:path';
import { hashFile } from '../host/files.js';
import { DamagedError } from './checked-json.js';
import {
  checkFiles,
  dropEntry,
  entryDirectory,
  markUsed,
  putEntry,
  readEntry,
  storedFile,
} from './entries.js';
import { readNote, writeNote } from './notes.js';
import { type CacheSettings, cacheSettings } from './settings.js';
import { evict } from './survey.js';

/** A source model that may be wanted again. */
export interface SourceToRemember {
  /** Of the main file. */
  readonly sha256: string;
  /** Where the user has it. */
  readonly file: string;
  /** Further files, by their path relative to the main one, with `/`. */
  readonly parts: readonly { readonly path: string; readonly sha256: string }[];
  /** A copy that has these digests, laid out in the same way, to keep in its place. */
  readonly copy: string;
}

/** Where a source was seen last. */
interface SeenSource {
  /** Absolute. */
  readonly file: string;
  readonly parts: SourceToRemember['parts'];
}

/** A larger share of the cache would drive out what is used more. */
const GREATEST_SHARE = 1 / 8;

/**
 * Remember where a source is, and keep a copy of one that takes at most an eighth of the cache.
 *
 * @throws system errors; ModelconvError `E_USAGE` (settings).
 */
export async function rememberSource(source: SourceToRemember): Promise<void> {
  const settings = cacheSettings();
  const { sha256, parts } = source;
  if (settings.maxBytes === 0) return;
  const seen: SeenSource = { file: path.resolve(source.file), parts };
  await writeNote(settings, 'sources', sha256, seen);
  const files = [
    { path: path.basename(source.file), from: source.copy },
    ...parts.map((part) => ({ path: part.path, from: beside(source.copy, part.path) })),
  ];
  if ((await sizeOf(files)) > settings.maxBytes * GREATEST_SHARE) return;
  if ((await readEntry(settings, 'sources', sha256).catch(() => undefined)) !== undefined) return;
  await putEntry(settings, 'sources', sha256, {
    files,
    note: { main: path.basename(source.file) },
  });
  await evict(settings);
}

/**
 * A file with this digest, and its parts beside it: where it was seen last, else the copy that was
 * kept. Digests are checked; what is not as it was is no answer.
 *
 * @returns an absolute path; undefined when there is none.
 * @throws ModelconvError `E_USAGE` (settings).
 */
export async function findSource(sha256: string): Promise<string | undefined> {
  const settings = cacheSettings();
  // switched off
  if (settings.maxBytes === 0) return undefined;
  return (await findSeen(settings, sha256)) ?? (await findKept(settings, sha256));
}

async function findSeen(settings: CacheSettings, sha256: string): Promise<string | undefined> {
  const note = await readNote<SeenSource>(settings, 'sources', sha256);
  if (note === undefined) return undefined;
  const { file, parts } = note;
  const wanted = [
    { file, sha256 },
    ...parts.map((part) => ({ file: beside(file, part.path), sha256: part.sha256 })),
  ];
  for (const one of wanted) {
    const digest = await hashFile(one.file).catch(() => undefined);
    if (digest?.sha256 !== one.sha256) return undefined;
  }
  return file;
}

async function findKept(settings: CacheSettings, sha256: string): Promise<string | undefined> {
  try {
    const entry = await readEntry<{ readonly main: string }>(settings, 'sources', sha256);
    if (entry === undefined) return undefined;
    await checkFiles(entry);
    await markUsed(entry.directory);
    return storedFile(entry, entry.note.main);
  } catch (error) {
    if (!(error instanceof DamagedError)) throw error;
    await dropEntry(settings, entryDirectory(settings, 'sources', sha256));
    return undefined;
  }
}

/** A part of a model, by its path relative to the main file. */
function beside(main: string, part: string): string {
  return path.join(path.dirname(main), ...part.split('/'));
}

async function sizeOf(files: readonly { readonly from: string }[]): Promise<number> {
  const sizes = await Promise.all(files.map(async ({ from }) => (await stat(from)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
