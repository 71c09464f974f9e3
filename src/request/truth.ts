import { ModelconvError } from '../errors.js';
import type { TruthRequest } from '../schema/generated/types.js';

/**
 * What must become of a sample needs the sample; undefined when nothing is said.
 *
 * @throws {@link ModelconvError} `E_USAGE`.
 */
export function requireSample(truth: Partial<TruthRequest>): TruthRequest | undefined {
  const { sample } = truth;
  if (sample !== undefined) return { ...truth, sample };
  const [idle] = Object.keys(truth);
  if (idle === undefined) return undefined;
  throw new ModelconvError('E_USAGE', {
    what: `--truth-${idle} says what must become of a raw sample, and there is none`,
    next: 'give it with --truth IMAGE|NPY',
  });
}
