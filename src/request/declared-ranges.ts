import { placeOf } from '../calibration/host-part.js';
import { BYTE_RANGE } from '../calibration/image-target.js';
import type { ModelInfo, Preprocess } from '../schema/generated/types.js';
import type { ValueRanges } from '../tensor/generate.js';
import { quantizedRange } from '../tensor/quantized-range.js';
import { type PreprocessByInput, preprocessOf } from './preprocess.js';

/** What only images have done to them. */
const OF_IMAGES = ['resize', 'colorOrder', 'range', 'mean', 'scale'] as const;

/**
 * The least and greatest number that each input of the source is given, where that is known: of what is
 * declared of an image, else of the scale and zero point of a quantized input.
 */
export function inputRanges(
  info: Pick<ModelInfo, 'inputs' | 'quantization'>,
  declared: PreprocessByInput,
): ValueRanges {
  const preprocess = preprocessOf(info.inputs, declared);
  const known = info.inputs.flatMap(({ name }): [string, readonly [number, number]][] => {
    const range = imageRange(preprocess[name]) ?? quantizedRange(info, name);
    return range === undefined ? [] : [[name, range]];
  });
  return new Map(known);
}

/**
 * The least and greatest number that an image gives an input of the source, once it is prepared as
 * declared: numbers around 0 say nothing of a model that takes 0 to 255, which halves may overflow at.
 * Steps that the graph does are the source's own; those of the NPU it does not have.
 *
 * @returns undefined where nothing is declared that only images have done to them.
 */
export function imageRange(
  preprocess: Preprocess = {},
): readonly [least: number, greatest: number] | undefined {
  return OF_IMAGES.some((step) => preprocess[step] !== undefined) ? rangeOf(preprocess) : undefined;
}

function rangeOf(preprocess: Preprocess): [number, number] {
  const isDone = (step: 'range' | 'mean' | 'scale'): boolean =>
    placeOf(preprocess, step) !== 'graph';
  const range = (isDone('range') ? preprocess.range : undefined) ?? BYTE_RANGE;
  const { mean = [0] } = isDone('mean') ? preprocess : {};
  const { scale = [1] } = isDone('scale') ? preprocess : {};
  const channels = Array.from({ length: Math.max(mean.length, scale.length) }, (_none, at) => at);
  const ends = channels.flatMap((at) =>
    range.map((level) => (level - of(mean, at, 0)) * of(scale, at, 1)),
  );
  return [Math.min(...ends), Math.max(...ends)];
}

/** A single number counts for all channels. */
function of(values: readonly number[], channel: number, neutral: number): number {
  return (values.length === 1 ? values[0] : values[channel]) ?? neutral;
}
