import { type OutputResult, readResults } from '../adapters/run-files.js';
import type { StepContext } from '../host/run-step.js';
import type { SampleSet } from '../tensor/samples.js';
import type { Runner, Subject } from './subject.js';

/** One of two models that are compared, and what runs it. */
export interface ComparedSide {
  readonly subject: Subject;
  readonly runner: Runner;
}

/**
 * Run a model on samples as it takes them.
 *
 * @param resultDir - in the work directory, e.g. `results/a`.
 * @throws ModelconvError as `runStep` does.
 */
export async function runSide(
  { subject, runner }: ComparedSide,
  samples: SampleSet,
  resultDir: string,
  timeoutMs: number,
  context: StepContext,
): Promise<OutputResult[]> {
  const models = [{ path: subject.staged, resultDir }];
  await runner.adapter.run?.(runner.toolchain, { models, samples, timeoutMs }, context);
  return await readResults(runner.toolchain.tool, context.workDir, resultDir);
}
