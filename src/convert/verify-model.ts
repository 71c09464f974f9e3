import type { Adapter, ConvertedModel, Toolchain } from '../adapters/contract.js';
import { loadAdapter, REFERENCE_ADAPTER } from '../adapters/registry.js';
import type { Progress } from '../host/progress.js';
import type { StepContext } from '../host/run-step.js';
import type { CheckedRequest } from '../request/acquire.js';
import type { Verification } from '../schema/generated/types.js';
import type { ProbedModel } from '../source/probe.js';
import { generateSamples } from '../tensor/generate.js';
import { loadSamples, type SampleSet } from '../tensor/samples.js';
import { toleranceFor } from '../tensor/tolerance.js';
import type { Runner } from './parity.js';

export interface VerifyRequest {
  readonly request: CheckedRequest;
  readonly source: ProbedModel;
  /** Source and converted model, relative to the work directory. */
  readonly sourcePath: string;
  readonly convertedPath: string;
  readonly converted: ConvertedModel;
  readonly adapter: Adapter | undefined;
  readonly toolchain: Toolchain | undefined;
}

/** The user's samples, or generated ones; both before any tool is started, so that bad ones cost nothing. */
export async function prepareSamples(
  request: CheckedRequest,
  source: ProbedModel,
): Promise<SampleSet | undefined> {
  if (!request.verify.enabled) return undefined;
  if (request.verify.samples !== undefined)
    return await loadSamples(request.verify.samples, source.info.inputs);
  return generateSamples(source.info.inputs, source.indexLimits, request.verify.seed);
}

/** The comparison is needed when both models have run: loaded when there is time. */
export function loadParity(): Promise<typeof import('./parity.js')> {
  return import('./parity.js');
}

/** Whether an adapter's runtime takes both formats. */
function canRun(adapter: Adapter | undefined, format: string): boolean {
  return adapter?.run !== undefined && adapter.capabilities.runs.includes(format);
}

/**
 * The parity check of one conversion; on by default. What it found goes into the package.
 *
 * @throws ModelconvError `E_PARITY` when the converted model computes something else.
 */
export async function verifyModel(
  input: VerifyRequest,
  samples: SampleSet | undefined,
  context: StepContext,
  progress: Progress,
): Promise<Verification> {
  const { request, source, converted } = input;
  if (samples === undefined) return { skipped: 'left out by --no-verify' };
  const reference = await referenceRunner(source.info.format);
  if (
    reference === undefined ||
    !canRun(input.adapter, converted.info.format) ||
    input.adapter === undefined ||
    input.toolchain === undefined
  ) {
    const skipped = `no runtime for ${reference === undefined ? source.info.format : converted.info.format} on this machine`;
    progress.warn(`parity was not checked: ${skipped}`);
    return { skipped };
  }
  const { checkParity, parityError } = await loadParity();
  progress.start('parity', `${samples.count} ${samples.kind} samples`);
  const tolerance = toleranceFor(converted.info.precision ?? 'fp32', request.verify.tolerance);
  const runner: Runner = { adapter: input.adapter, toolchain: input.toolchain };
  const result = await checkParity(
    {
      source: { runner: reference, path: input.sourcePath },
      converted: { runner, path: input.convertedPath },
      samples,
      tolerance,
      timeoutMs: request.timeoutMs,
    },
    context,
  );
  if (result.faults.length > 0)
    throw parityError(
      `what was converted for ${request.device.name} does not compute what ${source.file} computes`,
      result.faults,
    );
  progress.done('parity', paritySummary(result.verification));
  return result.verification;
}

/** A model packed as it is: run once on the samples, to know that it runs at all. */
export async function verifyUnconverted(
  request: CheckedRequest,
  source: ProbedModel,
  path: string,
  samples: SampleSet | undefined,
  context: StepContext,
  progress: Progress,
): Promise<Verification> {
  if (samples === undefined) return { skipped: 'left out by --no-verify' };
  const runner = await referenceRunner(source.info.format);
  if (runner?.adapter.run === undefined) {
    const skipped = `packed as it is; no runtime for ${source.info.format} on this machine`;
    progress.warn(`the model was not run: ${skipped}`);
    return { skipped };
  }
  const { sampleOrigin } = await loadParity();
  progress.start('run', `${samples.count} ${samples.kind} samples`);
  await runner.adapter.run(
    runner.toolchain,
    { models: [{ path, resultDir: 'results/source' }], samples, timeoutMs: request.timeoutMs },
    context,
  );
  progress.done('run', `the model runs, ${samples.count} ${samples.kind} samples`);
  return {
    skipped: 'packed as it is: it runs, there is nothing to compare it with',
    reference: { runtime: runner.adapter.id, version: runner.toolchain.version },
    ranOn: 'runtime',
    samples: samples.count,
    inputs: sampleOrigin(samples),
  };
}

async function referenceRunner(format: string): Promise<Runner | undefined> {
  const adapter = await loadAdapter(REFERENCE_ADAPTER);
  if (adapter === undefined || !canRun(adapter, format)) return undefined;
  const detection = await adapter.detect();
  return detection.found ? { adapter, toolchain: detection.toolchain } : undefined;
}

function paritySummary({ metrics = {}, samples, tolerance }: Verification): string {
  const all = Object.values(metrics);
  const worst = Math.min(...all.map(({ cosine }) => cosine ?? 1));
  const maxAbs = Math.max(...all.map((entry) => entry.maxAbs ?? 0));
  const top1 = all.find(({ top1Agreement }) => top1Agreement !== undefined)?.top1Agreement;
  const bound = tolerance?.cosine === undefined ? '' : ` (needs ${tolerance.cosine})`;
  const agreement = top1 === undefined ? '' : `, top-1 agrees ${Number((top1 * 100).toFixed(2))} %`;
  return `cosine ${worst}${bound}, max abs ${short(maxAbs)}${agreement}, ${samples} samples`;
}

/** Three digits, with an exponent where zeros would fill the line. */
function short(value: number): string {
  return value !== 0 && value < 1e-3
    ? value.toExponential(2)
    : String(Number(value.toPrecision(3)));
}
