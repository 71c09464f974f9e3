import { ModelconvError } from '../errors.js';
import type { OutputMetrics, Precision, Tolerance } from '../schema/generated/types.js';
import { didYouMean } from '../schema/nearest.js';

/**
 * Bounds by precision of the converted model.
 * fp32: the relative tolerance of the ONNX backend tests (onnx/backend/test/runner: rtol 1e-3).
 * fp16: 2^-10 is the spacing of halves; two dozen layers of such roundings stay within 2e-2 of the peak.
 * int8 and int4: the cosine bounds that vendors' own analysers use as "good" (Rockchip, Sophgo: 0.99).
 */
const DEFAULTS: Readonly<Record<Precision, Tolerance>> = {
  fp64: { cosine: 0.9999, maxRel: 1e-3 },
  fp32: { cosine: 0.9999, maxRel: 1e-3 },
  fp16: { cosine: 0.999, maxRel: 2e-2 },
  bf16: { cosine: 0.995, maxRel: 6e-2 },
  int16: { cosine: 0.999, maxRel: 2e-2 },
  int8: { cosine: 0.99 },
  int4: { cosine: 0.95 },
  mixed: { cosine: 0.99 },
};

/** The bounds of a precision, with the user's own in place of ours where given. */
export function toleranceFor(precision: Precision, own: Tolerance = {}): Tolerance {
  return { ...DEFAULTS[precision], ...own };
}

/** Of two precisions the one with the wider bounds: what the coarser of two models rounds away is no difference. */
export function coarser(a: Precision = 'fp32', b: Precision = 'fp32'): Precision {
  return (DEFAULTS[a].cosine ?? 0) < (DEFAULTS[b].cosine ?? 0) ? a : b;
}

/** Least and greatest value of each bound, as in schemas/common.schema.json. */
const RANGES: Readonly<Record<keyof Tolerance, readonly [least: number, greatest: number]>> = {
  cosine: [-1, 1],
  maxAbs: [0, Infinity],
  maxRel: [0, Infinity],
  rmse: [0, Infinity],
  snrDb: [-Infinity, Infinity],
  top1: [0, 1],
};
const KEYS = ['cosine', 'maxAbs', 'maxRel', 'rmse', 'snrDb', 'top1'] as const;

/**
 * Parse `cosine=0.999,maxAbs=1e-3`.
 *
 * @throws {@link ModelconvError} `E_USAGE`.
 */
export function parseTolerance(text: string): Tolerance {
  const tolerance: Tolerance = {};
  for (const part of text.split(',')) {
    const [name = '', value = '', ...rest] = part.split('=').map((word) => word.trim());
    const key = KEYS.find((known) => known === name);
    const bound = Number(value);
    if (key === undefined || value === '' || rest.length > 0 || !isWithin(key, bound)) {
      throw new ModelconvError('E_USAGE', {
        what: `--tolerance ${JSON.stringify(part)} is not understood.${key === undefined ? didYouMean(name, KEYS) : ''}`,
        why:
          key === undefined
            ? undefined
            : `${key} takes a number from ${RANGES[key][0]} to ${RANGES[key][1]}`,
        next: `write NAME=NUMBER, several with commas; names: ${KEYS.join(', ')}; e.g. --tolerance cosine=0.999,maxAbs=1e-3`,
      });
    }
    tolerance[key] = bound;
  }
  return tolerance;
}

function isWithin(key: keyof Tolerance, bound: number): boolean {
  return Number.isFinite(bound) && bound >= RANGES[key][0] && bound <= RANGES[key][1];
}

/**
 * Differences up to here are rounding of numbers that cancel out, whatever part of the result they are: the
 * absolute tolerance of the ONNX backend tests (onnx/backend/test/runner: atol 1e-7).
 */
const ROUNDING = 1e-7;

/** With an exponent where zeros would stand in front. */
function told(value: number): string {
  return value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential() : String(value);
}

/**
 * Every bound that an output does not meet, as a sentence; empty when it meets all. Of relative ones, none is
 * broken by differences of up to 1e-7.
 */
export function violations(metrics: OutputMetrics, tolerance: Tolerance): string[] {
  const found: string[] = [];
  const atMost = (name: string, value: number | undefined, bound: number | undefined): void => {
    if (value !== undefined && bound !== undefined && !(value <= bound))
      found.push(`${name} ${told(value)} (at most ${told(bound)})`);
  };
  const atLeast = (name: string, value: number | undefined, bound: number | undefined): void => {
    if (value !== undefined && bound !== undefined && !(value >= bound))
      found.push(`${name} ${told(value)} (at least ${told(bound)})`);
  };
  if ((metrics.nonFinite ?? 0) > 0)
    found.push(`${metrics.nonFinite} elements are NaN or infinite on one side only`);
  atMost('maxAbs', metrics.maxAbs, tolerance.maxAbs);
  atMost('rmse', metrics.rmse, tolerance.rmse);
  if (!((metrics.maxAbs ?? Infinity) <= ROUNDING)) {
    atLeast('cosine', metrics.cosine, tolerance.cosine);
    atMost('maxRel', metrics.maxRel, tolerance.maxRel);
    atLeast('snrDb', metrics.snrDb, tolerance.snrDb);
  }
  atLeast('top1', metrics.top1Agreement, tolerance.top1);
  return found;
}
