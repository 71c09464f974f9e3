import { decodeElements, encodeElements } from '../../tensor/elements.js';
import type { SampleInput, SampleSet } from '../../tensor/samples.js';

export type InputFaultKind =
  | 'reversed-channels'
  | 'swapped-sides'
  /** Mean and scale are applied once more. */
  | 'normalised-again'
  /** Mean and scale are taken out. */
  | 'not-normalised'
  | 'scaled';

/** A change of the input that, made to the source, would explain what the converted model gives. */
export interface InputFault {
  readonly kind: InputFaultKind;
  readonly input: string;
  /** One sentence about the converted model. */
  readonly message: string;
  readonly samples: SampleSet;
}

/** An input that is an image. */
export interface Image {
  readonly input: SampleInput;
  readonly channels: number;
  readonly plane: number;
  readonly isChannelsLast: boolean;
}

/** Real-valued inputs of four axes with up to four channels. */
export function imagesOf({ inputs }: SampleSet): Image[] {
  return inputs.flatMap((input): Image[] => {
    const [n, a = 0, b = 0, c = 0] = input.shape;
    if (n === undefined || input.shape.length !== 4 || !/^float/.test(input.dtype)) return [];
    if (a <= 4 && b * c > 1) return [{ input, channels: a, plane: b * c, isChannelsLast: false }];
    if (c <= 4 && a * b > 1) return [{ input, channels: c, plane: a * b, isChannelsLast: true }];
    return [];
  });
}

/** The channel of an element. */
export function channelOf(
  { channels, plane, isChannelsLast }: Omit<Image, 'input'>,
  at: number,
): number {
  return isChannelsLast ? at % channels : Math.floor(at / plane) % channels;
}

/** The samples with the elements of one input changed. */
function changed(
  samples: SampleSet,
  input: SampleInput,
  change: (value: number, at: number, all: Float64Array) => number,
): SampleSet {
  const values = decodeElements(input.dtype, input.data);
  let at = 0;
  const data = encodeElements(input.dtype, values.length, () => {
    const value = change(values[at] ?? 0, at, values);
    at++;
    return value;
  });
  return {
    ...samples,
    inputs: samples.inputs.map((one) => (one === input ? { ...one, data } : one)),
  };
}

/** Add a number to every element of one channel of an image input. */
export function shiftedChannel(
  samples: SampleSet,
  image: Image,
  offsets: readonly number[],
): SampleSet {
  return changed(samples, image.input, (value, at) => value + (offsets[channelOf(image, at)] ?? 0));
}

/** What is declared to be done to an image before it goes in. */
export interface Normalisation {
  readonly mean: readonly number[];
  readonly scale: readonly number[];
}

/** Every simple fault of an image input, with the samples that show it when the source is given them. */
export function inputFaults(samples: SampleSet, declared?: Normalisation): InputFault[] {
  return imagesOf(samples).flatMap((image) => [
    ...reversedChannels(samples, image),
    ...swappedSides(samples, image),
    ...normalisations(samples, image, declared),
    ...scales(samples, image),
  ]);
}

function reversedChannels(samples: SampleSet, image: Image): InputFault[] {
  const { channels, plane, isChannelsLast, input } = image;
  if (channels < 3) return [];
  const partner = (at: number): number => {
    const channel = channelOf(image, at);
    const other = channel < 3 ? 2 - channel : channel;
    return at + (other - channel) * (isChannelsLast ? 1 : plane);
  };
  return [
    {
      kind: 'reversed-channels',
      input: input.name,
      message: `it computes what the source computes with the channels of ${input.name} in reverse: RGB and BGR are swapped`,
      samples: changed(samples, input, (_value, at, all) => all[partner(at)] ?? 0),
    },
  ];
}

function swappedSides(
  samples: SampleSet,
  { input, plane, isChannelsLast, channels }: Image,
): InputFault[] {
  const [height = 0, width = 0] = isChannelsLast ? input.shape.slice(1) : input.shape.slice(2);
  if (height !== width) return [];
  const partner = (at: number): number => {
    const [inner, step] = isChannelsLast ? [at % channels, channels] : [0, 1];
    const pixel = Math.floor((at % (plane * step)) / step);
    const [y, x] = [Math.floor(pixel / width), pixel % width];
    return at - (at % (plane * step)) + (x * width + y) * step + inner;
  };
  return [
    {
      kind: 'swapped-sides',
      input: input.name,
      message: `it computes what the source computes with height and width of ${input.name} swapped`,
      samples: changed(samples, input, (_value, at, all) => all[partner(at)] ?? 0),
    },
  ];
}

function normalisations(
  samples: SampleSet,
  image: Image,
  declared: Normalisation | undefined,
): InputFault[] {
  if (declared === undefined) return [];
  const of = (list: readonly number[], at: number, none: number): number =>
    list[list.length === 1 ? 0 : channelOf(image, at)] ?? none;
  const { mean, scale } = declared;
  const { input } = image;
  return [
    {
      kind: 'normalised-again',
      input: input.name,
      message: `it computes what the source computes when mean and scale are applied to ${input.name} once more: they are in the converted model and on the host`,
      samples: changed(samples, input, (value, at) => (value - of(mean, at, 0)) * of(scale, at, 1)),
    },
    {
      kind: 'not-normalised',
      input: input.name,
      message: `it computes what the source computes when mean and scale are not applied to ${input.name}: the converted model takes them out again`,
      samples: changed(samples, input, (value, at) => value / of(scale, at, 1) + of(mean, at, 0)),
    },
  ];
}

function scales(samples: SampleSet, { input }: Image): InputFault[] {
  return [255, 1 / 255, 128, 1 / 128].map((factor) => {
    const text = factor >= 1 ? `${factor}` : `1/${Math.round(1 / factor)}`;
    return {
      kind: 'scaled',
      input: input.name,
      message: `it computes what the source computes when ${input.name} is multiplied by ${text}: a scale of the input is wrong`,
      samples: changed(samples, input, (value) => value * factor),
    };
  });
}
