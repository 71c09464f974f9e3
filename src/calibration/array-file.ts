import { withInput } from '../host/files.js';
import type { ArrayHeader } from '../tensor/npy-header.js';
import { type ByteSource, fileSource } from './byte-source.js';
import { unusable } from './faults.js';
import { readArrayHeader } from './npy-header.js';
import { openNpz } from './npz.js';
import type { SourceFile } from './source-file.js';

/** An array that is about to be read: the source is at its data. */
export interface OpenArray extends ArrayHeader {
  readonly source: ByteSource;
  /** Other arrays of the same archive. */
  readonly others: readonly string[];
}

/**
 * Open the array of an input and do something with it. Of an archive it is the array of the input's
 * name, or the only one when `isOnlyInput`.
 *
 * @throws ModelconvError `E_INPUT` or `E_CALIBRATION_INVALID`; errors of `work` pass through.
 */
export async function withArray<T>(
  file: SourceFile,
  inputName: string,
  isOnlyInput: boolean,
  work: (array: OpenArray) => Promise<T>,
): Promise<T> {
  // opened here for an archive too: what is not a regular file is refused before anything reads it
  return await withInput(file.path, async (handle, sizeBytes) => {
    if (file.kind === 'npy') return await workOn(fileSource(handle, sizeBytes), [], work);
    const archive = await openNpz(file.path);
    try {
      const names = archive.names.filter((name) => name !== file.labels || name === inputName);
      const name = chooseArray(names, inputName, isOnlyInput);
      const others = names.filter((other) => other !== name);
      return await workOn(await archive.open(name), others, work);
    } finally {
      archive.close();
    }
  });
}

async function workOn<T>(
  source: ByteSource,
  others: readonly string[],
  work: (array: OpenArray) => Promise<T>,
): Promise<T> {
  return await work({ ...(await readArrayHeader(source)), source, others });
}

function chooseArray(names: readonly string[], inputName: string, isOnlyInput: boolean): string {
  if (names.includes(inputName)) return inputName;
  const [first] = names;
  if (isOnlyInput && names.length === 1 && first !== undefined) return first;
  throw unusable(
    names.length === 0
      ? 'it holds no array'
      : `it holds no array ${inputName}, but ${names.join(', ')}`,
  );
}
