import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ModelconvError, messageOf, systemErrorCode } from '../errors.js';
import { isOutputFailure } from './outputs.js';

/** Directories to remove when the process has to end at once (a second Ctrl-C). */
const open = new Set<string>();

/** The scratch directories that exist now; read by the signal handler alone. */
export function openScratchDirs(): readonly string[] {
  return [...open];
}

/** Temporary files could not be written. */
function scratchError(error: unknown): ModelconvError {
  return new ModelconvError('E_OUTPUT', {
    what: `temporary files cannot be written in ${tmpdir()}`,
    why: systemErrorCode(error) === 'ENOSPC' ? 'the disk is full' : messageOf(error),
    next: 'set TMPDIR to a directory that exists and has room',
    cause: error,
  });
}

/**
 * Run `work` with a fresh directory that only this user can enter (mode 0700) and remove it after,
 * whatever happens.
 *
 * @param parent - where to make it, for a result that is renamed out of it; the system's temporary directory by default.
 * @throws ModelconvError `E_OUTPUT` when the system's temporary directory cannot be written.
 */
export async function withScratchDir<T>(
  work: (dir: string) => Promise<T>,
  parent?: string,
): Promise<T> {
  const dir = await mkdtemp(path.join(parent ?? tmpdir(), 'modelconv-')).catch((error: unknown) => {
    throw parent === undefined ? scratchError(error) : error;
  });
  open.add(dir);
  try {
    return await work(dir);
  } catch (error) {
    throw parent === undefined && isOutputFailure(error) ? scratchError(error) : error;
  } finally {
    // a tree that cannot be removed (another user's files) does not undo what was done
    await rm(dir, { recursive: true, force: true, maxRetries: 3 }).catch(() => {});
    open.delete(dir);
  }
}
