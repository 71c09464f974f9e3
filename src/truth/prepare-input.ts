import { hostPart } from '../calibration/host-part.js';
import { imageTarget } from '../calibration/image-target.js';
import type { StaticInput } from '../calibration/request.js';
import { ModelconvError } from '../errors.js';
import type { InputTensor, Model, Preprocess, TruthRequest } from '../schema/generated/types.js';
import { decodeElements } from '../tensor/elements.js';
import { concreteShape } from '../tensor/generate.js';
import type { Values } from '../tensor/move-axes.js';
import { readNpy } from '../tensor/npy.js';
import { explainTensor, maxDifference } from './explain-tensor.js';
import { findTruthFiles } from './find-truth.js';
import { hostInput, sourceNameOf } from './host-tensor.js';
import { preprocessRaw, type RawSample, readRaw, usable } from './raw-sample.js';

/** One input: what it is made of, and what it becomes. */
export interface PreparedInput {
  readonly tensor: InputTensor;
  readonly input: StaticInput;
  readonly file: string;
  readonly values: Float64Array;
  readonly from: 'declared' | 'given';
  readonly maxAbs: number;
  readonly raw: RawSample;
}

/**
 * The raw data of every input, and what the declared preprocessing makes of it; a tensor that is given has to
 * agree with that.
 *
 * @throws ModelconvError `E_TRUTH` when it does not; `E_INPUT`, `E_SAMPLES_INVALID`.
 */
export async function prepareInputs(
  wish: TruthRequest,
  model: Pick<Model, 'inputs' | 'quantization'>,
): Promise<PreparedInput[]> {
  const names = model.inputs.map(sourceNameOf);
  const files = await findTruthFiles(wish.sample, names, 'raw');
  const given =
    wish.tensor === undefined ? undefined : await findTruthFiles(wish.tensor, names, 'array');
  return await Promise.all(
    model.inputs.map(
      async (tensor, index) =>
        await prepareInput(tensor, model, files[index] ?? '', given?.[index]),
    ),
  );
}

async function prepareInput(
  tensor: InputTensor,
  model: Pick<Model, 'quantization'>,
  file: string,
  given: string | undefined,
): Promise<PreparedInput> {
  if (tensor.shape === undefined)
    throw new ModelconvError('E_SAMPLES_INVALID', {
      what: `no truth can be made for input ${tensor.name}`,
      why: 'its shape is not known',
      next: 'say it: --input NAME=SIZES for convert, model.inputs in the descriptor for pack',
    });
  const input = hostInput(tensor, model, concreteShape(tensor.shape));
  const { preprocess = {} } = tensor;
  const raw = await readRaw(file);
  const ours = await usable(file, () => preprocessRaw(raw, input, preprocess));
  const prepared = { tensor, input, file, raw };
  if (given === undefined) return { ...prepared, values: ours, from: 'declared', maxAbs: 0 };
  const { values } = await readGiven(given, input);
  const maxAbs = allowedFor(raw, input, preprocess, values);
  if (maxDifference(ours, values) > maxAbs)
    throw new ModelconvError('E_TRUTH', {
      what: `${file} does not become ${given} by what is declared for input ${input.name}`,
      why: explainTensor({ raw, input, preprocess, expected: values, bound: maxAbs }, ours).join(
        '; ',
      ),
      next: 'correct the preprocessing (--preprocess FILE, docs/preprocess.md), or the tensor',
    });
  return { ...prepared, values, from: 'given', maxAbs };
}

/**
 * How far a tensor of another pipeline may be off. Of images one level of 255: OpenCV and Pillow round to whole
 * levels after resizing, half a level each way, and some decoders of JPEG as well. Else rounding of float32.
 */
function allowedFor(
  raw: RawSample,
  input: StaticInput,
  preprocess: Preprocess,
  values: Float64Array,
): number {
  const peak = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (raw.kind === 'array') return Number((1e-5 * peak).toPrecision(3));
  const { range, scale } = imageTarget(input, preprocess);
  const level = ((range[1] - range[0]) / 255) * Math.max(...scale.map(Math.abs));
  return Number(level.toPrecision(6));
}

/** A tensor from elsewhere; the batch axis may be left out. */
export async function readGiven(
  file: string,
  { name, shape }: Pick<StaticInput, 'name' | 'shape'>,
): Promise<Values> {
  const array = await readNpy(file);
  const values = decodeElements(array.dtype, array.data);
  const elements = shape.reduce((product, size) => product * size, 1);
  if (values.length === elements) return { shape, values };
  throw new ModelconvError('E_SAMPLES_INVALID', {
    what: `${file} cannot be used as a truth`,
    why: `it has shape [${array.shape.join(', ')}], ${name} has [${shape.join(', ')}]`,
    next: 'save one sample in the order of axes of the source model',
  });
}

/** What a sample cannot show: a grey one looks the same with its colours swapped. */
export function blindSpots({ input, values, tensor }: PreparedInput): string[] {
  const { shape, name } = input;
  const [, a, b = 0, c = 0] = shape;
  const stride = a === 3 ? b * c : 1;
  if (
    shape.length !== 4 ||
    !shape.includes(3) ||
    hostPart(tensor.preprocess ?? {}).colorOrder === 'gray'
  )
    return [];
  const isGrey = values.every((value, at) => {
    const channel = Math.floor(at / stride) % 3;
    return value === values[at + (2 - 2 * channel) * stride];
  });
  return isGrey
    ? [`the truth sample of ${name} is the same with RGB and BGR swapped: take one with colours`]
    : [];
}
