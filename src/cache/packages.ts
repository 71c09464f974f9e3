import { stat } from 'node:fs/promises';
import { exists } from '../host/files.js';
import type { Replacement } from '../host/write-unless-same.js';
import { DamagedError } from './checked-json.js';
import { copyChecked } from './copy-checked.js';
import {
  dropEntry,
  type Entry,
  entryDirectory,
  markUsed,
  putEntry,
  readEntry,
  recordFile,
  storedFile,
} from './entries.js';
import { cacheSettings } from './settings.js';
import { evict } from './survey.js';

const PACKAGE = 'package.tar';

/** Whether a package is kept under a key; whether it is whole is seen when it is taken. */
export async function hasPackage(key: string): Promise<boolean> {
  return await exists(recordFile(entryDirectory(cacheSettings(), 'packages', key)));
}

/**
 * Copy the package of a key to an output. What is damaged is dropped.
 *
 * @param onDamage - told what was wrong with an entry.
 * @returns what was noted with it, and whether the output was left alone; undefined when there is none.
 * @throws ModelconvError `E_OUTPUT`, `E_OUTPUT_EXISTS`, `E_USAGE` (settings).
 */
export async function takePackage<T>(
  key: string,
  output: Replacement & { readonly file: string },
  onDamage: (what: string) => void,
): Promise<{ readonly note: T; readonly isUnchanged: boolean } | undefined> {
  const settings = cacheSettings();
  const directory = entryDirectory(settings, 'packages', key);
  try {
    const entry = await readEntry<T>(settings, 'packages', key);
    if (entry === undefined) return undefined;
    const isUnchanged = await copyPackage(entry, output);
    await markUsed(directory);
    return { note: entry.note, isUnchanged };
  } catch (error) {
    if (!(error instanceof DamagedError)) throw error;
    // another process may have needed the room: that is no damage
    const isThere = (await stat(directory).catch(() => undefined)) !== undefined;
    if (isThere) {
      onDamage(error.message);
      await dropEntry(settings, directory);
    }
    return undefined;
  }
}

async function copyPackage(
  entry: Entry<unknown>,
  { file, ...replacement }: Replacement & { readonly file: string },
): Promise<boolean> {
  const stored = entry.files.find(({ path }) => path === PACKAGE);
  if (stored === undefined) throw new DamagedError(`${entry.directory} holds no package`);
  return await copyChecked(storedFile(entry, PACKAGE), stored, file, replacement);
}

/**
 * Keep a package under a key. One that would take more than half of the cache is not kept.
 *
 * @throws system errors; ModelconvError `E_USAGE` (settings).
 */
export async function keepPackage(key: string, file: string, note: unknown): Promise<void> {
  const settings = cacheSettings();
  if ((await stat(file)).size > settings.maxBytes / 2) return;
  await putEntry(settings, 'packages', key, { files: [{ path: PACKAGE, from: file }], note });
  await evict(settings);
}
