import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type EvaluationSet, loadEvaluation } from '../accuracy/load.js';
import type { Adapter } from '../adapters/contract.js';
import { canRun } from '../adapters/runners.js';
import type { CalibrationSet } from '../calibration/load.js';
import { requireRunner } from '../compare/subject.js';
import { ModelconvError } from '../errors.js';
import { readFully, writeFully } from '../host/files.js';
import type { CheckedRequest } from '../request/checked-request.js';
import { fixInputs, fixOutputs } from '../request/input-shapes.js';
import { preprocessOf } from '../request/preprocess.js';
import type { ProbedModel } from '../source/probe.js';
import type { SampleFiles, SampleSet } from '../tensor/samples.js';
import { type BuiltIn, forConverted } from './built-in.js';

/** A simulator gives its results while it converts, so all samples stand on disk at once. */
const MAX_SIMULATED_BYTES = 8 * 1024 ** 3;

/**
 * The evaluation data of a request, checked before any tool is started; undefined when none is given.
 *
 * @throws ModelconvError as `loadEvaluation` does, and when nothing here runs the source.
 */
export async function prepareEvaluation(
  request: CheckedRequest,
  source: ProbedModel,
  calibration: CalibrationSet | undefined,
  signal: AbortSignal | undefined,
): Promise<EvaluationSet | undefined> {
  if (request.eval === undefined) return undefined;
  const { path: location, output, samples } = request.eval;
  await requireRunner({ file: request.source, info: source.info });
  const inputs = fixInputs(source.info.inputs, request);
  const evaluation = await loadEvaluation({
    path: location,
    inputs,
    outputs: fixOutputs(source.info, request.inputs),
    output,
    preprocess: preprocessOf(inputs, request.preprocess),
    limit: samples,
    signal,
  });
  const measured = new Set(calibration?.files);
  const shared = evaluation.files.some((file) => measured.has(file));
  return shared ? { ...evaluation, warnings: [...evaluation.warnings, SHARED] } : evaluation;
}

const SHARED =
  'the evaluation data holds files of the calibration data: the accuracy on other data may be lower';

/**
 * Refuse a route whose result nothing here can run: accuracy that was asked for is not left out.
 *
 * @throws ModelconvError `E_NOT_CONVERTIBLE`, `E_EVAL_INVALID` (more data than a simulator can be given).
 */
export function requireEvaluable(
  { device }: CheckedRequest,
  adapters: readonly Adapter[],
  evaluation: EvaluationSet,
): void {
  const last = adapters.at(-1);
  const runs = adapters.some(
    (adapter) =>
      adapter.capabilities.simulates === true || canRun(adapter, adapter.capabilities.output),
  );
  if (last !== undefined && !runs)
    throw new ModelconvError('E_NOT_CONVERTIBLE', {
      what: `the accuracy of a model for ${device.name} cannot be measured here`,
      why: `nothing on this machine runs ${last.capabilities.output} models`,
      next: 'leave --eval out, and measure it on the device',
    });
  const bytes = evaluation.sampleBytes * evaluation.count;
  if (last?.capabilities.simulates === true && bytes > MAX_SIMULATED_BYTES)
    throw new ModelconvError('E_EVAL_INVALID', {
      what: `the evaluation data is too much for the simulator of ${last.id}`,
      why: `it runs all samples while it converts: ${bytes} bytes, at most ${MAX_SIMULATED_BYTES} are written`,
      next: `take fewer: --eval-samples ${Math.floor(MAX_SIMULATED_BYTES / evaluation.sampleBytes)}`,
    });
}

/**
 * Write what a simulating converter runs: the samples of the parity check, if any, and the evaluation
 * data after them.
 *
 * @throws ModelconvError `E_EVAL_INVALID` when the data changed; system errors.
 */
export async function simulatedSamples({
  workDir,
  samples,
  evaluation,
  builtIn,
}: {
  readonly workDir: string;
  /** As the converted model takes them. */
  readonly samples: SampleSet | undefined;
  readonly evaluation: EvaluationSet;
  readonly builtIn: BuiltIn;
}): Promise<SampleFiles> {
  const written = await evaluation.write(workDir, 0, evaluation.count);
  await takeOutBuiltIn(workDir, written, builtIn);
  if (samples === undefined) return written;
  await mkdir(path.join(workDir, 'samples'), { recursive: true });
  const inputs = [];
  for (const [place, input] of samples.inputs.entries()) {
    const rest = written.inputs.find(({ name }) => name === input.name);
    const file = `samples/${place}.bin`;
    if (rest === undefined) throw new Error(`no evaluation data for ${input.name}`);
    await writeFile(path.join(workDir, file), input.data);
    await append(path.join(workDir, rest.file), path.join(workDir, file));
    inputs.push({ name: input.name, dtype: input.dtype, shape: input.shape, file });
  }
  return { count: samples.count + evaluation.count, inputs };
}

/** What the converted model does itself is taken out of the data again, sample by sample. */
async function takeOutBuiltIn(
  workDir: string,
  { count, inputs }: SampleFiles,
  builtIn: BuiltIn,
): Promise<void> {
  for (const { name, dtype, shape, file } of inputs) {
    if (builtIn[name] === undefined) continue;
    const handle = await open(path.join(workDir, file), 'r+');
    try {
      const data = Buffer.alloc((await handle.stat()).size / count);
      for (let sample = 0; sample < count; sample++) {
        await readFully(handle, data, sample * data.length);
        const inputOf = { name, dtype, shape, data };
        const one: SampleSet = { kind: 'user', count: 1, inputs: [inputOf] };
        const [changed] = forConverted(one, builtIn).inputs;
        await writeFully(handle, changed?.data ?? data, sample * data.length);
      }
    } finally {
      await handle.close();
    }
  }
}

async function append(from: string, to: string): Promise<void> {
  await pipeline(createReadStream(from), createWriteStream(to, { flags: 'a' }));
  await rm(from);
}
