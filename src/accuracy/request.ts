import type { DataUse } from '../calibration/faults.js';
import type { InputPreprocess } from '../calibration/request.js';
import type { ModelTensor } from '../schema/generated/types.js';

/** What a model is scored on. */
export interface EvaluationRequest {
  /** A `.npz` with an array for each input and one of labels, or a directory with a directory for each class. */
  readonly path: string;
  /** All inputs of the model; open sizes are those of the arrays, or those that samples are generated with. */
  readonly inputs: readonly ModelTensor[];
  readonly outputs: readonly ModelTensor[];
  /** Output that labels are for; undefined: the only one that can be. */
  readonly output: string | undefined;
  /** By input name. */
  readonly preprocess: Readonly<Record<string, InputPreprocess>>;
  /** At most so many samples, chosen evenly over the set; undefined: all. */
  readonly limit?: number | undefined;
  /** Reading ends with its reason: sets may be large. */
  readonly signal?: AbortSignal | undefined;
}

/** How faults of evaluation data are told. */
export const EVALUATION: DataUse = {
  code: 'E_EVAL_INVALID',
  noun: 'evaluation data',
  next: 'correct them; see docs/accuracy.md',
};

/** What is measured: the share of right classes, or the mean absolute error. */
export type Task = 'classification' | 'regression';
