import type { FileHandle } from 'node:fs/promises';
import { ModelconvError } from '../errors.js';
import { readFully, withInput } from '../host/files.js';
import type { Dtype } from '../schema/generated/types.js';
import { elementBytes } from './elements.js';
import { type ArrayHeader, MAX_NPY_HEADER, NPY_MAGIC, parseNpyHeader } from './npy-header.js';

interface NpyHeader extends ArrayHeader {
  /** First byte of the data. */
  readonly dataOffset: number;
}

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
  if (start.length < 12 || start.toString('latin1', 0, 6) !== NPY_MAGIC)
    throw bad(file, 'it is not a .npy file');
  const version = start[6] ?? 0;
  if (version < 1 || version > 3)
    throw bad(file, `it is of .npy version ${version}, which does not exist yet`);
  const wide = version >= 2;
  const length = wide ? start.readUInt32LE(8) : start.readUInt16LE(8);
  const textOffset = wide ? 12 : 10;
  if (length > MAX_NPY_HEADER || textOffset + length > sizeBytes)
    throw bad(file, 'its header is damaged');
  const text = Buffer.alloc(length);
  await readFully(handle, text, textOffset);
  return parseHeader(file, text.toString('utf8'), textOffset + length, sizeBytes);
}

function parseHeader(file: string, text: string, dataOffset: number, sizeBytes: number): NpyHeader {
  const header = parseNpyHeader(text);
  if (typeof header === 'string') throw bad(file, header);
  const { dtype, shape } = header;
  const needed = shape.reduce((product, size) => product * size, elementBytes(dtype));
  if (dataOffset + needed > sizeBytes)
    throw bad(
      file,
      `it has ${sizeBytes - dataOffset} bytes of data, but its shape needs ${needed}: it is truncated`,
    );
  return { dtype, shape, dataOffset };
}

/** A numeric array, elements in C order, little-endian. */
export interface NpyArray {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly data: Buffer;
}

/** A whole array may take this much memory; samples beyond are refused, not silently left out. */
const MAX_ARRAY_BYTES = 1024 * 1024 * 1024;

/**
 * Read a .npy file.
 *
 * @param label - how messages name the file.
 * @throws {@link ModelconvError} `E_INPUT` or `E_SAMPLES_INVALID`.
 */
export async function readNpy(file: string, label: string = file): Promise<NpyArray> {
  return await withInput(file, async (handle, sizeBytes) => {
    const { dtype, shape, dataOffset } = await readHeader(label, handle, sizeBytes);
    const bytes = shape.reduce((product, size) => product * size, elementBytes(dtype));
    if (bytes > MAX_ARRAY_BYTES)
      throw bad(
        label,
        `it holds ${bytes} bytes, at most ${MAX_ARRAY_BYTES} are read; give fewer samples`,
      );
    const data = Buffer.alloc(bytes);
    await readFully(handle, data, dataOffset);
    return { dtype, shape, data };
  });
}
