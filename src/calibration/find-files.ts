import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { ModelconvError, messageOf } from '../errors.js';
import type { FaultList } from './faults.js';
import { readListFile } from './list-file.js';
import type { CalibrationRequest, StaticInput } from './request.js';
import { emptyFiles, type FilesByInput, kindOf, NOT_DATA, type SourceFile } from './source-file.js';

/** The files of a calibration set. */
export interface SourceFiles {
  /** By input name, in the order in which the samples are taken. */
  readonly byInput: ReadonlyMap<string, readonly SourceFile[]>;
  /** Files that say which files there are; absolute. */
  readonly lists: readonly string[];
}

const LIST_SUFFIX = '.txt';

/**
 * Find the files of each input. What is among them and is not data is a fault; hidden files of
 * systems and editors are told in a warning.
 *
 * @throws {@link ModelconvError} `E_INPUT` when `path` cannot be read at all.
 */
export async function findSourceFiles(
  { path: location }: Pick<CalibrationRequest, 'path'>,
  inputs: readonly StaticInput[],
  faults: FaultList,
  warnings: string[],
): Promise<SourceFiles> {
  const found = await stat(location).catch((error: unknown) => {
    throw new ModelconvError('E_INPUT', {
      what: `calibration data ${location} cannot be read`,
      why: messageOf(error),
      next: 'check the path; relative paths start at the current directory',
      cause: error,
    });
  });
  if (found.isDirectory())
    return { byInput: await filesOfDirectory(location, inputs, faults, warnings), lists: [] };
  if (path.extname(location).toLowerCase() === LIST_SUFFIX)
    return {
      byInput: await readListFile(location, inputs, faults),
      lists: [path.resolve(location)],
    };
  const byInput = emptyFiles(inputs);
  addForInputs(byInput, inputs, location, faults);
  return { byInput, lists: [] };
}

/** A file that stands for all inputs: data of the only one, or an archive that has an array for each. */
function addForInputs(
  byInput: FilesByInput,
  inputs: readonly StaticInput[],
  shown: string,
  faults: FaultList,
): void {
  const kind = kindOf(shown);
  if (kind === undefined) {
    faults.add({ path: shown }, NOT_DATA);
    return;
  }
  if (inputs.length > 1 && kind !== 'npz') {
    faults.add({ path: shown }, ambiguous(inputs));
    return;
  }
  for (const { name } of inputs)
    byInput.get(name)?.push({ path: path.resolve(shown), shown, kind });
}

function ambiguous(inputs: readonly StaticInput[]): string {
  return `it does not say which input it is for: ${inputs.map(({ name }) => name).join(', ')}`;
}

/** One entry of a directory. */
export interface Found {
  readonly name: string;
  readonly shown: string;
  readonly isDirectory: boolean;
}

/**
 * The entries of a directory in the order of their names, hidden ones told and left out.
 *
 * @throws {@link ModelconvError} `E_INPUT`.
 */
export async function entriesOf(
  location: string,
  warnings: string[],
  noun = 'calibration data',
): Promise<Found[]> {
  const entries = await readdir(location, { withFileTypes: true }).catch((error: unknown) => {
    throw new ModelconvError('E_INPUT', {
      what: `${noun} ${location} cannot be read`,
      why: messageOf(error),
      next: `look at its permissions: ls -ld ${location}`,
      cause: error,
    });
  });
  const hidden = entries.filter(({ name }) => isHidden(name)).map(({ name }) => name);
  if (hidden.length > 0)
    warnings.push(`hidden files are not read: ${hidden.sort().join(', ')} in ${location}`);
  const found = entries
    .filter(({ name }) => !isHidden(name))
    .map(async (entry) => {
      const shown = path.join(location, entry.name);
      return { name: entry.name, shown, isDirectory: await isDirectory(entry, shown) };
    });
  // by code units: the order does not depend on the language of the machine
  return (await Promise.all(found)).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A link counts as what it leads to; one that leads nowhere is a fault when it is read. */
async function isDirectory(entry: Dirent, shown: string): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return await stat(shown).then(
    (target) => target.isDirectory(),
    () => false,
  );
}

function isHidden(name: string): boolean {
  return name.startsWith('.') || ['thumbs.db', 'desktop.ini'].includes(name.toLowerCase());
}

async function filesOfDirectory(
  location: string,
  inputs: readonly StaticInput[],
  faults: FaultList,
  warnings: string[],
): Promise<FilesByInput> {
  const byInput = emptyFiles(inputs);
  for (const entry of await entriesOf(location, warnings)) {
    const owner = inputs.find((input) => belongsTo(entry, input));
    if (entry.isDirectory && owner !== undefined)
      await addDirectory(byInput, owner, entry.shown, faults, warnings);
    else if (entry.isDirectory) faults.add({ path: entry.shown }, notAnInput(inputs));
    else addForInputs(byInput, owner === undefined ? inputs : [owner], entry.shown, faults);
  }
  return byInput;
}

/** Whether a directory, or with several inputs an array, has the name of an input. */
function belongsTo({ name, isDirectory }: Found, input: StaticInput): boolean {
  // names of inputs may hold characters that names of files may not
  const wanted = input.name.replace(/[\\/:]/g, '_');
  return isDirectory
    ? name === wanted
    : path.parse(name).name === wanted && kindOf(name) !== 'image';
}

async function addDirectory(
  byInput: FilesByInput,
  input: StaticInput,
  location: string,
  faults: FaultList,
  warnings: string[],
): Promise<void> {
  for (const { shown, isDirectory } of await entriesOf(location, warnings)) {
    if (isDirectory) faults.add({ path: shown }, notAnInput([]));
    else addForInputs(byInput, [input], shown, faults);
  }
}

function notAnInput(inputs: readonly StaticInput[]): string {
  const names =
    inputs.length > 1
      ? ` (directories for inputs: ${inputs.map(({ name }) => name).join(', ')})`
      : '';
  return `it is a directory, and directories are not searched: list its files in a text file${names}`;
}
