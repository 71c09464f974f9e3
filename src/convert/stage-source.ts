import { rm } from 'node:fs/promises';
import path from 'node:path';
import { ModelconvError } from '../errors.js';
import { fileStamp } from '../host/file-stamp.js';
import { copyReadOnly } from '../host/files.js';
import { digestModel, type ProbedModel } from '../source/probe.js';

/** One file of a source: where the user has it, and the copy that a vendor tool gets. */
interface StagedFile {
  /** Path relative to the main file, with `/`. */
  readonly path: string;
  readonly original: string;
  readonly copy: string;
  /** State of both when the copy was made. */
  readonly originalStamp: string;
  readonly copyStamp: string;
}

/** The copy of a source that a vendor tool gets: several tools write beside their input, one over it. */
export interface StagedSource {
  /** Path of the main file, relative to the work directory, with `/`. */
  readonly path: string;
  readonly main: StagedFile;
  readonly parts: readonly StagedFile[];
}

async function stageFile(original: string, directory: string, name: string): Promise<StagedFile> {
  const copy = path.join(directory, ...name.split('/'));
  const originalStamp = await fileStamp(original);
  await copyReadOnly(original, copy);
  return { path: name, original, copy, originalStamp, copyStamp: await fileStamp(copy) };
}

/**
 * Copy a source with all its files to `source/` in the work directory, read-only.
 *
 * @throws ModelconvError `E_INPUT`; system errors of a full disk pass through.
 */
export async function stageSource(source: ProbedModel, workDir: string): Promise<StagedSource> {
  const directory = path.join(workDir, 'source');
  const main = await stageFile(source.file, directory, stagedName(source.file));
  const parts = [];
  for (const part of source.parts) parts.push(await stageFile(part.file, directory, part.path));
  return { path: `source/${main.path}`, main, parts };
}

/** Where the main file will lie in the work directory: its own name, but for what a package cannot hold. */
export function stagedPath(file: string): string {
  return `source/${stagedName(file)}`;
}

function stagedName(file: string): string {
  return path.basename(file).replace(/[\u0000-\u001f\u007f\\:]/g, '_');
}

/** Digests of the copy: of the state that is converted, whatever becomes of the original. */
export async function digestStaged({ main, parts }: StagedSource): ReturnType<typeof digestModel> {
  return await digestModel({
    file: main.copy,
    parts: parts.map(({ path: name, copy }) => ({ path: name, file: copy })),
  });
}

/** Whether no tool wrote over the copy since it was made. */
export async function isAsStaged({ main, parts }: StagedSource): Promise<boolean> {
  for (const { copy, copyStamp } of [main, ...parts]) {
    if ((await fileStamp(copy)) !== copyStamp) return false;
  }
  return true;
}

/**
 * Make the copies anew that a tool wrote over: the superuser is not kept from a read-only file.
 *
 * @throws ModelconvError `E_INPUT` when the original changed in the meantime, too.
 */
export async function restoreStaged({ main, parts }: StagedSource): Promise<void> {
  for (const { original, originalStamp, copy, copyStamp } of [main, ...parts]) {
    if ((await fileStamp(copy)) === copyStamp) continue;
    if ((await fileStamp(original)) !== originalStamp) {
      throw new ModelconvError('E_INPUT', {
        what: `${original} changed while it was converted`,
        next: 'wait until it is complete, and convert again',
      });
    }
    await rm(copy, { force: true });
    await copyReadOnly(original, copy);
  }
}
