import type { FileHandle } from 'node:fs/promises';
import { readFully } from '../host/files.js';
import { PathSet, pathFault } from './entry-path.js';
import { BLOCK_BYTES, blocks, DESCRIPTOR_NAME, MAX_ENTRIES, MAX_PAX_BYTES } from './limits.js';
import { decodeHeader, decodePax, invalidPackage } from './ustar.js';

/** One regular file of an archive. */
export interface Entry {
  readonly path: string;
  readonly sizeBytes: number;
  /** First byte of its data in the archive. */
  readonly dataOffset: number;
}

/** An archive, read by position. */
export interface Archive {
  /** For messages. */
  readonly file: string;
  readonly handle: FileHandle;
  readonly sizeBytes: number;
}

/** Zero blocks at the end beyond this are not what a tar program writes. */
const MAX_TRAILER_BYTES = 64 * 1024;
const MAX_OCTAL_SIZE = 0o77777777777;

/**
 * Walk the entries of an archive, headers only: what is between them is jumped over. Everything that
 * a package must not have is refused on the way: anything but regular files, paths that lead elsewhere,
 * doubled names, contradicting or impossible sizes, a first entry that is not the descriptor, data after the end.
 *
 * @param maxEntries - entries beyond are refused before they are read.
 * @throws ModelconvError `E_PACKAGE_INVALID`.
 */
export async function* scanEntries(
  archive: Archive,
  maxEntries: number = MAX_ENTRIES,
): AsyncGenerator<Entry> {
  const paths = new PathSet();
  let position = 0;
  for (let count = 0; ; count++) {
    const found = await nextEntry(archive, position);
    if (found === undefined) {
      if (count === 0) throw invalidPackage(archive.file, 'it is an empty archive');
      return;
    }
    if (count >= maxEntries)
      throw invalidPackage(archive.file, `it has more than ${maxEntries} entries`);
    checkPath(archive, found, count, paths);
    await checkPadding(archive, found);
    yield found;
    position = found.dataOffset + blocks(found.sizeBytes);
  }
}

function checkPath(archive: Archive, entry: Entry, index: number, paths: PathSet): void {
  if (index === 0 && (entry.path !== DESCRIPTOR_NAME || entry.dataOffset !== BLOCK_BYTES)) {
    throw invalidPackage(
      archive.file,
      `its first entry is "${entry.path}", but must be ${DESCRIPTOR_NAME}`,
      'make the package with: modelconv pack',
    );
  }
  const fault = pathFault(entry.path) ?? paths.add(entry.path);
  if (fault !== undefined)
    throw invalidPackage(
      archive.file,
      `entry ${JSON.stringify(entry.path.slice(0, 200))}: ${fault}`,
    );
}

async function readBlock({ file, handle }: Archive, position: number): Promise<Buffer> {
  const block = Buffer.alloc(BLOCK_BYTES);
  const read = await readFully(handle, block, position);
  if (read < BLOCK_BYTES)
    throw invalidPackage(
      file,
      `it ends at byte ${position + read} in the middle of the archive: it is truncated`,
    );
  return block;
}

async function nextEntry(archive: Archive, start: number): Promise<Entry | undefined> {
  const block = await readBlock(archive, start);
  if (isZero(block)) {
    await checkTrailer(archive, start);
    return undefined;
  }
  const header = decodeHeader(block, archive.file, start);
  if (header.type === 'file')
    return checkRange(archive, {
      path: header.path,
      sizeBytes: header.sizeBytes,
      dataOffset: start + BLOCK_BYTES,
    });
  return await extendedEntry(archive, start, header.sizeBytes);
}

/** An extended header and the file that it speaks of. */
async function extendedEntry(archive: Archive, start: number, paxBytes: number): Promise<Entry> {
  const { file } = archive;
  if (paxBytes > MAX_PAX_BYTES)
    throw invalidPackage(file, `byte ${start}: an extended header of ${paxBytes} bytes`);
  const body = Buffer.alloc(paxBytes);
  if ((await readFully(archive.handle, body, start + BLOCK_BYTES)) < paxBytes)
    throw invalidPackage(file, 'it is truncated in an extended header');
  const pax = decodePax(body, file);
  const headerAt = start + BLOCK_BYTES + blocks(paxBytes);
  const header = decodeHeader(await readBlock(archive, headerAt), file, headerAt);
  if (header.type !== 'file')
    throw invalidPackage(file, `byte ${headerAt}: two extended headers in a row`);
  const path = pax.get('path') ?? header.path;
  return checkRange(archive, {
    path,
    sizeBytes: agreedSize(file, path, header.sizeBytes, pax.get('size')),
    dataOffset: headerAt + BLOCK_BYTES,
  });
}

/** Two sizes that differ would be read in two ways by two programs. */
function agreedSize(
  file: string,
  path: string,
  headerSize: number,
  paxSize: string | undefined,
): number {
  if (paxSize === undefined) return headerSize;
  const size = /^\d{1,15}$/.test(paxSize) ? Number(paxSize) : Number.NaN;
  if (!Number.isSafeInteger(size))
    throw invalidPackage(file, `entry "${path}" has a size that is not a number`);
  // beyond what the header can say in octal it must say the same in base 256, or nothing
  const isSilent = headerSize === 0 && size > MAX_OCTAL_SIZE;
  if (size !== headerSize && !isSilent)
    throw invalidPackage(file, `entry "${path}" has two sizes: ${headerSize} and ${size}`);
  return size;
}

function checkRange(archive: Archive, entry: Entry): Entry {
  if (entry.dataOffset + blocks(entry.sizeBytes) > archive.sizeBytes) {
    throw invalidPackage(
      archive.file,
      `entry "${entry.path}" has ${entry.sizeBytes} bytes by its header, more than the file holds: it is truncated`,
    );
  }
  return entry;
}

function isZero(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0);
}

/** What fills the last block of an entry is covered by no digest: it must be zeros. */
async function checkPadding(
  archive: Archive,
  { path, sizeBytes, dataOffset }: Entry,
): Promise<void> {
  const end = dataOffset + sizeBytes;
  const padding = Buffer.alloc(blocks(sizeBytes) - sizeBytes);
  await readFully(archive.handle, padding, end);
  if (!isZero(padding))
    throw invalidPackage(
      archive.file,
      `entry "${path}" is followed by data that belongs to nothing`,
    );
}

async function checkTrailer(archive: Archive, start: number): Promise<void> {
  const length = archive.sizeBytes - start;
  if (length < 2 * BLOCK_BYTES)
    throw invalidPackage(archive.file, 'its end mark is missing: it is truncated');
  if (length > MAX_TRAILER_BYTES)
    throw invalidPackage(archive.file, `it goes on for ${length} bytes after its end mark`);
  const trailer = Buffer.alloc(length);
  await readFully(archive.handle, trailer, start);
  if (!isZero(trailer)) throw invalidPackage(archive.file, 'there is data after its end mark');
}
