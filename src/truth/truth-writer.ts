import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { copyReadOnly, hashFile } from '../host/files.js';
import { mediaTypeOf } from '../package/media-type.js';
import type { PackInput } from '../package/write.js';
import type { Dtype, TruthFile } from '../schema/generated/types.js';
import { encodeElements } from '../tensor/elements.js';
import type { Values } from '../tensor/move-axes.js';
import { npyHeader } from '../tensor/npy-header.js';

/** Where the small files lie in the package. */
const TRUTH_PREFIX = 'truth/';

/** Writes the files of a truth, and knows their digests. */
export class TruthWriter {
  readonly files: PackInput[] = [];
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async array(name: string, dtype: Dtype, { shape, values }: Values): Promise<TruthFile> {
    const file = path.join(this.#directory, name);
    let at = 0;
    const data = encodeElements(dtype, values.length, () => values[at++] ?? 0);
    await writeFile(file, Buffer.concat([npyHeader({ dtype, shape }), data]));
    return await this.#add(name, file);
  }

  /** A copy: what is packed is what was read. */
  async copy(name: string, from: string): Promise<TruthFile> {
    const file = path.join(this.#directory, name);
    await copyReadOnly(from, file);
    return await this.#add(name, file);
  }

  async #add(name: string, file: string): Promise<TruthFile> {
    const target = `${TRUTH_PREFIX}${name}`;
    const { sha256 } = await hashFile(file);
    this.files.push({
      path: target,
      role: 'truth',
      mediaType: mediaTypeOf(target),
      file,
      expectedSha256: sha256,
    });
    return { path: target, sha256 };
  }
}
