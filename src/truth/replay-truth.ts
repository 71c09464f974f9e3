import path from 'node:path';
import type { OutputResult } from '../adapters/run-files.js';
import { normalisationOf } from '../compare/diagnose/normalisation.js';
import { faultsOf, type OutputDifference } from '../compare/outputs.js';
import { openSubject, type Runner, requireRunner, type Subject } from '../compare/subject.js';
import { ModelconvError } from '../errors.js';
import type { StepContext } from '../host/run-step.js';
import type {
  Descriptor,
  InputTensor,
  OutputTensor,
  Truth,
  TruthFile,
  TruthInput,
  TruthInputResult,
  TruthOutput,
  TruthOutputResult,
  TruthResult,
} from '../schema/generated/types.js';
import { decodeElements } from '../tensor/elements.js';
import { readNpy } from '../tensor/npy.js';
import type { SampleInput, SampleSet } from '../tensor/samples.js';
import { explainTensor, maxDifference } from './explain-tensor.js';
import { hostInput, inSourceAxes, sourceNameOf, toSample } from './host-tensor.js';
import { asResult, checkOutputs, runModel } from './outputs.js';
import { preprocessRaw, readRaw, usable } from './raw-sample.js';

/** Where the package is unpacked in the work directory. */
const PLACE = 'a';

/** One input of a package, as its truth has it. */
interface ReplayedInput {
  readonly tensor: InputTensor;
  readonly sample: SampleInput;
  readonly result: TruthInputResult;
}

/**
 * Replay the truth of a package: preprocess its raw sample as it is declared, compare with the tensor that it
 * must become; run the model on that tensor, and compare with the outputs that it must give. Every digest
 * of the package is checked before.
 *
 * @throws ModelconvError `E_TRUTH_MISSING` when the package has none; as `openSubject` and `runStep` do.
 */
export async function replayTruth(
  file: string,
  timeoutMs: number,
  context: StepContext,
): Promise<TruthResult> {
  const subject = await openSubject(file, context.workDir, PLACE, context.signal);
  const { descriptor } = subject;
  const truth = descriptor?.verification?.truth;
  if (descriptor === undefined || truth === undefined) throw missing(file, subject);
  refuseOtherFiles(file, descriptor, truth);
  refuseOtherInputs(file, descriptor, truth);
  const directory = path.join(context.workDir, PLACE);
  const inputs = await Promise.all(
    truth.inputs.map(async (one) => await replayInput(file, one, descriptor, directory)),
  );
  const results = inputs.map(({ result }) => result);
  const arePrepared = results.every(({ passed }) => passed);
  const base = { inputs: results, outputs: [], findings: [] };
  const runner = await runnerOf(subject);
  if (truth.outputs.length === 0)
    return { ...base, passed: arePrepared, notRun: 'the package says no outputs for its sample' };
  if (!('adapter' in runner)) return { ...base, passed: arePrepared, notRun: runner.notRun };
  const outputs = await replayOutputs(
    { subject, descriptor, truth, runner, inputs, directory, timeoutMs },
    context,
  );
  return {
    ...base,
    ...outputs,
    passed: arePrepared && outputs.outputs.every(({ passed }) => passed),
    runtime: { name: runner.adapter.id, version: runner.toolchain.version },
  };
}

function missing(file: string, { kind }: Subject): ModelconvError {
  return new ModelconvError('E_TRUTH_MISSING', {
    what: `${file} carries no truth`,
    why:
      kind === 'package'
        ? 'it was packed without a raw sample'
        : 'it is a bare model file: only a package can carry one',
    next: 'pack it with one: modelconv convert … --truth IMAGE, or modelconv pack … --truth IMAGE',
  });
}

/** What the truth names has to be among the files of the package, with the same digests. */
function refuseOtherFiles(file: string, { files }: Descriptor, truth: Truth): void {
  const named: TruthFile[] = [
    ...truth.inputs.flatMap(({ raw, tensor }) => [raw, tensor]),
    ...truth.outputs.map(({ tensor }) => tensor),
  ];
  const odd = named.find(
    ({ path: name, sha256 }) => !files.some((one) => one.path === name && one.sha256 === sha256),
  );
  if (odd === undefined) return;
  throw new ModelconvError('E_DESCRIPTOR_INVALID', {
    what: `the truth of ${file} names "${odd.path}", which is not a file of the package with that digest`,
    why: `the digest that it names is ${odd.sha256}`,
    next: 'pack the model again with its truth',
  });
}

/** The model runs on all of its inputs, each of them once. */
function refuseOtherInputs(file: string, { model }: Descriptor, { inputs }: Truth): void {
  const samples = model.inputs.map(({ name }) => inputs.filter((one) => one.name === name).length);
  const odd = model.inputs.find((_input, at) => samples[at] !== 1);
  if (odd === undefined) return;
  throw new ModelconvError('E_DESCRIPTOR_INVALID', {
    what: `the truth of ${file} has ${samples[model.inputs.indexOf(odd)]} samples for input "${odd.name}"`,
    why: 'it takes one raw sample for each input of the model',
    next: 'pack the model again with its truth',
  });
}

async function replayInput(
  file: string,
  { name, raw: rawFile, tensor: tensorFile, maxAbs: bound }: TruthInput,
  { model }: Descriptor,
  directory: string,
): Promise<ReplayedInput> {
  const tensor = model.inputs.find((one) => one.name === name);
  if (tensor === undefined) throw unknownTensor(file, name, model.inputs);
  const array = await readNpy(inDirectory(directory, tensorFile), tensorFile.path);
  const expected = inSourceAxes(tensor, {
    shape: array.shape,
    values: decodeElements(array.dtype, array.data),
  });
  const input = { ...hostInput(tensor, model, array.shape), dtype: array.dtype };
  const { preprocess = {} } = tensor;
  const rawPath = inDirectory(directory, rawFile);
  const raw = await readRaw(rawPath, rawFile.path);
  const ours = await usable(rawFile.path, () => preprocessRaw(raw, input, preprocess));
  const difference = maxDifference(ours, expected.values);
  const check = { raw, input, preprocess, expected: expected.values, bound };
  const passed = difference <= bound;
  return {
    tensor,
    sample: toSample(input, expected.values),
    result: {
      name,
      passed,
      ...(Number.isFinite(difference) ? { maxAbs: Number(difference.toPrecision(6)) } : {}),
      bound,
      findings: passed ? [] : explainTensor(check, ours),
    },
  };
}

function inDirectory(directory: string, { path: name }: TruthFile): string {
  return path.join(directory, ...name.split('/'));
}

function unknownTensor(
  file: string,
  name: string,
  tensors: readonly { readonly name: string }[],
): ModelconvError {
  return new ModelconvError('E_DESCRIPTOR_INVALID', {
    what: `the truth of ${file} names "${name}", which the model does not have`,
    why: `it has ${tensors.map((one) => one.name).join(', ')}`,
    next: 'pack the model again with its truth',
  });
}

/** What runs the model here, or why nothing does. */
async function runnerOf(subject: Subject): Promise<Runner | { readonly notRun: string }> {
  try {
    return await requireRunner(subject);
  } catch (error) {
    const isAbsent =
      error instanceof ModelconvError &&
      ['E_TOOL_MISSING', 'E_NOT_CONVERTIBLE'].includes(error.code);
    if (!isAbsent) throw error;
    const { format } = subject.info;
    const next = error.code === 'E_TOOL_MISSING' ? `; get it with: ${error.next ?? ''}` : '';
    return { notRun: `no runtime for ${format} on this machine${next}` };
  }
}

interface OutputsReplay {
  readonly subject: Subject;
  readonly descriptor: Descriptor;
  readonly truth: Truth;
  readonly runner: Runner;
  readonly inputs: readonly ReplayedInput[];
  readonly directory: string;
  readonly timeoutMs: number;
}

async function replayOutputs(
  { subject, descriptor, truth, runner, inputs, directory, timeoutMs }: OutputsReplay,
  context: StepContext,
): Promise<Pick<TruthResult, 'outputs' | 'findings'>> {
  const { model } = descriptor;
  const expected = await Promise.all(
    truth.outputs.map(
      async (one) => await expectedOutput(subject.file, one, model.outputs, directory),
    ),
  );
  const samples = samplesOf(inputs, subject.info.format);
  const runnable = { runner, path: subject.staged };
  const { differences, findings } = await checkOutputs({
    expected,
    results: await runModel(runnable, samples, timeoutMs, context),
    outputs: model.outputs,
    model: runnable,
    quantization: model.quantization,
    samples,
    tolerance: truth.tolerance,
    normalisation: normalisationOf(inputs.map(({ tensor }) => tensor)),
    timeoutMs,
    context,
  });
  return { outputs: differences.map(toOutput), findings };
}

/** In the order of the source, in which runtimes that know other names take them. */
function samplesOf(inputs: readonly ReplayedInput[], format: string): SampleSet {
  const isNamed = ['onnx', 'ort'].includes(format);
  const ordered = [...inputs].sort(
    (a, b) => (a.tensor.source?.index ?? 0) - (b.tensor.source?.index ?? 0),
  );
  return {
    kind: 'user',
    count: 1,
    inputs: ordered.map(({ tensor, sample }) => ({
      ...sample,
      name: isNamed ? tensor.name : sourceNameOf(tensor),
    })),
  };
}

async function expectedOutput(
  file: string,
  { name, tensor: tensorFile }: TruthOutput,
  outputs: readonly OutputTensor[],
  directory: string,
): Promise<OutputResult> {
  const tensor = outputs.find((one) => one.name === name);
  if (tensor === undefined) throw unknownTensor(file, name, outputs);
  const { dtype, shape, data } = await readNpy(inDirectory(directory, tensorFile), tensorFile.path);
  return asResult(
    name,
    dtype,
    inSourceAxes(tensor, { shape, values: decodeElements(dtype, data) }),
  );
}

function toOutput(difference: OutputDifference): TruthOutputResult {
  const { name, metrics } = difference;
  const faults = faultsOf([difference]);
  return {
    name,
    passed: faults.length === 0,
    ...(metrics === undefined ? {} : { metrics }),
    faults: faults.map((fault) => fault.replace(`output ${name}`, '').replace(/^: | /, '')),
  };
}
