import { readdir } from 'node:fs/promises';
import path from 'node:path';

/** Directories that are not looked into: what is in them is not the user's own. */
const LEFT_OUT: ReadonlySet<string> = new Set(['.git', 'node_modules']);

/**
 * Every regular file below a directory, in the order of the names. Links are not followed.
 *
 * @param onUnreadable - told of a directory that cannot be read; what it throws ends the walk.
 */
export async function* filesBelow(
  directory: string,
  onUnreadable: (directory: string, error: unknown) => void,
): AsyncGenerator<string> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((error: unknown) => {
    onUnreadable(directory, error);
    return [];
  });
  for (const entry of [...entries].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const place = path.join(directory, entry.name);
    if (entry.isFile()) yield place;
    else if (entry.isDirectory() && !LEFT_OUT.has(entry.name))
      yield* filesBelow(place, onUnreadable);
  }
}
