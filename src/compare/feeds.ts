import { ModelconvError } from '../errors.js';
import type { ModelTensor } from '../schema/generated/types.js';
import { channelsLast } from '../tensor/channels-last.js';
import { elementBytes } from '../tensor/elements.js';
import type { SampleInput, SampleSet } from '../tensor/samples.js';
import type { Subject } from './subject.js';

/** Which input of the second model is which of the first, and what a conversion did to its axes. */
export interface MatchedInput {
  readonly from: string;
  readonly to: ModelTensor;
  /** Where the second model has the channels that stand elsewhere in the first. */
  readonly channels?: 'first' | 'last';
}

/**
 * Match the inputs of two models: by the source name that a descriptor tells, by name, then by place.
 *
 * @throws ModelconvError `E_NOT_CONVERTIBLE` when they do not have the same number of inputs, or shapes
 *   that no order of axes brings together.
 */
export function matchInputs(first: Subject, second: Subject): MatchedInput[] {
  const [from, to] = [first.info.inputs, second.info.inputs];
  if (from.length !== to.length)
    throw mismatch(first, second, `they have ${from.length} and ${to.length} inputs`);
  const taken = new Set<ModelTensor>();
  return to.map((tensor, place) => {
    const wanted = sourceNameOf(second, tensor.name);
    const named =
      from.find(({ name }) => name === wanted) ?? from.find(({ name }) => name === tensor.name);
    const found = named !== undefined && !taken.has(named) ? named : from[place];
    if (found === undefined || taken.has(found))
      throw mismatch(first, second, `input ${tensor.name} has no counterpart`);
    taken.add(found);
    return {
      from: found.name,
      to: tensor,
      ...movedChannels(found, tensor, first, second),
    };
  });
}

function sourceNameOf({ descriptor }: Subject, name: string): string | undefined {
  return descriptor?.model.inputs.find((input) => input.name === name)?.sourceName;
}

/** [1,3,8,8] and [1,8,8,3]: a converter moved the channels last, or back. */
function movedChannels(
  from: ModelTensor,
  to: ModelTensor,
  first: Subject,
  second: Subject,
): Pick<MatchedInput, 'channels'> {
  const [a, b] = [from.shape, to.shape];
  if (a === undefined || b === undefined || areSame(a, b) || areSame(squeezed(a), squeezed(b)))
    return {};
  const [n = 1, x = 1, y = 1, z = 1] = a;
  if (a.length === 4 && areSame([n, y, z, x], b)) return { channels: 'last' };
  if (a.length === 4 && areSame([n, z, x, y], b)) return { channels: 'first' };
  const shown = [a, b].map((shape) => `[${shape.join(', ')}]`);
  throw mismatch(first, second, `input ${from.name} is ${shown.join(' in one and ')} in the other`);
}

/** Axes of size 1 come and go: ncnn has no batch. */
function squeezed(shape: readonly (number | string)[]): (number | string)[] {
  return shape.filter((size) => size !== 1);
}

/** Whether two shapes can be the same: an open size can be any. */
function areSame(a: readonly (number | string)[], b: readonly (number | string)[]): boolean {
  const fits = (size: number | string, other: number | string | undefined): boolean =>
    typeof size === 'string' || typeof other === 'string' || size === other;
  return a.length === b.length && a.every((size, axis) => fits(size, b[axis]));
}

function mismatch(first: Subject, second: Subject, why: string): ModelconvError {
  return new ModelconvError('E_NOT_CONVERTIBLE', {
    what: `${first.file} and ${second.file} cannot be compared`,
    why,
    next: 'give two forms of the same model',
  });
}

/** The samples of the first model as the second one takes them. */
export function feedsOf(
  samples: SampleSet,
  inputs: readonly MatchedInput[],
  renames: boolean,
): SampleSet {
  return {
    ...samples,
    inputs: inputs.map(({ from, to, channels }) => {
      const sample = samples.inputs.find(({ name }) => name === from);
      if (sample === undefined) throw new Error(`no samples for ${from}`);
      const moved =
        channels === undefined
          ? withSizes(sample, to.shape)
          : withChannels(sample, samples.count, channels);
      return renames ? { ...moved, name: to.name } : moved;
    }),
  };
}

/** The same elements in the sizes that the other model gives its input, where axes of size 1 stand elsewhere. */
function withSizes(sample: SampleInput, shape: ModelTensor['shape']): SampleInput {
  const sizes = shape?.flatMap((size) => (typeof size === 'number' ? [size] : []));
  const isKnown = sizes !== undefined && sizes.length === shape?.length;
  return isKnown && elements(sizes) === elements(sample.shape)
    ? { ...sample, shape: sizes }
    : sample;
}

function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function withChannels(sample: SampleInput, count: number, where: 'first' | 'last'): SampleInput {
  const [n = 1, x = 1, y = 1, z = 1] = sample.shape;
  // to bring [x, y, z] back to [z, x, y], the plane moves last as the channels do otherwise
  const sizes: [number, number, number] = where === 'last' ? [x, y, z] : [x * y, 1, z];
  // samples stand one after the other, as a batch does
  const data = channelsLast(sample.data, [n * count, ...sizes], elementBytes(sample.dtype));
  return { ...sample, shape: where === 'last' ? [n, y, z, x] : [n, z, x, y], data };
}
