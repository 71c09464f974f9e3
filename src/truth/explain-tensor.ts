import { channelAxis } from '../calibration/channel-axis.js';
import { hostPart, stepsAt } from '../calibration/host-part.js';
import { imageTarget } from '../calibration/image-target.js';
import type { StaticInput } from '../calibration/request.js';
import { ModelconvError } from '../errors.js';
import type { Preprocess } from '../schema/generated/types.js';
import { moveAxes } from '../tensor/move-axes.js';
import { preprocessRaw, type RawSample } from './raw-sample.js';

/** A raw sample, what is declared for it, and the tensor that it should have become. */
export interface TensorCheck {
  readonly raw: RawSample;
  readonly input: StaticInput;
  readonly preprocess: Preprocess;
  /** Elements in the order of the input. */
  readonly expected: Float64Array;
  /** Greatest difference that is none, in the unit of the tensor. */
  readonly bound: number;
}

/** Another way to make a tensor of the raw data, and what it would mean if that is how the tensor was made. */
interface Variant {
  readonly message: string;
  make(): Float64Array;
}

/** Greatest absolute difference; infinite where the number of elements differs. */
export function maxDifference(a: Float64Array, b: Float64Array): number {
  if (a.length !== b.length) return Infinity;
  let most = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs((a[i] ?? 0) - (b[i] ?? 0));
    // NaN is never the same
    if (!(difference <= most)) most = Number.isNaN(difference) ? Infinity : difference;
  }
  return most;
}

/**
 * What explains that the declared preprocessing does not make the tensor: each fault that is known of
 * preprocessing is made on purpose; what is said was seen.
 *
 * @param ours - what the declared preprocessing makes.
 * @returns sentences.
 */
export function explainTensor(check: TensorCheck, ours: Float64Array): string[] {
  const { expected } = check;
  const peak = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const bound = Math.max(check.bound, 1e-5 * peak);
  const variants = [...declarations(check), ...rearranged(check, ours), ...repeated(check, ours)];
  for (const { message, make } of variants) {
    const made = tried(make);
    if (made !== undefined && maxDifference(made, expected) <= bound) return [message];
  }
  return [otherNormalisation(check, ours, bound) ?? UNEXPLAINED];
}

const UNEXPLAINED =
  'no order of colours or axes, no mean, scale, range or resizing that was tried makes this tensor: the raw data is another, or a step is missing';

/** A variant may not fit the data: then it is not what was done. */
function tried(make: () => Float64Array): Float64Array | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof ModelconvError || error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The same data with one thing declared otherwise. */
function declarations({ raw, input, preprocess }: TensorCheck): Variant[] {
  const variant = (message: string, declared: Preprocess): Variant => ({
    message,
    make: () => preprocessRaw(raw, input, declared),
  });
  const { mean: _mean, scale: _scale, ...unscaled } = preprocess;
  const { range: _range, ...unranged } = preprocess;
  const { where: _where, ...onHost } = preprocess;
  const elsewhere = [...stepsAt(preprocess, 'graph'), ...stepsAt(preprocess, 'npu')];
  const isNormalised = hostPart(preprocess);
  return [
    ...colours(input, preprocess).map((order) =>
      variant(
        `RGB and BGR are swapped: the tensor is that of colorOrder ${order}, declared is ${preprocess.colorOrder ?? 'rgb'}`,
        { ...preprocess, colorOrder: order },
      ),
    ),
    ...(isNormalised.mean === undefined && isNormalised.scale === undefined
      ? []
      : [
          variant(
            'double normalisation: mean and scale are declared for the host, but the tensor is without them; where the model has them as well, they are applied twice',
            unscaled,
          ),
        ]),
    ...(isNormalised.range === undefined
      ? []
      : [
          variant(
            `double normalisation: range [${isNormalised.range.join(', ')}] is declared for the host beside mean and scale, but the tensor is without it`,
            unranged,
          ),
          variant(
            'double normalisation: range, mean and scale are declared for the host, but the tensor is without them; where the model has them as well, they are applied twice',
            hostPart({ ...unscaled, where: { range: 'graph' } }),
          ),
        ]),
    ...(elsewhere.length === 0
      ? []
      : [
          variant(
            `double normalisation: the tensor has ${elsewhere.join(', ')} already, which the model is declared to do: they are applied twice`,
            onHost,
          ),
        ]),
    ...RESIZES.filter((resize) => resize !== (preprocess.resize ?? 'none')).map((resize) =>
      variant(
        `the resizing is another: the tensor is that of resize ${resize}, declared is ${preprocess.resize ?? 'none'}`,
        { ...preprocess, resize },
      ),
    ),
    ...(preprocess.resize === 'letterbox' ? GREYS : [])
      .filter((padding) => padding !== preprocess.padding)
      .map((padding) =>
        variant(`the border is another: the tensor is that of padding ${padding}`, {
          ...preprocess,
          padding,
        }),
      ),
  ];
}

const RESIZES = ['stretch', 'letterbox', 'center-crop', 'none'] as const;
/** Greys that letterboxes of known pipelines have. */
const GREYS = [0, 114, 127, 128, 255] as const;

function colours(input: StaticInput, preprocess: Preprocess): ('rgb' | 'bgr')[] {
  const { colorOrder } = hostPart(preprocess);
  const isColour = input.shape.includes(3);
  if (!isColour || colorOrder === 'gray') return [];
  return [colorOrder === 'bgr' ? 'rgb' : 'bgr'];
}

/** Our tensor with its elements in another order. */
function rearranged({ input, preprocess }: TensorCheck, ours: Float64Array): Variant[] {
  const { shape } = input;
  if (shape.length !== 4) return [];
  const moved = (axes: readonly number[]) => (): Float64Array =>
    moveAxes({ shape, values: ours }, [...axes]).values;
  return [
    {
      message:
        'RGB and BGR are swapped: the tensor has the channels of what is declared in reverse, mean and scale with them',
      make: () => reversedChannels(input, preprocess, ours),
    },
    {
      message: `the layout is another: the tensor has its channels last, the input [${shape.join(', ')}] on axis 1`,
      make: moved([0, 2, 3, 1]),
    },
    {
      message: `the layout is another: the tensor has its channels on axis 1, the input [${shape.join(', ')}] last`,
      make: moved([0, 3, 1, 2]),
    },
    { message: 'height and width are swapped', make: moved([0, 1, 3, 2]) },
    { message: 'height and width are swapped', make: moved([0, 2, 1, 3]) },
  ];
}

/** @throws ModelconvError when the shape does not say where the channels stand. */
function channelsOf(input: StaticInput, { layout }: Preprocess): { count: number; stride: number } {
  const axis = channelAxis(input.shape, layout, (size) => size === 1 || size === 3, 'channels');
  const stride = input.shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  return { count: input.shape[axis] ?? 1, stride };
}

function reversedChannels(
  input: StaticInput,
  preprocess: Preprocess,
  values: Float64Array,
): Float64Array {
  const { count, stride } = channelsOf(input, preprocess);
  return values.map((_value, at) => {
    const channel = Math.floor(at / stride) % count;
    return values[at + (count - 1 - 2 * channel) * stride] ?? 0;
  });
}

/** Mean and scale of the host applied to our tensor once more. */
function repeated(check: TensorCheck, ours: Float64Array): Variant[] {
  const { mean, scale } = hostPart(check.preprocess);
  if (mean === undefined && scale === undefined) return [];
  return [
    {
      message:
        'double normalisation: the tensor is what is declared with mean and scale applied once more',
      make: () => {
        const { count, stride } = channelsOf(check.input, check.preprocess);
        const of = (list: readonly number[] | undefined, channel: number, none: number): number =>
          list?.[list.length === 1 ? 0 : channel] ?? none;
        return ours.map((value, at) => {
          const channel = Math.floor(at / stride) % count;
          return (value - of(mean, channel, 0)) * of(scale, channel, 1);
        });
      },
    },
  ];
}

/** Another mean and scale for each channel that makes the tensor; with the colours as declared, or swapped. */
function otherNormalisation(
  check: TensorCheck,
  ours: Float64Array,
  bound: number,
): string | undefined {
  const straight = tried(() => ours);
  const swapped = tried(() => reversedChannels(check.input, check.preprocess, ours));
  for (const [values, also] of [
    [straight, ''],
    [swapped, 'RGB and BGR are swapped, and '],
  ] as const) {
    const lines = values === undefined ? undefined : fitChannels(check, values, bound);
    if (lines !== undefined) return `${also}${normalisationText(check, lines)}`;
  }
  return undefined;
}

interface Line {
  readonly factor: number;
  readonly offset: number;
}

/** `expected = factor * ours + offset` for each channel; undefined where that is not so. */
function fitChannels(
  { input, preprocess, expected }: TensorCheck,
  ours: Float64Array,
  bound: number,
): Line[] | undefined {
  if (ours.length !== expected.length) return undefined;
  const channels = tried(() => {
    const { count, stride } = channelsOf(input, preprocess);
    return Float64Array.of(count, stride);
  });
  const [count = 1, stride = 1] = channels ?? [1, 1];
  const lines = Array.from({ length: count }, (_none, channel) =>
    fitLine(ours, expected, (at) => Math.floor(at / stride) % count === channel),
  );
  const isRight = expected.every((value, at) => {
    const line = lines[Math.floor(at / stride) % count];
    return (
      line !== undefined && Math.abs(line.factor * (ours[at] ?? 0) + line.offset - value) <= bound
    );
  });
  return isRight ? (lines as Line[]) : undefined;
}

/** Least squares over the chosen elements; undefined where they do not vary. */
function fitLine(
  from: Float64Array,
  to: Float64Array,
  isChosen: (at: number) => boolean,
): Line | undefined {
  let [n, sumX, sumY] = [0, 0, 0];
  for (let at = 0; at < from.length; at++) {
    if (!isChosen(at)) continue;
    n++;
    sumX += from[at] ?? 0;
    sumY += to[at] ?? 0;
  }
  const [meanX, meanY] = [sumX / n, sumY / n];
  let [spread, shared] = [0, 0];
  for (let at = 0; at < from.length; at++) {
    if (!isChosen(at)) continue;
    spread += ((from[at] ?? 0) - meanX) ** 2;
    shared += ((from[at] ?? 0) - meanX) * ((to[at] ?? 0) - meanY);
  }
  if (!(spread > 0) || shared === 0) return undefined;
  const factor = shared / spread;
  return { factor, offset: meanY - factor * meanX };
}

/** In the words of the declaration: which mean and scale make the tensor of the raw data. */
function normalisationText(
  { raw, input, preprocess }: TensorCheck,
  lines: readonly Line[],
): string {
  const { mean, scale } = declaredOf(raw, input, preprocess, lines.length);
  const scales = lines.map(({ factor }, c) => factor * (scale[c] ?? 1));
  const means = lines.map(({ offset }, c) => (mean[c] ?? 0) - offset / (scales[c] ?? 1));
  const isMissing = mean.every((value) => value === 0) && scale.every((value) => value === 1);
  const what = isMissing
    ? 'normalisation is missing: the tensor is that of'
    : 'the normalisation is another: the tensor is that of';
  return `${what} mean ${short(means)} and scale ${short(scales)}, declared for the host is mean ${short(mean)} and scale ${short(scale)}`;
}

function declaredOf(
  raw: RawSample,
  input: StaticInput,
  preprocess: Preprocess,
  channels: number,
): { mean: readonly number[]; scale: readonly number[] } {
  if (raw.kind === 'image') return imageTarget(input, preprocess);
  const { mean = [0], scale = [1] } = hostPart(preprocess);
  const spread = (list: readonly number[]): number[] =>
    Array.from({ length: channels }, (_none, c) => list[list.length === 1 ? 0 : c] ?? 0);
  return { mean: spread(mean), scale: spread(scale) };
}

function short(values: readonly number[]): string {
  return `[${values.map((value) => Number(value.toPrecision(4))).join(', ')}]`;
}
