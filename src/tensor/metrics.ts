import type { OutputMetrics } from '../schema/generated/types.js';

/** Metrics are kept to this many digits: more would be noise of the machine. */
const SIGNIFICANT_DIGITS = 6;

/** A number as metrics are kept. */
export function rounded(value: number): number {
  // rounding up the largest number would give infinity, which JSON does not have
  return Math.min(Number(value.toPrecision(SIGNIFICANT_DIGITS)), Number.MAX_VALUE);
}

function argmax(values: Float64Array, start: number, length: number): number {
  let best = start;
  for (let i = start + 1; i < start + length; i++) {
    if ((values[i] ?? 0) > (values[best] ?? 0)) best = i;
  }
  return best - start;
}

/** Root of a sum of squares that neither overflows nor vanishes, as in the BLAS routine nrm2. */
class Norm {
  #scale = 0;
  #sum = 1;

  add(value: number): void {
    const size = Math.abs(value);
    if (size === 0) return;
    if (size > this.#scale) {
      this.#sum = 1 + this.#sum * (this.#scale / size) ** 2;
      this.#scale = size;
    } else {
      this.#sum += (size / this.#scale) ** 2;
    }
  }

  get value(): number {
    return this.#scale === 0 ? 0 : this.#scale * Math.sqrt(this.#sum);
  }
}

/** Collects the differences of one output over all samples, in constant memory. */
export class OutputComparison {
  #elements = 0;
  #compared = 0;
  #nonFinite = 0;
  #maxAbs = 0;
  #peak = 0;
  readonly #error = new Norm();
  readonly #signal = new Norm();
  #cosine = 1;
  #rows = 0;
  #rowsAgreed = 0;

  /**
   * Add one sample.
   *
   * @param classes - length of the last axis when the output looks like class scores.
   */
  add(reference: Float64Array, converted: Float64Array, classes: number | undefined): void {
    for (let i = 0; i < reference.length; i++) {
      const a = reference[i] ?? 0;
      const b = converted[i] ?? 0;
      if (!isComparable(a, b)) {
        // the same NaN or infinity on both sides is agreement
        if (!Object.is(a, b)) this.#nonFinite++;
        continue;
      }
      this.#compared++;
      // two numbers at the far ends of the range differ by more than a number can say
      const difference = Math.min(Math.abs(a - b), Number.MAX_VALUE);
      this.#maxAbs = Math.max(this.#maxAbs, difference);
      this.#peak = Math.max(this.#peak, Math.abs(a));
      this.#error.add(difference);
      this.#signal.add(a);
    }
    this.#elements += reference.length;
    this.#cosine = Math.min(this.#cosine, cosine(reference, converted));
    if (classes !== undefined) this.#compareClasses(reference, converted, classes);
  }

  #compareClasses(reference: Float64Array, converted: Float64Array, classes: number): void {
    for (let row = 0; row + classes <= reference.length; row += classes) {
      this.#rows++;
      if (argmax(reference, row, classes) === argmax(converted, row, classes)) this.#rowsAgreed++;
    }
  }

  /** Elements that are finite on both sides; without any, nothing was compared. */
  get compared(): number {
    return this.#compared;
  }

  result(): OutputMetrics {
    const [error, signal] = [this.#error.value, this.#signal.value];
    // an output that is zero throughout has no peak: there the difference itself counts
    const maxRel =
      this.#peak === 0 ? this.#maxAbs : Math.min(this.#maxAbs / this.#peak, Number.MAX_VALUE);
    return {
      elements: this.#elements,
      maxAbs: rounded(this.#maxAbs),
      maxRel: rounded(maxRel),
      rmse: rounded(
        this.#elements === 0 ? 0 : Math.min(error / Math.sqrt(this.#elements), Number.MAX_VALUE),
      ),
      cosine: rounded(this.#cosine),
      ...(error === 0 || signal === 0
        ? {}
        : { snrDb: rounded(20 * (Math.log10(signal) - Math.log10(error))) }),
      ...(this.#rows === 0 ? {} : { top1Agreement: rounded(this.#rowsAgreed / this.#rows) }),
      ...(this.#nonFinite === 0 ? {} : { nonFinite: this.#nonFinite }),
    };
  }
}

function isComparable(a: number, b: number): boolean {
  return Number.isFinite(a) && Number.isFinite(b);
}

/** Greatest absolute value among the elements that are finite on both sides. */
function peakOf(values: Float64Array, others: Float64Array): number {
  let peak = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    if (isComparable(value, others[i] ?? 0)) peak = Math.max(peak, Math.abs(value));
  }
  return peak;
}

/** Cosine of the angle between two samples; both are scaled to 1 first, so that no square overflows or vanishes. */
function cosine(reference: Float64Array, converted: Float64Array): number {
  const [peakA, peakB] = [peakOf(reference, converted), peakOf(converted, reference)];
  if (peakA === 0 && peakB === 0) return 1;
  if (peakA === 0 || peakB === 0) return 0;
  let dot = 0;
  let squaredA = 0;
  let squaredB = 0;
  for (let i = 0; i < reference.length; i++) {
    const [a, b] = [reference[i] ?? 0, converted[i] ?? 0];
    if (!isComparable(a, b)) continue;
    const [x, y] = [a / peakA, b / peakB];
    dot += x * y;
    squaredA += x * x;
    squaredB += y * y;
  }
  return Math.max(-1, Math.min(1, dot / (Math.sqrt(squaredA) * Math.sqrt(squaredB))));
}
