import path from 'node:path';
import { canRun } from '../adapters/runners.js';
import { normalisationOf } from '../compare/diagnose/normalisation.js';
import { faultsOf } from '../compare/outputs.js';
import { ModelconvError } from '../errors.js';
import type { CheckedRequest } from '../request/checked-request.js';
import { fixInputs } from '../request/input-shapes.js';
import { preprocessOf } from '../request/preprocess.js';
import type { Model, ModelTensor } from '../schema/generated/types.js';
import type { ProbedModel } from '../source/probe.js';
import { concreteShape } from '../tensor/generate.js';
import type { SampleInput } from '../tensor/samples.js';
import { toleranceFor } from '../tensor/tolerance.js';
import { toSample } from '../truth/host-tensor.js';
import { type MadeTruth, makeTruth } from '../truth/make-truth.js';
import { checkOutputs, type RunnableModel, runModel } from '../truth/outputs.js';
import { prepareInputs } from '../truth/prepare-input.js';
import { forSource } from './built-in.js';
import { referenceRunner } from './checks.js';
import type { ConversionResult } from './pack-result.js';
import type { Work } from './run-stages.js';

/** Where the files of the truth lie in the work directory. */
const DIRECTORY = 'truth';

/**
 * The truth of a conversion: what the source gives for the raw sample, which the converted model has to give,
 * too, where it can be run here.
 *
 * @param model - as the descriptor describes the converted model.
 * @throws ModelconvError `E_TRUTH` when what was given does not agree with what comes out, `E_PARITY` when the
 *   converted model does not; `E_INPUT`, `E_SAMPLES_INVALID`, and as `runStep` does.
 */
export async function truthOf(
  work: Work,
  model: Model,
  result: ConversionResult,
  droppedInputs: readonly string[],
): Promise<MadeTruth | undefined> {
  const { request, source, staged, steps, progress } = work;
  if (request.truth === undefined) return undefined;
  progress.start('truth', request.truth.sample);
  const builtIn = result.run?.stages[0]?.job.builtIn ?? {};
  const reference = await referenceRunner(source.info.format);
  const precision = model.precision ?? source.info.precision ?? 'fp32';
  const tolerance = toleranceFor(precision, request.verify.tolerance);
  const dropped = source.info.inputs.filter(({ name }) => droppedInputs.includes(name));
  const made = await makeTruth(
    {
      wish: request.truth,
      model,
      run:
        reference === undefined
          ? undefined
          : {
              runner: reference,
              path: staged.path,
              from: 'source',
              prepare: (samples) => forSource(samples, builtIn),
            },
      tolerance,
      droppedInputs: dropped.flatMap(zeros),
      timeoutMs: request.timeoutMs,
    },
    path.join(steps.workDir, DIRECTORY),
    steps,
  );
  for (const warning of made.blind) progress.warn(warning);
  const ran = await checkConverted(work, model, result, made);
  const from = made.truth.outputs[0]?.from ?? 'nothing: no runtime for the source is here';
  progress.done(
    'truth',
    `${request.truth.sample}, outputs of ${from}${ran ? ', the converted model gives them, too' : ''}`,
  );
  return made;
}

/**
 * Whether a raw sample, and a tensor that it must become, can be used: before any tool is started.
 *
 * @throws ModelconvError `E_TRUTH`, `E_INPUT`, `E_SAMPLES_INVALID`.
 */
export async function checkTruthSample(
  request: CheckedRequest,
  source: ProbedModel,
): Promise<void> {
  if (request.truth === undefined) return;
  const declared = preprocessOf(source.info.inputs, request.preprocess);
  const inputs = fixInputs(source.info.inputs, request).map(({ name, dtype, shape }) => {
    const preprocess = declared[name];
    return {
      name,
      dtype,
      ...(shape === undefined ? {} : { shape }),
      ...(preprocess === undefined ? {} : { preprocess }),
    };
  });
  await prepareInputs(request.truth, { inputs });
}

/** An input that nothing depends on: whatever it is. */
function zeros({ name, dtype, shape }: ModelTensor): SampleInput[] {
  const sizes = concreteShape(shape ?? []);
  const elements = sizes.reduce((product, size) => product * size, 1);
  return [toSample({ name, dtype, shape: sizes }, new Float64Array(elements))];
}

/** @returns whether it was run. */
async function checkConverted(
  { request, source, steps, reports }: Work,
  model: Model,
  { run, files, converted }: ConversionResult,
  { truth, samples, outputs }: MadeTruth,
): Promise<boolean> {
  const last = run?.stages.at(-1);
  const [file] = files;
  if (last === undefined || file === undefined || !request.verify.enabled) return false;
  const { adapter, toolchain } = last;
  if (!canRun(adapter, converted.info.format) || outputs.length === 0) return false;
  const runnable: RunnableModel = {
    runner: { adapter, toolchain },
    path: path.relative(steps.workDir, file).split(path.sep).join('/'),
  };
  const { timeoutMs } = request;
  const expected = outputs.map((output, place) => ({
    ...output,
    name: truth.outputs[place]?.name ?? output.name,
  }));
  const { differences, findings } = await checkOutputs({
    expected,
    results: await runModel(runnable, samples, timeoutMs, steps),
    outputs: model.outputs,
    model: runnable,
    quantization: model.quantization,
    samples,
    tolerance: truth.tolerance,
    normalisation: normalisationOf(model.inputs),
    timeoutMs,
    context: steps,
  });
  const faults = faultsOf(differences);
  if (faults.length === 0) return true;
  const told = [...findings, ...faults];
  reports.add(told.map((fault) => `for ${request.truth?.sample}: ${fault}`));
  throw new ModelconvError('E_PARITY', {
    what: `what was converted for ${request.device.name} does not give for ${request.truth?.sample} what ${source.file} gives`,
    why: told.join('; '),
    next: `${model.type === 'quantized' ? 'measure value ranges on data like this sample (--calibration), ' : ''}allow more with --tolerance, or leave the check out with --no-verify`,
  });
}
