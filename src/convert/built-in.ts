import type { Adapter, BuiltInSteps } from '../adapters/contract.js';
import { stepsAt } from '../calibration/host-part.js';
import { BYTE_RANGE, perChannel } from '../calibration/image-target.js';
import { ModelconvError } from '../errors.js';
import type { CheckedRequest } from '../request/checked-request.js';
import { preprocessOf } from '../request/preprocess.js';
import type { ModelInfo, ModelTensor, Preprocess } from '../schema/generated/types.js';
import { decodeElements, encodeElements } from '../tensor/elements.js';
import type { SampleInput, SampleSet } from '../tensor/samples.js';

/** What a converter builds into the model, by input name; empty for most. */
export type BuiltIn = Readonly<Record<string, BuiltInSteps>>;

/** Steps that a converter can be told to build in. */
const BUILDABLE: readonly string[] = ['range', 'mean', 'scale'];

/**
 * What is declared to be done by the NPU, as the converter is told it.
 *
 * @param adapter - that makes the model; undefined: it is packed as it is.
 * @throws ModelconvError `E_NOT_CONVERTIBLE` for what it does not build in.
 */
export function builtInOf(
  { preprocess, device }: Pick<CheckedRequest, 'preprocess' | 'device'>,
  { inputs }: Pick<ModelInfo, 'inputs'>,
  adapter: Adapter | undefined,
): BuiltIn {
  const declared = Object.entries(preprocessOf(inputs, preprocess));
  const built = declared.flatMap(([name, steps]): [string, BuiltInSteps][] => {
    const asked = stepsAt(steps, 'npu');
    const input = inputs.find((one) => one.name === name);
    if (asked.length === 0 || input === undefined) return [];
    const why = refusalOf(asked, input, adapter);
    if (why === undefined) return [[name, foldedSteps(steps, input)]];
    throw new ModelconvError('E_NOT_CONVERTIBLE', {
      what: `${asked.join(', ')} of input ${name} cannot be built into the model for ${device.name}`,
      why,
      next: 'declare where: host, or pack a model into which it is built already: modelconv pack',
    });
  });
  return Object.fromEntries(built);
}

function refusalOf(
  asked: readonly string[],
  { dtype, shape = [] }: ModelTensor,
  adapter: Adapter | undefined,
): string | undefined {
  if (adapter?.capabilities.buildsIn !== true)
    return 'its converter is not told to build preprocessing in: what it makes takes what the source takes';
  const others = asked.filter((step) => !BUILDABLE.includes(step));
  if (others.length > 0)
    return `${adapter.id} builds in ${BUILDABLE.join(', ')}, and not ${others.join(', ')}`;
  if (shape.length !== 4 || typeof shape[1] !== 'number')
    return `${adapter.id} builds it into images [N, C, H, W], and the input is [${shape.join(', ')}]`;
  return dtype === 'float32' ? undefined : `the input takes ${dtype} and not float32`;
}

/** Range, mean and scale as far as the NPU does them, as one mean and one scale for each channel of what the host gives. */
function foldedSteps(declared: Preprocess, { shape = [] }: ModelTensor): BuiltInSteps {
  const steps = stepsAt(declared, 'npu');
  const [low, high] = (steps.includes('range') ? declared.range : undefined) ?? BYTE_RANGE;
  const unit = (high - low) / BYTE_RANGE[1];
  const channels = Number(shape[1]);
  const mean = steps.includes('mean') ? declared.mean : undefined;
  const scale = steps.includes('scale') ? declared.scale : undefined;
  return {
    mean: perChannel('mean', mean, 0, channels).map((value) => (value - low) / unit),
    scale: perChannel('scale', scale, 1, channels).map((value) => value * unit),
  };
}

/** What the source takes, of what a model takes that has steps built in. */
export function forSource(samples: SampleSet, built: BuiltIn): SampleSet {
  return changed(samples, built, (value, mean, scale) => (value - mean) * scale);
}

/** What a model takes that has steps built in, of what the source takes. */
export function forConverted(samples: SampleSet, built: BuiltIn): SampleSet {
  return changed(samples, built, (value, mean, scale) => value / scale + mean);
}

function changed(
  samples: SampleSet,
  built: BuiltIn,
  change: (value: number, mean: number, scale: number) => number,
): SampleSet {
  if (Object.keys(built).length === 0) return samples;
  return {
    ...samples,
    inputs: samples.inputs.map((input) => {
      const steps = built[input.name];
      return steps === undefined ? input : changedInput(input, steps, change);
    }),
  };
}

function changedInput(
  input: SampleInput,
  { mean, scale }: BuiltInSteps,
  change: (value: number, mean: number, scale: number) => number,
): SampleInput {
  const { dtype, shape, data } = input;
  const plane = shape.slice(2).reduce((product, size) => product * size, 1);
  const values = decodeElements(dtype, data);
  let at = 0;
  const next = (): number => {
    const channel = Math.floor(at / plane) % mean.length;
    return change(values[at++] ?? 0, mean[channel] ?? 0, scale[channel] ?? 1);
  };
  return { ...input, data: encodeElements(dtype, values.length, next) };
}
