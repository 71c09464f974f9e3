import { adviseOptions } from '../adapters/adapter-options.js';
import type { Adapter, ConversionJob } from '../adapters/contract.js';
import { selectResults } from '../adapters/run-files.js';
import type { Normalisation } from '../compare/diagnose/altered-inputs.js';
import { type ExplainedSides, explainDifferences } from '../compare/explain-differences.js';
import { allInTypeOf } from '../compare/in-type-of.js';
import type { LayerComparison } from '../compare/layers/compare-layers.js';
import { seeLayers } from '../compare/layers/see-layers.js';
import { compareOutputs, faultsOf, type OutputDifference } from '../compare/outputs.js';
import { ModelconvError } from '../errors.js';
import type { StepContext } from '../host/run-step.js';
import type { OutputMetrics, Tolerance, Verification } from '../schema/generated/types.js';
import { type SampleSet, sampleOrigin, selectSamples, shapeOf } from '../tensor/samples.js';
import { forConverted } from './built-in.js';
import type { ProvenPair } from './io-map.js';
import { type ConvertedSide, INTERRUPTED, type ParitySides } from './run-both.js';
import { type RanSizes, runSizes } from './run-sizes.js';
import { type Variant, variantText } from './vary-sizes.js';

export { reportOf } from './parity-report.js';

export interface ParityRequest extends ParitySides {
  readonly converted: ConvertedSide;
  readonly samples: SampleSet;
  /** Samples of other sizes, the last ones of the set. */
  readonly variants?: readonly Variant[] | undefined;
  readonly tolerance: Tolerance;
  /** What is declared to be done to images before they go in. */
  readonly normalisation?: Normalisation | undefined;
  /** Compare every tensor that the two show, too, whether or not the outputs differ. */
  readonly layers?: boolean;
  readonly timeoutMs: number;
}

export interface ParityResult {
  readonly verification: Verification;
  /** Every bound that was not met; empty when parity holds. */
  readonly faults: readonly string[];
  /** What explains them, in sentences. */
  readonly findings: readonly string[];
  /** What was seen of the layers: always where it was asked for, else where they explain a difference. */
  readonly layers?: LayerComparison | undefined;
  /** Every output with all that was collected. */
  readonly differences: readonly OutputDifference[];
  /** Those that both models took. */
  readonly samples: SampleSet;
  /** Whether all faults are those of other sizes than the usual ones. */
  readonly isOfSizes: boolean;
  /** Which output was compared with which. */
  readonly pairs: readonly ProvenPair[];
}

/**
 * Run the source in its reference runtime and the converted model in the vendor's, on the same
 * samples, and compare every output.
 *
 * @throws ModelconvError as `runStep` does, or `E_TOOL_OUTPUT`.
 */
export async function checkParity(
  request: ParityRequest,
  context: StepContext,
): Promise<ParityResult> {
  const { source, tolerance } = request;
  const sizes = await runSizes(request, context);
  const ran = { ...sizes, results: allInTypeOf(sizes.reference, sizes.results) };
  const { reference, results, samples, variants, refusals } = ran;
  const differences = await compareOutputs(reference, results, samples.count, tolerance);
  const all = faultsOf(differences);
  const bySize =
    all.length === 0 || variants.length === 0 ? undefined : await faultsBySize(ran, tolerance);
  const faults = [...refusals, ...(bySize ?? all)];
  const { timeoutMs, normalisation, converted } = request;
  const usual = usualAlone(ran);
  const { precision } = converted;
  const sides = { reference: source, other: asItTakes(converted, usual.samples) };
  const seeing = { sides, precision, samples: usual.samples, timeoutMs };
  const seen =
    request.layers === true ? await wantedLayers(seeing, faults.length > 0, context) : undefined;
  const explained = { ...usual, ...seeing, differences, tolerance, normalisation, context };
  const { findings, layers } =
    all.length === 0 || bySize !== undefined
      ? { findings: [], layers: seen }
      : await explainDifferences({ ...explained, layers: seen });
  return {
    faults,
    findings,
    layers,
    differences,
    samples,
    isOfSizes: refusals.length > 0 || bySize !== undefined,
    pairs: pairsOf(differences),
    verification: {
      passed: faults.length === 0,
      reference: { runtime: source.runner.adapter.id, version: source.runner.toolchain.version },
      ranOn: request.converted.isSimulated ? 'simulator' : 'runtime',
      samples: samples.count,
      ...(variants.length === 0 ? {} : { shapes: triedShapes(samples) }),
      inputs: sampleOrigin(samples),
      tolerance,
      metrics: metricsOf(differences),
    },
  };
}

/** A model with preprocessing in it takes other samples than the source. */
function asItTakes(converted: ConvertedSide, samples: SampleSet): ExplainedSides['other'] {
  return { ...converted, samples: forConverted(samples, converted.job?.builtIn ?? {}) };
}

interface LayersWanted {
  readonly sides: ExplainedSides;
  readonly precision: ConvertedSide['precision'];
  readonly samples: SampleSet;
  readonly timeoutMs: number;
}

/** @throws ModelconvError as `seeLayers` does, but not where the outputs already differ: that is the fault to tell. */
async function wantedLayers(
  { sides, precision, samples, timeoutMs }: LayersWanted,
  differs: boolean,
  context: StepContext,
): Promise<LayerComparison | undefined> {
  const reference = { ...sides.reference, samples };
  const other = { samples, ...sides.other };
  return await seeLayers({ reference, other, precision, timeoutMs }, context).catch((error) => {
    context.signal?.throwIfAborted();
    if (!(error instanceof ModelconvError)) throw error;
    if (differs) return undefined;
    throw INTERRUPTED.has(error.code) ? error : withoutLayers(error);
  });
}

/** What went wrong has nothing to do with the model that was converted. */
function withoutLayers(error: ModelconvError): ModelconvError {
  const { code, message: what, why, next, logTail } = error;
  const advice = ['leave --layers out', ...(next === undefined ? [] : [next])].join(', or ');
  return new ModelconvError(code, { what, why, next: advice, logTail, cause: error });
}

/** What is wrong only at other sizes, told by size; undefined when it is wrong at the usual ones, too. */
async function faultsBySize(
  { reference, results, samples, variants }: RanSizes,
  tolerance: Tolerance,
): Promise<string[] | undefined> {
  const faultsAt = async (indexes: readonly number[]): Promise<string[]> => {
    const [a, b] = [selectResults(reference, indexes), selectResults(results, indexes)];
    return faultsOf(await compareOutputs(a, b, indexes.length, tolerance));
  };
  if ((await faultsAt(usualPlaces(samples, variants))).length > 0) return undefined;
  const found: string[] = [];
  for (const variant of variants)
    for (const fault of await faultsAt([variant.sample]))
      found.push(`with ${variantText(variant)}: ${fault}`);
  return found.length === 0 ? undefined : found;
}

function pairsOf(differences: readonly OutputDifference[]): ProvenPair[] {
  return differences.flatMap(({ name, otherName, transposed = false }) =>
    otherName === undefined
      ? []
      : [{ source: name, converted: otherName, isTransposed: transposed }],
  );
}

function usualPlaces({ count }: SampleSet, variants: readonly Variant[]): number[] {
  return Array.from({ length: count - variants.length }, (_none, index) => index);
}

/** The samples of the usual sizes alone: what explains a difference changes values, and no sizes. */
function usualAlone<T extends RanSizes>(ran: T): T {
  const usual = usualPlaces(ran.samples, ran.variants);
  return {
    ...ran,
    reference: selectResults(ran.reference, usual),
    results: selectResults(ran.results, usual),
    samples: selectSamples(ran.samples, usual),
  };
}

/** Every shape that an input was run with, once. */
function triedShapes({ inputs, count }: SampleSet): Record<string, number[][]> {
  return Object.fromEntries(
    inputs.map((input) => {
      const all = Array.from({ length: count }, (_none, index) => [...shapeOf(input, index)]);
      const seen = new Map(all.map((shape) => [shape.join(), shape]));
      return [input.name, [...seen.values()]];
    }),
  );
}

function metricsOf(differences: readonly OutputDifference[]): Record<string, OutputMetrics> {
  return Object.fromEntries(
    differences.flatMap(({ name, metrics }) => (metrics === undefined ? [] : [[name, metrics]])),
  );
}

/** The error of a parity check that failed. @param stage - what made the model, where options of it may help. */
export function parityError(
  what: string,
  { faults, findings, isOfSizes }: Pick<ParityResult, 'faults' | 'findings' | 'isOfSizes'>,
  stage?: { readonly adapter: Adapter; readonly job: ConversionJob },
): ModelconvError {
  const advice = stage === undefined ? undefined : adviseOptions(stage.adapter, stage.job);
  return new ModelconvError('E_PARITY', {
    what,
    why: [...findings, ...faults].join('; '),
    next: `${isOfSizes ? 'fix the sizes that the device uses with --input NAME=SIZES' : 'allow more with --tolerance'}, ${advice === undefined ? '' : `${advice}, `}or leave the check out with --no-verify`,
  });
}
