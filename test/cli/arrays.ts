import { readFileSync } from 'node:fs';

export interface NpyOptions {
  readonly descr?: string;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
  readonly fortran?: boolean;
}

/** A .npy file, version 1.0 (numpy.lib.format). */
export function npy({ descr = '<f4', shape, data, fortran = false }: NpyOptions): Buffer {
  const tuple = `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`;
  const text = `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': ${tuple}, }`;
  const header = Buffer.from(`${text.padEnd(117)}\n`);
  const start = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length, 0]);
  return Buffer.concat([start, header, data]);
}

/** Float32 data of so many elements, all 0.5. */
export function floats(count: number): Uint8Array {
  return new Uint8Array(new Float32Array(count).fill(0.5).buffer);
}

/** The data of a version 1.0 .npy file, in a buffer of its own. */
export function npyData(file: string): ArrayBuffer {
  const bytes = readFileSync(file);
  const start = 10 + bytes.readUInt16LE(8);
  return new Uint8Array(bytes.subarray(start)).buffer;
}
