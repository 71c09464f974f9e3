import { type FileWindow, MalformedError } from '../file-window.js';
import { readContent } from '../zip/content.js';
import { readDirectory, type ZipEntry } from '../zip/directory.js';

/** A zip archive as torch writes it: everything lies in one directory, which has the archive's first name. */
export interface TorchArchive {
  /** Names of the records, without that directory. */
  readonly names: Iterable<string>;
  /** Size of a record in bytes; undefined when there is none. */
  sizeOf(name: string): number | undefined;
  /** A record; undefined when there is none. @throws MalformedError when it is damaged, or longer than `limit` bytes. */
  read(name: string, limit: number): Buffer | undefined;
}

/**
 * Open an archive: only its list of files is read.
 *
 * @throws MalformedError when it is no zip archive, or a damaged one.
 */
export function openArchive(file: FileWindow): TorchArchive {
  const records = new Map<string, ZipEntry>();
  let root: string | undefined;
  for (const entry of readDirectory(file).values()) {
    root ??= entry.name.slice(0, entry.name.indexOf('/') + 1);
    if (entry.name.startsWith(root)) records.set(entry.name.slice(root.length), entry);
  }
  if (records.size === 0) throw new MalformedError('it is an empty archive');
  return {
    names: records.keys(),
    sizeOf: (name) => records.get(name)?.sizeBytes,
    read(name, limit) {
      const entry = records.get(name);
      return entry === undefined ? undefined : readContent(file, entry, limit);
    },
  };
}
