import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { OutputResult } from '../adapters/run-files.js';
import { normalisationOf } from '../compare/diagnose/normalisation.js';
import { faultsOf } from '../compare/outputs.js';
import { ModelconvError } from '../errors.js';
import type { StepContext } from '../host/run-step.js';
import type { PackInput } from '../package/write.js';
import type {
  Model,
  OutputTensor,
  Tolerance,
  Truth,
  TruthRequest,
} from '../schema/generated/types.js';
import { concreteShape } from '../tensor/generate.js';
import type { Values } from '../tensor/move-axes.js';
import type { SampleInput, SampleSet } from '../tensor/samples.js';
import { findTruthFiles } from './find-truth.js';
import { inOwnAxes, sourceNameOf, toSample } from './host-tensor.js';
import { asResult, checkOutputs, type RunnableModel, resultOf, runModel } from './outputs.js';
import { blindSpots, type PreparedInput, prepareInputs, readGiven } from './prepare-input.js';
import { TruthWriter } from './truth-writer.js';

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
  const inputs = await prepareInputs(request.wish, request.model);
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
    quantization: run.from === 'model' ? model.quantization : undefined,
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
