import { createHash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import {
  access,
  copyFile,
  type FileHandle,
  link,
  lstat,
  mkdir,
  open,
  readFile,
  realpath,
  rename,
  rm,
  stat,
} from 'node:fs/promises';
import path from 'node:path';
import { type ErrorCode, ModelconvError, messageOf, systemErrorCode } from '../errors.js';

/** Size of one read: large enough that the cost of a call does not count, small enough for bounded memory. */
export const CHUNK_BYTES: number = 1024 * 1024;

/** Unfinished outputs, to be removed when the process has to end at once. */
const unfinished = new Set<string>();

/** Temporary outputs that exist now; read by the signal handler alone. */
export function unfinishedOutputs(): readonly string[] {
  return [...unfinished];
}

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

/** Why a path cannot be written, in the user's terms. */
export function outputError(file: string, error: unknown, flag = '-o'): ModelconvError {
  if (error instanceof ModelconvError) return error;
  const reasons: Record<string, [why: string, next: string]> = {
    ENOENT: ['its directory does not exist', `mkdir -p ${path.dirname(file)}`],
    ENOTDIR: ['a part of the path is not a directory', `choose another path with ${flag}`],
    EACCES: ['you may not write there', `choose another path with ${flag}`],
    EPERM: ['you may not write there', `choose another path with ${flag}`],
    EROFS: ['the file system is read-only', `choose another path with ${flag}`],
    ENAMETOOLONG: ['its name is too long', `choose a shorter one with ${flag}`],
    ENOSPC: ['the disk is full', `free some room, or choose another path with ${flag}`],
    EFBIG: ['it would be larger than a file may be here', 'raise the limit: ulimit -f'],
    EDQUOT: ['your disk quota is used up', `free some room, or choose another path with ${flag}`],
    EISDIR: ['it is a directory', `name a file with ${flag}`],
  };
  const [why, next] = reasons[systemErrorCode(error) ?? ''] ?? [
    messageOf(error),
    `choose another path with ${flag}`,
  ];
  return new ModelconvError('E_OUTPUT', {
    what: `${file} cannot be written`,
    why,
    next,
    cause: error,
  });
}

/** True for the system errors that mean "this output cannot be had", on whichever call they came. */
export function isOutputFailure(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EFBIG', 'ENAMETOOLONG'].includes(
    systemErrorCode(error) ?? '',
  );
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
 * @throws {@link ModelconvError} `E_INPUT` when it cannot be read; `code` when it is larger than `maxBytes`.
 */
export async function readSmallText(
  file: string,
  maxBytes: number,
  code: ErrorCode,
): Promise<string> {
  return await withInput(file, async (handle, sizeBytes) => {
    if (sizeBytes > maxBytes) {
      throw new ModelconvError(code, {
        what: `${file} is larger than ${maxBytes} bytes`,
        why: 'a document of this kind is small',
        next: 'check whether it is the right file',
      });
    }
    return decodeText(file, await readFile(handle), code);
  });
}

function decodeText(file: string, bytes: Buffer, code: ErrorCode): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
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

/** Real path of a file, or of its directory when the file itself is not there yet. */
async function identityOf(file: string): Promise<string> {
  try {
    return await realpath(file);
  } catch {
    const dir = await realpath(path.dirname(path.resolve(file))).catch(() =>
      path.dirname(path.resolve(file)),
    );
    return path.join(dir, path.basename(file));
  }
}

/**
 * Refuse to write a file that the same run reads.
 *
 * @throws {@link ModelconvError} `E_OUTPUT`.
 */
async function refuseInput(output: string, inputs: readonly string[]): Promise<void> {
  const target = await identityOf(output);
  for (const input of inputs) {
    if ((await identityOf(input)) !== target && !(await sameInode(input, output))) continue;
    throw new ModelconvError('E_OUTPUT', {
      what: `${output} is also an input`,
      why: `writing it would destroy ${input}`,
      next: 'choose another path',
    });
  }
}

/**
 * Refuse an output before any work is done for it: an input of the same run, a directory, a file
 * that is there already without `force`, a directory that does not exist.
 *
 * @throws {@link ModelconvError} `E_OUTPUT` or `E_OUTPUT_EXISTS`.
 */
export async function checkOutput(
  output: string,
  inputs: readonly string[],
  force: boolean,
  flag = '-o',
): Promise<void> {
  if (output === '')
    throw new ModelconvError('E_USAGE', {
      what: `${flag} names no file`,
      next: `name one: ${flag} FILE`,
    });
  await refuseInput(output, inputs);
  const dir = path.dirname(path.resolve(output));
  await access(dir, constants.W_OK).catch((error: unknown) => {
    throw outputError(output, error, flag);
  });
  const found = await lstat(output).catch((error: unknown) => {
    if (systemErrorCode(error) === 'ENAMETOOLONG') throw outputError(output, error, flag);
    return undefined;
  });
  // a link counts as what it leads to: /dev/stdout is one
  const target = await stat(output).catch(() => undefined);
  if (target?.isDirectory())
    throw outputError(output, Object.assign(new Error('EISDIR'), { code: 'EISDIR' }), flag);
  if (target !== undefined && !target.isFile()) {
    throw new ModelconvError('E_OUTPUT', {
      what: `${output} is not a regular file`,
      why: 'what is written replaces the file of its name',
      next: `choose another path with ${flag}`,
    });
  }
  if (found !== undefined && !force) throw existsAlready(output, flag);
}

/**
 * Refuse a log that cannot be one: an input of the same run, or anything but a regular file (a FIFO
 * would wait for its reader).
 *
 * @throws {@link ModelconvError} `E_OUTPUT`.
 */
export async function checkLog(file: string, inputs: readonly string[]): Promise<void> {
  await refuseInput(file, inputs);
  const found = await stat(file).catch(() => undefined);
  if (found === undefined || found.isFile()) return;
  throw new ModelconvError('E_OUTPUT', {
    what: `${file} is not a regular file`,
    why: 'the log is added to a file',
    next: 'choose another path with --log',
  });
}

async function sameInode(a: string, b: string): Promise<boolean> {
  const [first, second] = await Promise.all(
    [stat(a), stat(b)].map((found) => found.catch(() => undefined)),
  );
  return (
    first !== undefined &&
    second !== undefined &&
    first.ino === second.ino &&
    first.dev === second.dev &&
    first.ino !== 0
  );
}

/**
 * Make a rename durable, where the system lets us: Windows cannot open directories, and a directory
 * may be writable but not readable. The rename itself has happened.
 */
export async function syncDirectory(dir: string): Promise<void> {
  const handle = await open(dir, 'r').catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}

/** Give a complete file its name. Without `force` it must be a new one, also when another program was faster. */
async function publish(temporary: string, file: string, force: boolean): Promise<void> {
  if (force) {
    await rename(temporary, file);
    return;
  }
  try {
    // a link fails when the name is taken, a rename does not
    await link(temporary, file);
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') throw existsAlready(file);
    // no hard links here (FAT, some network file systems): the check before the work has to do
    await rename(temporary, file);
    return;
  }
  await rm(temporary, { force: true });
}

function existsAlready(file: string, flag = '-o'): ModelconvError {
  return new ModelconvError('E_OUTPUT_EXISTS', {
    what: `${file} already exists`,
    next: `add --force to replace it, or choose another path with ${flag}`,
  });
}

/**
 * Write a file so that its name holds the old content or the complete new one, never a mix:
 * temporary name in the same directory, fsync, rename, fsync of the directory. When `write` fails
 * the temporary file is removed and the old file stays as it was.
 *
 * @param force - replace a file that has the name when the new one is complete.
 * @throws {@link ModelconvError} `E_OUTPUT` for system errors of the output, `E_OUTPUT_EXISTS`; errors of `write` pass through.
 */
export async function writeAtomically<T>(
  file: string,
  write: (handle: FileHandle) => Promise<T>,
  force = true,
  flag = '-o',
): Promise<T> {
  const dir = path.dirname(path.resolve(file));
  const temporary = path.join(dir, `.modelconv-${randomBytes(6).toString('hex')}.tmp`);
  const handle = await open(temporary, 'wx', 0o666).catch((error: unknown) => {
    throw outputError(file, error, flag);
  });
  unfinished.add(temporary);
  try {
    const result = await write(handle).catch((error: unknown) => {
      throw isOutputFailure(error) ? outputError(file, error, flag) : error;
    });
    await finish(handle, temporary, file, force, flag);
    return result;
  } catch (error) {
    await handle.close().catch(() => {});
    await rm(temporary, { force: true });
    throw error;
  } finally {
    unfinished.delete(temporary);
  }
}

async function finish(
  handle: FileHandle,
  temporary: string,
  file: string,
  force: boolean,
  flag = '-o',
): Promise<void> {
  try {
    await handle.sync();
    await handle.close();
    await publish(temporary, file, force);
  } catch (error) {
    throw outputError(file, error, flag);
  }
  await syncDirectory(path.dirname(temporary));
}
