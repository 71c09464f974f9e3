import { createHash } from 'node:crypto';
import { lstat, realpath } from 'node:fs/promises';
import { ModelconvError } from '../errors.js';
import { checkOutput } from '../host/outputs.js';
import { readHead } from '../package/read.js';
import { shellWord } from '../printable.js';
import { type Backup, checkBackup, freeBackup, keepBackup } from './backup.js';

/** What becomes of the old package when the new one takes its place. */
export type BackupWish = 'kept' | 'none' | { readonly file: string; readonly force: boolean };

/** Where the new package goes, and the old one. */
export interface Placement {
  readonly output: string;
  /** It is the place of the old one. */
  readonly isInPlace: boolean;
  /** Replace what is there. */
  readonly force: boolean;
  readonly backup: Backup | undefined;
}

/**
 * The new package takes the place of the old one, or a place of its own.
 *
 * @param output - path that is asked for; undefined: the place of the old one. A link to it stays one.
 * @param reads - what the upgrade reads besides: never to be written.
 * @throws ModelconvError `E_OUTPUT`, `E_OUTPUT_EXISTS`, `E_INPUT` for a link that leads nowhere.
 */
export async function placementOf(
  file: string,
  output: string | undefined,
  wish: BackupWish,
  force: boolean,
  reads: readonly string[] = [],
): Promise<Placement> {
  const target = await behindLink(file);
  const isInPlace = output === undefined || (await isSame(output, file));
  if (!isInPlace) {
    await checkOutput(output, [file, ...reads], force);
    return { output, isInPlace, force, backup: undefined };
  }
  if (wish === 'none') return { output: target, isInPlace, force: true, backup: undefined };
  const backup = wish === 'kept' ? await freeBackup(file) : wish;
  await checkBackup(backup, [file, ...reads]);
  return { output: target, isInPlace, force: true, backup };
}

async function behindLink(file: string): Promise<string> {
  const isLink = (await lstat(file).catch(() => undefined))?.isSymbolicLink() === true;
  if (!isLink) return file;
  return await realpath(file).catch((error: unknown) => {
    throw new ModelconvError('E_INPUT', {
      what: `${file} cannot be read`,
      why: 'it is a link that leads nowhere',
      next: 'name the package itself',
      cause: error,
    });
  });
}

async function isSame(a: string, b: string): Promise<boolean> {
  const [first, second] = await Promise.all(
    [a, b].map((file) => realpath(file).catch(() => undefined)),
  );
  return first !== undefined && first === second;
}

/** @throws ModelconvError `E_INPUT` when the package was replaced since it was looked at. */
export async function requireUnchanged(file: string, sha256: string): Promise<void> {
  const { text } = await readHead(file);
  if (createHash('sha256').update(text).digest('hex') === sha256) return;
  throw new ModelconvError('E_INPUT', {
    what: `${file} changed while it was upgraded`,
    next: `look at it again: modelconv upgrade ${shellWord(file)} --plan`,
  });
}

/**
 * Keep the old package while `write` puts the new one in its place; where that fails, the backup goes again.
 *
 * @param write - is given what keeps the backup, to be called when nothing is left but the rename.
 */
export async function keepingOld<T>(
  file: string,
  { backup }: Placement,
  write: (keep: () => Promise<void>) => Promise<T>,
): Promise<T> {
  let undo = async (): Promise<void> => {};
  const keep = async (): Promise<void> => {
    // a hard link to a link would lead to the new package
    if (backup !== undefined) undo = await keepBackup(await behindLink(file), backup);
  };
  try {
    return await write(keep);
  } catch (error) {
    await undo();
    throw error;
  }
}
