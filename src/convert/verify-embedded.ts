import { canRun } from '../adapters/runners.js';
import type { StepContext } from '../host/run-step.js';
import type { Precision } from '../schema/generated/types.js';
import type { SampleSet } from '../tensor/samples.js';
import { toleranceFor } from '../tensor/tolerance.js';
import { loadParity, referenceRunner, relativePath } from './checks.js';
import type { Runner } from './run-both.js';
import type { VerifyRequest } from './verify-model.js';

/** A model that something was embedded in. */
interface EmbeddedModel {
  /** What it was made and is run by; the reference runtime for a source. */
  readonly runner?: Runner;
  /** Absolute. */
  readonly file: string;
  readonly format: string;
  readonly precision: Precision;
}

/**
 * Run a model again that something was embedded in: it must still give what the source gives.
 *
 * @throws ModelconvError `E_TOOL_OUTPUT` when its runtime refuses it, `E_PARITY`.
 */
export async function verifyEmbedded(
  {
    request,
    source,
    samples,
    reports,
  }: Pick<VerifyRequest, 'request' | 'source' | 'reports'> & {
    readonly samples: SampleSet | undefined;
  },
  embedded: EmbeddedModel,
  sourcePath: string,
  context: StepContext,
): Promise<void> {
  const reference = await referenceRunner(source.info.format);
  if (samples === undefined || reference === undefined) return;
  const runner = embedded.runner ?? reference;
  if (!canRun(runner.adapter, embedded.format)) return;
  const { checkParity, parityError, reportOf } = await loadParity();
  const tolerance = toleranceFor(embedded.precision, request.verify.tolerance);
  const result = await checkParity(
    {
      source: { runner: reference, path: sourcePath, format: source.info.format },
      converted: {
        runner,
        path: relativePath(context.workDir, embedded.file),
        format: embedded.format,
        precision: embedded.precision,
        isSimulated: false,
      },
      samples,
      tolerance,
      timeoutMs: request.timeoutMs,
    },
    context,
  );
  if (result.faults.length === 0) return;
  const compared = { runner, info: embedded };
  reports.keep(() => reportOf({ request, source, reference, compared }, { ...result, tolerance }));
  throw parityError('the model computes something else with the descriptor in it', result);
}
