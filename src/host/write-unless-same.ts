import { type FileHandle, stat } from 'node:fs/promises';
import { readChunks, withInput } from './files.js';
import { writeAtomically } from './outputs.js';

/** How an output is written that may be there. */
export interface Replacement {
  /** Replace a file of that name. */
  readonly force: boolean;
  /** Leave one alone that holds the same bytes already, its time included. */
  readonly ifChanged?: boolean | undefined;
}

/** Ends a write whose result is there already: the temporary file goes. */
class Unchanged<T> {
  readonly value: T;

  constructor(value: T) {
    this.value = value;
  }
}

/**
 * As {@link writeAtomically}, but where it is asked for a file with the same bytes stays as it is.
 *
 * @throws ModelconvError as `writeAtomically` does.
 */
export async function writeUnlessSame<T>(
  file: string,
  write: (handle: FileHandle, temporary: string) => Promise<T>,
  { force, ifChanged = false }: Replacement,
): Promise<{ readonly value: T; readonly isUnchanged: boolean }> {
  try {
    const value = await writeAtomically(
      file,
      async (handle, temporary) => {
        const made = await write(handle, temporary);
        if (ifChanged && (await isSame(file, temporary))) throw new Unchanged(made);
        return made;
      },
      force,
    );
    return { value, isUnchanged: false };
  } catch (error) {
    if (!(error instanceof Unchanged)) throw error;
    return { value: error.value as T, isUnchanged: true };
  }
}

async function isSame(file: string, other: string): Promise<boolean> {
  const found = await stat(file).catch(() => undefined);
  if (found === undefined || found.size !== (await stat(other)).size) return false;
  return await withInput(file, async (first) =>
    withInput(other, async (second, sizeBytes) => {
      const chunks = readChunks(second, 0, sizeBytes);
      for await (const chunk of readChunks(first, 0, sizeBytes)) {
        const next = await chunks.next();
        if (next.done === true || !chunk.equals(next.value)) return false;
      }
      return true;
    }),
  );
}
