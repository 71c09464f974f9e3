import type { ErrorHistogram } from '../schema/generated/types.js';

/** Bins for each power of ten. */
const PER_DECADE = 4;
const LEAST_EXPONENT = -12;
const GREATEST_EXPONENT = 12;
const BINS = (GREATEST_EXPONENT - LEAST_EXPONENT) * PER_DECADE;

/** Counts absolute differences by their size, in constant memory. */
export class DifferenceHistogram {
  readonly #counts = new Array<number>(BINS).fill(0);
  #equal = 0;

  add(difference: number): void {
    if (difference === 0) {
      this.#equal++;
      return;
    }
    const bin = Math.floor((Math.log10(difference) - LEAST_EXPONENT) * PER_DECADE);
    const at = Math.min(BINS - 1, Math.max(0, bin));
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
  }

  /** The bins from the first to the last that has anything in it. */
  result(): ErrorHistogram {
    const first = this.#counts.findIndex((count) => count > 0);
    if (first < 0) return { edges: [], counts: [], equal: this.#equal };
    const last = this.#counts.findLastIndex((count) => count > 0);
    const edges = Array.from({ length: last - first + 2 }, (_none, at) => edgeOf(first + at));
    return { edges, counts: this.#counts.slice(first, last + 1), equal: this.#equal };
  }
}

function edgeOf(bin: number): number {
  return Number((10 ** (LEAST_EXPONENT + bin / PER_DECADE)).toPrecision(4));
}
