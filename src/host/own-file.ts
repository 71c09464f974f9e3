import { stat } from 'node:fs/promises';
import { withInput } from './files.js';

/**
 * Whether a file may be replaced without being asked: it is not there, or it is one that modelconv left,
 * told by the bytes that it starts with.
 */
export async function isOwnFile(file: string, start: string): Promise<boolean> {
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) return true;
  if (!found.isFile()) return false;
  const expected = Buffer.from(start);
  return await withInput(file, async (handle) => {
    const { buffer } = await handle.read(Buffer.alloc(expected.length), 0, expected.length, 0);
    return buffer.equals(expected);
  }).catch(() => false);
}
