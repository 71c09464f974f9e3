import { constants } from 'node:fs';
import { access, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { systemErrorCode } from '../errors.js';
import { dropEntry, type EntryKind, KINDS, recordFile, scratchRoot, USES } from './entries.js';
import type { CacheSettings } from './settings.js';

/** An entry as it lies on disk. */
export interface FoundEntry {
  readonly kind: EntryKind;
  readonly key: string;
  readonly directory: string;
  readonly sizeBytes: number;
  readonly uses: number;
  /** Milliseconds since 1970. */
  readonly lastUsed: number;
}

/** Scratch directories of processes that were killed are older than any conversion takes. */
const LEFT_BEHIND_MS = 24 * 3600 * 1000;

/** Every entry, the one first that was not used for longest. */
export async function listEntries(settings: CacheSettings): Promise<FoundEntry[]> {
  const found: FoundEntry[] = [];
  for (const kind of KINDS)
    for (const prefix of await namesIn(path.join(settings.directory, kind)))
      for (const key of await namesIn(path.join(settings.directory, kind, prefix))) {
        const directory = path.join(settings.directory, kind, prefix, key);
        const entry = await measure(directory);
        if (entry !== undefined) found.push({ kind, key, directory, ...entry });
      }
  return found.sort((a, b) => a.lastUsed - b.lastUsed);
}

async function namesIn(directory: string): Promise<string[]> {
  return await readdir(directory).catch(() => []);
}

/** undefined: another process has taken it away in the meantime. */
async function measure(
  directory: string,
): Promise<Pick<FoundEntry, 'sizeBytes' | 'uses' | 'lastUsed'> | undefined> {
  const [record, uses] = await Promise.all(
    [recordFile(directory), path.join(directory, USES)].map((file) =>
      stat(file).catch(() => undefined),
    ),
  );
  const sizeBytes = await sizeOf(directory);
  const lastUsed = Math.max(record?.mtimeMs ?? 0, uses?.mtimeMs ?? 0);
  return sizeBytes === undefined ? undefined : { sizeBytes, uses: uses?.size ?? 0, lastUsed };
}

async function sizeOf(directory: string): Promise<number | undefined> {
  const names = await readdir(directory, { recursive: true, withFileTypes: true }).catch(
    () => undefined,
  );
  if (names === undefined) return undefined;
  const sizes = names
    .filter((entry) => entry.isFile())
    .map(async ({ parentPath, name }) => {
      const found = await stat(path.join(parentPath, name)).catch(() => undefined);
      return found?.size ?? 0;
    });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** Drop what was not used for longest until the cache is within its bound. */
export async function evict(settings: CacheSettings): Promise<void> {
  const entries = await listEntries(settings);
  let total = entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  for (const { directory, sizeBytes } of entries) {
    if (total <= settings.maxBytes) break;
    await dropEntry(settings, directory);
    total -= sizeBytes;
  }
  await sweep(settings);
}

/** Remove what killed processes left. */
export async function sweep(settings: CacheSettings): Promise<void> {
  const root = scratchRoot(settings);
  for (const name of await namesIn(root)) {
    const place = path.join(root, name);
    const found = await stat(place).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs > LEFT_BEHIND_MS)
      await rm(place, { recursive: true, force: true }).catch(() => {});
  }
}

/** Whether entries can be added. */
export async function isWritable({ directory }: CacheSettings): Promise<boolean> {
  // it is made when the first entry is: until then the nearest directory above it counts
  for (let place = directory; ; place = path.dirname(place)) {
    const state = await access(place, constants.W_OK).then(
      () => true,
      (error: unknown) => (systemErrorCode(error) === 'ENOENT' ? undefined : false),
    );
    if (state !== undefined || place === path.dirname(place)) return state ?? false;
  }
}
