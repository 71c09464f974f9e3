import type { Dtype } from '../schema/generated/types.js';

/** NumPy type strings (numpy.lib.format) that stand for our types; all little-endian. */
const DESCR: ReadonlyMap<string, Dtype> = new Map([
  ['<f8', 'float64'],
  ['<f4', 'float32'],
  ['<f2', 'float16'],
  ['<i8', 'int64'],
  ['<i4', 'int32'],
  ['<i2', 'int16'],
  ['|i1', 'int8'],
  ['<u8', 'uint64'],
  ['<u4', 'uint32'],
  ['<u2', 'uint16'],
  ['|u1', 'uint8'],
  ['|b1', 'bool'],
]);

export const NPY_MAGIC = '\u0093NUMPY';
/** NumPy itself refuses headers beyond 10 000 bytes unless told otherwise. */
export const MAX_NPY_HEADER = 65_536;

/** What the header of an array says. */
export interface ArrayHeader {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

/**
 * Read the text of a .npy header.
 *
 * @returns the header, or in one sentence why it cannot be used.
 * @see numpy.lib.format in the NumPy reference.
 */
export function parseNpyHeader(text: string): ArrayHeader | string {
  const descr = /'descr':\s*'([^']*)'/.exec(text)?.[1];
  const order = /'fortran_order':\s*(True|False)/.exec(text)?.[1];
  const dims = /'shape':\s*\(([^)]*)\)/.exec(text)?.[1];
  if (descr === undefined || order === undefined || dims === undefined)
    return 'its header is damaged, or it is a structured array';
  const dtype = DESCR.get(descr);
  const swapped = DESCR.get(descr.replace('>', '<'));
  if (dtype === undefined && swapped !== undefined)
    return `its numbers are big-endian (${descr}): in NumPy, array.astype('${descr.replace('>', '<')}')`;
  if (dtype === undefined)
    return `its element type ${descr} is not supported (${[...DESCR.keys()].join(' ')})`;
  const shape = dims
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(Number);
  if (!isPossible(shape)) return 'its shape is damaged';
  if (order === 'True' && shape.length > 1)
    return 'it is in Fortran order: save it with numpy.ascontiguousarray';
  return { dtype, shape };
}

/** Sizes whose product can be counted, whatever 0 stands among them. */
function isPossible(shape: readonly number[]): boolean {
  const product = shape.reduce((total, size) => total * Math.max(1, size), 1);
  return (
    shape.every((size) => Number.isSafeInteger(size) && size >= 0) && Number.isSafeInteger(product)
  );
}

/**
 * The start of a .npy file (version 1.0), before elements in C order, little-endian.
 *
 * @throws Error for an element type that NumPy does not have.
 * @see numpy.lib.format in the NumPy reference: the header is padded to a multiple of 64 bytes.
 */
export function npyHeader({ dtype, shape }: ArrayHeader): Buffer {
  const descr = [...DESCR].find(([, known]) => known === dtype)?.[0];
  if (descr === undefined) throw new Error(`NumPy has no type ${dtype}`);
  const sizes = `${shape.join(', ')}${shape.length === 1 ? ',' : ''}`;
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${sizes}), }`;
  const start = 10;
  const padded = Math.ceil((start + header.length + 1) / 64) * 64 - start;
  const text = Buffer.from(`${header.padEnd(padded - 1)}\n`, 'latin1');
  const head = Buffer.from(`${NPY_MAGIC}\u0001\u0000\u0000\u0000`, 'latin1');
  head.writeUInt16LE(text.length, 8);
  return Buffer.concat([head, text]);
}
