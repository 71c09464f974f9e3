import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Adapter, Toolchain } from '../adapters/contract.js';
import { type OutputResult, readResults } from '../adapters/run-files.js';
import { ModelconvError } from '../errors.js';
import { exists } from '../host/files.js';
import type { StepContext } from '../host/run-step.js';
import type { OutputMetrics, Tolerance, Verification } from '../schema/generated/types.js';
import { OutputComparison } from '../tensor/metrics.js';
import { digestSamples, type SampleSet } from '../tensor/samples.js';
import { violations } from '../tensor/tolerance.js';

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
    /** Its results are there already: the converter's own simulator gave them. */
    readonly isSimulated: boolean;
  };
  readonly samples: SampleSet;
  readonly tolerance: Tolerance;
  readonly timeoutMs: number;
}

export interface ParityResult {
  readonly verification: Verification;
  /** Every bound that was not met; empty when parity holds. */
  readonly faults: readonly string[];
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
  const reference = await readResults(
    source.runner.toolchain.tool,
    context.workDir,
    SOURCE_RESULTS,
  );
  const results = await readResults(
    request.converted.runner.toolchain.tool,
    context.workDir,
    CONVERTED_RESULTS,
  );
  const { metrics, faults } = await compareOutputs(reference, results, samples.count, tolerance);
  await rm(path.join(context.workDir, 'results'), { recursive: true, force: true });
  return {
    faults,
    verification: {
      passed: faults.length === 0,
      reference: { runtime: source.runner.adapter.id, version: source.runner.toolchain.version },
      ranOn: request.converted.isSimulated ? 'simulator' : 'runtime',
      samples: samples.count,
      inputs: sampleOrigin(samples),
      tolerance,
      metrics,
    },
  };
}

/** Where the samples came from, as the descriptor says it. */
export function sampleOrigin(samples: SampleSet): NonNullable<Verification['inputs']> {
  return {
    kind: samples.kind,
    ...(samples.seed === undefined ? {} : { seed: samples.seed }),
    sha256: digestSamples(samples),
  };
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
      ? refused(converted.runner.toolchain, error)
      : error;
  }
}

/** Ends that say nothing about the model. */
const ENDED: ReadonlySet<string> = new Set([
  'E_TIMEOUT',
  'E_INTERRUPTED',
  'E_TERMINATED',
  'E_HANGUP',
  'E_OUTPUT',
  'E_TOOL_MISSING',
]);

function refused(toolchain: Toolchain, error: ModelconvError): ModelconvError {
  return new ModelconvError('E_TOOL_OUTPUT', {
    what: `${toolchain.tool} cannot run the model that it converted`,
    why: error.why ?? error.message,
    next: 'try other options of the converter with --option, or run again with --log FILE to keep its whole log',
    logTail: error.logTail,
    cause: error,
  });
}

/** Rank 2 with at least two columns of real numbers: one score per class. */
function classesOf({ dtype, shapes }: OutputResult): number | undefined {
  const [shape] = shapes;
  const last = shape?.at(-1) ?? 0;
  return /^float/.test(dtype) && shape?.length === 2 && last > 1 ? last : undefined;
}

async function compareOutputs(
  reference: readonly OutputResult[],
  results: readonly OutputResult[],
  count: number,
  tolerance: Tolerance,
): Promise<{ metrics: Record<string, OutputMetrics>; faults: string[] }> {
  const metrics: Record<string, OutputMetrics> = {};
  const faults: string[] = [];
  for (const [index, expected] of reference.entries()) {
    const actual = results.find(({ name }) => name === expected.name) ?? results[index];
    if (actual === undefined) {
      faults.push(`output ${expected.name} is missing in the converted model`);
      continue;
    }
    const difference = shapeDifference(expected, actual, count);
    if (difference !== undefined) {
      faults.push(`output ${expected.name}: ${difference}`);
      continue;
    }
    const comparison = new OutputComparison();
    for (let sample = 0; sample < count; sample++)
      comparison.add(
        await expected.sample(sample),
        await actual.sample(sample),
        classesOf(expected),
      );
    const measured = comparison.result();
    metrics[expected.name] = measured;
    if (measured.elements > 0 && comparison.compared === 0)
      faults.push(`output ${expected.name}: no element is finite, so nothing could be compared`);
    faults.push(
      ...violations(measured, tolerance).map((fault) => `output ${expected.name}: ${fault}`),
    );
  }
  return { metrics, faults };
}

function shapeDifference(
  expected: OutputResult,
  actual: OutputResult,
  count: number,
): string | undefined {
  for (let sample = 0; sample < count; sample++) {
    const [a, b] = [expected.shapes[sample], actual.shapes[sample]];
    if (a?.join() !== b?.join()) return `shape [${b?.join(', ')}] instead of [${a?.join(', ')}]`;
  }
  return undefined;
}

/** The error of a parity check that failed. */
export function parityError(what: string, faults: readonly string[]): ModelconvError {
  return new ModelconvError('E_PARITY', {
    what,
    why: faults.join('; '),
    next: 'allow more with --tolerance, try other converter options with --option, or leave the check out with --no-verify',
  });
}
