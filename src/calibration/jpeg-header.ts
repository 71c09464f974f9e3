import { exifOrientation } from './exif.js';
import { unusable } from './faults.js';

export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  readonly components: number;
  /** Exif orientation, 1 to 8. */
  readonly orientation: number;
}

/** Start-of-frame markers of the ways to code that the decoder knows: baseline, extended, progressive. */
const DECODABLE = [0xc0, 0xc1, 0xc2];
/** All start-of-frame markers; 0xc4, 0xc8 and 0xcc stand for other things. */
const FRAMES = [0xc0, 0xc1, 0xc2, 0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf];
const APP1 = 0xe1;
const START_OF_SCAN = 0xda;
const EXIF = 'Exif\0\0';

/**
 * Read the markers before the pixels.
 *
 * @throws ModelconvError `E_CALIBRATION_INVALID`.
 * @see ITU-T T.81, annex B.
 */
export function readJpegHeader(bytes: Buffer): JpegHeader {
  let orientation = 1;
  for (let at = 2; at + 4 <= bytes.length; ) {
    if (bytes[at] !== 0xff) throw unusable('it is a damaged JPEG file');
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff) {
      // fill bytes may stand before a marker
      at++;
      continue;
    }
    const end = at + 2 + bytes.readUInt16BE(at + 2);
    if (marker === START_OF_SCAN || end > bytes.length) break;
    if (FRAMES.includes(marker)) return { ...readFrame(bytes.subarray(at, end)), orientation };
    if (marker === APP1 && bytes.toString('latin1', at + 4, at + 10) === EXIF)
      orientation = exifOrientation(bytes.subarray(at + 10, end));
    at = end;
  }
  throw unusable('it is a truncated or damaged JPEG file');
}

function readFrame(frame: Buffer): Omit<JpegHeader, 'orientation'> {
  if (frame.length < 10) throw unusable('it is a damaged JPEG file');
  if (!DECODABLE.includes(frame[1] ?? 0) || frame[4] !== 8)
    throw unusable(
      'it is a JPEG file of a rare kind (lossless, arithmetic or 12 bits): save it as PNG',
    );
  const components = frame[9] ?? 0;
  if (components === 4) throw unusable('it is a JPEG file for printing (CMYK): save it as RGB');
  if (components !== 1 && components !== 3)
    throw unusable(`it has ${components} colour components, 1 or 3 are read`);
  return { height: frame.readUInt16BE(5), width: frame.readUInt16BE(7), components };
}
