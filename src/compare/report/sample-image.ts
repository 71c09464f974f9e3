import { decodeElements } from '../../tensor/elements.js';
import { dataOf, type SampleInput, shapeOf } from '../../tensor/samples.js';
import { encodePng, type Pixels } from './png.js';

/** Smaller than this nothing can be made out. */
const LEAST_SIDE = 4;

interface Layout {
  readonly channels: 1 | 3;
  readonly height: number;
  readonly width: number;
  readonly isChannelsLast: boolean;
}

/** How an input of four axes is an image: one or three channels, first or last; undefined when it is none. */
function imageLayout([n, ...axes]: readonly number[]): Layout | undefined {
  if (n !== 1 || axes.length !== 3) return undefined;
  const [a = 0, b = 0, c = 0] = axes;
  const isSide = (size: number): boolean => size >= LEAST_SIDE;
  if ((a === 1 || a === 3) && isSide(b) && isSide(c))
    return { channels: a, height: b, width: c, isChannelsLast: false };
  if ((c === 1 || c === 3) && isSide(a) && isSide(b))
    return { channels: c, height: a, width: b, isChannelsLast: true };
  return undefined;
}

/** Whether the samples of an input can be shown. */
export function isImage({ shape }: Pick<SampleInput, 'shape'>): boolean {
  return imageLayout(shape) !== undefined;
}

/**
 * One sample as a `data:` address of a PNG, its values spread over black to white.
 *
 * @returns undefined when the input is no image.
 */
export function sampleImage(input: SampleInput, index: number): string | undefined {
  const layout = imageLayout(shapeOf(input, index));
  if (layout === undefined) return undefined;
  const values = decodeElements(input.dtype, dataOf(input, index));
  const png = encodePng(pixelsOf(values, layout));
  return `data:image/png;base64,${png.toString('base64')}`;
}

function pixelsOf(
  values: Float64Array,
  { channels, height, width, isChannelsLast }: Layout,
): Pixels {
  const finite = values.filter((value) => Number.isFinite(value));
  const low = finite.reduce((least, value) => Math.min(least, value), Infinity);
  const high = finite.reduce((most, value) => Math.max(most, value), -Infinity);
  const scale = high > low ? 255 / (high - low) : 0;
  const data = new Uint8Array(values.length);
  for (let pixel = 0; pixel < height * width; pixel++)
    for (let c = 0; c < channels; c++) {
      const at = isChannelsLast ? pixel * channels + c : c * height * width + pixel;
      data[pixel * channels + c] = Math.round(((values[at] ?? low) - low) * scale);
    }
  return { width, height, channels, data };
}
