import { elementBytes } from '../tensor/elements.js';
import {
  type ArrayHeader,
  MAX_NPY_HEADER,
  NPY_MAGIC,
  parseNpyHeader,
} from '../tensor/npy-header.js';
import type { ByteSource } from './byte-source.js';
import { unusable } from './faults.js';

/**
 * Read the header of an array from a file or from a part of an archive; the source is then at its data.
 *
 * @throws ModelconvError `E_CALIBRATION_INVALID`, also when the data that follows is not all there.
 * @see numpy.lib.format in the NumPy reference.
 */
export async function readArrayHeader(source: ByteSource): Promise<ArrayHeader> {
  const start = await source.read(8);
  const version = start[6] ?? 0;
  if (start.toString('latin1', 0, 6) !== NPY_MAGIC || version < 1 || version > 3)
    throw unusable('it is not a .npy array');
  const size = await source.read(version >= 2 ? 4 : 2);
  if (size.length < (version >= 2 ? 4 : 2)) throw unusable('its header is damaged');
  const length = version >= 2 ? size.readUInt32LE(0) : size.readUInt16LE(0);
  if (length > Math.min(MAX_NPY_HEADER, source.remaining)) throw unusable('its header is damaged');
  const header = parseNpyHeader((await source.read(length)).toString('utf8'));
  if (typeof header === 'string') throw unusable(header);
  const needed = header.shape.reduce((product, n) => product * n, elementBytes(header.dtype));
  if (needed > source.remaining)
    throw unusable(`it is truncated: ${source.remaining} of ${needed} bytes of data are there`);
  return header;
}
