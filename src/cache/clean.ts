import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { outputError } from '../host/outputs.js';
import { dropEntry } from './entries.js';
import { NOTES } from './notes.js';
import { cacheSettings } from './settings.js';
import { listEntries, sweep } from './survey.js';

/** What was removed. */
export interface CleanedCache {
  readonly directory: string;
  readonly removed: number;
  readonly freedBytes: number;
}

/**
 * Remove entries, and what is noted of places.
 *
 * @param olderThanMs - only what was not used for so long; undefined: everything.
 * @throws ModelconvError `E_OUTPUT` when something cannot be removed, `E_USAGE` (settings).
 */
export async function cleanCache(olderThanMs: number = -Infinity): Promise<CleanedCache> {
  const settings = cacheSettings();
  const isOld = (time: number): boolean => Date.now() - time > olderThanMs;
  const old = (await listEntries(settings)).filter(({ lastUsed }) => isOld(lastUsed));
  for (const { directory } of old) {
    await dropEntry(settings, directory);
    await stat(directory).then(
      () => {
        const error = Object.assign(new Error('EACCES'), { code: 'EACCES' });
        throw outputError(directory, error, 'MODELCONV_CACHE_DIR');
      },
      () => {},
    );
  }
  await removeNotes(path.join(settings.directory, NOTES), isOld);
  await sweep(settings);
  const freedBytes = old.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return { directory: settings.directory, removed: old.length, freedBytes };
}

async function removeNotes(directory: string, isOld: (time: number) => boolean): Promise<void> {
  const names = await readdir(directory, { recursive: true }).catch(() => []);
  for (const name of names) {
    const file = path.join(directory, name);
    const found = await stat(file).catch(() => undefined);
    if (found?.isFile() && isOld(found.mtimeMs)) await rm(file, { force: true }).catch(() => {});
  }
}
