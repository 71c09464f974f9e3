import type { Readable } from 'node:stream';
import { messageOf } from '../errors.js';
import { type ByteSource, streamSource } from './byte-source.js';
import { unusable } from './faults.js';

/** `numpy.savez` writes one `.npy` for each array, under the array's name. */
const SUFFIX = '.npy';

/** An open .npz archive. */
export interface NpzArchive {
  /** Names of the arrays, in the order of the archive. */
  readonly names: readonly string[];
  /** @throws ModelconvError `E_CALIBRATION_INVALID`. */
  open(name: string): Promise<ByteSource>;
  close(): void;
}

/**
 * Open a .npz archive, members stored or deflated.
 *
 * @throws ModelconvError `E_CALIBRATION_INVALID` when it is not one, or is damaged.
 */
export async function openNpz(file: string): Promise<NpzArchive> {
  const { default: yauzl } = await import('yauzl');
  const damaged = (error: unknown): never => {
    throw unusable(`it is a truncated or damaged .npz file: ${messageOf(error)}`);
  };
  const zip = await yauzl.openPromise(file, { autoClose: false, lazyEntries: true }).catch(damaged);
  const entries = new Map<string, Parameters<typeof zip.openReadStreamPromise>[0]>();
  try {
    for await (const entry of zip.eachEntry()) {
      const name = entry.fileName;
      if (!name.endsWith(SUFFIX)) throw new Error(`${name} in it is not an array`);
      const array = name.slice(0, -SUFFIX.length);
      // readers differ in which one they take
      if (entries.has(array)) throw new Error(`it holds the array ${array} twice`);
      entries.set(array, entry);
    }
  } catch (error) {
    zip.close();
    return damaged(error);
  }
  const streams: Readable[] = [];
  return {
    names: [...entries.keys()],
    async open(name) {
      const entry = entries.get(name);
      if (entry === undefined) throw unusable(`it has no array ${name}`);
      const stream = await zip.openReadStreamPromise(entry).catch(damaged);
      streams.push(stream);
      return streamSource(stream, entry.uncompressedSize, entry.crc32);
    },
    close() {
      // the archive stays open as long as one of its members does
      for (const stream of streams) stream.destroy();
      zip.close();
    },
  };
}
