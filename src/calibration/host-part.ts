import type { Preprocess } from '../schema/generated/types.js';

/** The steps of a preprocessing in their order. */
const STEPS = ['resize', 'colorOrder', 'range', 'mean', 'scale', 'layout'] as const;
type PreprocessStep = (typeof STEPS)[number];
/** What one word for all is about: the values. */
const VALUE_STEPS: readonly PreprocessStep[] = ['range', 'mean', 'scale'];

type Place = 'host' | 'graph' | 'npu';

/** Which part does a step; the host where nothing is said. */
export function placeOf({ where }: Preprocess, step: PreprocessStep): Place {
  if (typeof where === 'string') return VALUE_STEPS.includes(step) ? where : 'host';
  return where?.[step] ?? 'host';
}

/** Declared steps that a part does, in their order. */
export function stepsAt(preprocess: Preprocess, place: Place): PreprocessStep[] {
  return STEPS.filter(
    (step) => preprocess[step] !== undefined && placeOf(preprocess, step) === place,
  );
}

/**
 * What is left for the host: a step that the graph or the NPU does is not done before it, too. Channels that
 * are not brought anywhere stand last, as an image has them.
 */
export function hostPart(preprocess: Preprocess): Preprocess {
  const { where: _places, ...steps } = preprocess;
  const left = { ...steps };
  for (const step of STEPS) if (placeOf(preprocess, step) !== 'host') delete left[step];
  return placeOf(preprocess, 'layout') === 'host' ? left : { ...left, layout: 'nhwc' };
}

/** What cannot be: a step on the host behind one that the model does. Empty when all can be. */
export function placeFaults(preprocess: Preprocess): string[] {
  const ordered = (['colorOrder', ...VALUE_STEPS] as const).filter(
    (step) => preprocess[step] !== undefined,
  );
  return ordered.flatMap((step, at) => {
    const before = ordered.slice(0, at).find((earlier) => placeOf(preprocess, earlier) !== 'host');
    return before === undefined || placeOf(preprocess, step) !== 'host'
      ? []
      : [
          `${step} is done on the host, but ${before}, which comes before it, in the ${placeOf(preprocess, before)}`,
        ];
  });
}
