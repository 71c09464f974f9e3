import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, type FileHandle, lstat, mkdir, open, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { type ErrorCode, ModelconvError, messageOf, systemErrorCode } from '../errors.js';
import { isOutputFailure } from './outputs.js';

/** Size of one read: large enough that the cost of a call does not count, small enough for bounded memory. */
export const CHUNK_BYTES: number = 1024 * 1024;

export interface FileDigest {
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** Why a path cannot be read, in the user's terms. */
function inputError(file: string, error: unknown): ModelconvError {
  const reasons: Record<string, [why: string, next: string]> = {
    ENOENT: [
      'there is no such file',
      'check the path; relative paths start at the current directory',
    ],
    EACCES: ['you may not read it', `look at its permissions: ls -l ${path.dirname(file)}`],
    EISDIR: ['it is a directory', 'name a file'],
    ENOTDIR: ['a part of the path is not a directory', 'check the path'],
  };
  const [why, next] = reasons[systemErrorCode(error) ?? ''] ?? [messageOf(error), undefined];
  return new ModelconvError('E_INPUT', { what: `${file} cannot be read`, why, next, cause: error });
}

/**
 * Open a regular file for reading. Anything else (a directory, a FIFO, a device) is refused before
 * it is opened, so that nothing can hang.
 *
 * @throws {@link ModelconvError} `E_INPUT`.
 */
export async function openInput(file: string): Promise<{ handle: FileHandle; sizeBytes: number }> {
  try {
    const before = await stat(file);
    if (before.isDirectory())
      throw new ModelconvError('E_INPUT', { what: `${file} is a directory`, next: 'name a file' });
    if (!before.isFile()) {
      throw new ModelconvError('E_INPUT', {
        what: `${file} is not a regular file`,
        next: 'write it to a file first',
      });
    }
    const handle = await open(file, 'r');
    return { handle, sizeBytes: (await handle.stat()).size };
  } catch (error) {
    throw error instanceof ModelconvError ? error : inputError(file, error);
  }
}

/** Run `work` with a file opened by {@link openInput}, and close it after. */
export async function withInput<T>(
  file: string,
  work: (handle: FileHandle, sizeBytes: number) => Promise<T>,
): Promise<T> {
  const { handle, sizeBytes } = await openInput(file);
  try {
    return await work(handle, sizeBytes);
  } finally {
    await handle.close();
  }
}

/**
 * Read a small text file whole.
 *
 * @param options - `keepsMark`: a byte order mark at its start stays in the text, to be written back.
 * @throws {@link ModelconvError} `E_INPUT` when it cannot be read; `code` when it is larger than `maxBytes`.
 */
export async function readSmallText(
  file: string,
  maxBytes: number,
  code: ErrorCode,
  { keepsMark = false }: { readonly keepsMark?: boolean } = {},
): Promise<string> {
  return await withInput(file, async (handle, sizeBytes) => {
    if (sizeBytes > maxBytes) {
      throw new ModelconvError(code, {
        what: `${file} is larger than ${maxBytes} bytes`,
        why: 'a document of this kind is small',
        next: 'check whether it is the right file',
      });
    }
    return decodeText(file, await readFile(handle), code, keepsMark);
  });
}

function decodeText(file: string, bytes: Buffer, code: ErrorCode, keepsMark: boolean): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: keepsMark }).decode(bytes);
  } catch (error) {
    throw new ModelconvError(code, {
      what: `${file} is not UTF-8 text`,
      next: 'save it as UTF-8',
      cause: error,
    });
  }
}

/** Fill `buffer` from `position` on; returns the bytes read, fewer only at the end of the file. */
export async function readFully(
  handle: FileHandle,
  buffer: Buffer,
  position: number,
): Promise<number> {
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await handle.read(
      buffer,
      filled,
      buffer.length - filled,
      position + filled,
    );
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}

/** Write all of `buffer` at `position`; a short write (a full disk) is continued until it fails. */
export async function writeFully(
  handle: FileHandle,
  buffer: Uint8Array,
  position: number,
): Promise<void> {
  let done = 0;
  while (done < buffer.length) {
    const { bytesWritten } = await handle.write(
      buffer,
      done,
      buffer.length - done,
      position + done,
    );
    done += bytesWritten;
  }
}

/**
 * Read a range chunk by chunk, the next chunk being read while the caller works on this one.
 * A chunk is valid until the next one is asked for: two buffers take turns.
 *
 * @throws RangeError when the file ends before the range does.
 */
export async function* readChunks(
  handle: FileHandle,
  start: number,
  end: number,
): AsyncGenerator<Buffer> {
  const buffers = [
    Buffer.allocUnsafe(Math.min(CHUNK_BYTES, end - start)),
    Buffer.allocUnsafe(Math.min(CHUNK_BYTES, end - start)),
  ];
  const load = (position: number, turn: number): Promise<Buffer> | undefined => {
    const buffer = buffers[turn % 2];
    if (position >= end || buffer === undefined) return undefined;
    const part = buffer.subarray(0, Math.min(buffer.length, end - position));
    const read = readFully(handle, part, position).then((bytes) => {
      if (bytes < part.length)
        throw new RangeError(`file ends at byte ${position + bytes}, ${end} expected`);
      return part;
    });
    // it may fail while nobody waits yet; the failure is thrown when the chunk is asked for
    read.catch(() => {});
    return read;
  };
  let position = start;
  let pending = load(position, 0);
  for (let turn = 1; pending !== undefined; turn++) {
    const chunk = await pending;
    position += chunk.length;
    pending = load(position, turn);
    yield chunk;
  }
}

/** Digest of a whole file, in one pass. @throws {@link ModelconvError} `E_INPUT`. */
export async function hashFile(file: string): Promise<FileDigest> {
  return await withInput(file, async (handle, sizeBytes) => {
    const hash = createHash('sha256');
    for await (const chunk of readChunks(handle, 0, sizeBytes)) hash.update(chunk);
    return { sha256: hash.digest('hex'), sizeBytes };
  });
}

/**
 * A private copy of an input: a reflink where the file system can (no data moves), read-only.
 * Not a hard link: taking the write permission from a hard link takes it from the original too.
 *
 * @throws {@link ModelconvError} `E_INPUT` or `E_OUTPUT`.
 */
export async function copyReadOnly(from: string, to: string): Promise<void> {
  try {
    await mkdir(path.dirname(to), { recursive: true });
    await copyFile(from, to, constants.COPYFILE_FICLONE);
    const handle = await open(to, 'r');
    await handle.chmod(0o444);
    await handle.close();
  } catch (error) {
    // the caller knows whose disk is full
    throw isOutputFailure(error) ? error : inputError(from, error);
  }
}

/** Whether there is a file of this name; a link that leads nowhere counts, and is an error when it is read. */
export async function exists(file: string): Promise<boolean> {
  return await lstat(file).then(
    () => true,
    () => false,
  );
}
