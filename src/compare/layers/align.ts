import { isQuantizedForm, LayerDifference } from './difference.js';
import { layouts, type Places } from './layout.js';
import type { Layer } from './tensors.js';

/** A tensor of the reference and the one of the other model that holds the same. */
export interface LayerPair {
  readonly reference: Layer;
  readonly other: Layer;
  readonly places: Places;
}

/** So many elements say how alike two tensors are. */
const PROBED = 1024;
/** More pairs than this are not looked at: two models of 2000 tensors without common names. */
const MAX_CELLS = 4_000_000;

/**
 * Find for each tensor of the reference its counterpart: by name, and what is left by its sizes, its place in
 * the order of execution, and what it holds. A converter drops tensors (it fuses layers), adds some, and
 * renames them, but keeps their order.
 */
export function alignLayers(reference: readonly Layer[], others: readonly Layer[]): LayerPair[] {
  const named = new Map(others.map((layer) => [layer.name, layer]));
  const pairs = new Map<Layer, LayerPair>();
  for (const layer of reference) {
    const other = named.get(layer.name);
    const likeness = other === undefined ? undefined : likenessOf(layer, other);
    if (other === undefined || likeness === undefined) continue;
    pairs.set(layer, { reference: layer, other, places: likeness.places });
    named.delete(layer.name);
  }
  const left = reference.filter((layer) => !pairs.has(layer));
  for (const pair of inOrder(left, [...named.values()])) pairs.set(pair.reference, pair);
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
  reference: readonly Layer[],
  golden: readonly Layer[],
  others: readonly Layer[],
): LayerPair[] {
  const open = new Map(golden.map((layer) => [layer.name, layer]));
  const found = new Map<Layer, LayerPair>();
  const known = new Map(others.map((layer) => [layer.name, layer]));
  const take = (layer: Layer, wanted: Layer | undefined, least: number): boolean => {
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
function inOrder(rows: readonly Layer[], columns: readonly Layer[]): LayerPair[] {
  const width = columns.length + 1;
  if (rows.length === 0 || columns.length === 0 || rows.length * width > MAX_CELLS) return [];
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

/** How alike two tensors are: 1 for those that could be each other, up to 2 for those that hold the same. */
function likenessOf(
  reference: Layer,
  other: Layer,
): { readonly score: number; readonly places: Places } | undefined {
  const length = reference.values.length;
  if (length !== other.values.length) return undefined;
  const ways = layouts(reference.shape, other.shape).map((places) => ({
    places,
    score: 1 + closeness(reference, other, places),
  }));
  return ways.sort((a, b) => b.score - a.score)[0];
}

/** 1 where all that is probed is the same, 0 where it has nothing in common. */
function closeness(reference: Layer, other: Layer, places: Places): number {
  // an odd step: one that shares no factor with usual sizes meets every column
  const step = Math.max(1, Math.floor(reference.values.length / PROBED)) | 1;
  const difference = new LayerDifference(isQuantizedForm(reference, other));
  for (let index = 0; index < reference.values.length; index += step)
    difference.add(reference.values[index] ?? 0, other.values[places(index)] ?? 0);
  return Math.max(0, 1 - difference.relativeError);
}
