import { hostPart } from '../calibration/host-part.js';
import type { Normalisation } from '../compare/diagnose/altered-inputs.js';
import type { InputTensor, Preprocess } from '../schema/generated/types.js';

/** Mean and scale that the host is declared to apply, of the first input that has them; those of the model itself where the host has none. */
export function normalisationOf(inputs: readonly InputTensor[]): Normalisation | undefined {
  const declared = inputs.map(({ preprocess = {} }) => preprocess);
  return first(declared.map(hostPart)) ?? first(declared);
}

function first(declared: readonly Preprocess[]): Normalisation | undefined {
  const found = declared.find(({ mean, scale }) => mean !== undefined || scale !== undefined);
  return found === undefined ? undefined : { mean: found.mean ?? [0], scale: found.scale ?? [1] };
}
