import type { Layer } from './tensors.js';

/**
 * Whether the other tensor holds the integers that stand for the numbers of the reference: their scale and
 * zero point are not known, so the line that fits best stands in for them.
 */
export function isQuantizedForm(reference: Layer, other: Layer): boolean {
  return /^float/.test(reference.result.dtype) && /^u?int(8|16)$/.test(other.result.dtype);
}

/** How far one tensor is from another, in constant memory. */
export class LayerDifference {
  readonly #fitted: boolean;
  #count = 0;
  #bad = 0;
  #sumA = 0;
  #sumB = 0;
  #squaresA = 0;
  #squaresB = 0;
  #products = 0;
  #error = 0;
  #maxAbs = 0;

  /** @param fitted - compare up to a scale and an offset of the other tensor. */
  constructor(fitted: boolean) {
    this.#fitted = fitted;
  }

  add(a: number, b: number): void {
    if (!Number.isFinite(a) || !Number.isFinite(b)) {
      // the same NaN or infinity on both sides is agreement
      if (!Object.is(a, b)) this.#bad++;
      return;
    }
    this.#count++;
    this.#sumA += a;
    this.#sumB += b;
    this.#squaresA += a * a;
    this.#squaresB += b * b;
    this.#products += a * b;
    this.#error += (a - b) ** 2;
    this.#maxAbs = Math.max(this.#maxAbs, Math.abs(a - b));
  }

  /** Length of the difference over the length of the reference; of a reference of zeros, over the number of elements. */
  get relativeError(): number {
    if (this.#bad > 0) return Infinity;
    if (this.#count === 0) return 0;
    const error = Math.sqrt(Math.max(0, this.#fitted ? this.#residual() : this.#error));
    const signal = Math.sqrt(this.#squaresA);
    return signal === 0 ? error / Math.sqrt(this.#count) : error / signal;
  }

  /** undefined where scale and offset had to be fitted. */
  get maxAbs(): number | undefined {
    return this.#fitted ? undefined : this.#maxAbs;
  }

  /** Cosine of the angle between the two; of two tensors of zeros 1. */
  get cosine(): number {
    const [a, b, ab] = this.#fitted
      ? [
          this.#variance(this.#squaresA, this.#sumA),
          this.#variance(this.#squaresB, this.#sumB),
          this.#covariance(),
        ]
      : [this.#squaresA, this.#squaresB, this.#products];
    if (a === 0 && b === 0) return 1;
    return a === 0 || b === 0 ? 0 : Math.max(-1, Math.min(1, ab / Math.sqrt(a * b)));
  }

  /** What is left of the reference when the best line through the other tensor is taken away. */
  #residual(): number {
    const spread = this.#variance(this.#squaresB, this.#sumB);
    const own = this.#variance(this.#squaresA, this.#sumA);
    return spread === 0 ? own : own - this.#covariance() ** 2 / spread;
  }

  #variance(squares: number, sum: number): number {
    return squares - sum ** 2 / this.#count;
  }

  #covariance(): number {
    return this.#products - (this.#sumA * this.#sumB) / this.#count;
  }
}
