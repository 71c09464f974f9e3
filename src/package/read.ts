import type { FileHandle } from 'node:fs/promises';
import { readFully, withInput } from '../host/files.js';
import type { Descriptor } from '../schema/generated/types.js';
import { parseDescriptor } from './descriptor.js';
import {
  BLOCK_BYTES,
  DESCRIPTOR_NAME,
  HEAD_BYTES,
  MAX_DESCRIPTOR_BYTES,
  SIGNATURE_PREFIX,
} from './limits.js';
import { type Archive, type Entry, scanEntries } from './scan.js';
import { decodeHeader, invalidPackage } from './ustar.js';

export interface PackageHead {
  readonly sizeBytes: number;
  readonly descriptor: Descriptor;
  /** The descriptor as it stands in the package. */
  readonly text: string;
  /** Version of the protocol that it was written in; the descriptor is as the current one has it. */
  readonly protocolVersion: number;
}

/**
 * Read the descriptor: one read of 64 KiB, whatever the size of the package (a longer descriptor
 * takes a second one). What follows it is not looked at.
 *
 * @returns undefined when the file is not a tar archive at all.
 * @throws ModelconvError `E_INPUT`, `E_PACKAGE_INVALID` or `E_DESCRIPTOR_INVALID`.
 */
export async function tryReadHead(file: string): Promise<PackageHead | undefined> {
  return await withInput(file, async (handle, sizeBytes) => {
    const head = await readStart(handle, sizeBytes);
    if (head.toString('latin1', 257, 262) !== 'ustar') return undefined;
    const text = await readDescriptorText(file, handle, sizeBytes, head);
    return { sizeBytes, text, ...(await parseDescriptor(text, label(file))) };
  });
}

/**
 * Read the descriptor of a file that must be a package.
 *
 * @throws ModelconvError as {@link tryReadHead}, and `E_PACKAGE_INVALID` when it is no archive.
 */
export async function readHead(file: string): Promise<PackageHead> {
  const head = await tryReadHead(file);
  if (head === undefined)
    throw invalidPackage(
      file,
      'it is not a tar archive',
      `see what it is: modelconv inspect ${file}`,
    );
  return head;
}

/** How messages name the descriptor of a package. */
function label(file: string): string {
  return `${file}: ${DESCRIPTOR_NAME}`;
}

async function readStart(handle: FileHandle, sizeBytes: number): Promise<Buffer> {
  const head = Buffer.alloc(Math.min(HEAD_BYTES, sizeBytes));
  return head.subarray(0, await readFully(handle, head, 0));
}

async function readDescriptorText(
  file: string,
  handle: FileHandle,
  sizeBytes: number,
  head: Buffer,
): Promise<string> {
  if (head.length < BLOCK_BYTES)
    throw invalidPackage(file, sizeBytes === 0 ? 'it is empty' : 'it is too short for an archive');
  const header = decodeHeader(head.subarray(0, BLOCK_BYTES), file, 0);
  if (header.type !== 'file' || header.path !== DESCRIPTOR_NAME)
    throw invalidPackage(
      file,
      `its first entry must be ${DESCRIPTOR_NAME}`,
      'make the package with: modelconv pack',
    );
  if (header.sizeBytes > MAX_DESCRIPTOR_BYTES)
    throw invalidPackage(
      file,
      `its descriptor takes ${header.sizeBytes} bytes, at most ${MAX_DESCRIPTOR_BYTES} are allowed`,
    );
  const end = BLOCK_BYTES + header.sizeBytes;
  if (end > sizeBytes) throw invalidPackage(file, 'it is truncated in its descriptor');
  if (end <= head.length) return decodeText(file, head.subarray(BLOCK_BYTES, end));
  const rest = Buffer.alloc(end - head.length);
  await readFully(handle, rest, head.length);
  return decodeText(file, Buffer.concat([head.subarray(BLOCK_BYTES), rest]));
}

function decodeText(file: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw invalidPackage(file, 'its descriptor is not UTF-8 text');
  }
}

/** A package whose structure was checked: entries and the descriptor's list agree; digests were not looked at. */
export interface OpenPackage {
  readonly archive: Archive;
  readonly descriptor: Descriptor;
  /** The descriptor as it stands in the package. */
  readonly text: string;
  /** The descriptor and the signatures: entries that have no digest in the descriptor. */
  readonly unlisted: readonly Entry[];
  readonly entries: readonly (Entry & { readonly sha256: string })[];
}

/**
 * Open a package for reading and check its structure: entries, descriptor, and that the two name
 * exactly the same files with the same sizes. Every fault is listed, not only the first.
 *
 * @throws ModelconvError `E_INPUT`, `E_PACKAGE_INVALID` or `E_DESCRIPTOR_INVALID`.
 */
export async function withPackage<T>(
  file: string,
  work: (opened: OpenPackage) => Promise<T>,
): Promise<T> {
  return await withInput(file, async (handle, sizeBytes) => {
    const archive: Archive = { file, handle, sizeBytes };
    const text = await readDescriptorText(
      file,
      handle,
      sizeBytes,
      await readStart(handle, sizeBytes),
    );
    const { descriptor } = await parseDescriptor(text, label(file));
    const found: Entry[] = [];
    for await (const entry of scanEntries(archive, descriptor.files.length + SPARE_ENTRIES))
      found.push(entry);
    const { entries, signatures } = matchEntries(file, descriptor, found.slice(1));
    return await work({
      archive,
      descriptor,
      text,
      entries,
      unlisted: [...found.slice(0, 1), ...signatures],
    });
  });
}

function matchEntries(
  file: string,
  descriptor: Descriptor,
  found: readonly Entry[],
): { entries: OpenPackage['entries']; signatures: readonly Entry[] } {
  const signatures = found.filter(({ path }) => path.startsWith(SIGNATURE_PREFIX));
  const entries = found.filter(({ path }) => !path.startsWith(SIGNATURE_PREFIX));
  const firstSignature = found.findIndex(({ path }) => path.startsWith(SIGNATURE_PREFIX));
  if (firstSignature !== -1 && firstSignature < entries.length)
    throw invalidPackage(file, 'its signatures are not the last entries');
  if (signatures.length > MAX_SIGNATURES)
    throw invalidPackage(
      file,
      `it has ${signatures.length} signatures, at most ${MAX_SIGNATURES} are read`,
    );
  const byPath = new Map(entries.map((entry) => [entry.path, entry]));
  const listed = new Map(descriptor.files.map((entry) => [entry.path, entry]));
  const faults = [
    ...(listed.size < descriptor.files.length ? ['the descriptor lists a file twice'] : []),
    ...descriptor.files.flatMap(({ path, size }) => {
      const entry = byPath.get(path);
      if (entry === undefined) return [`"${path}" is in the descriptor but not in the archive`];
      return entry.sizeBytes === size
        ? []
        : [`"${path}" has ${entry.sizeBytes} bytes, the descriptor says ${size}`];
    }),
    ...entries.flatMap(({ path }) =>
      listed.has(path) ? [] : [`"${path}" is in the archive but not in the descriptor`],
    ),
  ];
  if (faults.length > 0) throw invalidPackage(file, listFaults(faults));
  return {
    entries: entries.map((entry) => ({ ...entry, sha256: listed.get(entry.path)?.sha256 ?? '' })),
    signatures,
  };
}

const SHOWN_FAULTS = 20;
/** Entries beyond the listed ones that are still looked at, so that the message can name them. */
const SPARE_ENTRIES = 200;
/** Who signs a model can be counted on fingers. */
const MAX_SIGNATURES = 64;

function listFaults(faults: readonly string[]): string {
  const shown = faults.slice(0, SHOWN_FAULTS).join('; ');
  return faults.length > SHOWN_FAULTS
    ? `${shown}; and ${faults.length - SHOWN_FAULTS} more`
    : shown;
}
