import path from 'node:path';
import {
  type OutputResult,
  readRefused,
  readResults,
  selectResults,
} from '../adapters/run-files.js';
import { ModelconvError, messageOf } from '../errors.js';
import { exists } from '../host/files.js';
import type { StepContext } from '../host/run-step.js';
import { type SampleSet, selectSamples } from '../tensor/samples.js';
import { CONVERTED_RESULTS, SOURCE_RESULTS } from './result-dirs.js';
import {
  type ConvertedSide,
  INTERRUPTED,
  type ParitySides,
  runBoth,
  runtimeOf,
} from './run-both.js';
import { type Variant, variantText } from './vary-sizes.js';

export interface SizesRequest extends ParitySides {
  readonly converted: ConvertedSide;
  readonly samples: SampleSet;
  /** Samples of other sizes, the last ones of the set. */
  readonly variants?: readonly Variant[] | undefined;
  readonly timeoutMs: number;
}

/** What both models gave for the samples that both took. */
export interface RanSizes {
  readonly reference: readonly OutputResult[];
  readonly results: readonly OutputResult[];
  readonly samples: SampleSet;
  /** Of other sizes, with their place in `samples`. */
  readonly variants: readonly Variant[];
  /** Sizes that the source takes and the converted model does not, as sentences. */
  readonly refusals: readonly string[];
}

/**
 * Run both models on samples of which some are of other sizes. Sizes that the source itself refuses are
 * left out: they say nothing about the converted model.
 *
 * @throws ModelconvError as `runBoth` does.
 */
export async function runSizes(request: SizesRequest, context: StepContext): Promise<RanSizes> {
  const { samples, variants = [] } = request;
  const optional = variants.map(({ sample }) => sample);
  if (optional.length === 0) {
    await runBoth(request, context);
    return { ...(await readBoth(request, context)), samples, variants: [], refusals: [] };
  }
  try {
    await runBoth({ ...request, optional }, context);
  } catch (error) {
    if (!(error instanceof ModelconvError) || INTERRUPTED.has(error.code)) throw error;
    return await runApart(request, variants, context);
  }
  const { source, converted } = request;
  const { workDir } = context;
  const bySource = await readRefused(runtimeOf(source.runner), workDir, SOURCE_RESULTS);
  const byConverted = await readRefused(runtimeOf(converted.runner), workDir, CONVERTED_RESULTS);
  const taken = variants.filter(({ sample }) => !bySource.has(sample));
  const refusals = taken.flatMap((variant) => {
    const message = byConverted.get(variant.sample);
    return message === undefined ? [] : [refusalText(variant, message)];
  });
  const both = taken.filter(({ sample }) => !byConverted.has(sample));
  return select(request, await readBoth(request, context), both, refusals);
}

function refusalText(variant: Variant, message: string): string {
  const [line = ''] = message.trim().split('\n');
  const why = line === '' ? '' : `: ${line}`;
  return `the converted model does not take ${variantText(variant)}, which the source takes${why}`;
}

/**
 * A runtime that ends where it meets a size takes the results of all others with it: each size is run
 * alone. Where the source ended, no other size is known to be right.
 */
async function runApart(
  request: SizesRequest,
  variants: readonly Variant[],
  context: StepContext,
): Promise<RanSizes> {
  const sourceRan = await exists(path.join(context.workDir, SOURCE_RESULTS, 'results.json'));
  const usual = { ...request, samples: selectSamples(request.samples, usualOf(request)) };
  // without the other sizes: what ends now is the model itself
  await runBoth(usual, context);
  const refusals: string[] = [];
  for (const variant of sourceRan ? variants : []) {
    const alone = { ...request, samples: selectSamples(request.samples, [variant.sample]) };
    await runBoth(alone, context).catch(async (error: unknown) => {
      if (!(error instanceof ModelconvError) || INTERRUPTED.has(error.code)) throw error;
      if (await exists(path.join(context.workDir, SOURCE_RESULTS, 'results.json')))
        refusals.push(refusalText(variant, error.why ?? messageOf(error)));
    });
  }
  await runBoth(usual, context);
  const both = await readBoth(usual, context);
  return { ...both, samples: usual.samples, variants: [], refusals };
}

/** Places of the samples of the usual sizes. */
function usualOf({ samples, variants = [] }: SizesRequest): number[] {
  return Array.from({ length: samples.count - variants.length }, (_none, index) => index);
}

async function readBoth(
  { source, converted }: SizesRequest,
  { workDir }: StepContext,
): Promise<Pick<RanSizes, 'reference' | 'results'>> {
  return {
    reference: await readResults(runtimeOf(source.runner), workDir, SOURCE_RESULTS),
    results: await readResults(runtimeOf(converted.runner), workDir, CONVERTED_RESULTS),
  };
}

function select(
  request: SizesRequest,
  { reference, results }: Pick<RanSizes, 'reference' | 'results'>,
  variants: readonly Variant[],
  refusals: readonly string[],
): RanSizes {
  const usual = usualOf(request);
  const indexes = [...usual, ...variants.map(({ sample }) => sample)];
  return {
    reference: selectResults(reference, indexes),
    results: selectResults(results, indexes),
    samples: selectSamples(request.samples, indexes),
    variants: variants.map((variant, at) => ({ ...variant, sample: usual.length + at })),
    refusals,
  };
}
