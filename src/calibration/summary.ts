import type { ImageTarget } from './image-target.js';
import type { InputPlan } from './input-plan.js';

/** One line for people: how many samples of what, and what was done to them. */
export function summarize(count: number, available: number, plans: readonly InputPlan[]): string {
  const number = available > count ? `${count} of ${available}` : `${count}`;
  const [only] = plans;
  if (plans.length === 1 && only !== undefined) {
    const noun = `${only.source.kind === 'images' ? 'image' : 'sample'}${number === '1' ? '' : 's'}`;
    return `${number} ${noun}, ${describe(only)}`;
  }
  return `${number} samples; ${plans.map((plan) => `${plan.input.name}: ${describe(plan)}`).join('; ')}`;
}

function describe({ source, input, preprocess }: InputPlan): string {
  if (source.kind === 'arrays') {
    const shape = `${input.dtype} [${input.shape.join(', ')}]`;
    return `${shape}, ${source.scaling === undefined ? 'taken as they are' : 'mean/scale applied'}`;
  }
  const { width, height, colorOrder } = source.target;
  const colours = { rgb: 'RGB', bgr: 'BGR', gray: 'grey' }[colorOrder];
  return `${width}x${height} ${colours}, ${scalingOf(source.target, preprocess.where === 'graph')}`;
}

function scalingOf({ mean, scale, range }: ImageTarget, isInGraph: boolean): string {
  if (isInGraph) return 'mean/scale left to the model';
  const isScaled = mean.some((value) => value !== 0) || scale.some((value) => value !== 1);
  return isScaled ? 'mean/scale applied' : `values ${range[0]} to ${range[1]}`;
}

/** The preprocessing that was applied, with what was not declared filled in; plain data. */
export function appliedTo({ source }: InputPlan): unknown {
  return source.kind === 'images' ? source.target : (source.scaling ?? null);
}
