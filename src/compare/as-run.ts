import type { ModelInfo, ModelTensor } from '../schema/generated/types.js';

/**
 * The inputs of a model as its runtime here is given them: what a converter of ours noted in the file that it
 * did to their axes, the driver of the runtime does with every sample by itself.
 */
export function asRun(info: ModelInfo): ModelInfo {
  return { ...info, inputs: info.inputs.map(inSourceAxes) };
}

function inSourceAxes(tensor: ModelTensor): ModelTensor {
  const { shape, sourceAxes, ...rest } = tensor;
  if (shape === undefined || sourceAxes === undefined) return tensor;
  const places = sourceAxes.flatMap((axis) => axis ?? []);
  // an axis that is gone has the size 1
  const sizes: (number | string)[] = new Array(Math.max(-1, ...places) + 1).fill(1);
  for (const [at, axis] of sourceAxes.entries()) if (axis !== null) sizes[axis] = shape[at] ?? 1;
  return { ...rest, shape: sizes };
}
