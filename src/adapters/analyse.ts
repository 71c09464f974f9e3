import { runStep, type StepContext } from '../host/run-step.js';
import type { SampleSet } from '../tensor/samples.js';
import type { Adapter, Analysis, ConversionJob } from './contract.js';
import { writeRunSpec } from './run-files.js';

/**
 * Let a converter that `analyses` make a model once more, and show every tensor of it. Nothing that the job
 * wrote before is touched; the results are read with `readResults`.
 *
 * @param data.samples - as the converted model takes them.
 * @throws ModelconvError as `plan` and `runStep` do.
 */
export async function analyseModel(
  adapter: Adapter,
  job: ConversionJob,
  { samples, ...dirs }: { readonly samples: SampleSet } & Omit<Analysis, 'spec'>,
  context: StepContext,
): Promise<void> {
  const { toolchain, timeoutMs } = job;
  const spec = await writeRunSpec(context.workDir, { models: [], samples, timeoutMs });
  const { steps } = adapter.plan({
    ...job,
    simulation: undefined,
    analysis: { spec, ...dirs },
  });
  for (const step of steps)
    await runStep(step, toolchain.tool, toolchain.launcher, context, adapter.explainFailure);
}
