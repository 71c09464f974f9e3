import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { systemErrorCode } from '../errors.js';

/** What a file of the cache holds is not what was written. */
export class DamagedError extends Error {
  override readonly name = 'DamagedError';
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Write data with its own digest in the first line. @throws system errors. */
export async function writeCheckedJson(file: string, data: unknown): Promise<void> {
  const text = JSON.stringify(data);
  await writeFile(file, `${digestOf(text)}\n${text}`);
}

/**
 * Read what {@link writeCheckedJson} wrote.
 *
 * @returns undefined when there is no such file.
 * @throws DamagedError when it holds something else, or cannot be read.
 */
export async function readCheckedJson(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) return undefined;
    throw new DamagedError(`${file} cannot be read`, { cause: error });
  });
  if (text === undefined) return undefined;
  const body = text.slice(65);
  if (text[64] !== '\n' || digestOf(body) !== text.slice(0, 64))
    throw new DamagedError(`${file} is not as it was written`);
  return JSON.parse(body) as unknown;
}
