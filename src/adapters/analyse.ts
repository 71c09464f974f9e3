import { runStep, type StepContext } from '../host/run-step.js';
import type { SampleSet } from '../tensor/samples.js';
import type { Adapter, Analysis, ConversionJob, Plan } from './contract.js';
import { type OutputResult, RUN_SPEC, readResults, writeRunSpec } from './run-files.js';

const ANALYSIS: Analysis = {
  spec: RUN_SPEC,
  resultDir: 'results/analysed',
  goldenDir: 'results/golden',
};

/** Every tensor of a model, as it is and as its converter computes it in floating point. */
export interface AnalysedModel {
  readonly layers: readonly OutputResult[];
  readonly golden: readonly OutputResult[];
}

/** What a converter that `analyses` does to show every tensor of what it makes. @throws as `plan` does. */
export function planAnalysis(adapter: Adapter, job: ConversionJob): Plan {
  return adapter.plan({ ...job, simulation: undefined, analysis: ANALYSIS });
}

/**
 * Let a converter that `analyses` make a model once more, and show every tensor of it. What the job wrote
 * before is not touched.
 *
 * @param samples - as the converted model takes them.
 * @throws ModelconvError as `plan` and `runStep` do; `E_TOOL_OUTPUT`.
 */
export async function analyseModel(
  adapter: Adapter,
  job: ConversionJob,
  samples: SampleSet,
  context: StepContext,
): Promise<AnalysedModel> {
  const { toolchain, timeoutMs } = job;
  const { workDir } = context;
  await writeRunSpec(workDir, { models: [], samples, timeoutMs });
  for (const step of planAnalysis(adapter, job).steps)
    await runStep(step, toolchain.tool, toolchain.launcher, context, adapter.explainFailure);
  return {
    layers: await readResults(toolchain.tool, workDir, ANALYSIS.resultDir),
    golden: await readResults(toolchain.tool, workDir, ANALYSIS.goldenDir),
  };
}
