import { ModelconvError } from '../errors.js';
import type { ModelTensor } from '../schema/generated/types.js';
import { didYouMean } from '../schema/nearest.js';
import type { Task } from './request.js';

/** The output that labels are for, and what they say about it. */
export interface ScoredOutput {
  readonly output: ModelTensor;
  readonly task: Task;
  /** Number of classes; undefined: no classes, or the model does not say how many. */
  readonly classes: number | undefined;
}

/**
 * Find the output that labels are for. Integer labels, one for each sample, are classes where an output
 * holds scores; everything else is compared as numbers.
 *
 * @param areClasses - whether the labels can be classes.
 * @throws {@link ModelconvError} `E_USAGE` when none, or more than one, can be meant.
 */
export function chooseOutput(
  outputs: readonly ModelTensor[],
  wanted: string | undefined,
  areClasses: boolean,
): ScoredOutput {
  const named = wanted === undefined ? outputs : [requireNamed(outputs, wanted)];
  const scores = areClasses ? named.filter((output) => isScores(output)) : [];
  const candidates = scores.length > 0 ? scores : named;
  const [output] = candidates;
  if (output === undefined)
    throw new ModelconvError('E_USAGE', {
      what: 'the model names no output that labels can be for',
      next: 'leave --eval out, or give the model in a format that names its outputs',
    });
  if (candidates.length > 1)
    throw new ModelconvError('E_USAGE', {
      what: `${scores.length > 0 ? 'labels of classes' : 'the labels'} can be for several outputs: ${candidates.map(shown).join(', ')}`,
      next: `name the one that they are for: --eval-output ${output.name}`,
    });
  if (scores.length === 0) return { output, task: 'regression', classes: undefined };
  const size = scoreAxis(output);
  return { output, task: 'classification', classes: typeof size === 'number' ? size : undefined };
}

function requireNamed(outputs: readonly ModelTensor[], wanted: string): ModelTensor {
  const names = outputs.map(({ name }) => name);
  const found = outputs.find(({ name }) => name === wanted);
  if (found !== undefined) return found;
  throw new ModelconvError('E_USAGE', {
    what: `--eval-output names "${wanted}", which the model does not have.${didYouMean(wanted, names)}`,
    next: `its outputs are: ${names.join(', ')}`,
  });
}

function shown({ name, shape }: ModelTensor): string {
  return `${name} [${shape?.join(', ') ?? '?'}]`;
}

/** Whether an output holds one score for each class; one of unknown shape may. */
function isScores({ shape, dtype }: ModelTensor): boolean {
  if (dtype === 'bool' || dtype === 'string') return false;
  const size = scoreAxis({ shape });
  return shape === undefined || typeof size === 'string' || (size !== undefined && size > 1);
}

/** Size of the axis of classes: the only one beside the batch that is not 1. */
function scoreAxis({
  shape,
}: {
  readonly shape?: ModelTensor['shape'] | undefined;
}): number | string | undefined {
  if (shape === undefined) return undefined;
  const sizes = (shape.length === 1 ? shape : shape.slice(1)).filter((size) => size !== 1);
  return sizes.length === 1 ? sizes[0] : undefined;
}
