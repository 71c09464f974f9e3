import type { FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { messageOf } from '../errors.js';
import { readFully } from '../host/files.js';
import { unusable } from './faults.js';

/** Bytes that are read once from front to back. */
export interface ByteSource {
  /** Bytes from here to the end. */
  readonly remaining: number;
  /** The next bytes, fewer only at the end; valid until the next call. */
  read(bytes: number): Promise<Buffer>;
  skip(bytes: number): Promise<void>;
  /** Go to the end, where what was read is checked as far as the format has a checksum. */
  finish(): Promise<void>;
}

/** A file, from its start. */
export function fileSource(handle: FileHandle, sizeBytes: number): ByteSource {
  let position = 0;
  return {
    get remaining() {
      return sizeBytes - position;
    },
    async read(bytes) {
      const buffer = Buffer.alloc(Math.min(bytes, sizeBytes - position));
      const read = await readFully(handle, buffer, position);
      position += read;
      return buffer.subarray(0, read);
    },
    async skip(bytes) {
      position = Math.min(sizeBytes, position + bytes);
    },
    async finish() {},
  };
}

/**
 * A stream of known length and checksum: one member of a zip archive.
 *
 * @throws ModelconvError `E_CALIBRATION_INVALID` when it cannot be unpacked, or in `finish` when the checksum is wrong.
 */
export function streamSource(stream: Readable, sizeBytes: number, checksum: number): ByteSource {
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let rest: Buffer = Buffer.alloc(0);
  let position = 0;
  let sum = 0;
  const fill = async (): Promise<boolean> => {
    const next = await chunks.next().catch((error: unknown) => {
      throw unusable(`it is a damaged .npz file: ${messageOf(error)}`);
    });
    if (next.done === true) return false;
    rest = next.value;
    sum = crc32(rest, sum);
    return true;
  };
  const take = async (bytes: number, use: (part: Buffer) => void): Promise<void> => {
    for (let wanted = bytes; wanted > 0; ) {
      if (rest.length === 0 && !(await fill())) return;
      const part = rest.subarray(0, wanted);
      use(part);
      rest = rest.subarray(part.length);
      position += part.length;
      wanted -= part.length;
    }
  };
  return {
    get remaining() {
      return sizeBytes - position;
    },
    async read(bytes) {
      const buffer = Buffer.alloc(Math.min(bytes, sizeBytes - position));
      let filled = 0;
      await take(buffer.length, (part) => {
        filled += part.copy(buffer, filled);
      });
      return buffer.subarray(0, filled);
    },
    skip: async (bytes) => await take(bytes, () => {}),
    async finish() {
      while (rest.length > 0 || (await fill())) await take(rest.length, () => {});
      if (sum !== checksum) throw unusable('it is a damaged .npz file: a checksum is wrong');
    },
  };
}
