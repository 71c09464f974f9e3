import { Header, Pax } from 'tar';
import { BLOCK_BYTES, blocks, MODEL_ALIGNMENT, MODEL_PREFIX } from './limits.js';

/** Everything about an entry that must not depend on the machine it was packed on. */
const FIXED = { mode: 0o644, uid: 0, gid: 0, uname: '', gname: '' } as const;

/** The largest size that the header's own field holds, in bytes (11 octal digits). */
const MAX_HEADER_SIZE = 0o77777777777;

export interface EntryHeader {
  readonly path: string;
  readonly sizeBytes: number;
  /** Seconds since 1970. */
  readonly mtime: number;
}

function ustarHeader({ path, sizeBytes, mtime }: EntryHeader): { block: Buffer; fits: boolean } {
  const block = Buffer.alloc(BLOCK_BYTES);
  const header = new Header({
    ...FIXED,
    path,
    size: sizeBytes,
    type: 'File',
    mtime: new Date(mtime * 1000),
  });
  return { block, fits: !header.encode(block) };
}

/** What ustar cannot say goes into an extended header. */
function paxFields(
  { path, sizeBytes }: EntryHeader,
  fits: boolean,
): { path?: string; size?: number } {
  if (fits) return {};
  return sizeBytes > MAX_HEADER_SIZE ? { path, size: sizeBytes } : { path };
}

function paxBlocks(
  fields: { path?: string; size?: number; comment?: string },
  mtime: number,
): Buffer {
  // the path of an extended header is a label only: the same everywhere, so that it says nothing
  const pax = new Pax({ ...fields });
  const encoded = pax.encode();
  const block = Buffer.alloc(BLOCK_BYTES);
  new Header({
    ...FIXED,
    path: 'PaxHeader',
    size: Buffer.byteLength(pax.encodeBody()),
    type: 'ExtendedHeader',
    mtime: new Date(mtime * 1000),
  }).encode(block);
  block.copy(encoded);
  return encoded;
}

/** Length of the pax record `LENGTH comment=VALUE\n`, for a value of `bytes` ASCII bytes. */
function commentRecordLength(bytes: number): number {
  const rest = ' comment=\n'.length + bytes;
  let length = rest + 1;
  while (String(length).length + rest !== length) length = String(length).length + rest;
  return length;
}

/** A comment whose record fills `room` bytes of an extended header as far as it goes. */
function fillingComment(room: number): string {
  for (let bytes = Math.max(0, room - 16); ; bytes--) {
    if (bytes <= 0 || commentRecordLength(bytes) <= room) return ' '.repeat(Math.max(0, bytes));
  }
}

/**
 * The header blocks of an entry that starts at `offset` in the archive. Data of `model/` entries
 * starts at a multiple of 4096: the room before it is a comment in a pax extended header, which every
 * tar skips (checked with GNU tar, Python's tarfile and node-tar).
 */
export function entryHeader(entry: EntryHeader, offset: number): Buffer {
  const { block, fits } = ustarHeader(entry);
  const fields = paxFields(entry, fits);
  const isPlain = Object.keys(fields).length === 0;
  if (!entry.path.startsWith(MODEL_PREFIX))
    return isPlain ? block : Buffer.concat([paxBlocks(fields, entry.mtime), block]);
  if (isPlain && (offset + BLOCK_BYTES) % MODEL_ALIGNMENT === 0) return block;
  const used = Buffer.byteLength(new Pax({ ...fields }).encodeBody());
  // smallest body that holds the fields and at least an empty comment, and that ends on the boundary
  let body = blocks(used + commentRecordLength(0));
  while ((offset + BLOCK_BYTES + body + BLOCK_BYTES) % MODEL_ALIGNMENT !== 0) body += BLOCK_BYTES;
  const pax = paxBlocks({ ...fields, comment: fillingComment(body - used) }, entry.mtime);
  return Buffer.concat([pax, block]);
}
