import type { AccuracyScore } from '../schema/generated/types.js';
import type { Task } from './request.js';

/** Scores are kept to this many digits: more would be noise of the machine. */
const SIGNIFICANT_DIGITS = 6;
/** Fewer classes leave nothing to miss. */
const TOP = 5;

/** Scores one model, sample by sample, in constant memory. */
export interface Scorer {
  /** @returns what is wrong with the output of a sample, where labels do not fit it. */
  add(labels: Float64Array, values: Float64Array): string | undefined;
  result(): AccuracyScore;
}

export function scorerFor(task: Task): Scorer {
  return task === 'classification' ? new ClassScorer() : new ErrorScorer();
}

class ClassScorer implements Scorer {
  #rows = 0;
  #top1 = 0;
  #top5 = 0;
  #classes = 0;
  #nonFinite = 0;

  add(labels: Float64Array, values: Float64Array): string | undefined {
    const classes = values.length / labels.length;
    if (!Number.isInteger(classes) || classes < 2)
      return `it gives ${values.length} scores for ${labels.length} labels`;
    this.#classes = classes;
    for (const [row, label] of labels.entries()) {
      if (label >= classes) return `it gives ${classes} scores, and a label is ${label}`;
      const place = placeOf(values.subarray(row * classes, (row + 1) * classes), label);
      this.#rows++;
      if (place === undefined) this.#nonFinite++;
      else if (place === 0) this.#top1++;
      if (place !== undefined && place < TOP) this.#top5++;
    }
    return undefined;
  }

  result(): AccuracyScore {
    return {
      top1: rounded(this.#top1 / this.#rows),
      ...(this.#classes > TOP ? { top5: rounded(this.#top5 / this.#rows) } : {}),
      ...(this.#nonFinite === 0 ? {} : { nonFinite: this.#nonFinite }),
    };
  }
}

/**
 * How many classes stand before the right one; of equal scores the first counts more, as NumPy's argmax
 * has it. undefined: a score is NaN, and there is no order.
 */
function placeOf(scores: Float64Array, label: number): number | undefined {
  const own = scores[label] ?? Number.NaN;
  let place = 0;
  for (const [index, score] of scores.entries()) {
    if (Number.isNaN(score)) return undefined;
    if (score > own || (score === own && index < label)) place++;
  }
  return place;
}

class ErrorScorer implements Scorer {
  #sum = 0;
  #count = 0;
  #nonFinite = 0;

  add(labels: Float64Array, values: Float64Array): string | undefined {
    if (labels.length !== values.length)
      return `it gives ${values.length} numbers for ${labels.length} of the labels`;
    for (const [at, label] of labels.entries()) {
      const error = Math.abs((values[at] ?? 0) - label);
      if (Number.isFinite(error)) this.#sum += error;
      else this.#nonFinite++;
      this.#count++;
    }
    return undefined;
  }

  result(): AccuracyScore {
    const finite = this.#count - this.#nonFinite;
    return {
      ...(finite === 0 ? {} : { meanAbsoluteError: rounded(this.#sum / finite) }),
      ...(this.#nonFinite === 0 ? {} : { nonFinite: this.#nonFinite }),
    };
  }
}

function rounded(value: number): number {
  return Math.min(Number(value.toPrecision(SIGNIFICANT_DIGITS)), Number.MAX_VALUE);
}
