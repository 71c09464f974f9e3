import type { StepContext } from '../host/run-step.js';
import { imageRange } from '../request/declared-ranges.js';
import { fixInputs } from '../request/input-shapes.js';
import type {
  InputDtypes,
  InputShapes,
  ModelTensor,
  Preprocess,
  Tolerance,
} from '../schema/generated/types.js';
import { DEFAULT_SAMPLES, generateSamples, type ValueRanges } from '../tensor/generate.js';
import { quantizedRange } from '../tensor/quantized-range.js';
import { loadSamples, type SampleSet } from '../tensor/samples.js';
import { coarser, toleranceFor } from '../tensor/tolerance.js';
import { asRun } from './as-run.js';
import { declaredNormalisation } from './diagnose/normalisation.js';
import { explainDifferences } from './explain-differences.js';
import { feedsOf, matchInputs } from './feeds.js';
import { allInTypeOf } from './in-type-of.js';
import type { LayerComparison } from './layers/compare-layers.js';
import { type LayerSide, noLayers, seeLayers, showsLayers } from './layers/see-layers.js';
import { compareOutputs, faultsOf, type OutputDifference } from './outputs.js';
import { type ComparedSide, runSide } from './run-side.js';
import { openSubject, requireRunner, type Subject } from './subject.js';

export interface CompareRequest {
  /** The reference, and the other one. */
  readonly first: string;
  readonly second: string;
  readonly inputs: Readonly<InputShapes>;
  readonly inputDtypes: Readonly<InputDtypes>;
  /** undefined: generated from the seed. */
  readonly samples: string | undefined;
  readonly seed: number;
  readonly tolerance: Tolerance | undefined;
  /** Compare every tensor that the two runtimes show, too. */
  readonly layers?: boolean;
  readonly timeoutMs: number;
}

export interface Comparison {
  readonly first: ComparedSide;
  readonly second: ComparedSide;
  readonly samples: SampleSet;
  readonly tolerance: Tolerance;
  readonly outputs: readonly OutputDifference[];
  /** What explains the differences, in sentences. */
  readonly findings: readonly string[];
  readonly layers?: LayerComparison;
}

/**
 * Run two models on the same samples, each in its own runtime, and compare every output.
 *
 * @throws ModelconvError as `openSubject` and `runStep` do; `E_SAMPLES_INVALID`, `E_USAGE` (`--input`),
 *   `E_NOT_CONVERTIBLE` when the two are no forms of one model.
 */
export async function compareModels(
  request: CompareRequest,
  context: StepContext,
): Promise<Comparison> {
  const { workDir, signal } = context;
  const first = await withRunner(await openSubject(request.first, workDir, 'a', signal));
  const second = await withRunner(await openSubject(request.second, workDir, 'b', signal));
  if (request.layers === true) await requireLayers([first, second]);
  const matched = matchInputs(first.subject, second.subject);
  const samples = await samplesFor(request, first.subject, second.subject);
  // other runtimes match by place what has another name
  const renames = ['onnx', 'ort'].includes(second.subject.info.format);
  const feeds = feedsOf(samples, matched, renames);
  const reference = await runSide(first, samples, 'results/a', request.timeoutMs, context);
  const raw = await runSide(second, feeds, 'results/b', request.timeoutMs, context);
  const { descriptor, info } = second.subject;
  const own = descriptor?.model.quantization ?? info.quantization;
  const results = allInTypeOf(reference, raw, own);
  const precision = coarser(first.subject.info.precision, second.subject.info.precision);
  const tolerance = toleranceFor(precision, request.tolerance);
  const names = outputNames(second.subject);
  const outputs = await compareOutputs(reference, results, samples.count, tolerance, names);
  const differs = faultsOf(outputs).length > 0;
  const { timeoutMs } = request;
  const sides = { reference: layerSide(first, samples), other: layerSide(second, feeds) };
  const seeing = { ...sides, precision, timeoutMs };
  const layers = request.layers === true ? await seeLayers(seeing, context) : undefined;
  const { findings } = differs
    ? await explainDifferences({
        reference,
        results,
        differences: outputs,
        samples,
        tolerance,
        sides,
        precision,
        layers,
        normalisation: declaredNormalisation(
          [second, first].flatMap(({ subject }) => declaredPreprocess(subject)),
        ),
        timeoutMs,
        context,
      })
    : { findings: [] };
  return {
    first,
    second,
    samples,
    tolerance,
    outputs,
    findings,
    ...(layers === undefined ? {} : { layers }),
  };
}

function declaredPreprocess({ descriptor }: Subject): Preprocess[] {
  return (descriptor?.model.inputs ?? []).flatMap(({ preprocess }) => preprocess ?? []);
}

function layerSide({ runner, subject }: ComparedSide, samples: SampleSet): LayerSide {
  return { runner, path: subject.staged, format: subject.info.format, samples };
}

/** @throws ModelconvError `E_NOT_CONVERTIBLE` for a model whose runtime shows its outputs alone. */
async function requireLayers(sides: readonly ComparedSide[]): Promise<void> {
  for (const { subject, runner } of sides) {
    const side = { runner, format: subject.info.format };
    if (!showsLayers(side)) throw await noLayers(subject.file, side);
  }
}

async function withRunner(subject: Subject): Promise<ComparedSide> {
  return {
    subject: { ...subject, info: asRun(subject.info) },
    runner: await requireRunner(subject),
  };
}

/** What only one of the two says is what the other takes, too. */
async function samplesFor(
  request: CompareRequest,
  first: Subject,
  second: Subject,
): Promise<SampleSet> {
  const fixed = fixInputs(first.info.inputs, request);
  const others = second.info.inputs;
  const inputs = fixed.map((input, place) =>
    completed(input, others.find(({ name }) => name === input.name) ?? others[place]),
  );
  return request.samples === undefined
    ? generateSamples(
        inputs,
        first.indexLimits,
        request.seed,
        DEFAULT_SAMPLES,
        rangesOf(inputs, first, second),
      )
    : await loadSamples(request.samples, inputs);
}

/** What a package declares of images, else what a quantized input of either model holds. */
function rangesOf(inputs: readonly ModelTensor[], first: Subject, second: Subject): ValueRanges {
  const known = inputs.flatMap((input, place): [string, readonly [number, number]][] => {
    const own = [first, second].flatMap(({ info, descriptor }) => {
      const { name } =
        info.inputs.find((one) => one.name === input.name) ?? info.inputs[place] ?? input;
      const described = descriptor?.model.inputs.find((one) => one.name === name);
      return [{ declared: imageRange(described?.preprocess), held: quantizedRange(info, name) }];
    });
    const [range] = [...own.map(({ declared }) => declared), ...own.map(({ held }) => held)].filter(
      (one) => one !== undefined,
    );
    return range === undefined ? [] : [[input.name, range]];
  });
  return new Map(known);
}

/** Sizes that one leaves open; and real numbers where the other has them quantized, which its runtime does by itself. */
function completed(input: ModelTensor, other: ModelTensor | undefined): ModelTensor {
  if (other === undefined) return input;
  const isQuantized = /^u?int(8|16)$/.test(input.dtype) && /^float/.test(other.dtype);
  const dtype = isQuantized ? other.dtype : input.dtype;
  const shape = input.shape ?? other.shape;
  const hasSameRank = shape?.length === other.shape?.length;
  const sizes = shape?.map((size, axis) => {
    const known = hasSameRank ? other.shape?.[axis] : undefined;
    return typeof size === 'string' && typeof known === 'number' ? known : size;
  });
  return { ...input, dtype, ...(sizes === undefined ? {} : { shape: sizes }) };
}

/** What a descriptor tells of the names of the source. */
function outputNames({ descriptor }: Subject): (name: string) => string | undefined {
  const outputs = descriptor?.model.outputs ?? [];
  return (wanted) => outputs.find(({ sourceName }) => sourceName === wanted)?.name;
}
