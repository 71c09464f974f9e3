import type { PreparedSample } from './array-values.js';
import { type FaultList, unusable } from './faults.js';
import { BYTE_RANGE, type ImageTarget } from './image-target.js';
import type { InputPlan, Unit } from './input-plan.js';

/** Preprocessed values stay far below; beyond, the preprocessing was declared for other data. */
const MAX_MAGNITUDE = 1e4;
/** Means up to here are those of data from 0 to 1. */
const UNIT = 1;

/** Looks at the values of one input over all samples. */
export class RangeLint {
  readonly #plan: InputPlan;
  #least = Infinity;
  #greatest = -Infinity;
  #rawLeast = Infinity;
  #onlyBytes = true;
  readonly #constant: Unit[] = [];
  readonly #takesBlanks: boolean;

  /** @param takesBlanks - whether images of a single colour may be among them. */
  constructor(plan: InputPlan, takesBlanks = false) {
    this.#plan = plan;
    this.#takesBlanks = takesBlanks;
  }

  /** @throws ModelconvError `E_CALIBRATION_INVALID` for a sample with values that cannot be. */
  add(unit: Unit, { values, raw, isBlank }: PreparedSample): void {
    if (isBlank === true && !this.#takesBlanks) throw unusable('all its pixels are the same');
    let least = Infinity;
    let greatest = -Infinity;
    requireFinite(unit, values);
    for (const value of values) {
      if (value < least) least = value;
      if (value > greatest) greatest = value;
      if (this.#onlyBytes && !(Number.isInteger(value) && value >= 0 && value <= 255))
        this.#onlyBytes = false;
    }
    if (raw !== undefined)
      for (const value of raw) this.#rawLeast = Math.min(this.#rawLeast, value);
    if (least === greatest) this.#constant.push(unit);
    this.#least = Math.min(this.#least, least);
    this.#greatest = Math.max(this.#greatest, greatest);
  }

  /** What can be told only of the whole set. */
  finish(faults: FaultList, warnings: string[]): void {
    // nothing was read: the faults say so already
    if (this.#least > this.#greatest) return;
    const { input, source } = this.#plan;
    const place = { path: `input ${input.name}` };
    const magnitude = Math.max(-this.#least, this.#greatest);
    const isReal = input.dtype.startsWith('float');
    // integers are often masks and segment ids, which may well be 0 throughout
    if (magnitude === 0 && (isReal || input.dtype.endsWith('int8')))
      faults.add(place, 'every value of every sample is 0');
    if (isReal && magnitude > MAX_MAGNITUDE)
      faults.add(
        place,
        `its values run from ${this.#least} to ${this.#greatest}: check mean, scale and range`,
      );
    if (source.kind === 'images')
      checkUnitScale(source.target, magnitude, (why) => faults.add(place, why));
    else this.#warnOfArrays(warnings, isReal);
  }

  #warnOfArrays(warnings: string[], isReal: boolean): void {
    const { input, source, preprocess } = this.#plan;
    const isScaled = source.kind === 'arrays' && source.scaling !== undefined;
    const isImage = isReal && input.shape.length === 4;
    const [first] = this.#constant;
    if (isReal && input.shape.length >= 3 && first !== undefined)
      warnings.push(
        `${this.#constant.length} samples of input ${input.name} hold one value throughout, the first is ${first.shown}`,
      );
    if (
      isImage &&
      !isScaled &&
      preprocess.where !== 'graph' &&
      this.#onlyBytes &&
      this.#greatest > UNIT
    )
      warnings.push(
        `input ${input.name}: the arrays hold whole numbers from 0 to 255, as raw images do; they are taken as they are (declare mean and scale, if the model was trained with them)`,
      );
    if (isImage && isScaled && this.#rawLeast < 0)
      warnings.push(
        `input ${input.name}: mean and scale are applied to arrays that have negative values already; leave mean and scale out if the arrays are preprocessed`,
      );
  }
}

/** @throws ModelconvError `E_CALIBRATION_INVALID` for a NaN or an infinity. */
export function requireFinite(unit: Unit, values: Float64Array): void {
  const odd = values.find((value) => !Number.isFinite(value));
  if (odd === undefined) return;
  // the fault names the file already
  throw unusable(`${unit.shown === unit.file.shown ? 'it' : unit.shown} holds ${odd}`);
}

/**
 * Faults of a declaration that is for values from 0 to 1 while the images give 0 to 255, or the other
 * way round.
 */
export function checkDeclaredMean(
  { mean, range }: ImageTarget,
  report: (why: string) => void,
): void {
  const [low, high] = range;
  if (
    mean.some((value) => value !== 0) &&
    mean.every((value) => Math.abs(value) <= UNIT) &&
    isByteRange(range)
  )
    report(
      `mean [${mean.join(', ')}] is for values from 0 to 1, images give 0 to 255: declare range [0, 1] (--range 0,1)`,
    );
  else if (mean.some((value) => value !== 0 && (value < low || value > high)))
    report(`mean [${mean.join(', ')}] lies outside the range of the data, ${low} to ${high}`);
}

function checkUnitScale(
  { scale, range }: ImageTarget,
  magnitude: number,
  report: (why: string) => void,
): void {
  if (isByteRange(range) && magnitude > 256 && scale.some((value) => Math.abs(value) > UNIT))
    report(
      `scale [${scale.join(', ')}] is for values from 0 to 1, images give 0 to 255: declare range [0, 1] (--range 0,1)`,
    );
}

function isByteRange([low, high]: ImageTarget['range']): boolean {
  return low === BYTE_RANGE[0] && high === BYTE_RANGE[1];
}
