import { rm } from 'node:fs/promises';
import path from 'node:path';
import { adviseOptions } from '../adapters/adapter-options.js';
import type { Adapter, ConversionJob, Toolchain } from '../adapters/contract.js';
import { readResults } from '../adapters/run-files.js';
import type { Normalisation } from '../compare/diagnose/altered-inputs.js';
import { explainDifferences } from '../compare/explain-differences.js';
import { compareOutputs, faultsOf, type OutputDifference } from '../compare/outputs.js';
import { ModelconvError } from '../errors.js';
import { exists } from '../host/files.js';
import type { StepContext } from '../host/run-step.js';
import type { OutputMetrics, Tolerance, Verification } from '../schema/generated/types.js';
import { type SampleSet, sampleOrigin } from '../tensor/samples.js';
import type { ProvenPair } from './io-map.js';

/** A runtime that runs one of the two sides. */
export interface Runner {
  readonly adapter: Adapter;
  readonly toolchain: Toolchain;
}

export interface ParityRequest {
  readonly source: { readonly runner: Runner; readonly path: string };
  readonly converted: {
    readonly runner: Runner;
    readonly path: string;
    /** What it was converted by; undefined: it was not converted. */
    readonly job?: ConversionJob | undefined;
    /** Its results are there already: the converter's own simulator gave them. */
    readonly isSimulated: boolean;
  };
  readonly samples: SampleSet;
  readonly tolerance: Tolerance;
  /** What is declared to be done to images before they go in. */
  readonly normalisation?: Normalisation | undefined;
  readonly timeoutMs: number;
}

export interface ParityResult {
  readonly verification: Verification;
  /** Every bound that was not met; empty when parity holds. */
  readonly faults: readonly string[];
  /** What explains them, in sentences. */
  readonly findings: readonly string[];
  /** Which output was compared with which. */
  readonly pairs: readonly ProvenPair[];
}

const SOURCE_RESULTS = 'results/source';
/** Where the results of the converted model lie in the work directory. */
export const CONVERTED_RESULTS = 'results/converted';

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
  const { source, samples, tolerance } = request;
  await runBoth(request, context);
  const [reference, results] = [
    await readResults(runtimeOf(source.runner), context.workDir, SOURCE_RESULTS),
    await readResults(runtimeOf(request.converted.runner), context.workDir, CONVERTED_RESULTS),
  ];
  const differences = await compareOutputs(reference, results, samples.count, tolerance);
  const faults = faultsOf(differences);
  const explained = { reference, results, differences, samples, tolerance };
  const { timeoutMs, normalisation } = request;
  const findings =
    faults.length === 0
      ? []
      : await explainDifferences({ ...explained, source, normalisation, timeoutMs, context });
  await rm(path.join(context.workDir, 'results'), { recursive: true, force: true });
  return {
    faults,
    findings,
    pairs: pairsOf(differences),
    verification: {
      passed: faults.length === 0,
      reference: { runtime: source.runner.adapter.id, version: source.runner.toolchain.version },
      ranOn: request.converted.isSimulated ? 'simulator' : 'runtime',
      samples: samples.count,
      inputs: sampleOrigin(samples),
      tolerance,
      metrics: metricsOf(differences),
    },
  };
}

function pairsOf(differences: readonly OutputDifference[]): ProvenPair[] {
  return differences.flatMap(({ name, otherName, transposed = false }) =>
    otherName === undefined
      ? []
      : [{ source: name, converted: otherName, isTransposed: transposed }],
  );
}

function runtimeOf({ toolchain }: Runner): string {
  return toolchain.runtime ?? toolchain.tool;
}

/**
 * One start of the runtime where both sides use the same one.
 *
 * @throws ModelconvError `E_TOOL_OUTPUT` when the converted model is what its own runtime refuses.
 */
async function runBoth(
  { source, converted, samples, timeoutMs }: ParityRequest,
  context: StepContext,
): Promise<void> {
  const sourceModel = { path: source.path, resultDir: SOURCE_RESULTS };
  const convertedModel = { path: converted.path, resultDir: CONVERTED_RESULTS };
  const isShared =
    source.runner.adapter === converted.runner.adapter &&
    source.runner.toolchain.path === converted.runner.toolchain.path;
  const first = isShared ? [sourceModel, convertedModel] : [sourceModel];
  try {
    await source.runner.adapter.run?.(
      source.runner.toolchain,
      { models: first, samples, timeoutMs },
      context,
    );
    if (!isShared && !converted.isSimulated)
      await converted.runner.adapter.run?.(
        converted.runner.toolchain,
        { models: [convertedModel], samples, timeoutMs },
        context,
      );
  } catch (error) {
    // models run in their order: with the results of the source there, the other one failed
    const sourceRan = await exists(path.join(context.workDir, SOURCE_RESULTS, 'results.json'));
    throw sourceRan && error instanceof ModelconvError && !ENDED.has(error.code)
      ? refused(converted, error)
      : error;
  }
}

/** Ends that say nothing about the model, and the one that says all: what its adapter knows it by. */
const ENDED: ReadonlySet<string> = new Set([
  'E_NOT_CONVERTIBLE',
  'E_TIMEOUT',
  'E_INTERRUPTED',
  'E_TERMINATED',
  'E_HANGUP',
  'E_OUTPUT',
  'E_TOOL_MISSING',
]);

function refused(
  { runner, job }: ParityRequest['converted'],
  error: ModelconvError,
): ModelconvError {
  const { tool, runtime } = runner.toolchain;
  const advice = job === undefined ? undefined : adviseOptions(runner.adapter, job);
  return new ModelconvError('E_TOOL_OUTPUT', {
    what: `${runtime ?? tool} cannot run the model that ${runtime === undefined ? 'it' : tool} converted`,
    why: error.why ?? error.message,
    next: [
      ...(advice === undefined ? [] : [advice]),
      'run again with --log FILE to keep its whole log',
    ].join(', or '),
    logTail: error.logTail,
    cause: error,
  });
}

function metricsOf(differences: readonly OutputDifference[]): Record<string, OutputMetrics> {
  return Object.fromEntries(
    differences.flatMap(({ name, metrics }) => (metrics === undefined ? [] : [[name, metrics]])),
  );
}

/** The error of a parity check that failed. @param stage - what made the model, where options of it may help. */
export function parityError(
  what: string,
  { faults, findings }: Pick<ParityResult, 'faults' | 'findings'>,
  stage?: { readonly adapter: Adapter; readonly job: ConversionJob },
): ModelconvError {
  const advice = stage === undefined ? undefined : adviseOptions(stage.adapter, stage.job);
  return new ModelconvError('E_PARITY', {
    what,
    why: [...findings, ...faults].join('; '),
    next: `allow more with --tolerance, ${advice === undefined ? '' : `${advice}, `}or leave the check out with --no-verify`,
  });
}
