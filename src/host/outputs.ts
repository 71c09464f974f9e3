import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import {
  access,
  type FileHandle,
  link,
  lstat,
  open,
  realpath,
  rename,
  rm,
  stat,
} from 'node:fs/promises';
import path from 'node:path';
import { ModelconvError, messageOf, systemErrorCode } from '../errors.js';

/** Unfinished outputs, to be removed when the process has to end at once. */
const unfinished = new Set<string>();

/** Temporary outputs that exist now; read by the signal handler alone. */
export function unfinishedOutputs(): readonly string[] {
  return [...unfinished];
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
 * @param write - given the open temporary file, and its path.
 * @param force - replace a file that has the name when the new one is complete.
 * @throws {@link ModelconvError} `E_OUTPUT` for system errors of the output, `E_OUTPUT_EXISTS`; errors of `write` pass through.
 */
export async function writeAtomically<T>(
  file: string,
  write: (handle: FileHandle, temporary: string) => Promise<T>,
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
    const result = await write(handle, temporary).catch((error: unknown) => {
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
