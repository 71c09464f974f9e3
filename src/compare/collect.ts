import type { ErrorHistogram } from '../schema/generated/types.js';
import { OutputComparison } from '../tensor/metrics.js';
import { DifferenceHistogram } from './histogram.js';

/** Points of the picture of source against converted; more of them show nothing more. */
const MAX_POINTS = 2000;
const WORST = 5;

/** One element in both models. */
export type Point = readonly [reference: number, converted: number];

/** The difference of one sample. */
export interface SampleDifference {
  readonly index: number;
  readonly maxAbs: number;
  readonly cosine: number;
}

/** Everything that a report shows of one output, collected sample by sample. */
export class OutputCollector {
  readonly comparison: OutputComparison = new OutputComparison();
  readonly #histogram = new DifferenceHistogram();
  readonly #points: Point[] = [];
  readonly #samples: SampleDifference[] = [];
  #seen = 0;

  readonly #expected: number;

  /** @param expected - elements over all samples. */
  constructor(expected: number) {
    this.#expected = expected;
  }

  /** @param classes - length of the last axis when the output looks like class scores. */
  add(reference: Float64Array, converted: Float64Array, classes: number | undefined): void {
    this.comparison.add(reference, converted, classes);
    const own = new OutputComparison();
    own.add(reference, converted, undefined);
    const { maxAbs = 0, cosine = 1 } = own.result();
    this.#samples.push({ index: this.#samples.length, maxAbs, cosine });
    // every k-th element: the same ones on every run
    const step = Math.max(1, Math.ceil(this.#expected / MAX_POINTS));
    for (let i = 0; i < reference.length; i++) {
      const [a, b] = [reference[i] ?? 0, converted[i] ?? 0];
      const areFinite = Number.isFinite(a) && Number.isFinite(b);
      if (areFinite) this.#histogram.add(Math.abs(a - b));
      if (areFinite && this.#seen % step === 0) this.#points.push([a, b]);
      this.#seen++;
    }
  }

  get histogram(): ErrorHistogram {
    return this.#histogram.result();
  }

  get points(): readonly Point[] {
    return this.#points;
  }

  /** The samples that differ most, the worst first. */
  get worst(): readonly SampleDifference[] {
    return [...this.#samples]
      .filter(({ maxAbs }) => maxAbs > 0)
      .sort((a, b) => b.maxAbs - a.maxAbs || a.index - b.index)
      .slice(0, WORST);
  }
}
