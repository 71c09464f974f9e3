import { unusable } from './faults.js';

/** Decoded pixels, row by row from the top left, channels interleaved: 1 (grey) or 3 (red, green, blue). */
export interface RawImage {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  /** Value of full brightness: 255 for 8 bits. */
  readonly max: number;
  readonly data: Uint8Array | Uint16Array;
}

/** A photo of today's cameras fits; a small file that swells beyond is refused before it is decoded. */
const MAX_PIXELS = 64 * 1024 * 1024;

/** @throws ModelconvError `E_CALIBRATION_INVALID`. */
export function checkImageSize(width: number, height: number): void {
  if (width === 0 || height === 0) throw unusable('it has no pixels');
  if (width * height > MAX_PIXELS)
    throw unusable(`it is ${width}x${height}, at most ${MAX_PIXELS} pixels are decoded`);
}

/** Whether all pixels are the same. */
export function isConstant({ data, channels }: RawImage): boolean {
  for (let i = channels; i < data.length; i++) if (data[i] !== data[i - channels]) return false;
  return true;
}

/**
 * The image turned and mirrored so that it stands upright.
 *
 * @param orientation - Exif orientation of the stored pixels: 5 to 8 swap width and height.
 */
export function uprightImage(image: RawImage, orientation: number): RawImage {
  if (orientation === 1) return image;
  const { width: w, height: h, channels, data } = image;
  const isSwapped = orientation >= 5;
  const [width, height] = isSwapped ? [h, w] : [w, h];
  const turned =
    data instanceof Uint16Array ? new Uint16Array(data.length) : new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [column, row] = isSwapped ? [y, x] : [x, y];
      const fromX = MIRRORED_X.includes(orientation) ? w - 1 - column : column;
      const fromY = MIRRORED_Y.includes(orientation) ? h - 1 - row : row;
      for (let c = 0; c < channels; c++)
        turned[(y * width + x) * channels + c] = data[(fromY * w + fromX) * channels + c] ?? 0;
    }
  }
  return { ...image, width, height, data: turned };
}

/** Orientations whose stored columns, or rows, run against those of the upright image. */
const MIRRORED_X: readonly number[] = [2, 3, 7, 8];
const MIRRORED_Y: readonly number[] = [3, 4, 6, 7];
