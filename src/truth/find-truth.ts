import { stat } from 'node:fs/promises';
import path from 'node:path';
import { ModelconvError } from '../errors.js';
import { exists } from '../host/files.js';

/** What a place may hold. */
const RAW = ['.png', '.jpg', '.jpeg', '.npy'] as const;
const ARRAY = ['.npy'] as const;

/**
 * The file of each tensor: the location itself for the only one, else the file of its name in the directory.
 *
 * @param names - of the tensors, in their order; characters that file names may not hold become `_`.
 * @throws ModelconvError `E_INPUT`, `E_SAMPLES_INVALID`.
 */
export async function findTruthFiles(
  location: string,
  names: readonly string[],
  kind: 'raw' | 'array',
): Promise<string[]> {
  const found = await stat(location).catch((error: unknown) => {
    throw new ModelconvError('E_INPUT', {
      what: `${location} cannot be read`,
      why: 'there is no such file or directory',
      next: 'check the path; relative paths start at the current directory',
      cause: error,
    });
  });
  const endings = kind === 'raw' ? RAW : ARRAY;
  if (!found.isDirectory()) {
    if (names.length === 1) return [location];
    throw invalid(location, `there are ${names.length}: ${names.join(', ')}`, endings);
  }
  return await Promise.all(names.map(async (name) => await fileOf(location, name, endings)));
}

async function fileOf(
  directory: string,
  name: string,
  endings: readonly string[],
): Promise<string> {
  for (const ending of endings) {
    const file = path.join(directory, `${name.replace(/[\\/:]/g, '_')}${ending}`);
    if (await exists(file)) return file;
  }
  throw invalid(directory, `it holds no file for ${name}`, endings);
}

function invalid(location: string, why: string, endings: readonly string[]): ModelconvError {
  return new ModelconvError('E_SAMPLES_INVALID', {
    what: `${location} cannot be used as a truth`,
    why,
    next: `give a directory that holds NAME${endings.length === 1 ? endings[0] : ` with ${endings.join(', ')}`} for each`,
  });
}
