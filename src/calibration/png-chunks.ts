import { crc32 } from 'node:zlib';
import { exifOrientation } from './exif.js';
import { unusable } from './faults.js';
import { checkImageSize } from './raw-image.js';

export interface PngChunks {
  readonly width: number;
  readonly height: number;
  /** Bits of one sample: 1, 2, 4, 8 or 16. */
  readonly depth: number;
  readonly colorType: PngColorType;
  readonly isInterlaced: boolean;
  /** Red, green, blue of each entry. */
  readonly palette: Buffer | undefined;
  /** Alpha of palette entries, or the one colour that is transparent. */
  readonly transparency: Buffer | undefined;
  readonly compressed: Buffer;
  /** Exif orientation, 1 to 8. */
  readonly orientation: number;
}

/** Bits per sample that each colour type may have: 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGB and alpha. */
const DEPTHS = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
} as const;
export type PngColorType = keyof typeof DEPTHS;

const SIGNATURE_BYTES = 8;
/** Chunks that may be there besides those that are read; any other one that is critical cannot be passed over. */
const isAncillary = (type: string): boolean => type.charCodeAt(0) >= 0x61;

/**
 * Take a PNG file apart, every checksum checked.
 *
 * @throws ModelconvError `E_CALIBRATION_INVALID`.
 * @see Portable Network Graphics (PNG) Specification, third edition, clauses 5 and 11.
 */
export function readPngChunks(bytes: Buffer): PngChunks {
  const found = new Map<string, Buffer>();
  const parts: Buffer[] = [];
  for (const [type, data] of chunksOf(bytes)) {
    if (type === 'IDAT') parts.push(data);
    else if (type === 'acTL') throw unusable('it is an animated PNG file');
    else if (['IHDR', 'PLTE', 'IEND'].includes(type) || isAncillary(type)) found.set(type, data);
    else throw unusable(`it is a PNG file with an unknown part ${type}`);
  }
  const exif = found.get('eXIf');
  return {
    ...readHeader(found.get('IHDR')),
    palette: found.get('PLTE'),
    transparency: found.get('tRNS'),
    compressed: Buffer.concat(parts),
    orientation: exif === undefined ? 1 : exifOrientation(exif),
  };
}

function* chunksOf(bytes: Buffer): Generator<[type: string, data: Buffer]> {
  for (let at = SIGNATURE_BYTES; at + 12 <= bytes.length; ) {
    const end = at + 8 + bytes.readUInt32BE(at);
    if (end + 4 > bytes.length) break;
    if (crc32(bytes.subarray(at + 4, end)) !== bytes.readUInt32BE(end))
      throw unusable('it is a damaged PNG file: a checksum is wrong');
    const type = bytes.toString('latin1', at + 4, at + 8);
    yield [type, bytes.subarray(at + 8, end)];
    if (type === 'IEND') return;
    at = end + 4;
  }
  throw unusable('it is a truncated PNG file');
}

function readHeader(
  header: Buffer | undefined,
): Pick<PngChunks, 'width' | 'height' | 'depth' | 'colorType' | 'isInterlaced'> {
  const [depth = 0, colorType = 0, compression, filter, interlace = 0] = header?.subarray(8) ?? [];
  if (
    header?.length !== 13 ||
    !isColorType(colorType) ||
    !DEPTHS[colorType].some((known) => known === depth) ||
    compression !== 0 ||
    filter !== 0 ||
    interlace > 1
  )
    throw unusable('it is a damaged PNG file: its header is wrong');
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  checkImageSize(width, height);
  return { width, height, depth, colorType, isInterlaced: interlace === 1 };
}

function isColorType(value: number): value is PngColorType {
  return Object.hasOwn(DEPTHS, value);
}
