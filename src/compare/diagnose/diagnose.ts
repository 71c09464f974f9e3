import type { Tolerance } from '../../schema/generated/types.js';
import type { SampleSet } from '../../tensor/samples.js';
import { inputFaults, type Normalisation } from './altered-inputs.js';
import { type OutputValues, relativeError } from './outputs-of.js';
import { EXPLAINED, rescaledOutput, softmaxAtEnd } from './rescaled.js';
import { saturatedOutput } from './saturated.js';
import { type Rerun, shiftedMean } from './shifted-mean.js';
import { swappedOutputs } from './swapped.js';

export interface DiagnosisRequest {
  /** Each output of the source with the one that it was compared with. */
  readonly pairs: readonly (readonly [reference: OutputValues, other: OutputValues])[];
  readonly samples: SampleSet;
  readonly tolerance: Tolerance;
  /** Runs the source on other samples. */
  readonly rerun: Rerun;
  /** What is declared to be done to images before they go in. */
  readonly normalisation?: Normalisation | undefined;
  /** Whether it was seen that both models take their inputs the same: no fault of an input is tried then. */
  readonly areInputsSame?: (() => Promise<boolean>) | undefined;
}

/** Two outputs are the same up to this relative error, at least. */
const LEAST_LIMIT = 0.02;

/**
 * What explains that two models do not compute the same: the faults that conversions are known to make,
 * each tried out. What is said was seen: the altered source gives what the converted model gives.
 *
 * @returns sentences; none when no fault of a known kind explains it.
 * @throws ModelconvError as `rerun` does.
 */
export async function diagnose(request: DiagnosisRequest): Promise<string[]> {
  const { pairs, tolerance } = request;
  const limit = limitOf(tolerance);
  const swapped = swappedOutputs(pairs, limit);
  if (swapped.length > 0) return swapped;
  const wrong = pairs.filter(([reference, other]) => relativeError(reference, other) > limit / 2);
  const ends = wrong.flatMap(
    ([reference, other]) =>
      // a softmax of great numbers piles up at 1, and nothing is too small there
      softmaxAtEnd(reference, other, limit) ??
      saturatedOutput(reference, other) ??
      rescaledOutput(reference, other, limit) ??
      [],
  );
  if (ends.length > 0) return ends;
  if ((await request.areInputsSame?.()) === true) return [];
  const input = await explainedByInput(request, limit);
  return input === undefined ? [] : [input];
}

/**
 * The relative error up to which two outputs are the same under a tolerance: cosine c between two vectors of one
 * length is a relative error of sqrt(2 (1 - c)).
 */
export function limitOf({ cosine = 1 }: Tolerance): number {
  return Math.max(LEAST_LIMIT, Math.sqrt(2 * (1 - cosine)));
}

async function explainedByInput(
  { pairs, samples, rerun, normalisation }: DiagnosisRequest,
  limit: number,
): Promise<string | undefined> {
  const others = pairs.map(([, other]) => other);
  const now = Math.max(...pairs.map(([reference, other]) => relativeError(reference, other)));
  const bound = Math.min(limit, now * EXPLAINED);
  for (const fault of inputFaults(samples, normalisation)) {
    const outputs = await rerun(fault.samples);
    const errors = others.map((other, at) => {
      const output = outputs[at];
      return output === undefined ? Infinity : relativeError(output, other);
    });
    if (Math.max(...errors) <= bound) return fault.message;
  }
  return await shiftedMean(samples, others, rerun, bound);
}
