import type { Verification } from '../schema/generated/types.js';
import { sampleOrigin } from '../tensor/samples.js';
import { LEFT_OUT, referenceRunner, scoreAccuracy, skip } from './checks.js';
import { SOURCE_RESULTS } from './result-dirs.js';
import type { Work } from './run-stages.js';

/** A model packed as it is: run once on the samples, to know that it runs at all, and scored where that is asked for. */
export async function verifyUnconverted({
  request,
  source,
  staged,
  samples,
  evaluation,
  steps,
  progress,
}: Work): Promise<Verification> {
  if (samples === undefined && evaluation === undefined) return LEFT_OUT;
  const runner = await referenceRunner(source.info.format);
  if (runner?.adapter.run === undefined) {
    const { format } = source.info;
    return await skip(
      'the model was not run',
      `packed as it is; no runtime for ${format} on this machine`,
      format,
      progress,
    );
  }
  const { timeoutMs } = request;
  if (samples !== undefined) {
    progress.start('run', `${samples.count} ${samples.kind} samples`);
    const models = [{ path: staged.path, resultDir: SOURCE_RESULTS }];
    await runner.adapter.run(runner.toolchain, { models, samples, timeoutMs }, steps);
    progress.done('run', `the model runs, ${samples.count} ${samples.kind} samples`);
  }
  const { format } = source.info;
  const sides = { source: { runner, path: staged.path, format }, converted: undefined };
  const accuracy =
    evaluation === undefined
      ? undefined
      : await scoreAccuracy(evaluation, sides, 0, { request, context: steps, progress });
  return {
    ...(samples === undefined
      ? LEFT_OUT
      : {
          skipped: 'packed as it is: it runs, there is nothing to compare it with',
          reference: { runtime: runner.adapter.id, version: runner.toolchain.version },
          ranOn: 'runtime',
          samples: samples.count,
          inputs: sampleOrigin(samples),
        }),
    ...(accuracy === undefined ? {} : { accuracy }),
  };
}
