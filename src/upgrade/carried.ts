import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { copyReadOnly } from '../host/files.js';
import { extractFiles } from '../package/unpack.js';
import type { PackInput } from '../package/write.js';
import type { Descriptor, PackageFile, TruthRequest } from '../schema/generated/types.js';

/** Files that a conversion makes anew. */
const MADE: ReadonlySet<PackageFile['role']> = new Set(['model', 'source', 'truth']);

/**
 * Take out of a package what the next one takes over as it is: labels, documents, reports.
 *
 * @param directory - empty.
 * @throws ModelconvError as `extractFiles` does.
 */
export async function carriedFiles(
  file: string,
  descriptor: Descriptor,
  directory: string,
): Promise<PackInput[]> {
  const carried = descriptor.files.filter(({ role }) => !MADE.has(role));
  if (carried.length === 0) return [];
  const paths = new Set(carried.map((entry) => entry.path));
  await extractFiles(file, directory, (entry) => paths.has(entry));
  return carried.map(({ path: name, role, mediaType, sha256 }) => ({
    path: name,
    role,
    mediaType,
    file: path.join(directory, ...name.split('/')),
    expectedSha256: sha256,
  }));
}

/**
 * The raw sample of a package, for the next one to show what becomes of it.
 *
 * @param directory - empty.
 * @returns undefined when there is none.
 * @throws ModelconvError as `extractFiles` does.
 */
export async function carriedTruth(
  file: string,
  { model, verification }: Descriptor,
  directory: string,
): Promise<TruthRequest | undefined> {
  const inputs = verification?.truth?.inputs ?? [];
  if (inputs.length === 0) return undefined;
  const packed = path.join(directory, 'packed');
  const named = path.join(directory, 'named');
  await mkdir(packed);
  await mkdir(named);
  const paths = new Set(inputs.map(({ raw }) => raw.path));
  await extractFiles(file, packed, (entry) => paths.has(entry));
  const files = [];
  for (const { name, raw } of inputs) {
    const source = model.inputs.find((input) => input.name === name)?.sourceName ?? name;
    const to = path.join(named, `${source.replace(/[\\/:]/g, '_')}${path.posix.extname(raw.path)}`);
    await copyReadOnly(path.join(packed, ...raw.path.split('/')), to);
    files.push(to);
  }
  const [only] = files;
  return { sample: only !== undefined && files.length === 1 ? only : named };
}

/** Extensions of the old descriptor: whoever put them there, they mean nothing to us. */
export function withExtensions<T extends object>(descriptor: T, old: Descriptor): T {
  const extensions = Object.entries(old).filter(([key]) => key.startsWith('x-'));
  return { ...descriptor, ...Object.fromEntries(extensions) };
}
