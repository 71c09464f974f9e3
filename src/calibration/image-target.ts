import type { Dtype } from '../schema/generated/types.js';
import { channelAxis } from './channel-axis.js';
import { unusable } from './faults.js';
import { hostPart } from './host-part.js';
import type { InputPreprocess, StaticInput } from './request.js';

/** Everything that turns a decoded image into one sample of an input. */
export interface ImageTarget {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly layout: 'nchw' | 'nhwc';
  readonly dtype: Dtype;
  readonly colorOrder: 'rgb' | 'bgr' | 'gray';
  readonly resize: 'stretch' | 'letterbox' | 'center-crop' | 'none';
  /** Values of black and of full brightness before mean and scale. */
  readonly range: readonly [number, number];
  /** One for each channel, in the order that the input has them. */
  readonly mean: readonly number[];
  readonly scale: readonly number[];
  /** Brightness of what a letterbox leaves free, 0 to 255. */
  readonly padding: number;
}

/** Values of 8-bit images, and what is meant when no range is declared. */
export const BYTE_RANGE = [0, 255] as const;
/** Grey of the YOLO family's letterbox. @see ultralytics/data/augment.py, LetterBox (padding_value=114). */
const PADDING = 114;

/**
 * What images have to become for an input. What is not declared: no resizing, RGB (grey for one
 * channel), values 0 to 255. What the graph or the NPU does is not done here.
 *
 * @throws ModelconvError `E_CALIBRATION_INVALID` when the input takes no images, or the preprocessing does not fit it.
 */
export function imageTarget(input: StaticInput, declared: InputPreprocess): ImageTarget {
  const preprocess: InputPreprocess = hostPart(declared);
  const { shape } = input;
  if (shape.length !== 4)
    throw unusable(`it has ${shape.length} axes, images need 4: give arrays (.npy) for it`);
  const axis = channelAxis(
    shape,
    preprocess.layout,
    (size) => size === 1 || size === 3,
    'images have 1 or 3 channels',
  );
  if (shape[0] !== 1)
    throw unusable(
      `it takes batches of ${shape[0]}: fix its batch to 1, or give arrays (.npy) for it`,
    );
  const [channels, height = 0, width = 0] =
    axis === 1 ? shape.slice(1) : [shape[3], shape[1], shape[2]];
  if (channels !== 1 && channels !== 3) throw unusable('images have 1 or 3 channels');
  const colorOrder = preprocess.colorOrder ?? (channels === 1 ? 'gray' : 'rgb');
  if ((colorOrder === 'gray') !== (channels === 1))
    throw unusable(`colorOrder ${colorOrder} does not fit its ${channels} channels`);
  return {
    width,
    height,
    channels,
    layout: axis === 1 ? 'nchw' : 'nhwc',
    dtype: input.dtype,
    colorOrder,
    resize: preprocess.resize ?? 'none',
    range: preprocess.range ?? BYTE_RANGE,
    mean: perChannel('mean', preprocess.mean, 0, channels),
    scale: perChannel('scale', preprocess.scale, 1, channels),
    padding: preprocess.padding ?? PADDING,
  };
}

/** One number for each channel: a single one counts for all. */
export function perChannel(
  what: 'mean' | 'scale',
  values: readonly number[] | undefined,
  neutral: number,
  channels: number,
): number[] {
  if (values === undefined) return Array.from({ length: channels }, () => neutral);
  if (values.length === channels) return [...values];
  if (values.length > 1)
    throw unusable(`${what} has ${values.length} numbers, it has ${channels} channels`);
  return Array.from({ length: channels }, () => values[0] ?? neutral);
}
