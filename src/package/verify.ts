import { createHash } from 'node:crypto';
import { readChunks } from '../host/files.js';
import type { Descriptor } from '../schema/generated/types.js';
import { type OpenPackage, withPackage } from './read.js';
import type { Archive, Entry } from './scan.js';
import { invalidPackage } from './ustar.js';

/** Takes the data of an entry, chunk by chunk, while it is hashed. */
export type EntrySink = (chunk: Buffer, position: number) => Promise<void>;

/**
 * Read an entry to its end and check its digest; `sink` gets every chunk on the way.
 *
 * @throws ModelconvError `E_PACKAGE_INVALID` when the digest is another one.
 */
export async function readEntry(
  archive: Archive,
  entry: Entry & { readonly sha256: string },
  signal: AbortSignal | undefined,
  sink?: EntrySink,
): Promise<void> {
  const hash = createHash('sha256');
  let position = 0;
  for await (const chunk of readChunks(
    archive.handle,
    entry.dataOffset,
    entry.dataOffset + entry.sizeBytes,
  )) {
    signal?.throwIfAborted();
    const written = sink?.(chunk, position);
    hash.update(chunk);
    await written;
    position += chunk.length;
  }
  const sha256 = hash.digest('hex');
  if (sha256 !== entry.sha256) {
    throw invalidPackage(
      archive.file,
      `"${entry.path}" has the digest ${sha256}, the descriptor says ${entry.sha256}: its content was changed`,
      'get the package again from where it came',
    );
  }
}

export interface VerifiedPackage {
  readonly descriptor: Descriptor;
  readonly sizeBytes: number;
  readonly descriptorSha256: string;
  readonly files: number;
}

/**
 * Check a package: descriptor against its schema, entries against the descriptor, digests of all
 * files, in one pass and constant memory.
 *
 * @throws ModelconvError `E_INPUT`, `E_PACKAGE_INVALID` or `E_DESCRIPTOR_INVALID`.
 */
export async function verifyPackage(file: string, signal?: AbortSignal): Promise<VerifiedPackage> {
  return await withPackage(file, async (opened: OpenPackage) => {
    for (const entry of opened.entries) await readEntry(opened.archive, entry, signal);
    return {
      descriptor: opened.descriptor,
      sizeBytes: opened.archive.sizeBytes,
      descriptorSha256: createHash('sha256').update(opened.text).digest('hex'),
      files: opened.entries.length,
    };
  });
}
