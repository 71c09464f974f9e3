import type { FileHandle } from 'node:fs/promises';
import { ModelconvError } from '../errors.js';
import { readFully, withInput } from '../host/files.js';
import type { Dtype } from '../schema/generated/types.js';
import { elementBytes } from './elements.js';

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

interface NpyHeader {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** First byte of the data. */
  readonly dataOffset: number;
}

const MAGIC = '\u0093NUMPY';
/** NumPy itself refuses headers beyond 10 000 bytes unless told otherwise. */
const MAX_HEADER = 65_536;

function bad(file: string, why: string): ModelconvError {
  return new ModelconvError('E_SAMPLES_INVALID', {
    what: `${file} cannot be used as samples`,
    why,
    next: 'save it with numpy.save as a C-ordered numeric array',
  });
}

/**
 * Read the header of a .npy file (versions 1.0 to 3.0) and check that the data is all there.
 *
 * @throws {@link ModelconvError} `E_SAMPLES_INVALID`.
 * @see numpy.lib.format in the NumPy reference.
 */
async function readHeader(file: string, handle: FileHandle, sizeBytes: number): Promise<NpyHeader> {
  const start = Buffer.alloc(Math.min(12, sizeBytes));
  await readFully(handle, start, 0);
  if (start.length < 12 || start.toString('latin1', 0, 6) !== MAGIC)
    throw bad(file, 'it is not a .npy file');
  const version = start[6] ?? 0;
  if (version < 1 || version > 3)
    throw bad(file, `it is of .npy version ${version}, which does not exist yet`);
  const wide = version >= 2;
  const length = wide ? start.readUInt32LE(8) : start.readUInt16LE(8);
  const textOffset = wide ? 12 : 10;
  if (length > MAX_HEADER || textOffset + length > sizeBytes)
    throw bad(file, 'its header is damaged');
  const text = Buffer.alloc(length);
  await readFully(handle, text, textOffset);
  return parseHeader(file, text.toString('utf8'), textOffset + length, sizeBytes);
}

function parseHeader(file: string, text: string, dataOffset: number, sizeBytes: number): NpyHeader {
  const descr = /'descr':\s*'([^']*)'/.exec(text)?.[1];
  const order = /'fortran_order':\s*(True|False)/.exec(text)?.[1];
  const dims = /'shape':\s*\(([^)]*)\)/.exec(text)?.[1];
  if (descr === undefined || order === undefined || dims === undefined)
    throw bad(file, 'its header is damaged');
  const dtype = DESCR.get(descr);
  if (dtype === undefined)
    throw bad(file, `its element type ${descr} is not supported (${[...DESCR.keys()].join(' ')})`);
  const shape = dims
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(Number);
  if (!isPossible(shape)) throw bad(file, 'its shape is damaged');
  if (order === 'True' && shape.length > 1) throw bad(file, 'it is in Fortran order');
  const needed = shape.reduce((product, size) => product * size, elementBytes(dtype));
  if (dataOffset + needed > sizeBytes)
    throw bad(
      file,
      `it has ${sizeBytes - dataOffset} bytes of data, but its shape needs ${needed}: it is truncated`,
    );
  return { dtype, shape, dataOffset };
}

/** Sizes whose product can be counted, whatever 0 stands among them. */
function isPossible(shape: readonly number[]): boolean {
  const product = shape.reduce((total, size) => total * Math.max(1, size), 1);
  return (
    shape.every((size) => Number.isSafeInteger(size) && size >= 0) && Number.isSafeInteger(product)
  );
}

/** A numeric array, elements in C order, little-endian. */
export interface NpyArray {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly data: Buffer;
}

/** A whole array may take this much memory; samples beyond are refused, not silently left out. */
const MAX_ARRAY_BYTES = 1024 * 1024 * 1024;

/** Read a .npy file. @throws {@link ModelconvError} `E_INPUT` or `E_SAMPLES_INVALID`. */
export async function readNpy(file: string): Promise<NpyArray> {
  return await withInput(file, async (handle, sizeBytes) => {
    const { dtype, shape, dataOffset } = await readHeader(file, handle, sizeBytes);
    const bytes = shape.reduce((product, size) => product * size, elementBytes(dtype));
    if (bytes > MAX_ARRAY_BYTES)
      throw bad(
        file,
        `it holds ${bytes} bytes, at most ${MAX_ARRAY_BYTES} are read; give fewer samples`,
      );
    const data = Buffer.alloc(bytes);
    await readFully(handle, data, dataOffset);
    return { dtype, shape, data };
  });
}
