import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, type FileHandle } from 'node:fs/promises';
import { hashFile, readChunks, withInput, writeFully } from '../host/files.js';
import { isOutputFailure } from '../host/outputs.js';
import { type Replacement, writeUnlessSame } from '../host/write-unless-same.js';
import { DamagedError } from './checked-json.js';
import type { StoredFile } from './entries.js';

/** From here on a reflink, which moves no data, is worth a second look at the copy. */
const LARGE_BYTES = 64 * 1024 * 1024;

/**
 * Copy a stored file to an output, by the rules of any output. What is written is digested before it
 * gets its name.
 *
 * @returns whether the output was left alone, as it has these bytes already.
 * @throws DamagedError when the stored file is not what was kept; ModelconvError `E_OUTPUT`, `E_OUTPUT_EXISTS`.
 */
export async function copyChecked(
  from: string,
  { sizeBytes, sha256 }: StoredFile,
  output: string,
  replacement: Replacement,
): Promise<boolean> {
  const { isUnchanged } = await writeUnlessSame(
    output,
    async (handle, temporary) => {
      const isCloned = sizeBytes >= LARGE_BYTES && process.platform !== 'win32';
      const copied = await (isCloned
        ? cloneInto(from, handle, temporary)
        : streamInto(from, handle)
      ).catch((error: unknown) => {
        throw isOutputFailure(error)
          ? error
          : new DamagedError(`${from} cannot be read`, { cause: error });
      });
      if (copied !== sha256) throw new DamagedError(`${from} is not as it was written`);
    },
    replacement,
  );
  return isUnchanged;
}

async function cloneInto(from: string, handle: FileHandle, temporary: string): Promise<string> {
  const { mode } = await handle.stat();
  await copyFile(from, temporary, constants.COPYFILE_FICLONE);
  // the copy has taken the mode of the cached file; that of an output is the user's
  await handle.chmod(mode & 0o777);
  return (await hashFile(temporary)).sha256;
}

async function streamInto(from: string, handle: FileHandle): Promise<string> {
  return await withInput(from, async (input, sizeBytes) => {
    const hash = createHash('sha256');
    let at = 0;
    for await (const chunk of readChunks(input, 0, sizeBytes)) {
      hash.update(chunk);
      await writeFully(handle, chunk, at);
      at += chunk.length;
    }
    return hash.digest('hex');
  });
}
