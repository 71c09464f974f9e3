import type { FileHandle } from 'node:fs/promises';
import { Header } from 'tar';
import { ModelconvError } from '../errors.js';
import { readFully, writeFully } from '../host/files.js';
import { writeAtomically } from '../host/outputs.js';
import { checkDocument } from '../schema/check.js';
import type { Descriptor } from '../schema/generated/types.js';
import { renderDescriptor } from './descriptor.js';
import { entryHeader } from './headers.js';
import { BLOCK_BYTES, blocks } from './limits.js';
import { type OpenPackage, withPackage } from './read.js';
import type { Archive, Entry } from './scan.js';
import { readEntry } from './verify.js';
import { type PackedPackage, sealArchive, type WriteOptions } from './write.js';

/**
 * Refuse a package whose descriptor must stay as it is, before any work for a new one is done.
 *
 * @throws ModelconvError `E_USAGE` when it is signed; as `withPackage` does.
 */
export async function checkRewritable(file: string): Promise<void> {
  await withPackage(file, async (opened) => refuseSigned(file, opened));
}

function refuseSigned(file: string, { unlisted }: OpenPackage): void {
  if (unlisted.length > 1)
    throw new ModelconvError('E_USAGE', {
      what: `${file} is signed`,
      why: 'its signature covers the descriptor, which would change',
      next: 'write into the package before it is signed, then sign it again',
    });
}

export interface RewriteOptions extends WriteOptions {
  /** Leave signatures behind, which would not hold any more; without it a signed package is refused. */
  readonly dropsSignatures?: boolean;
}

/** Whether a package is signed. @throws ModelconvError as `withPackage` does. */
export async function isSigned(file: string): Promise<boolean> {
  return await withPackage(file, async ({ unlisted }) => unlisted.length > 1);
}

/**
 * Write a package again with another descriptor. Every other file keeps its bytes, its place and its time;
 * their digests are checked on the way. `output` may be the package itself.
 *
 * @param edit - gives the new descriptor; the list of files must stay as it is.
 * @throws ModelconvError as `withPackage`, `readEntry` and `writeAtomically` do; `E_USAGE` when the package is
 *   signed, `E_DESCRIPTOR_INVALID` when the new descriptor is too long.
 */
export async function rewriteDescriptor(
  file: string,
  output: string,
  edit: (descriptor: Descriptor) => Descriptor,
  { force = true, signal, dropsSignatures = false }: RewriteOptions = {},
): Promise<PackedPackage> {
  // the package is closed again before the new one gets its name: Windows does not replace an open file
  const write = async (archive: FileHandle): Promise<PackedPackage> =>
    await withPackage(file, async (opened) => {
      if (!dropsSignatures) refuseSigned(file, opened);
      const descriptor = edit(opened.descriptor);
      await checkDocument('descriptor', descriptor, `the new descriptor of ${file}`);
      const text = renderDescriptor(descriptor);
      const end = await copyEntries(opened, archive, BLOCK_BYTES + blocks(text.length), signal);
      const [first] = opened.unlisted;
      const mtime = first === undefined ? 0 : await entryMtime(opened.archive, first);
      return { descriptor, ...(await sealArchive(archive, text, mtime, end)) };
    });
  return await writeAtomically(output, write, force);
}

/** @returns where the last entry ends, in bytes. */
async function copyEntries(
  { archive: from, entries }: OpenPackage,
  to: FileHandle,
  start: number,
  signal: AbortSignal | undefined,
): Promise<number> {
  let position = start;
  for (const entry of entries) {
    const { path, sizeBytes } = entry;
    const mtime = await entryMtime(from, entry);
    const header = entryHeader({ path, sizeBytes, mtime }, position);
    await writeFully(to, header, position);
    const data = position + header.length;
    await readEntry(from, entry, signal, async (chunk, at) => {
      await writeFully(to, chunk, data + at);
    });
    position = data + blocks(sizeBytes);
  }
  return position;
}

/** Seconds since 1970; the header stands right before the data. */
async function entryMtime({ handle }: Archive, { dataOffset }: Entry): Promise<number> {
  const block = Buffer.alloc(BLOCK_BYTES);
  await readFully(handle, block, dataOffset - BLOCK_BYTES);
  const { mtime } = new Header(block);
  return mtime === undefined ? 0 : Math.floor(mtime.getTime() / 1000);
}
