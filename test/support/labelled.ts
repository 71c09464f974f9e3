import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fixture } from './files.js';
import { npy } from './npy.js';
import { zip } from './zip.js';

/** A `.npz` of these `.npy` files, as numpy.savez writes it. */
export function npz(
  file: string,
  arrays: Readonly<Record<string, Uint8Array>>,
  deflated = false,
): string {
  const files = Object.entries(arrays).map(([name, data]) => ({
    name: `${name}.npy`,
    data,
    deflated,
  }));
  writeFileSync(file, zip(files));
  return file;
}

/** An array of 64-bit integers. */
export function int64s(
  values: readonly number[],
  shape: readonly number[] = [values.length],
): Buffer {
  const data = Buffer.from(BigInt64Array.from(values, BigInt).buffer);
  return npy({ descr: '<i8', shape, data });
}

/** Held-out digits: images and labels that no fixture model was trained on. */
export function digitsArchive(directory: string): string {
  return npz(path.join(directory, 'digits.npz'), {
    image: readFileSync(fixture('data/digits-test.npy')),
    labels: readFileSync(fixture('data/digits-test-labels.npy')),
  });
}

/** The labels of the held-out digits. */
export function digitLabels(): number[] {
  const bytes = readFileSync(fixture('data/digits-test-labels.npy'));
  const data = bytes.subarray(10 + bytes.readUInt16LE(8));
  return Array.from({ length: data.length / 8 }, (_none, at) =>
    Number(data.readBigInt64LE(at * 8)),
  );
}

/** Write files below a new directory; names may have directories in them. */
export function writeTree(
  directory: string,
  files: Readonly<Record<string, Uint8Array | string>>,
): string {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(directory, name)), { recursive: true });
    writeFileSync(path.join(directory, name), content);
  }
  return directory;
}
