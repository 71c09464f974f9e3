import { crc32, inflateRawSync } from 'node:zlib';
import { type FileWindow, MalformedError } from '../file-window.js';
import type { ZipEntry } from './directory.js';

const HEADER = 0x04034b50;
const HEADER_SIZE = 30;
const STORED = 0;
const DEFLATED = 8;

/**
 * The content of one file of an archive, whole, its checksum compared.
 *
 * @param limit - longest content that is read, in bytes: what the archive says of itself is not to be trusted.
 * @throws MalformedError when it is longer, or damaged.
 */
export function readContent(file: FileWindow, entry: ZipEntry, limit: number): Buffer {
  const quoted = JSON.stringify(entry.name);
  if (entry.sizeBytes > limit || entry.storedBytes > limit)
    throw new MalformedError(`${quoted} in it is larger than ${limit} bytes`);
  const stored = file.bytes(contentStart(file, entry), entry.storedBytes);
  const content = unpacked(entry, stored);
  if (content.length !== entry.sizeBytes || crc32(content) !== entry.crc32)
    throw new MalformedError(`${quoted} in it is damaged`);
  return content;
}

/** Behind the local header, whose extra field need not be that of the directory. */
function contentStart(file: FileWindow, { name, position }: ZipEntry): number {
  const header = file.bytes(position, HEADER_SIZE);
  if (header.readUInt32LE(0) !== HEADER)
    throw new MalformedError(`${JSON.stringify(name)} is not where its list of files says`);
  return position + HEADER_SIZE + header.readUInt16LE(26) + header.readUInt16LE(28);
}

function unpacked({ name, method, sizeBytes }: ZipEntry, stored: Buffer): Buffer {
  if (method === STORED) return stored;
  if (method !== DEFLATED)
    throw new MalformedError(`${JSON.stringify(name)} in it is packed by the method ${method}`);
  try {
    return inflateRawSync(stored, { maxOutputLength: Math.max(1, sizeBytes) });
  } catch (error) {
    throw new MalformedError(`${JSON.stringify(name)} in it is damaged`, { cause: error });
  }
}
