import { ModelconvError } from '../errors.js';
import type { ModelTensor } from '../schema/generated/types.js';
import { generateVaried, type ValueRanges } from '../tensor/generate.js';
import { axisText, type OpenAxis, openAxes, withSize } from '../tensor/open-axes.js';
import { appendSamples, type SampleSet, selectSamples } from '../tensor/samples.js';

/** One sample in which an open size is another one than in the rest. */
export interface Variant {
  /** Its place in the set. */
  readonly sample: number;
  readonly axis: OpenAxis;
  readonly size: number;
}

/** Samples, the last of which are of other sizes. */
export interface VariedSamples {
  readonly samples: SampleSet;
  readonly variants: readonly Variant[];
}

/** Samples that keep the usual sizes: what is wrong with values shows in these. */
const LEAST_USUAL = 2;

/**
 * Give some of the generated samples other sizes, one open axis at a time, so that a fault can be told
 * by axis and size. Their number stays what it is: beyond it the second size of an axis is left out
 * before the first one of another.
 *
 * @param inputs - of the source, sizes fixed as far as they were asked to be.
 * @param kept - the same inputs of the converted model.
 * @param limits - rows of the table by input name, for integer inputs that are indices.
 * @param ranges - of inputs of real numbers, as the given samples have them.
 */
export function varySizes(
  samples: SampleSet,
  inputs: readonly ModelTensor[],
  kept: readonly (ModelTensor | undefined)[],
  limits: ReadonlyMap<string, number>,
  ranges?: ValueRanges,
): VariedSamples {
  const { kind, seed, count } = samples;
  if (kind !== 'generated' || seed === undefined) return { samples, variants: [] };
  const wanted = wantedSizes(openAxes(inputs, kept)).slice(0, Math.max(0, count - LEAST_USUAL));
  if (wanted.length === 0) return { samples, variants: [] };
  const others = wanted.map(({ axis, size }) =>
    inputs.map((input) =>
      input.shape === undefined ? input : { ...input, shape: withSize(input, axis.symbol, size) },
    ),
  );
  try {
    const usual = Array.from({ length: count - wanted.length }, (_none, index) => index);
    // numbers of their own: those of the usual sizes are there already, and may be many
    const varied = generateVaried(others, limits, seed + 1, ranges);
    return {
      samples: appendSamples(selectSamples(samples, usual), varied),
      variants: wanted.map((one, at) => ({ ...one, sample: usual.length + at })),
    };
  } catch (error) {
    // too large to be made up in these sizes
    if (error instanceof ModelconvError) return { samples, variants: [] };
    throw error;
  }
}

function wantedSizes(axes: readonly OpenAxis[]): Omit<Variant, 'sample'>[] {
  const rounds = Math.max(0, ...axes.map(({ sizes }) => sizes.length));
  return Array.from({ length: rounds }, (_none, round) =>
    axes.flatMap((axis) => {
      const size = axis.sizes[round];
      return size === undefined ? [] : [{ axis, size }];
    }),
  ).flat();
}

/** `axis 0 of input image (batch) at 3` */
export function variantText({ axis, size }: Variant): string {
  return `${axisText(axis)} at ${size}`;
}
