import { hostPart } from '../../calibration/host-part.js';
import type { InputTensor, Preprocess } from '../../schema/generated/types.js';
import type { Normalisation } from './altered-inputs.js';

/** Mean and scale of the first input that has them: those of the host, else those of the model itself. */
export function declaredNormalisation(declared: readonly Preprocess[]): Normalisation | undefined {
  return first(declared.map(hostPart)) ?? first(declared);
}

/** The same of the inputs of a descriptor. */
export function normalisationOf(inputs: readonly InputTensor[]): Normalisation | undefined {
  return declaredNormalisation(inputs.map(({ preprocess = {} }) => preprocess));
}

function first(declared: readonly Preprocess[]): Normalisation | undefined {
  const found = declared.find(({ mean, scale }) => mean !== undefined || scale !== undefined);
  return found === undefined ? undefined : { mean: found.mean ?? [0], scale: found.scale ?? [1] };
}
