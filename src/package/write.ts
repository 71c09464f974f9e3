import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { stat } from 'node:fs/promises';
import { ModelconvError } from '../errors.js';
import { openInput, readChunks, withInput, writeFully } from '../host/files.js';
import { writeUnlessSame } from '../host/write-unless-same.js';
import { checkDocument } from '../schema/check.js';
import type { Descriptor, PackageFile } from '../schema/generated/types.js';
import { renderDescriptor } from './descriptor.js';
import { PathSet, pathFault } from './entry-path.js';
import { entryTime } from './entry-time.js';
import { entryHeader } from './headers.js';
import {
  BLOCK_BYTES,
  blocks,
  DESCRIPTOR_NAME,
  MODEL_PREFIX,
  SIGNATURE_PREFIX,
  SOURCE_PREFIX,
} from './limits.js';

/** A file to pack. */
export interface PackInput {
  /** Path in the package. */
  readonly path: string;
  readonly role: PackageFile['role'];
  readonly mediaType: string;
  /** Where it is now. */
  readonly file: string;
  /** Digest that it must have. */
  readonly expectedSha256?: string | undefined;
}

export interface PackedPackage {
  readonly descriptor: Descriptor;
  readonly sizeBytes: number;
  /** Digest of the descriptor; since it holds the digest of every file, it identifies the package. */
  readonly descriptorSha256: string;
  /** The output had these bytes already and was left alone; only where that was asked for. */
  readonly unchanged?: true;
}

/** How a package is written. */
export interface WriteOptions {
  /** Replace an output that is there when the package is complete; true when left out. */
  readonly force?: boolean | undefined;
  /** Leave an output alone that has the same bytes. */
  readonly ifChanged?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Given the complete file before it gets its name: until then nobody else writes it. */
  readonly onComplete?: ((file: string, packed: PackedPackage) => Promise<void>) | undefined;
}

/** Small files first, then the model, then the source: a reader that wants little reads little. */
function rank(path: string): number {
  if (path.startsWith(SOURCE_PREFIX)) return 2;
  return path.startsWith(MODEL_PREFIX) ? 1 : 0;
}

function inOrder(inputs: readonly PackInput[]): PackInput[] {
  return [...inputs].sort(
    (a, b) =>
      rank(a.path) - rank(b.path) || Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)),
  );
}

/**
 * Refuse files whose paths cannot stand in one package.
 *
 * @throws {@link ModelconvError} `E_USAGE`.
 */
export function checkPaths(inputs: readonly PackInput[]): void {
  const paths = new PathSet();
  paths.add(DESCRIPTOR_NAME);
  for (const { path, file } of inputs) {
    const reserved = path.startsWith(SIGNATURE_PREFIX) ? 'that place is for signatures' : undefined;
    const fault = reserved ?? pathFault(path) ?? paths.add(path);
    if (fault !== undefined)
      throw new ModelconvError('E_USAGE', {
        what: `${file} cannot be packed as "${path}"`,
        why: fault,
        next: 'rename the file, or give it another path under files: in the descriptor',
      });
  }
}

const PLACEHOLDER = '0'.repeat(64);

/**
 * Write a package in one pass over its files. The descriptor comes first but holds the digests of
 * what follows: its room is reserved (digests have a fixed length) and filled in at the end, before
 * the file gets its name.
 *
 * @param draft - the descriptor but for `files`.
 * @throws {@link ModelconvError} `E_INPUT`, `E_OUTPUT`, `E_USAGE` (paths), `E_DESCRIPTOR_INVALID` (does not fit the schema, or too long).
 */
export async function writePackage(
  output: string,
  draft: Omit<Descriptor, 'files'>,
  inputs: readonly PackInput[],
  options: WriteOptions = {},
): Promise<PackedPackage> {
  checkPaths(inputs);
  const mtime = entryTime();
  const files: PackageFile[] = [];
  for (const { path, role, mediaType, file } of inOrder(inputs)) {
    files.push({
      path,
      role,
      size: await withInput(file, async (_handle, size) => size),
      sha256: PLACEHOLDER,
      mediaType,
    });
  }
  // names in a model file can be anything: what a reader would refuse is not written
  await checkDocument('descriptor', { ...draft, files }, `the descriptor of ${draft.name}`);
  const reserved = renderDescriptor({ ...draft, files }).length;
  const origins = new Map(inputs.map((input) => [input.path, input]));
  const { signal } = options;
  const write = async (archive: FileHandle, temporary: string): Promise<PackedPackage> => {
    let position = BLOCK_BYTES + blocks(reserved);
    const digested: PackageFile[] = [];
    for (const entry of files) {
      const header = entryHeader({ path: entry.path, sizeBytes: entry.size, mtime }, position);
      await writeFully(archive, header, position);
      const origin = origins.get(entry.path);
      const sha256 = await copyEntry(
        origin?.file ?? '',
        entry.size,
        archive,
        position + header.length,
        signal,
      );
      if (origin?.expectedSha256 !== undefined && origin.expectedSha256 !== sha256)
        throw unexpected(origin, sha256);
      digested.push({ ...entry, sha256 });
      position += header.length + blocks(entry.size);
    }
    const descriptor: Descriptor = { ...draft, files: digested };
    const text = renderDescriptor(descriptor);
    if (text.length !== reserved)
      throw new Error(`the descriptor took ${text.length} bytes where ${reserved} were reserved`);
    const packed = { descriptor, ...(await sealArchive(archive, text, mtime, position)) };
    await options.onComplete?.(temporary, packed);
    return packed;
  };
  const { force = true, ifChanged } = options;
  const { value, isUnchanged } = await writeUnlessSame(output, write, { force, ifChanged });
  return isUnchanged ? { ...value, unchanged: true } : value;
}

/**
 * Put the descriptor in its room at the start of an archive, and end it.
 *
 * @param mtime - of the descriptor's entry, in seconds since 1970.
 * @param end - where the last entry ends, in bytes.
 */
export async function sealArchive(
  archive: FileHandle,
  text: Buffer,
  mtime: number,
  end: number,
): Promise<Pick<PackedPackage, 'sizeBytes' | 'descriptorSha256'>> {
  const header = entryHeader({ path: DESCRIPTOR_NAME, sizeBytes: text.length, mtime }, 0);
  await writeFully(archive, header, 0);
  await writeFully(archive, text, BLOCK_BYTES);
  const sizeBytes = end + 2 * BLOCK_BYTES;
  // the rest of each last block and the end mark are zeros: the file system has them for nothing
  await archive.truncate(sizeBytes);
  return { sizeBytes, descriptorSha256: createHash('sha256').update(text).digest('hex') };
}

/** Data that waits in memory for the disk before it is sent on its way, in bytes. */
const FLUSH_BYTES = 512 * 1024 * 1024;

/**
 * Start writing to the disk while there is still more to come, so that the sync before the rename has
 * little left to wait for. One flush at a time; a failure shows again in that sync.
 */
function backgroundFlush(archive: FileHandle): (bytes: number) => void {
  let waiting = 0;
  let isFlushing = false;
  return (bytes) => {
    waiting += bytes;
    if (isFlushing || waiting < FLUSH_BYTES) return;
    waiting = 0;
    isFlushing = true;
    const done = (): void => {
      isFlushing = false;
    };
    archive.datasync().then(done, done);
  };
}

/** Copy a file into the archive, hashing it on the way. */
async function copyEntry(
  file: string,
  sizeBytes: number,
  archive: FileHandle,
  position: number,
  signal: AbortSignal | undefined,
): Promise<string> {
  const input = await openInput(file);
  const hash = createHash('sha256');
  try {
    const before = await input.handle.stat();
    if (input.sizeBytes !== sizeBytes) throw changed(file);
    let at = position;
    const flush = backgroundFlush(archive);
    for await (const chunk of readChunks(input.handle, 0, sizeBytes)) {
      signal?.throwIfAborted();
      const written = writeFully(archive, chunk, at);
      // hashed while the chunk is on its way to the disk
      hash.update(chunk);
      await written;
      at += chunk.length;
      flush(chunk.length);
    }
    const after = await stat(file);
    if (after.mtimeMs !== before.mtimeMs || after.size !== before.size) throw changed(file);
  } catch (error) {
    throw error instanceof RangeError ? changed(file, error) : error;
  } finally {
    await input.handle.close();
  }
  return hash.digest('hex');
}

function unexpected({ file, path, expectedSha256 }: PackInput, sha256: string): ModelconvError {
  return new ModelconvError('E_DESCRIPTOR_INVALID', {
    what: `${file} is not the file that the descriptor lists as "${path}"`,
    why: `its digest is ${sha256}, the descriptor says ${expectedSha256}`,
    next: 'give the right file, or leave sha256 out: it is filled in',
  });
}

function changed(file: string, cause?: unknown): ModelconvError {
  return new ModelconvError('E_INPUT', {
    what: `${file} changed while it was packed`,
    next: 'wait until it is complete, and pack again',
    cause,
  });
}
