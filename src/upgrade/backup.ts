import { randomBytes } from 'node:crypto';
import { link, lstat, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { systemErrorCode } from '../errors.js';
import { readChunks, withInput, writeFully } from '../host/files.js';
import { checkOutput, outputError, syncDirectory, writeAtomically } from '../host/outputs.js';

/** Where the old package is kept. */
export interface Backup {
  readonly file: string;
  /** It replaces a file that is there. */
  readonly force: boolean;
}

const MOST = 10_000;

/** The first name that is free: `gate.tar.bak`, `gate.tar.bak.2`, … */
export async function freeBackup(file: string): Promise<Backup> {
  for (let number = 1; number < MOST; number++) {
    const name = number === 1 ? `${file}.bak` : `${file}.bak.${number}`;
    const isTaken = await lstat(name).then(
      () => true,
      () => false,
    );
    if (!isTaken) return { file: name, force: false };
  }
  throw outputError(`${file}.bak`, new Error('too many backups are there already'), '--backup');
}

/** @throws ModelconvError `E_OUTPUT`, `E_OUTPUT_EXISTS`. */
export async function checkBackup(
  { file, force }: Backup,
  inputs: readonly string[],
): Promise<void> {
  await checkOutput(file, inputs, force, '--backup');
}

/**
 * Keep a package under another name, too: the old name goes on holding it until the new one takes it over. At
 * no moment is it under neither, and never half under the new one.
 *
 * @returns what takes the backup away again, for an upgrade that fails after all.
 * @throws ModelconvError `E_OUTPUT`, `E_OUTPUT_EXISTS`.
 */
export async function keepBackup(file: string, backup: Backup): Promise<() => Promise<void>> {
  const { file: target, force } = backup;
  try {
    if (!(await linked(file, target, force))) await copied(file, target, force);
    await syncDirectory(path.dirname(path.resolve(target)));
  } catch (error) {
    throw outputError(target, error, '--backup');
  }
  return async () => {
    // what it replaced cannot be brought back
    if (!force) await rm(target, { force: true });
  };
}

/** @returns false where there are no hard links, or the two are on different file systems. */
async function linked(file: string, target: string, force: boolean): Promise<boolean> {
  const directory = path.dirname(path.resolve(target));
  const temporary = path.join(directory, `.modelconv-${randomBytes(6).toString('hex')}.tmp`);
  try {
    await link(file, force ? temporary : target);
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') throw error;
    return false;
  }
  if (force) await rename(temporary, target);
  return true;
}

async function copied(file: string, target: string, force: boolean): Promise<void> {
  const copy = async (to: Parameters<Parameters<typeof writeAtomically>[1]>[0]): Promise<void> =>
    await withInput(file, async (from, sizeBytes) => {
      let position = 0;
      for await (const chunk of readChunks(from, 0, sizeBytes)) {
        await writeFully(to, chunk, position);
        position += chunk.length;
      }
    });
  await writeAtomically(target, copy, force, '--backup');
}
