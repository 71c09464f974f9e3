import { ModelconvError } from '../errors.js';
import type { Accuracy, AccuracyScore } from '../schema/generated/types.js';

/** More than this is no bound. */
const MOST_PERCENT = 1000;
/** Scores are rounded to six digits: a bound that is met exactly stays met. */
const SLACK = 1e-6;

/**
 * Parse `0.5%`: percentage points of top-1, or per cent that the mean absolute error may grow. The sign
 * is asked for, as 0.5 alone could mean half a per cent or a half.
 *
 * @returns a share: 0.005.
 * @throws {@link ModelconvError} `E_USAGE`.
 */
export function parseMaxDrop(text: string): number {
  const [, digits] = /^(\d{1,4}(?:\.\d{1,6})?)%$/.exec(text.trim()) ?? [];
  const percent = Number(digits);
  if (digits !== undefined && percent <= MOST_PERCENT)
    return Number((percent / 100).toPrecision(9));
  throw new ModelconvError('E_USAGE', {
    what: `--max-drop ${JSON.stringify(text)} is not understood`,
    why: `it is a number of per cent from 0 to ${MOST_PERCENT}, with the sign: of top-1 percentage points, of the mean absolute error what it may grow`,
    next: 'write it like this: --max-drop 0.5%',
  });
}

/**
 * What was lost: share of samples that are no longer right, or how much greater the mean absolute error
 * became, relative to what it was. undefined: it cannot be told in a number.
 */
export function dropOf(before: AccuracyScore, after: AccuracyScore): number | undefined {
  if (before.top1 !== undefined && after.top1 !== undefined)
    return rounded(before.top1 - after.top1);
  const [own, other] = [before.meanAbsoluteError, after.meanAbsoluteError];
  if (own === undefined || other === undefined) return undefined;
  if (own === other) return 0;
  return own === 0 ? undefined : rounded(other / own - 1);
}

/** Whether a model lost no more than is allowed; NaN or infinity that the source does not give is always too much. */
export function isWithin(
  { before, after, drop }: Pick<Accuracy, 'before' | 'after' | 'drop'>,
  maxDrop: number,
): boolean {
  if ((after?.nonFinite ?? 0) > (before.nonFinite ?? 0)) return false;
  return drop !== undefined && drop <= maxDrop + SLACK;
}

function rounded(value: number): number {
  return Number(value.toPrecision(6));
}
