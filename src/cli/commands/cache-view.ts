import { type EntryKind, readEntry } from '../../cache/entries.js';
import { cacheSettings } from '../../cache/settings.js';
import { type FoundEntry, isWritable, listEntries } from '../../cache/survey.js';
import type {
  CachedPackages,
  CacheEntry,
  CacheInfoResult,
  CacheListResult,
  Descriptor,
} from '../../schema/generated/types.js';

/** Place, size and use of the cache. @throws ModelconvError `E_USAGE` (settings). */
export async function cacheInfo(): Promise<CacheInfoResult> {
  const settings = cacheSettings();
  const entries = await listEntries(settings);
  const sumOf = (kind: EntryKind): CachedPackages => {
    const own = entries.filter((entry) => entry.kind === kind);
    return { entries: own.length, sizeBytes: sizeOf(own), uses: sum(own.map(({ uses }) => uses)) };
  };
  return {
    directory: settings.directory,
    sizeBytes: sizeOf(entries),
    maxBytes: settings.maxBytes,
    writable: await isWritable(settings),
    packages: sumOf('packages'),
    sources: sumOf('sources'),
  };
}

function sizeOf(entries: readonly FoundEntry[]): number {
  return sum(entries.map(({ sizeBytes }) => sizeBytes));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** What is in the cache, the entry first that was used last. @throws ModelconvError `E_USAGE` (settings). */
export async function cacheList(): Promise<CacheListResult> {
  const settings = cacheSettings();
  const found = (await listEntries(settings)).reverse();
  const entries = found.map(
    async ({ kind, key, sizeBytes, uses, lastUsed }): Promise<CacheEntry> => ({
      kind: kind === 'packages' ? 'package' : 'source',
      key,
      ...(await readEntry<EntryNote>(settings, kind, key).then(
        (entry) => namesOf(entry?.note),
        () => ({ damaged: true }),
      )),
      sizeBytes,
      uses,
      lastUsed: new Date(lastUsed).toISOString(),
    }),
  );
  return { directory: settings.directory, entries: await Promise.all(entries) };
}

/** What is noted with an entry, as far as it is shown. */
interface EntryNote {
  readonly main?: string;
  readonly descriptor?: Descriptor;
}

function namesOf({
  main,
  descriptor,
}: EntryNote = {}): Pick<CacheEntry, 'name' | 'version' | 'device'> {
  if (descriptor === undefined) return main === undefined ? {} : { name: main };
  const { name, version, device } = descriptor;
  return { name, version, ...(device === undefined ? {} : { device: device.name }) };
}
