import { type FileWindow, MalformedError } from '../file-window.js';

/** One file of an archive, as the directory at its end lists it. */
export interface ZipEntry {
  readonly name: string;
  /** 0: stored, 8: deflated. */
  readonly method: number;
  readonly crc32: number;
  /** Bytes that it takes in the archive. */
  readonly storedBytes: number;
  readonly sizeBytes: number;
  /** Where its local header begins. */
  readonly position: number;
}

const END = 0x06054b50;
const END_SIZE = 22;
const END64 = 0x06064b50;
const END64_SIZE = 56;
const LOCATOR64 = 0x07064b50;
const LOCATOR64_SIZE = 20;
const ENTRY = 0x02014b50;
const ENTRY_SIZE = 46;
/** Tag of the extra field that holds what does not fit into 32 bits. */
const EXTRA64 = 1;
const FULL32 = 0xffff_ffff;
const MAX_COMMENT = 0xffff;
/** A large model has some ten thousand tensors, each a file of its own. */
const MAX_ENTRIES = 200_000;

/** Whether a file begins as archives do that hold something. */
export function isZip(file: FileWindow): boolean {
  return file.sizeBytes >= 4 && file.bytes(0, 4).readUInt32LE(0) === 0x04034b50;
}

/**
 * The files of a zip archive by name, in its order; zip64 is understood. Only the directory is read.
 *
 * @throws MalformedError when there is no directory, or it is not as it must be.
 * @see APPNOTE.TXT 6.3.10, sections 4.3.12 to 4.3.16 and 4.5.3.
 */
export function readDirectory(file: FileWindow): Map<string, ZipEntry> {
  const { count, start, end } = findDirectory(file);
  if (count > MAX_ENTRIES) throw new MalformedError(`it lists ${count} files`);
  const entries = new Map<string, ZipEntry>();
  let at = start;
  for (let index = 0; index < count; index++) {
    const { entry, next } = readEntry(file, at, start, end);
    if (entries.has(entry.name))
      throw new MalformedError(`it holds ${JSON.stringify(entry.name)} twice`);
    entries.set(entry.name, entry);
    at = next;
  }
  return entries;
}

interface Directory {
  readonly count: number;
  readonly start: number;
  readonly end: number;
}

function findDirectory(file: FileWindow): Directory {
  const position = findEnd(file);
  const end = file.bytes(position, END_SIZE);
  const found = directory64(file, position) ?? {
    count: end.readUInt16LE(10),
    start: end.readUInt32LE(16),
    end: end.readUInt32LE(16) + end.readUInt32LE(12),
  };
  if (found.end > position || found.count * ENTRY_SIZE > found.end - found.start)
    throw new MalformedError('its list of files does not fit into it');
  return found;
}

/** The end record stands last, but for a comment of at most 64 KiB whose length it gives. */
function findEnd(file: FileWindow): number {
  const first = Math.max(0, file.sizeBytes - END_SIZE - MAX_COMMENT);
  const tail = file.bytes(first, file.sizeBytes - first);
  for (let at = tail.length - END_SIZE; at >= 0; at--) {
    const isEnd = tail.readUInt32LE(at) === END;
    if (isEnd && tail.readUInt16LE(at + 20) === tail.length - at - END_SIZE) return first + at;
  }
  throw new MalformedError('its list of files is missing: it is truncated');
}

function directory64(file: FileWindow, end: number): Directory | undefined {
  if (end < LOCATOR64_SIZE) return undefined;
  const locator = file.bytes(end - LOCATOR64_SIZE, LOCATOR64_SIZE);
  if (locator.readUInt32LE(0) !== LOCATOR64) return undefined;
  const position = wide(locator, 8);
  const record = file.bytes(position, END64_SIZE);
  if (record.readUInt32LE(0) !== END64)
    throw new MalformedError('its zip64 record is not where it says');
  const start = wide(record, 48);
  return { count: wide(record, 32), start, end: start + wide(record, 40) };
}

/** A number of 64 bits. @throws MalformedError when it is more than any file has bytes. */
function wide(buffer: Buffer, at: number): number {
  const value = buffer.readBigUInt64LE(at);
  if (value > BigInt(Number.MAX_SAFE_INTEGER))
    throw new MalformedError(`it has the impossible size ${value}`);
  return Number(value);
}

function readEntry(
  file: FileWindow,
  at: number,
  start: number,
  end: number,
): { entry: ZipEntry; next: number } {
  const header = at + ENTRY_SIZE <= end ? file.bytes(at, ENTRY_SIZE) : undefined;
  if (header?.readUInt32LE(0) !== ENTRY) throw new MalformedError('its list of files is damaged');
  const [nameSize, extraSize] = [header.readUInt16LE(28), header.readUInt16LE(30)];
  const next = at + ENTRY_SIZE + nameSize + extraSize + header.readUInt16LE(32);
  if (next > end) throw new MalformedError('its list of files is damaged');
  const name = file.bytes(at + ENTRY_SIZE, nameSize).toString('utf8');
  if ((header.readUInt16LE(8) & 1) !== 0)
    throw new MalformedError(`${JSON.stringify(name)} in it is encrypted`);
  const extra = file.bytes(at + ENTRY_SIZE + nameSize, extraSize);
  const [sizeBytes, storedBytes, position] = wideFields(extra, [
    header.readUInt32LE(24),
    header.readUInt32LE(20),
    header.readUInt32LE(42),
  ]);
  if (position + storedBytes > start)
    throw new MalformedError(`${JSON.stringify(name)} in it does not lie in front of the list`);
  const [method, crc32] = [header.readUInt16LE(10), header.readUInt32LE(16)];
  return { entry: { name, method, crc32, storedBytes, sizeBytes, position }, next };
}

type Fields = readonly [sizeBytes: number, storedBytes: number, position: number];

/** What stands as 0xFFFFFFFF in the entry is found, in this order, in its extra field. */
function wideFields(extra: Buffer, fields: Fields): Fields {
  if (!fields.includes(FULL32)) return fields;
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== EXTRA64) continue;
    const field = extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2));
    let read = 0;
    return fields.map((value) => {
      if (value !== FULL32) return value;
      if (read + 8 > field.length) throw new MalformedError('a zip64 field in it is too short');
      read += 8;
      return wide(field, read - 8);
    }) as unknown as Fields;
  }
  throw new MalformedError('a zip64 field in it is missing');
}
