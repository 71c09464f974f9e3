import type { Dtype } from '../schema/generated/types.js';
import { elementBytes } from '../tensor/elements.js';
import type { ByteSource } from './byte-source.js';
import { unusable } from './faults.js';

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

export interface ArrayHeader {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

const MAGIC = '\u0093NUMPY';
/** NumPy itself refuses headers beyond 10 000 bytes unless told otherwise. */
const MAX_HEADER = 65_536;

/**
 * Read the header of an array from a file or from a part of an archive; the source is then at its data.
 *
 * @throws ModelconvError `E_CALIBRATION_INVALID`, also when the data that follows is not all there.
 * @see numpy.lib.format in the NumPy reference.
 */
export async function readArrayHeader(source: ByteSource): Promise<ArrayHeader> {
  const start = await source.read(8);
  const version = start[6] ?? 0;
  if (start.toString('latin1', 0, 6) !== MAGIC || version < 1 || version > 3)
    throw unusable('it is not a .npy array');
  const size = await source.read(version >= 2 ? 4 : 2);
  if (size.length < (version >= 2 ? 4 : 2)) throw unusable('its header is damaged');
  const length = version >= 2 ? size.readUInt32LE(0) : size.readUInt16LE(0);
  if (length > Math.min(MAX_HEADER, source.remaining)) throw unusable('its header is damaged');
  const header = parseHeader((await source.read(length)).toString('utf8'));
  const needed = header.shape.reduce((product, n) => product * n, elementBytes(header.dtype));
  if (needed > source.remaining)
    throw unusable(`it is truncated: ${source.remaining} of ${needed} bytes of data are there`);
  return header;
}

function parseHeader(text: string): ArrayHeader {
  const descr = /'descr':\s*'([^']*)'/.exec(text)?.[1];
  const order = /'fortran_order':\s*(True|False)/.exec(text)?.[1];
  const dims = /'shape':\s*\(([^)]*)\)/.exec(text)?.[1];
  if (descr === undefined || order === undefined || dims === undefined)
    throw unusable('its header is damaged, or it is a structured array');
  const dtype = DESCR.get(descr);
  if (dtype === undefined) throw unusable(`its element type ${descr} is not supported`);
  const shape = dims
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(Number);
  const product = shape.reduce((total, size) => total * Math.max(1, size), 8);
  if (!shape.every((n) => Number.isSafeInteger(n) && n >= 0) || !Number.isSafeInteger(product))
    throw unusable('its shape is damaged');
  if (order === 'True' && shape.length > 1)
    throw unusable('it is in Fortran order: save it with numpy.ascontiguousarray');
  return { dtype, shape };
}
