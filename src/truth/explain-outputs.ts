import {
  type InputFault,
  type InputFaultKind,
  inputFaults,
  type Normalisation,
} from '../compare/diagnose/altered-inputs.js';
import { limitOf } from '../compare/diagnose/diagnose.js';
import { type OutputValues, relativeError } from '../compare/diagnose/outputs-of.js';
import type { Rerun } from '../compare/diagnose/shifted-mean.js';
import { swappedOutputs } from '../compare/diagnose/swapped.js';
import type { Tolerance } from '../schema/generated/types.js';
import type { SampleSet } from '../tensor/samples.js';

export interface OutputCheck {
  /** Each output that should be with the one that the model gives. */
  readonly pairs: readonly (readonly [expected: OutputValues, actual: OutputValues])[];
  /** The one sample that the model was given. */
  readonly samples: SampleSet;
  readonly tolerance: Tolerance;
  /** What the host is declared to do to images. */
  readonly normalisation: Normalisation | undefined;
  /** Runs the model on other samples. */
  readonly rerun: Rerun;
}

/** An explanation has to leave less than this part of the error. */
const EXPLAINED = 1 / 3;

const UNEXPLAINED =
  'no order of colours, sides or outputs, no mean or scale of the tensor that was tried gives these outputs: the model is another, or its runtime';

/**
 * What explains that a model does not give the outputs that a tensor should have: the model is run on the
 * tensor with every fault that is known of preprocessing. One start of the runtime.
 *
 * @returns sentences.
 * @throws ModelconvError as `rerun` does.
 */
export async function explainOutputs(check: OutputCheck): Promise<string[]> {
  const { pairs, samples, tolerance, normalisation, rerun } = check;
  const most = limitOf(tolerance);
  const swapped = swappedOutputs(pairs, most);
  if (swapped.length > 0) return ['outputs are in another order than those of the truth'];
  const faults = inputFaults(samples, normalisation);
  if (faults.length === 0) return [UNEXPLAINED];
  const outputs = await rerun(joined(faults));
  const now = Math.max(...pairs.map(([expected, actual]) => relativeError(expected, actual)));
  const limit = Math.min(most, now * EXPLAINED);
  for (const [index, { kind, input }] of faults.entries()) {
    const errors = pairs.map(([expected, { name }]) => {
      const output = outputs.find((one) => one.name === name);
      const sample = output?.samples[index];
      return output === undefined || sample === undefined
        ? Infinity
        : relativeError(expected, { ...output, samples: [sample] });
    });
    if (Math.max(...errors) <= limit) return [messageOf(kind, input)];
  }
  return [UNEXPLAINED];
}

/** All altered samples as one set. */
function joined(faults: readonly InputFault[]): SampleSet {
  const [first] = faults;
  if (first === undefined) throw new Error('no faults to try');
  const inputs = first.samples.inputs.map((input, place) => ({
    ...input,
    data: Buffer.concat(
      faults.map(({ samples }) => samples.inputs[place]?.data ?? Buffer.alloc(0)),
    ),
  }));
  return { ...first.samples, count: faults.length, inputs };
}

function messageOf(kind: InputFaultKind, input: string): string {
  switch (kind) {
    case 'reversed-channels':
      return `RGB and BGR are swapped: the outputs are those of the tensor of ${input} with its channels in reverse`;
    case 'swapped-sides':
      return `height and width are swapped: the outputs are those of the tensor of ${input} with its sides swapped`;
    case 'not-normalised':
      return `double normalisation: the outputs are those of the tensor of ${input} before mean and scale; the model applies them itself, and the host is declared to do it, too`;
    case 'normalised-again':
      return `normalisation is missing: the outputs are those of the tensor of ${input} with mean and scale applied to it; the model does not apply them`;
    case 'scaled':
      return `a scale is wrong: the outputs are those of the tensor of ${input} in another range of values`;
  }
}
