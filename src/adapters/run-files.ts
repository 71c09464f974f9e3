import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ModelconvError, messageOf } from '../errors.js';
import { readFully, withInput } from '../host/files.js';
import type { Dtype } from '../schema/generated/types.js';
import { decodeElements, elementBytes, isNumeric } from '../tensor/elements.js';
import type { RunRequest, Timing } from './contract.js';

// How a driver (a child process in any language) is told what to run, and gives its results back:
// one JSON document each way, tensors as raw little-endian files, samples one after the other.

/** What the driver reads. Paths are relative to the work directory. */
export interface RunSpec {
  readonly count: number;
  readonly inputs: readonly {
    readonly name: string;
    readonly dtype: Dtype;
    readonly shape: readonly number[];
    /** Shape of each sample, where they are not all the same. */
    readonly shapes?: readonly (readonly number[])[] | undefined;
    readonly file: string;
  }[];
  readonly models: RunRequest['models'];
  /** Samples that a model may refuse: that is a result, and not the end. */
  readonly optional?: readonly number[] | undefined;
  /** Absent: every sample is run once, and its outputs are given back. */
  readonly timing?: Timing | undefined;
}

/** What the driver writes for each model, as `results.json` in its `resultDir`. */
export interface RunResults {
  /** None where runs were timed. */
  readonly outputs: readonly {
    readonly name: string;
    readonly dtype: Dtype;
    readonly file: string;
    /** Of a sample that was refused `[0]`, and no data. */
    readonly shapes: readonly (readonly number[])[];
    /** What computes it, in the words of the runtime, where every tensor was asked for. */
    readonly operator?: string;
    /** What its integers were turned into real numbers with. */
    readonly quantization?: OutputQuantization;
  }[];
  /** Optional samples that the model refused, and why. */
  readonly refused?: readonly { readonly sample: number; readonly message: string }[] | undefined;
  /** What a spec with `timing` asks for. */
  readonly timing?: RunTimes | undefined;
}

/** How long the runs of a model took, measured by the process of its runtime itself. */
export interface RunTimes {
  /** One for each timed run in their order, in nanoseconds of a monotonic clock. */
  readonly durationsNs: readonly number[];
  /** Most memory that the process had resident, in bytes; absent where the system does not tell. */
  readonly peakMemoryBytes?: number | undefined;
  /** What ran them, where it is not the tool that the toolchain is named after. */
  readonly runtime?: { readonly tool: string; readonly version: string } | undefined;
}

/** Where the spec lies in the work directory. */
export const RUN_SPEC = 'samples/run.json';

/** Write the samples and the spec; returns the path of the spec, relative to `workDir`. */
export async function writeRunSpec(workDir: string, request: RunRequest): Promise<string> {
  await mkdir(path.join(workDir, 'samples'), { recursive: true });
  const inputs = [];
  for (const [index, input] of request.samples.inputs.entries()) {
    const { name, dtype, shape, shapes } = input;
    const file = 'file' in input ? input.file : `samples/${index}.bin`;
    if ('data' in input) await writeFile(path.join(workDir, file), input.data);
    inputs.push({ name, dtype, shape, shapes, file });
  }
  for (const { resultDir } of request.models)
    await mkdir(path.join(workDir, resultDir), { recursive: true });
  const { samples, models, optional, timing } = request;
  const spec: RunSpec = { count: samples.count, inputs, models, optional, timing };
  await writeFile(path.join(workDir, RUN_SPEC), JSON.stringify(spec));
  return RUN_SPEC;
}

/** real = scale * (integer - zeroPoint). */
export interface OutputQuantization {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** One output of a model over all samples. */
export interface OutputResult {
  readonly name: string;
  readonly dtype: Dtype;
  /** Shape for each sample. */
  readonly shapes: readonly (readonly number[])[];
  /** What computes it, where every tensor was asked for and the runtime tells. */
  readonly operator?: string;
  /** What its integers were turned into real numbers with. */
  readonly quantization?: OutputQuantization;
  /** Elements of one sample. @throws {@link ModelconvError} `E_TOOL_OUTPUT`. */
  sample(index: number): Promise<Float64Array>;
}

/**
 * Read what a driver gave back for one model.
 *
 * @param windowBytes - read at once, and held for each output; 0 where there are many outputs of few samples.
 * @throws {@link ModelconvError} `E_TOOL_OUTPUT` when results are missing or damaged.
 */
export async function readResults(
  tool: string,
  workDir: string,
  resultDir: string,
  windowBytes: number = WINDOW_BYTES,
): Promise<OutputResult[]> {
  const next = `${KEEP_LOG}, or leave the parity check out with --no-verify`;
  const results = await readResultFile(tool, workDir, resultDir, next);
  return results.outputs.map((output) => {
    const file = new ResultFile(path.join(workDir, output.file), windowBytes);
    const starts = startsOf(output);
    const { name, dtype, shapes, operator, quantization } = output;
    return {
      name,
      dtype,
      shapes,
      ...(operator === undefined ? {} : { operator }),
      ...(quantization === undefined ? {} : { quantization }),
      sample: async (index) => await readSample(file, output, starts, index),
    };
  });
}

/** Where each sample of an output begins, and last where the file ends; in bytes. */
function startsOf({ dtype, shapes }: RunResults['outputs'][number]): number[] {
  const element = isNumeric(dtype) ? elementBytes(dtype) : 0;
  const starts = [0];
  let end = 0;
  for (const shape of shapes) {
    end += shape.reduce((product, size) => product * size, element);
    starts.push(end);
  }
  return starts;
}

/**
 * Read which optional samples a model refused, each with why.
 *
 * @throws {@link ModelconvError} `E_TOOL_OUTPUT` when results are missing or damaged.
 */
export async function readRefused(
  tool: string,
  workDir: string,
  resultDir: string,
): Promise<ReadonlyMap<number, string>> {
  const { refused = [] } = await readResultFile(tool, workDir, resultDir, KEEP_LOG);
  return new Map(refused.map(({ sample, message }) => [sample, message]));
}

/** Outputs at these samples alone, in this order. */
export function selectResults(
  results: readonly OutputResult[],
  indexes: readonly number[],
): OutputResult[] {
  return results.map((result) => ({
    ...result,
    shapes: indexes.map((index) => result.shapes[index] ?? []),
    sample: async (index) => await result.sample(indexes[index] ?? index),
  }));
}

const KEEP_LOG = 'run again with --log FILE to keep its whole log';

async function readResultFile(
  tool: string,
  workDir: string,
  resultDir: string,
  next: string,
): Promise<RunResults> {
  const file = path.join(workDir, resultDir, 'results.json');
  return await readFile(file, 'utf8')
    .then((text) => JSON.parse(text) as RunResults)
    .catch((error: unknown) => {
      throw new ModelconvError('E_TOOL_OUTPUT', {
        what: `${tool} ended without an error, but gave no results`,
        why: messageOf(error).replaceAll(workDir, ''),
        next,
        cause: error,
      });
    });
}

/**
 * Read how long the runs of one model took.
 *
 * @throws {@link ModelconvError} `E_TOOL_OUTPUT` when there are no times, or none that can be.
 */
export async function readTimes(
  tool: string,
  workDir: string,
  resultDir: string,
): Promise<RunTimes> {
  const { timing } = await readResultFile(tool, workDir, resultDir, KEEP_LOG);
  if (timing === undefined)
    throw new ModelconvError('E_TOOL_OUTPUT', {
      what: `${tool} ran the model, but gave no times`,
      why: 'its runtime does not know the part "timing" of what it is told',
      next: 'see "Times" in docs/adapters.md for what a runtime has to give back',
    });
  const { durationsNs, peakMemoryBytes: peak = 0 } = timing;
  const isTime = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
  const hasTimes = Array.isArray(durationsNs) && durationsNs.length > 0;
  if (!hasTimes || !durationsNs.every(isTime) || !isTime(peak))
    throw new ModelconvError('E_TOOL_OUTPUT', {
      what: `${tool} gave times that cannot be`,
      why: 'they are no list of whole numbers from 0',
      next: KEEP_LOG,
    });
  return timing;
}

/** Read at once: samples are mostly asked for in their order, and many are small. */
const WINDOW_BYTES = 1024 * 1024;

/** A part of a file. */
interface FileWindow {
  readonly start: number;
  readonly data: Buffer;
}

/** Reads a file of results by parts that are a window, or one sample, long. */
class ResultFile {
  readonly #file: string;
  readonly #windowBytes: number;
  #window: FileWindow = { start: 0, data: Buffer.alloc(0) };

  constructor(file: string, windowBytes: number) {
    this.#file = file;
    this.#windowBytes = windowBytes;
  }

  /** @returns fewer bytes only where the file ends. */
  async read(start: number, bytes: number): Promise<Buffer> {
    const { start: first, data } = this.#window;
    const isThere = start >= first && start + bytes <= first + data.length;
    // not by way of the field: another read may have replaced it in the meantime
    const window = isThere ? this.#window : await this.#load(start, bytes);
    return window.data.subarray(start - window.start, start - window.start + bytes);
  }

  async #load(start: number, bytes: number): Promise<FileWindow> {
    const data = await withInput(this.#file, async (handle, sizeBytes) => {
      const room = Math.max(0, sizeBytes - start);
      const buffer = Buffer.alloc(Math.min(room, Math.max(bytes, this.#windowBytes)));
      return buffer.subarray(0, await readFully(handle, buffer, start));
    });
    const window = { start, data };
    // one sample that is larger is not asked for again
    if (data.length <= this.#windowBytes) this.#window = window;
    return window;
  }
}

async function readSample(
  file: ResultFile,
  { name, dtype }: RunResults['outputs'][number],
  starts: readonly number[],
  index: number,
): Promise<Float64Array> {
  if (!isNumeric(dtype))
    throw new ModelconvError('E_TOOL_OUTPUT', {
      what: `output ${name} cannot be compared`,
      why: `its type is ${dtype}`,
      next: 'leave the parity check out with --no-verify',
    });
  const start = starts[index] ?? 0;
  const bytes = (starts[index + 1] ?? start) - start;
  const data = await file.read(start, bytes);
  if (data.length < bytes)
    throw new ModelconvError('E_TOOL_OUTPUT', {
      what: `the runtime gave too few elements for output ${name}`,
    });
  return decodeElements(dtype, data);
}
