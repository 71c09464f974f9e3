import { isQuantizedForm, LayerDifference } from './difference.js';
import type { Places } from './layout.js';
import type { OtherLayer, ReferenceLayer } from './tensors.js';

/** A tensor of the reference and the one of the other model that holds the same. */
export interface LayerPair {
  readonly reference: ReferenceLayer;
  readonly other: OtherLayer;
  readonly places: Places;
}

/** More pairs than this are not looked at, and names alone count: two models of 2000 tensors. */
const MAX_CELLS = 4_000_000;
/** Score from which on two tensors of one name are taken for the same without a look at others. */
const ALIKE = 2.3;
/** What a name that both have adds to the score: more than content that is not that of the other. */
const SAME_NAME = 0.5;

/**
 * Find for each tensor of the reference its counterpart: by name where what it holds agrees, and what is left by
 * its sizes, its place in the order of execution, what it holds, and its name. A converter drops tensors (it fuses
 * layers), adds some, and renames them, but keeps their order.
 *
 * @param outputs - names of tensors whose counterpart has the same name, whatever it holds.
 */
export function alignLayers(
  reference: readonly ReferenceLayer[],
  others: readonly OtherLayer[],
  outputs: ReadonlySet<string> = new Set(),
): LayerPair[] {
  const named = new Map(others.map((layer) => [layer.name, layer]));
  const pairs = new Map<ReferenceLayer, LayerPair>();
  const pairNamed = (layer: ReferenceLayer, least: number): void => {
    const other = named.get(layer.name);
    const likeness = other === undefined ? undefined : likenessOf(layer, other);
    if (other === undefined || likeness === undefined || likeness.score < least) return;
    pairs.set(layer, { reference: layer, other, places: likeness.places });
    named.delete(layer.name);
  };
  // a converter that folds a layer into the one before may give that one its name
  for (const layer of reference) pairNamed(layer, outputs.has(layer.name) ? 0 : ALIKE);
  const left = reference.filter((layer) => !pairs.has(layer));
  const rest = [...named.values()];
  if (left.length * rest.length > MAX_CELLS) for (const layer of left) pairNamed(layer, 0);
  else for (const pair of inOrder(left, rest)) pairs.set(pair.reference, pair);
  return reference.flatMap((layer) => pairs.get(layer) ?? []);
}

/** Two computations in floating point of one tensor are no further apart than this. */
const LEAST_CLOSENESS = 0.98;

/**
 * Find counterparts where it is known what each tensor of the other model is to hold: by name, and what is left
 * by that, so that neither a wrong result nor tensors of the same size lead astray.
 *
 * @param golden - the tensors of `others`, by the same names, computed in floating point.
 */
export function alignByGolden(
  reference: readonly ReferenceLayer[],
  golden: readonly OtherLayer[],
  others: readonly OtherLayer[],
): LayerPair[] {
  const open = new Map(golden.map((layer) => [layer.name, layer]));
  const found = new Map<ReferenceLayer, LayerPair>();
  const known = new Map(others.map((layer) => [layer.name, layer]));
  const take = (layer: ReferenceLayer, wanted: OtherLayer | undefined, least: number): boolean => {
    const other = wanted === undefined ? undefined : known.get(wanted.name);
    const likeness = wanted === undefined ? undefined : likenessOf(layer, wanted);
    if (other === undefined || likeness === undefined || likeness.score < 1 + least) return false;
    found.set(layer, { reference: layer, other, places: likeness.places });
    return open.delete(other.name);
  };
  for (const layer of reference) take(layer, open.get(layer.name), 0);
  const left = reference.filter((layer) => !found.has(layer));
  if (left.length * open.size <= MAX_CELLS)
    for (const layer of left)
      [...open.values()].some((wanted) => take(layer, wanted, LEAST_CLOSENESS));
  return reference.flatMap((layer) => found.get(layer) ?? []);
}

/** The alignment of two sequences in which the pairs are most alike (Needleman and Wunsch, without a cost for gaps). */
function inOrder(rows: readonly ReferenceLayer[], columns: readonly OtherLayer[]): LayerPair[] {
  const width = columns.length + 1;
  if (rows.length === 0 || columns.length === 0) return [];
  const best = new Float64Array((rows.length + 1) * width);
  const pairs = new Map<number, LayerPair>();
  for (const [row, reference] of rows.entries())
    for (const [column, other] of columns.entries()) {
      const cell = (row + 1) * width + column + 1;
      const apart = Math.max(best[cell - width] ?? 0, best[cell - 1] ?? 0);
      const likeness = likenessOf(reference, other);
      const together = (best[cell - width - 1] ?? 0) + (likeness?.score ?? 0);
      best[cell] = Math.max(apart, together);
      if (likeness !== undefined && together > apart)
        pairs.set(cell, { reference, other, places: likeness.places });
    }
  return trace(best, pairs, rows.length, width);
}

function trace(
  best: Float64Array,
  pairs: ReadonlyMap<number, LayerPair>,
  rows: number,
  width: number,
): LayerPair[] {
  const found: LayerPair[] = [];
  let cell = rows * width + width - 1;
  while (cell >= width && cell % width > 0) {
    const pair = pairs.get(cell);
    if (pair !== undefined) {
      found.push(pair);
      cell -= width + 1;
    } else {
      cell -= (best[cell - width] ?? 0) >= (best[cell - 1] ?? 0) ? width : 1;
    }
  }
  return found.reverse();
}

/** How alike two tensors are: 1 for those that could be each other, 1 more for those that hold the same, and something for a common name. */
function likenessOf(
  reference: ReferenceLayer,
  other: OtherLayer,
): { readonly score: number; readonly places: Places } | undefined {
  const name = reference.name === other.name ? SAME_NAME : 0;
  const ways = (other.ways.get(reference.shape.join()) ?? []).map(({ places, probe }) => ({
    places,
    score: 1 + name + closeness(reference.probe, probe, isQuantizedForm(reference, other)),
  }));
  return ways.sort((a, b) => b.score - a.score)[0];
}

/** 1 where all that is probed is the same, 0 where it has nothing in common. */
function closeness(reference: Float64Array, other: Float64Array, isFitted: boolean): number {
  const difference = new LayerDifference(isFitted);
  for (const [at, value] of reference.entries()) difference.add(value, other[at] ?? 0);
  return Math.max(0, 1 - difference.relativeError);
}
