import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { appendFile, copyFile, mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { systemErrorCode } from '../errors.js';
import { hashFile } from '../host/files.js';
import { withScratchDir } from '../host/temp.js';
import { DamagedError, readCheckedJson, writeCheckedJson } from './checked-json.js';
import type { CacheSettings } from './settings.js';

export const KINDS = ['packages', 'sources'] as const;
export type EntryKind = (typeof KINDS)[number];

/** One file of an entry. */
export interface StoredFile {
  /** Relative to the entry's files, with `/`. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** What the cache keeps under a key: files, and what is to be known of them. */
export interface Entry<T> {
  /** Absolute. */
  readonly directory: string;
  readonly files: readonly StoredFile[];
  readonly note: T;
}

/** A file that is to be kept. */
export interface FileToKeep {
  readonly path: string;
  readonly from: string;
}

const RECORD = 'entry.json';
const FILES = 'files';
/** Grows by a byte with every use: its size counts the uses, its time is that of the last one. */
export const USES = 'uses';

export function entryDirectory({ directory }: CacheSettings, kind: EntryKind, key: string): string {
  return path.join(directory, kind, key.slice(0, 2), key);
}

/** Where entries are made before they get their name, and where they go before they are removed. */
export function scratchRoot({ directory }: CacheSettings): string {
  return path.join(directory, 'tmp');
}

export function recordFile(directory: string): string {
  return path.join(directory, RECORD);
}

/** Path of an entry's file. */
export function storedFile({ directory }: Pick<Entry<unknown>, 'directory'>, name: string): string {
  return path.join(directory, FILES, ...name.split('/'));
}

/** @returns undefined when there is none. @throws DamagedError. */
export async function readEntry<T>(
  settings: CacheSettings,
  kind: EntryKind,
  key: string,
): Promise<Entry<T> | undefined> {
  const directory = entryDirectory(settings, kind, key);
  // the digest says that it is what this version of the layout wrote
  const record = (await readCheckedJson(recordFile(directory))) as
    | Omit<Entry<T>, 'directory'>
    | undefined;
  return record && { ...record, directory };
}

/**
 * Keep copies of files (reflinks where the file system can) under a key. They are complete when the
 * entry gets its name; whoever comes second leaves the first one's.
 *
 * @throws system errors; nothing is left of an entry that failed.
 */
export async function putEntry(
  settings: CacheSettings,
  kind: EntryKind,
  key: string,
  { files, note }: { readonly files: readonly FileToKeep[]; readonly note: unknown },
): Promise<void> {
  const target = entryDirectory(settings, kind, key);
  const root = scratchRoot(settings);
  await mkdir(root, { recursive: true, mode: 0o700 });
  await withScratchDir(async (scratch) => {
    const directory = path.join(scratch, 'entry');
    const stored: StoredFile[] = [];
    for (const { path: name, from } of files) {
      const copy = storedFile({ directory }, name);
      await mkdir(path.dirname(copy), { recursive: true });
      await copyFile(from, copy, constants.COPYFILE_FICLONE);
      stored.push({ path: name, ...(await hashFile(copy)) });
    }
    await writeCheckedJson(recordFile(directory), { files: stored, note });
    await mkdir(path.dirname(target), { recursive: true });
    await rename(directory, target).catch((error: unknown) => {
      if (!['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(systemErrorCode(error) ?? '')) throw error;
    });
  }, root);
}

/** Count a use; a cache that cannot be written is used all the same. */
export async function markUsed(directory: string): Promise<void> {
  await appendFile(path.join(directory, USES), '.').catch(() => {});
}

/** Take an entry away: whoever has its files open reads on, and nobody else finds half of it. */
export async function dropEntry(settings: CacheSettings, directory: string): Promise<void> {
  const aside = path.join(scratchRoot(settings), `dropped-${randomBytes(6).toString('hex')}`);
  await mkdir(path.dirname(aside), { recursive: true, mode: 0o700 }).catch(() => {});
  await rename(directory, aside).catch(() => {});
  await rm(aside, { recursive: true, force: true }).catch(() => {});
}

/** @throws DamagedError when a file is not there, or not what was kept. */
export async function checkFiles({ directory, files }: Entry<unknown>): Promise<void> {
  for (const { path: name, sha256 } of files) {
    const digest = await hashFile(storedFile({ directory }, name)).catch(() => undefined);
    if (digest?.sha256 !== sha256)
      throw new DamagedError(`${name} in ${directory} is not as it was written`);
  }
}
