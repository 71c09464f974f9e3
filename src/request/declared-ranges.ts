import { placeOf } from '../calibration/host-part.js';
import { BYTE_RANGE } from '../calibration/image-target.js';
import type { PreprocessByInput } from '../request/preprocess.js';
import { preprocessOf } from '../request/preprocess.js';
import type { ModelTensor, Preprocess } from '../schema/generated/types.js';
import type { ValueRanges } from '../tensor/generate.js';

/** What only images have done to them. */
const OF_IMAGES = ['resize', 'colorOrder', 'range', 'mean', 'scale'] as const;

/**
 * The least and greatest number that an image gives each input of the source, once it is prepared as
 * declared: numbers around 0 say nothing of a model that takes 0 to 255, which halves may overflow at.
 * Steps that the graph does are the source's own; those of the NPU it does not have.
 */
export function declaredRanges(
  inputs: readonly ModelTensor[],
  declared: PreprocessByInput,
): ValueRanges {
  const images = Object.entries(preprocessOf(inputs, declared)).filter(([, preprocess]) =>
    OF_IMAGES.some((step) => preprocess[step] !== undefined),
  );
  return new Map(images.map(([name, preprocess]) => [name, rangeOf(preprocess)]));
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
