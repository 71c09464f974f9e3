import type { ModelTensor } from '../schema/generated/types.js';

/** A size that a model leaves open, wherever it stands. */
export interface OpenAxis {
  /** Name that the model gives it; without one, unlike any other. */
  readonly symbol: string;
  /** First place where it stands. */
  readonly input: string;
  readonly axis: number;
  /** Sizes to try besides the one that samples are generated with, the more telling ones first. */
  readonly sizes: readonly number[];
}

/** A batch is where a fixed first axis shows; an even and an odd one. */
const BATCHES = [3, 2] as const;
/** The shortest, and an odd one that no power of two divides. */
const LENGTHS = [7, 1] as const;
/** Sides of images: one that poolings do not divide, and one that five of them do. */
const PIXELS = [65, 32] as const;

/** Names that stand for an axis without a name. */
const NAMELESS: ReadonlySet<string> = new Set(['', '?', '-1']);

/**
 * The sizes that both a source and what was made of it leave open, each once.
 *
 * @param kept - the same inputs of the converted model, undefined where there is no counterpart.
 */
export function openAxes(
  inputs: readonly ModelTensor[],
  kept: readonly (ModelTensor | undefined)[],
): OpenAxis[] {
  const found = new Map<string, OpenAxis>();
  for (const [place, { name, shape = [] }] of inputs.entries()) {
    const other = kept[place]?.shape;
    if (other?.length !== shape.length) continue;
    for (const [axis, size] of shape.entries()) {
      if (typeof size !== 'string' || typeof other[axis] !== 'string') continue;
      const symbol = symbolOf(size, name, axis);
      if (!found.has(symbol))
        found.set(symbol, { symbol, input: name, axis, sizes: sizesOf(shape.length, axis) });
    }
  }
  return [...found.values()];
}

function sizesOf(rank: number, axis: number): readonly number[] {
  if (axis === 0) return BATCHES;
  return rank >= 4 ? PIXELS : LENGTHS;
}

function symbolOf(size: string, input: string, axis: number): string {
  return NAMELESS.has(size) ? `${input}.${axis}` : size;
}

/** A shape with one open size replaced, as far as it stands in it. */
export function withSize(
  { name, shape = [] }: ModelTensor,
  symbol: string,
  size: number,
): (number | string)[] {
  return shape.map((own, axis) =>
    typeof own === 'string' && symbolOf(own, name, axis) === symbol ? size : own,
  );
}

/** `axis 0 of input image (batch)` */
export function axisText({ symbol, input, axis }: Omit<OpenAxis, 'sizes'>): string {
  const name = symbol === `${input}.${axis}` ? '' : ` (${symbol})`;
  return `axis ${axis} of input ${input}${name}`;
}
