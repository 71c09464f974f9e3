import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ModelconvError, messageOf } from '../errors.js';
import { readFully, withInput } from '../host/files.js';
import type { Dtype } from '../schema/generated/types.js';
import { decodeElements, elementBytes, isNumeric } from '../tensor/elements.js';
import type { RunRequest } from './contract.js';

// How a driver (a child process in any language) is told what to run, and gives its results back:
// one JSON document each way, tensors as raw little-endian files, samples one after the other.

/** What the driver reads. Paths are relative to the work directory. */
export interface RunSpec {
  readonly count: number;
  readonly inputs: readonly {
    readonly name: string;
    readonly dtype: Dtype;
    readonly shape: readonly number[];
    readonly file: string;
  }[];
  readonly models: RunRequest['models'];
}

/** What the driver writes for each model, as `results.json` in its `resultDir`. */
export interface RunResults {
  readonly outputs: readonly {
    readonly name: string;
    readonly dtype: Dtype;
    readonly file: string;
    readonly shapes: readonly (readonly number[])[];
  }[];
}

/** Where the spec lies in the work directory. */
export const RUN_SPEC = 'samples/run.json';

/** Write the samples and the spec; returns the path of the spec, relative to `workDir`. */
export async function writeRunSpec(workDir: string, request: RunRequest): Promise<string> {
  await mkdir(path.join(workDir, 'samples'), { recursive: true });
  const inputs = [];
  for (const [index, { name, dtype, shape, data }] of request.samples.inputs.entries()) {
    const file = `samples/${index}.bin`;
    await writeFile(path.join(workDir, file), data);
    inputs.push({ name, dtype, shape, file });
  }
  for (const { resultDir } of request.models)
    await mkdir(path.join(workDir, resultDir), { recursive: true });
  const spec: RunSpec = { count: request.samples.count, inputs, models: request.models };
  await writeFile(path.join(workDir, RUN_SPEC), JSON.stringify(spec));
  return RUN_SPEC;
}

/** One output of a model over all samples. */
export interface OutputResult {
  readonly name: string;
  readonly dtype: Dtype;
  /** Shape for each sample. */
  readonly shapes: readonly (readonly number[])[];
  /** Elements of one sample. @throws {@link ModelconvError} `E_TOOL_OUTPUT`. */
  sample(index: number): Promise<Float64Array>;
}

/**
 * Read what a driver gave back for one model.
 *
 * @throws {@link ModelconvError} `E_TOOL_OUTPUT` when results are missing or damaged.
 */
export async function readResults(
  tool: string,
  workDir: string,
  resultDir: string,
): Promise<OutputResult[]> {
  const file = path.join(workDir, resultDir, 'results.json');
  const results = await readFile(file, 'utf8')
    .then((text) => JSON.parse(text) as RunResults)
    .catch((error: unknown) => {
      throw new ModelconvError('E_TOOL_OUTPUT', {
        what: `${tool} ended without an error, but gave no results`,
        why: messageOf(error).replaceAll(workDir, ''),
        next: 'run again with --log FILE to keep its whole log, or leave the parity check out with --no-verify',
        cause: error,
      });
    });
  return results.outputs.map(({ name, dtype, shapes, file: data }) => ({
    name,
    dtype,
    shapes,
    sample: async (index) => await readSample(path.join(workDir, data), name, dtype, shapes, index),
  }));
}

async function readSample(
  file: string,
  name: string,
  dtype: Dtype,
  shapes: RunResults['outputs'][number]['shapes'],
  index: number,
): Promise<Float64Array> {
  if (!isNumeric(dtype))
    throw new ModelconvError('E_TOOL_OUTPUT', {
      what: `output ${name} cannot be compared`,
      why: `its type is ${dtype}`,
      next: 'leave the parity check out with --no-verify',
    });
  const sizes = shapes.map((shape) =>
    shape.reduce((product, size) => product * size, elementBytes(dtype)),
  );
  const start = sizes.slice(0, index).reduce((sum, size) => sum + size, 0);
  const data = Buffer.alloc(sizes[index] ?? 0);
  const read = await withInput(file, async (handle) => await readFully(handle, data, start));
  if (read < data.length)
    throw new ModelconvError('E_TOOL_OUTPUT', {
      what: `the runtime gave too few elements for output ${name}`,
    });
  return decodeElements(dtype, data);
}
