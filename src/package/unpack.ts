import { renameSync } from 'node:fs';
import { chmod, lstat, mkdir, open, readdir, realpath, rename, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { ModelconvError, systemErrorCode } from '../errors.js';
import { readChunks, writeFully } from '../host/files.js';
import { outputError, syncDirectory } from '../host/outputs.js';
import { withScratchDir } from '../host/temp.js';
import { type OpenPackage, withPackage } from './read.js';
import { type EntrySink, readEntry } from './verify.js';

/**
 * Unpack into `directory`, which must not exist or be empty: everything goes into a fresh private
 * directory beside it first, every digest is checked on the way, and one rename makes it appear.
 *
 * @param force - replace a directory that is there already; the old one stays until the new one is complete.
 * @returns paths of the files, relative to the directory, in archive order.
 * @throws ModelconvError `E_INPUT`, `E_PACKAGE_INVALID`, `E_DESCRIPTOR_INVALID`, `E_OUTPUT`, `E_OUTPUT_EXISTS`.
 */
export async function unpackPackage(
  file: string,
  directory: string,
  force: boolean,
  signal?: AbortSignal,
): Promise<string[]> {
  if (directory === '')
    throw new ModelconvError('E_USAGE', {
      what: 'the directory is missing',
      next: 'say where to unpack: -C DIR',
    });
  const target = path.resolve(directory);
  await checkTarget(directory, target, force);
  await refuseInside(file, directory, target);
  return await withPackage(file, async (opened) => {
    const parent = path.dirname(target);
    try {
      return await withScratchDir(async (scratch) => {
        const fresh = path.join(scratch, 'unpacked');
        await mkdir(fresh, { mode: 0o700 });
        const files = await extractAll(opened, fresh, signal);
        await replaceDirectory(fresh, target, path.join(scratch, 'old'), force);
        await syncDirectory(parent);
        return files;
      }, parent);
    } catch (error) {
      throw error instanceof ModelconvError ||
        (error instanceof Error && error.name === 'AbortError')
        ? error
        : isTaken(error)
          ? notEmpty(directory)
          : outputError(directory, error, '-C');
    }
  });
}

/** The target was filled while the package was checked. */
function isTaken(error: unknown): boolean {
  return ['ENOTEMPTY', 'EEXIST'].includes(systemErrorCode(error) ?? '');
}

function notEmpty(directory: string): ModelconvError {
  return new ModelconvError('E_OUTPUT_EXISTS', {
    what: `${directory} is not empty`,
    next: 'add --force to replace it, or choose another directory with -C',
  });
}

async function checkTarget(directory: string, target: string, force: boolean): Promise<void> {
  const parent = await lstat(path.dirname(target)).catch(() => undefined);
  if (parent === undefined)
    throw new ModelconvError('E_OUTPUT', {
      what: `${directory} cannot be written`,
      why: 'the directory that it would be in does not exist',
      next: `mkdir -p ${path.dirname(directory)}`,
    });
  const found = await lstat(target).catch(() => undefined);
  if (found === undefined) return;
  if ((await realpath(target)) === (await realpath('.').catch(() => ''))) {
    throw new ModelconvError('E_OUTPUT', {
      what: `${directory} is the current directory`,
      why: 'it would be replaced under the shell that stands in it',
      next: 'choose another directory with -C',
    });
  }
  if (!found.isDirectory())
    throw new ModelconvError('E_OUTPUT', {
      what: `${directory} is not a directory`,
      next: 'choose another one with -C',
    });
  if (force || (await readdir(target)).length === 0) return;
  throw notEmpty(directory);
}

/** Replacing the directory would take the package with it. */
async function refuseInside(file: string, directory: string, target: string): Promise<void> {
  const [inner, outer] = await Promise.all(
    [file, target].map((name) => realpath(name).catch(() => path.resolve(name))),
  );
  if (inner === undefined || outer === undefined || !inner.startsWith(`${outer}${path.sep}`))
    return;
  throw new ModelconvError('E_OUTPUT', {
    what: `${directory} holds the package itself`,
    why: 'replacing the directory would destroy it',
    next: 'choose another directory with -C',
  });
}

async function extractAll(
  { archive, entries, unlisted }: OpenPackage,
  fresh: string,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  for (const entry of unlisted) {
    signal?.throwIfAborted();
    await withNewFile(fresh, entry.path, async (write) => {
      let position = 0;
      for await (const chunk of readChunks(
        archive.handle,
        entry.dataOffset,
        entry.dataOffset + entry.sizeBytes,
      )) {
        await write(chunk, position);
        position += chunk.length;
      }
    });
  }
  for (const entry of entries) {
    signal?.throwIfAborted();
    await withNewFile(
      fresh,
      entry.path,
      async (write) => await readEntry(archive, entry, signal, write),
    );
  }
  return [...unlisted, ...entries].map((entry) => entry.path);
}

/**
 * Take some files out of a package; their digests are checked on the way.
 *
 * @param directory - exists, and is empty.
 * @param isWanted - tells by its path in the package whether a file is taken.
 * @returns paths in the package of what was taken, in archive order.
 * @throws ModelconvError as `withPackage` and `readEntry` do; system errors of the directory.
 */
export async function extractFiles(
  file: string,
  directory: string,
  isWanted: (entryPath: string) => boolean,
  signal?: AbortSignal,
): Promise<string[]> {
  return await withPackage(file, async (opened) => {
    const entries = opened.entries.filter((entry) => isWanted(entry.path));
    return await extractAll({ ...opened, entries, unlisted: [] }, directory, signal);
  });
}

/** Make a file, never follow or replace one, and hand out a function that writes to it. */
async function withNewFile(
  root: string,
  entryPath: string,
  fill: (write: EntrySink) => Promise<void>,
): Promise<void> {
  const target = path.join(root, ...entryPath.split('/'));
  await mkdir(path.dirname(target), { recursive: true });
  const handle = await open(target, 'wx', 0o666);
  try {
    await fill(async (chunk, position) => await writeFully(handle, chunk, position));
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Put the fresh directory in place. Without `force` one rename does it, which fails when the target is
 * not empty by now; with it the old directory is moved aside, both renames in one go, so that no
 * signal comes in between.
 * The mode of an existing directory is kept.
 */
async function replaceDirectory(
  fresh: string,
  target: string,
  aside: string,
  force: boolean,
): Promise<void> {
  const found = await lstat(target).catch(() => undefined);
  // private until here; from now on as the directory that was there, or as one that the user makes
  await chmod(fresh, found === undefined ? 0o777 & ~process.umask() : found.mode & 0o7777);
  if (found === undefined || !force) {
    // Windows does not rename over a directory, not even an empty one
    if (found !== undefined && process.platform === 'win32') await rmdir(target);
    await rename(fresh, target);
    return;
  }
  renameSync(target, aside);
  try {
    renameSync(fresh, target);
  } catch (error) {
    renameSync(aside, target);
    throw error;
  }
}
