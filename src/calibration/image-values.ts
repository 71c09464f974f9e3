import { unusable } from './faults.js';
import type { ImageTarget } from './image-target.js';
import type { RawImage } from './raw-image.js';
import { resampleImage } from './resample.js';

/** Brightness of red, green and blue. @see ITU-R BT.601, as Pillow's `convert('L')` and OpenCV's `COLOR_RGB2GRAY`. */
const LUMA = [0.299, 0.587, 0.114] as const;

/**
 * The values of one sample in the order of the input: resized, colours ordered, brought to the range,
 * mean subtracted, scaled.
 *
 * @param converts - whether a colour image may become grey: only when that is declared.
 * @throws ModelconvError `E_CALIBRATION_INVALID` when the image does not fit.
 */
export function imageValues(image: RawImage, target: ImageTarget, converts: boolean): Float64Array {
  if (image.channels < target.channels)
    throw unusable('it is grey, the input takes 3 channels: save it as RGB');
  if (image.channels > target.channels && !converts)
    throw unusable('it has 3 channels, the input takes 1: declare colorOrder gray to convert it');
  const padding = (target.padding * image.max) / 255;
  const pixels = resampleImage(image, target, target.resize, padding);
  return arrange(pixels, image, target);
}

function arrange(pixels: Float64Array, image: RawImage, target: ImageTarget): Float64Array {
  const { channels, layout, mean, scale, range } = target;
  const area = target.width * target.height;
  const unit = (range[1] - range[0]) / image.max;
  const colour = colourPicker(image.channels, target.colorOrder);
  const values = new Float64Array(area * channels);
  for (let c = 0; c < channels; c++) {
    const [shift, factor] = [mean[c] ?? 0, scale[c] ?? 1];
    for (let pixel = 0; pixel < area; pixel++) {
      const raw = range[0] + colour(pixels, pixel, c) * unit;
      values[layout === 'nchw' ? c * area + pixel : pixel * channels + c] = (raw - shift) * factor;
    }
  }
  return values;
}

/** Picks one channel of one pixel. */
function colourPicker(
  channels: 1 | 3,
  order: ImageTarget['colorOrder'],
): (pixels: Float64Array, pixel: number, channel: number) => number {
  if (channels === 1) return (pixels, pixel) => pixels[pixel] ?? 0;
  if (order === 'gray')
    return (pixels, pixel) =>
      LUMA.reduce((sum, share, c) => sum + share * (pixels[pixel * 3 + c] ?? 0), 0);
  if (order === 'bgr') return (pixels, pixel, c) => pixels[pixel * 3 + 2 - c] ?? 0;
  return (pixels, pixel, c) => pixels[pixel * 3 + c] ?? 0;
}
