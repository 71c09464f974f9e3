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
  readonly toChannelsLast: boolean;
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
      toChannelsLast: movesChannels(found, tensor, first, second),
    };
  });
}

function sourceNameOf({ descriptor }: Subject, name: string): string | undefined {
  return descriptor?.model.inputs.find((input) => input.name === name)?.sourceName;
}

/** [1,3,8,8] and [1,8,8,3]: the converter moved the channels last. */
function movesChannels(
  from: ModelTensor,
  to: ModelTensor,
  first: Subject,
  second: Subject,
): boolean {
  const [a, b] = [from.shape, to.shape];
  if (a === undefined || b === undefined || areSame(a, b) || areSame(squeezed(a), squeezed(b)))
    return false;
  const [n = 1, c = 1, h = 1, w = 1] = a;
  if (a.length === 4 && areSame([n, h, w, c], b)) return true;
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
    inputs: inputs.map(({ from, to, toChannelsLast }) => {
      const sample = samples.inputs.find(({ name }) => name === from);
      if (sample === undefined) throw new Error(`no samples for ${from}`);
      const moved = toChannelsLast
        ? withChannelsLast(sample, samples.count)
        : withSizes(sample, to.shape);
      return renames ? { ...moved, name: to.name } : moved;
    }),
  };
}

/** The same elements in the sizes that the other model gives its input, where it has more or fewer axes. */
function withSizes(sample: SampleInput, shape: ModelTensor['shape']): SampleInput {
  const sizes = shape?.flatMap((size) => (typeof size === 'number' ? [size] : []));
  const hasOtherRank = sizes?.length === shape?.length && sizes?.length !== sample.shape.length;
  return sizes !== undefined && hasOtherRank ? { ...sample, shape: sizes } : sample;
}

function withChannelsLast(sample: SampleInput, count: number): SampleInput {
  const [n = 1, c = 1, h = 1, w = 1] = sample.shape;
  // samples stand one after the other, as a batch does
  const data = channelsLast(sample.data, [n * count, c, h, w], elementBytes(sample.dtype));
  return { ...sample, shape: [n, h, w, c], data };
}
