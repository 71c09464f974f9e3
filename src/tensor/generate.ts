import { ModelconvError } from '../errors.js';
import type { Dtype, ModelTensor } from '../schema/generated/types.js';
import { elementBytes, encodeElements, isNumeric } from './elements.js';
import type { SampleInput, SampleSet } from './samples.js';

export const DEFAULT_SEED = 20240229;
export const DEFAULT_SAMPLES = 8;

/**
 * Uniform numbers in [0, 1) from a 32-bit seed, the same on every machine.
 *
 * @see "mulberry32", Tommy Ettinger, public domain.
 */
function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Nearly normal numbers, mean 0, variance 1: the sum of 12 uniforms (no libm, so no last-bit differences between machines). */
function normal(random: () => number): () => number {
  return () => {
    let sum = -6;
    for (let i = 0; i < 12; i++) sum += random();
    return sum;
  };
}

/** Least and greatest number of inputs of real numbers, by name, where they are known. */
export type ValueRanges = ReadonlyMap<string, readonly [least: number, greatest: number]>;

const NO_RANGES: ValueRanges = new Map();

/** What values an input takes where the model does not say more. */
function valuesFor(
  dtype: Dtype,
  limit: number | undefined,
  range: readonly [number, number] | undefined,
  random: () => number,
): () => number {
  if (/^float/.test(dtype)) {
    if (range === undefined) return normal(random);
    const [least, greatest] = range;
    return () => least + random() * (greatest - least);
  }
  if (dtype === 'bool') return () => (random() < 0.5 ? 0 : 1);
  // bytes are mostly pixels, those of int8 around 0; other integers without a known limit are mostly masks
  // and segment ids
  if (dtype === 'int8' && limit === undefined) return () => Math.floor(random() * 256) - 128;
  const fallback = dtype === 'uint8' ? 256 : 2;
  const bound = Math.max(1, limit ?? fallback);
  return () => Math.floor(random() * bound);
}

/** Sizes for axes that are known only when the model runs. */
const DYNAMIC_BATCH = 1;
const DYNAMIC_LENGTH = 16;
/** Image-like inputs (rank 4 and up): a size that five poolings by two divide. */
const DYNAMIC_PIXELS = 64;

/** A shape with every named size filled in. */
export function concreteShape(shape: readonly (number | string)[]): number[] {
  return shape.map((size, axis) => {
    if (typeof size === 'number') return size;
    if (axis === 0) return DYNAMIC_BATCH;
    return shape.length >= 4 ? DYNAMIC_PIXELS : DYNAMIC_LENGTH;
  });
}

/** More than this is not made up: such a model needs real inputs. */
const MAX_GENERATED_BYTES = 1024 * 1024 * 1024;

function refuseGiants(
  input: ModelTensor,
  shape: readonly number[],
  count: number,
  elements: number,
): void {
  const bytes = elementBytes(input.dtype) * elements;
  if (bytes <= MAX_GENERATED_BYTES) return;
  throw new ModelconvError('E_SAMPLES_INVALID', {
    what: `no samples can be generated for input ${input.name}`,
    why: `${count} of shape [${shape.join(', ')}] would take ${bytes} bytes, at most ${MAX_GENERATED_BYTES} are made`,
    next: 'give samples with --samples FILE|DIR, or leave the parity check out with --no-verify',
  });
}

/**
 * Seeded samples, shaped and typed from the model's own inputs: real numbers around 0, or over the range that
 * is known of them, indices within the table that they index.
 *
 * @param limits - rows of the table by input name, for integer inputs that are indices.
 * @param ranges - of real inputs, by name, where they are known.
 * @throws {@link ModelconvError} `E_SAMPLES_INVALID` when an input cannot be generated (strings, unknown rank).
 */
export function generateSamples(
  inputs: readonly ModelTensor[],
  limits: ReadonlyMap<string, number>,
  seed: number = DEFAULT_SEED,
  count: number = DEFAULT_SAMPLES,
  ranges: ValueRanges = NO_RANGES,
): SampleSet {
  const sets = Array.from({ length: count }, () => inputs);
  return generateVaried(sets, limits, seed, ranges);
}

/**
 * The same with inputs of other sizes for each sample.
 *
 * @param sets - the inputs of each sample: the same ones, in other sizes.
 * @throws {@link ModelconvError} as {@link generateSamples}.
 */
export function generateVaried(
  sets: readonly (readonly ModelTensor[])[],
  limits: ReadonlyMap<string, number>,
  seed: number,
  ranges: ValueRanges = NO_RANGES,
): SampleSet {
  const random = uniform(seed);
  const [first = []] = sets;
  const inputs = first.map((input, place): SampleInput => {
    const { name, dtype } = input;
    const shapes = sets.map((set) => generatedShape(set[place] ?? input));
    const [shape = []] = shapes;
    const elements = shapes.map((sizes) => sizes.reduce((product, size) => product * size, 1));
    const total = elements.reduce((sum, own) => sum + own, 0);
    refuseGiants(input, shape, sets.length, total);
    const areSame = shapes.every((other) => other.join() === shape.join());
    const values = valuesFor(dtype, limits.get(name), ranges.get(name), random);
    const data = encodeElements(dtype, total, values);
    return { name, dtype, shape, ...(areSame ? {} : { shapes }), data };
  });
  return { kind: 'generated', seed, count: sets.length, inputs };
}

/** @throws {@link ModelconvError} `E_SAMPLES_INVALID`. */
function generatedShape({ name, dtype, shape }: ModelTensor): number[] {
  if (isNumeric(dtype) && shape !== undefined) return concreteShape(shape);
  throw new ModelconvError('E_SAMPLES_INVALID', {
    what: `no samples can be generated for input ${name}`,
    why: shape === undefined ? 'the model does not say its shape' : `its type is ${dtype}`,
    next: 'give samples with --samples FILE|DIR, or leave the parity check out with --no-verify',
  });
}
