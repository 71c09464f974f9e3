import { unusable } from './faults.js';
import type { ImageTarget } from './image-target.js';
import type { RawImage } from './raw-image.js';

/** Where the resized image lies on the target, in pixels; the offset is negative where it is cropped. */
interface Placement {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly top: number;
}

type Size = Pick<RawImage, 'width' | 'height'>;

/**
 * How an image of one size is brought to another. Sizes are rounded to whole pixels; an odd pixel of
 * a border goes to the right or to the bottom.
 *
 * @throws ModelconvError `E_CALIBRATION_INVALID` when it does not fit and `resize` is `none`.
 */
export function placeImage(from: Size, to: Size, resize: ImageTarget['resize']): Placement {
  if (resize === 'stretch') return { width: to.width, height: to.height, left: 0, top: 0 };
  if (resize === 'none') {
    if (from.width === to.width && from.height === to.height) return { ...to, left: 0, top: 0 };
    throw unusable(
      `it is ${from.width}x${from.height}, the input takes ${to.width}x${to.height}: declare how to resize (stretch, letterbox or center-crop)`,
    );
  }
  const choose = resize === 'letterbox' ? Math.min : Math.max;
  const factor = choose(to.width / from.width, to.height / from.height);
  // the side that decides fits exactly, whatever the rounding of the factor
  const side = (length: number, target: number): number =>
    choose(target, Math.max(1, Math.round(length * factor)));
  const width = side(from.width, to.width);
  const height = side(from.height, to.height);
  return {
    width,
    height,
    left: Math.floor((to.width - width) / 2),
    top: Math.floor((to.height - height) / 2),
  };
}

/** For each target pixel along one axis: the two source pixels around it, and the share of the second; undefined outside the image. */
type Taps = readonly (readonly [first: number, second: number, share: number] | undefined)[];

/** Bilinear with the half-pixel rule, as OpenCV's INTER_LINEAR: pixel centres lie at halves, edges repeat, no antialiasing. */
function tapsOf(source: number, resized: number, offset: number, target: number): Taps {
  return Array.from({ length: target }, (_, i) => {
    const at = i - offset;
    if (at < 0 || at >= resized) return undefined;
    const centre = ((at + 0.5) * source) / resized - 0.5;
    const position = Math.min(Math.max(centre, 0), source - 1);
    const first = Math.floor(position);
    return [first, Math.min(first + 1, source - 1), position - first] as const;
  });
}

/**
 * Resize without rounding the values: row by row, channels interleaved, in the unit of the image.
 *
 * @param padding - value where the image does not reach, in the unit of the image.
 * @throws ModelconvError `E_CALIBRATION_INVALID` when it does not fit and `resize` is `none`.
 */
export function resampleImage(
  image: RawImage,
  to: Size,
  resize: ImageTarget['resize'],
  padding: number,
): Float64Array {
  const { data, width, channels } = image;
  const place = placeImage(image, to, resize);
  const across = tapsOf(width, place.width, place.left, to.width);
  const down = tapsOf(image.height, place.height, place.top, to.height);
  const result = new Float64Array(to.width * to.height * channels).fill(padding);
  for (const [y, row] of down.entries()) {
    if (row === undefined) continue;
    const [upper, lower] = [row[0] * width, row[1] * width];
    for (const [x, column] of across.entries()) {
      if (column === undefined) continue;
      const [left, right, share] = column;
      for (let c = 0; c < channels; c++) {
        const at = (pixel: number): number => data[pixel * channels + c] ?? 0;
        const above = at(upper + left) + (at(upper + right) - at(upper + left)) * share;
        const below = at(lower + left) + (at(lower + right) - at(lower + left)) * share;
        result[(y * to.width + x) * channels + c] = above + (below - above) * row[2];
      }
    }
  }
  return result;
}
