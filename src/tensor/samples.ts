import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { ModelconvError, messageOf } from '../errors.js';
import type { Dtype, ModelTensor, VerificationInputs } from '../schema/generated/types.js';
import { elementBytes } from './elements.js';
import { type NpyArray, readNpy } from './npy.js';

/** All samples of one input, one after the other, little-endian, C order. */
export interface SampleInput {
  readonly name: string;
  readonly dtype: Dtype;
  /** Shape of one sample as the model takes it, batch axis included; of the first one where they differ. */
  readonly shape: readonly number[];
  /** Shape of each sample, where they are not all the same. */
  readonly shapes?: readonly (readonly number[])[];
  readonly data: Buffer;
}

/** Shape of one sample of an input. */
export function shapeOf(
  { shape, shapes }: Pick<SampleInput, 'shape' | 'shapes'>,
  index: number,
): readonly number[] {
  return shapes?.[index] ?? shape;
}

/** Data of one sample of an input. */
export function dataOf(input: SampleInput, index: number): Buffer {
  const bytesOf = (shape: readonly number[]): number => sampleBytes({ dtype: input.dtype, shape });
  const { shapes } = input;
  const start =
    shapes === undefined
      ? index * bytesOf(input.shape)
      : shapes.slice(0, index).reduce((sum, shape) => sum + bytesOf(shape), 0);
  return input.data.subarray(start, start + bytesOf(shapeOf(input, index)));
}

/** Not more samples than `most`. */
export function firstSamples(samples: SampleSet, most: number): SampleSet {
  const count = Math.min(samples.count, most);
  return selectSamples(
    samples,
    Array.from({ length: count }, (_none, index) => index),
  );
}

/** The samples of a set at these places, in this order. */
export function selectSamples(samples: SampleSet, indexes: readonly number[]): SampleSet {
  const inputs = samples.inputs.map((input) =>
    withShapes(
      input,
      indexes.map((index) => shapeOf(input, index)),
      indexes.map((index) => dataOf(input, index)),
    ),
  );
  return { ...samples, count: indexes.length, inputs };
}

/** The samples of two sets of the same inputs, one after the other. */
export function appendSamples(samples: SampleSet, others: SampleSet): SampleSet {
  const inputs = samples.inputs.map((input, place) => {
    const other = others.inputs[place] ?? input;
    const shapes = [
      ...Array.from({ length: samples.count }, (_none, index) => shapeOf(input, index)),
      ...Array.from({ length: others.count }, (_none, index) => shapeOf(other, index)),
    ];
    return withShapes(input, shapes, [input.data, other.data]);
  });
  return { ...samples, count: samples.count + others.count, inputs };
}

function withShapes(
  { name, dtype, shape: own }: SampleInput,
  shapes: readonly (readonly number[])[],
  parts: readonly Buffer[],
): SampleInput {
  const [shape = own] = shapes;
  const areSame = shapes.every((other) => other.join() === shape.join());
  return { name, dtype, shape, ...(areSame ? {} : { shapes }), data: Buffer.concat(parts) };
}

/** What a model is run on: the same number of samples for every input. */
export interface SampleSet {
  /** Files they were read from. */
  readonly files?: readonly string[];
  readonly kind: 'generated' | 'user' | 'calibration';
  readonly seed?: number;
  readonly count: number;
  readonly inputs: readonly SampleInput[];
}

/** Samples that stand in files of the work directory, each as {@link SampleInput} has its data. */
export interface SampleFiles {
  readonly count: number;
  readonly inputs: readonly (Omit<SampleInput, 'data'> & {
    /** Relative to the work directory, with `/`. */
    readonly file: string;
  })[];
}

/** Digest of a sample set: names, types, shapes and data. */
export function digestSamples(samples: SampleSet): string {
  const hash = createHash('sha256');
  for (const { name, dtype, shape, shapes = [], data } of samples.inputs)
    hash.update(JSON.stringify([name, dtype, shape, ...shapes])).update(data);
  return hash.digest('hex');
}

/** Where the samples came from, as a descriptor says it. */
export function sampleOrigin(samples: SampleSet): VerificationInputs {
  return {
    kind: samples.kind,
    ...(samples.seed === undefined ? {} : { seed: samples.seed }),
    sha256: digestSamples(samples),
  };
}

/**
 * Load the user's samples: a `.npy` file for a model with one input; a directory that holds
 * `<input name>.npy` for each input, or, for a model with one input, any number of `.npy` files.
 * The first axis of an array runs over the samples.
 *
 * @throws {@link ModelconvError} `E_INPUT` or `E_SAMPLES_INVALID`; nothing is ever skipped.
 */
export async function loadSamples(
  location: string,
  inputs: readonly ModelTensor[],
): Promise<SampleSet> {
  const found = await stat(location).catch((error: unknown) => {
    throw new ModelconvError('E_INPUT', {
      what: `samples ${location} cannot be read`,
      why: 'there is no such file or directory',
      next: 'check the path; relative paths start at the current directory',
      cause: error,
    });
  });
  const loaded: SampleInput[] = [];
  const read: string[] = [];
  for (const [input, files] of await filesByInput(location, found.isDirectory(), inputs)) {
    read.push(...files);
    loaded.push(
      joinSamples(
        location,
        input,
        await Promise.all(
          files.map(async (file) => sliceSamples(file, await readNpy(file), input)),
        ),
      ),
    );
  }
  const counts = loaded.map((input) => countOf(input));
  if (new Set(counts).size > 1) {
    throw invalid(
      location,
      `the inputs have different numbers of samples: ${loaded.map(({ name }, i) => `${name} ${counts[i]}`).join(', ')}`,
    );
  }
  if ((counts[0] ?? 0) === 0) throw invalid(location, 'it holds no sample');
  return { kind: 'user', count: counts[0] ?? 0, inputs: loaded, files: read };
}

const RULES = 'the first axis of an array runs over the samples; see docs/request.md';

function invalid(where: string, why: string, next: string = RULES): ModelconvError {
  return new ModelconvError('E_SAMPLES_INVALID', {
    what: `${where} cannot be used as samples`,
    why,
    next,
  });
}

async function filesByInput(
  location: string,
  isDirectory: boolean,
  inputs: readonly ModelTensor[],
): Promise<[ModelTensor, string[]][]> {
  const [first] = inputs;
  if (!isDirectory) {
    if (inputs.length !== 1 || first === undefined) {
      throw invalid(
        location,
        `the model has ${inputs.length} inputs: ${inputs.map(({ name }) => name).join(', ')}`,
        'give a directory that holds <input name>.npy for each',
      );
    }
    return [[first, [location]]];
  }
  const names = (await readDirectory(location)).filter((name) => name.endsWith('.npy')).sort();
  const named = inputs.map((input): [ModelTensor, string[]] => [
    input,
    names.filter((name) => name === fileNameOf(input)).map((name) => path.join(location, name)),
  ]);
  if (inputs.length === 1 && first !== undefined) {
    return named[0]?.[1].length === 1
      ? named
      : [[first, names.map((name) => path.join(location, name))]];
  }
  const missing = named
    .filter(([, files]) => files.length === 0)
    .map(([input]) => fileNameOf(input));
  if (missing.length > 0)
    throw invalid(location, `missing in the directory: ${missing.join(', ')}`);
  return named;
}

async function readDirectory(location: string): Promise<string[]> {
  return await readdir(location).catch((error: unknown) => {
    throw new ModelconvError('E_INPUT', {
      what: `samples ${location} cannot be read`,
      why: messageOf(error),
      next: `look at its permissions: ls -ld ${location}`,
      cause: error,
    });
  });
}

/** File name that stands for an input; names may hold characters that file names may not. */
function fileNameOf({ name }: ModelTensor): string {
  return `${name.replace(/[\\/:]/g, '_')}.npy`;
}

/** Cut an array into samples of the input's shape. */
function sliceSamples(file: string, array: NpyArray, input: ModelTensor): SampleInput {
  const wanted = input.shape;
  const expected = wanted === undefined ? 'unknown' : `[${wanted.join(', ')}]`;
  if (array.dtype !== input.dtype)
    throw invalid(
      file,
      `it holds ${array.dtype}, input ${input.name} takes ${input.dtype}`,
      `in NumPy: array.astype('${input.dtype}')`,
    );
  if (wanted === undefined || array.shape.length === wanted.length + 1) {
    const shape = array.shape.slice(1);
    checkShape(file, shape, input);
    return { name: input.name, dtype: input.dtype, shape, data: array.data };
  }
  if (array.shape.length !== wanted.length || wanted.length === 0) {
    throw invalid(
      file,
      `it has shape [${array.shape.join(', ')}], input ${input.name} takes ${expected}`,
      RULES,
    );
  }
  const rows = array.shape[0] ?? 0;
  const batch = typeof wanted[0] === 'number' ? wanted[0] : 1;
  const shape = [batch, ...array.shape.slice(1)];
  checkShape(file, shape, input);
  if (rows % batch !== 0)
    throw invalid(file, `its ${rows} rows cannot be divided into batches of ${batch}`);
  return { name: input.name, dtype: input.dtype, shape, data: array.data };
}

function checkShape(file: string, shape: readonly number[], input: ModelTensor): void {
  const wanted = input.shape;
  if (wanted === undefined) return;
  const fits =
    shape.length === wanted.length &&
    wanted.every((size, axis) => typeof size === 'string' || size === shape[axis]);
  if (!fits)
    throw invalid(
      file,
      `a sample has shape [${shape.join(', ')}], input ${input.name} takes [${wanted.join(', ')}]`,
    );
}

function sampleBytes({ dtype, shape }: Pick<SampleInput, 'dtype' | 'shape'>): number {
  return shape.reduce((product, size) => product * size, elementBytes(dtype));
}

function countOf(input: SampleInput): number {
  const bytes = sampleBytes(input);
  return bytes === 0 ? 0 : input.data.length / bytes;
}

function joinSamples(
  location: string,
  input: ModelTensor,
  parts: readonly SampleInput[],
): SampleInput {
  const [first] = parts;
  if (first === undefined) throw invalid(location, `it holds no .npy file for input ${input.name}`);
  const odd = parts.find((part) => part.shape.join() !== first.shape.join());
  if (odd !== undefined)
    throw invalid(
      `input ${input.name}`,
      `its files hold samples of different shapes: [${first.shape.join(', ')}] and [${odd.shape.join(', ')}]`,
    );
  return parts.length === 1
    ? first
    : { ...first, data: Buffer.concat(parts.map(({ data }) => data)) };
}
