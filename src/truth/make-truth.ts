import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { OutputResult } from '../adapters/run-files.js';
import { hostPart } from '../calibration/host-part.js';
import { imageTarget } from '../calibration/image-target.js';
import type { StaticInput } from '../calibration/request.js';
import { faultsOf } from '../compare/outputs.js';
import { ModelconvError } from '../errors.js';
import { copyReadOnly, hashFile } from '../host/files.js';
import type { StepContext } from '../host/run-step.js';
import { mediaTypeOf } from '../package/media-type.js';
import type { PackInput } from '../package/write.js';
import type {
  Dtype,
  InputTensor,
  Model,
  OutputTensor,
  Preprocess,
  Tolerance,
  Truth,
  TruthRequest,
} from '../schema/generated/types.js';
import { decodeElements, encodeElements } from '../tensor/elements.js';
import { concreteShape } from '../tensor/generate.js';
import type { Values } from '../tensor/move-axes.js';
import { readNpy } from '../tensor/npy.js';
import { npyHeader } from '../tensor/npy-header.js';
import type { SampleInput, SampleSet } from '../tensor/samples.js';
import { explainTensor, maxDifference } from './explain-tensor.js';
import { findTruthFiles } from './find-truth.js';
import { hostInput, inOwnAxes, sourceNameOf, toSample } from './host-tensor.js';
import { normalisationOf } from './normalisation.js';
import { asResult, checkOutputs, type RunnableModel, resultOf, runModel } from './outputs.js';
import { preprocessRaw, type RawSample, readRaw, usable } from './raw-sample.js';

/** Where the small files lie in the package. */
const TRUTH_PREFIX = 'truth/';

export interface MakeTruthRequest {
  readonly wish: TruthRequest;
  /** The packed model, as its descriptor describes it. */
  readonly model: Pick<Model, 'inputs' | 'outputs' | 'quantization'>;
  /** What gives the outputs; undefined: nothing here can run it. */
  readonly run?: TruthRun | undefined;
  /** Bounds for the outputs of the packed model. */
  readonly tolerance: Tolerance;
  /** Inputs of the source that the packed model does not have. */
  readonly droppedInputs?: readonly SampleInput[];
  readonly timeoutMs: number;
}

/** A model that gives the outputs. */
export interface TruthRun extends RunnableModel {
  readonly from: 'source' | 'model';
  /** What it takes of what the packed model takes, where that does steps by itself. */
  readonly prepare?: ((samples: SampleSet) => SampleSet) | undefined;
}

/** A truth, and the files that go into the package. */
export interface MadeTruth {
  readonly truth: Truth;
  readonly files: readonly PackInput[];
  /** The sample as the packed model takes it, and the outputs that it must give; with the axes of the source. */
  readonly samples: SampleSet;
  readonly outputs: readonly OutputResult[];
  /** Faults that such a sample cannot show, in sentences. */
  readonly blind: readonly string[];
}

/** One input: what it is made of, and what it becomes. */
interface PreparedInput {
  readonly tensor: InputTensor;
  readonly input: StaticInput;
  readonly file: string;
  readonly values: Float64Array;
  readonly from: 'declared' | 'given';
  readonly maxAbs: number;
  readonly raw: RawSample;
}

/**
 * Preprocess a raw sample as it is declared, run the model on it, and write both down. A tensor and outputs
 * that are given have to agree with what comes out here.
 *
 * @param directory - in the work directory, for the files; absolute.
 * @throws ModelconvError `E_TRUTH` when they do not; `E_INPUT`, `E_SAMPLES_INVALID`, and as `runStep` does.
 */
export async function makeTruth(
  request: MakeTruthRequest,
  directory: string,
  context: StepContext,
): Promise<MadeTruth> {
  const inputs = await prepareInputs(request);
  const ordered = [...inputs].sort(
    (a, b) => (a.tensor.source?.index ?? 0) - (b.tensor.source?.index ?? 0),
  );
  const samples: SampleSet = {
    kind: 'user',
    count: 1,
    inputs: [
      ...ordered.map(({ input, values }) => toSample(input, values)),
      ...(request.droppedInputs ?? []),
    ],
  };
  const outputs = await outputsOf(request, inputs, samples, context);
  await mkdir(directory, { recursive: true });
  const writer = new TruthWriter(directory);
  const truth: Truth = {
    inputs: await Promise.all(
      inputs.map(async ({ tensor, input, file, values, from, maxAbs }, index) => ({
        name: tensor.name,
        raw: await writer.copy(`raw-${index}${path.extname(file).toLowerCase()}`, file),
        tensor: await writer.array(
          `input-${index}.npy`,
          input.dtype,
          inOwnAxes(tensor, { shape: input.shape, values }),
        ),
        from,
        maxAbs,
      })),
    ),
    outputs: await Promise.all(
      outputs.map(async ({ tensor, result, from }, index) => ({
        name: tensor.name,
        tensor: await writer.array(
          `output-${index}.npy`,
          result.dtype,
          inOwnAxes(tensor, await valuesOf(result)),
        ),
        from,
      })),
    ),
    ...(request.run === undefined || outputs.every(({ from }) => from === 'given')
      ? {}
      : {
          runtime: {
            name: request.run.runner.adapter.id,
            version: request.run.runner.toolchain.version,
          },
        }),
    tolerance: request.tolerance,
  };
  return {
    truth,
    files: writer.files,
    samples,
    outputs: outputs.map(({ result }) => result),
    blind: inputs.flatMap(blindSpots),
  };
}

async function prepareInputs({ wish, model }: MakeTruthRequest): Promise<PreparedInput[]> {
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
  model: MakeTruthRequest['model'],
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
async function readGiven(
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

interface TruthOutputValues {
  readonly tensor: OutputTensor;
  /** With the axes of the source. */
  readonly result: OutputResult;
  readonly from: 'source' | 'model' | 'given';
}

async function outputsOf(
  request: MakeTruthRequest,
  inputs: readonly PreparedInput[],
  packed: SampleSet,
  context: StepContext,
): Promise<TruthOutputValues[]> {
  const { run, model, wish, timeoutMs } = request;
  const samples = run?.prepare?.(packed) ?? packed;
  const results = run === undefined ? [] : await runModel(run, samples, timeoutMs, context);
  const made = model.outputs.flatMap((tensor, place): TruthOutputValues[] => {
    const result = resultOf(results, tensor, place);
    return run === undefined || result === undefined ? [] : [{ tensor, result, from: run.from }];
  });
  if (wish.outputs === undefined) return made;
  const given = await givenOutputs(wish.outputs, model.outputs, made);
  if (run === undefined) return given;
  const expected = given.map(({ tensor, result }) => ({ ...result, name: tensor.name }));
  const { differences, findings } = await checkOutputs({
    expected,
    results,
    outputs: model.outputs,
    model: run,
    samples,
    tolerance: request.tolerance,
    normalisation: normalisationOf(inputs.map(({ tensor }) => tensor)),
    timeoutMs,
    context,
  });
  const faults = faultsOf(differences);
  if (faults.length > 0)
    throw new ModelconvError('E_TRUTH', {
      what: `${run.from === 'source' ? 'the source' : 'the model'} does not give ${wish.outputs} for ${wish.sample}`,
      why: [...findings, ...faults].join('; '),
      next: 'correct the preprocessing (--preprocess FILE, docs/preprocess.md), or the outputs; --tolerance allows more',
    });
  return given;
}

async function givenOutputs(
  location: string,
  outputs: readonly OutputTensor[],
  made: readonly TruthOutputValues[],
): Promise<TruthOutputValues[]> {
  const files = await findTruthFiles(location, outputs.map(sourceNameOf), 'array');
  return await Promise.all(
    outputs.map(async (tensor, index) => {
      const own = made.find((one) => one.tensor === tensor)?.result;
      const shape = own?.shapes[0] ?? concreteShape(tensor.source?.shape ?? tensor.shape ?? []);
      const values = await readGiven(files[index] ?? '', { name: sourceNameOf(tensor), shape });
      const dtype = own?.dtype ?? tensor.source?.dtype ?? tensor.dtype;
      return { tensor, result: asResult(tensor.name, dtype, values), from: 'given' as const };
    }),
  );
}

async function valuesOf(result: OutputResult): Promise<Values> {
  return { shape: result.shapes[0] ?? [], values: await result.sample(0) };
}

/** What a sample cannot show: a grey one looks the same with its colours swapped. */
function blindSpots({ input, values, tensor }: PreparedInput): string[] {
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

/** Writes the files of a truth, and knows their digests. */
class TruthWriter {
  readonly files: PackInput[] = [];
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async array(name: string, dtype: Dtype, { shape, values }: Values): Promise<FileOf> {
    const file = path.join(this.#directory, name);
    let at = 0;
    const data = encodeElements(dtype, values.length, () => values[at++] ?? 0);
    await writeFile(file, Buffer.concat([npyHeader({ dtype, shape }), data]));
    return await this.#add(name, file);
  }

  /** A copy: what is packed is what was read. */
  async copy(name: string, from: string): Promise<FileOf> {
    const file = path.join(this.#directory, name);
    await copyReadOnly(from, file);
    return await this.#add(name, file);
  }

  async #add(name: string, file: string): Promise<FileOf> {
    const target = `${TRUTH_PREFIX}${name}`;
    const { sha256 } = await hashFile(file);
    this.files.push({
      path: target,
      role: 'truth',
      mediaType: mediaTypeOf(target),
      file,
      expectedSha256: sha256,
    });
    return { path: target, sha256 };
  }
}

type FileOf = Truth['inputs'][number]['raw'];
