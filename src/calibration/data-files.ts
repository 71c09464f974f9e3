import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { FaultList } from './faults.js';
import { findSourceFiles } from './find-files.js';

/** What a place with data holds. */
export interface DataFiles {
  /** Paths as they follow from the place as it was given. */
  readonly files: readonly DataFile[];
  /** Directories that were looked into: their time changes with every file that comes or goes. */
  readonly directories: readonly string[];
}

export interface DataFile {
  readonly file: string;
  /** What of its path counts: relative to the place, with `/`. */
  readonly name: string;
}

/** Inputs, classes or samples stand in directories of the one that is given, and no deeper. */
const MAX_DEPTH = 2;

/**
 * Every file that may be read of data for calibration, evaluation or a check: a file, a list file with
 * what it lists, or a directory. Hidden files are never read.
 *
 * @param inputs - names of the model's inputs, which a list file may say.
 * @throws ModelconvError `E_INPUT`; system errors.
 */
export async function findDataFiles(
  location: string,
  inputs: readonly string[],
): Promise<DataFiles> {
  if ((await stat(location)).isDirectory()) return await filesUnder(location, '', 1);
  const own = { file: location, name: path.basename(location) };
  if (path.extname(location).toLowerCase() !== '.txt') return { files: [own], directories: [] };
  const listed = await findSourceFiles(
    { path: location },
    inputs.map((name) => ({ name, dtype: 'float32', shape: [] })),
    new FaultList(),
    [],
  );
  const shown = [...listed.byInput.values()].flat().map((file) => file.shown);
  const files = [...new Set(shown)].map((file) => ({
    file,
    name: path.relative(path.dirname(location), file).split(path.sep).join('/'),
  }));
  return { files: [own, ...files], directories: [] };
}

async function filesUnder(location: string, prefix: string, depth: number): Promise<DataFiles> {
  const files: DataFile[] = [];
  const directories = [location];
  // by code units: the order does not depend on the language of the machine
  for (const name of (await readdir(location)).sort()) {
    if (name.startsWith('.')) continue;
    const file = path.join(location, name);
    const found = await stat(file).catch(() => undefined);
    if (found?.isFile()) files.push({ file, name: `${prefix}${name}` });
    else if (found?.isDirectory() && depth < MAX_DEPTH) {
      const inner = await filesUnder(file, `${prefix}${name}/`, depth + 1);
      files.push(...inner.files);
      directories.push(...inner.directories);
    }
  }
  return { files, directories };
}
