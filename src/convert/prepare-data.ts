import type { EvaluationSet } from '../accuracy/load.js';
import { writeRunSpec } from '../adapters/run-files.js';
import type { CalibrationSet } from '../calibration/load.js';
import type { Progress } from '../host/progress.js';
import type { CheckedRequest } from '../request/checked-request.js';
import type { ProbedModel } from '../source/probe.js';
import type { SampleSet } from '../tensor/samples.js';
import { forConverted, forSource } from './built-in.js';
import type { Route } from './plan.js';
import type { Work } from './run-stages.js';
import { prepareSamples } from './verify-model.js';

/** Whatever is read besides the model. */
export interface PreparedData {
  /** For the parity check; undefined: it is left out. */
  readonly samples: SampleSet | undefined;
  readonly calibration: CalibrationSet | undefined;
  readonly evaluation: EvaluationSet | undefined;
}

/** Whatever is read besides the model, checked before any tool is started. */
export async function prepareData(
  request: CheckedRequest,
  source: ProbedModel,
  {
    progress,
    signal,
  }: { readonly progress?: Progress; readonly signal?: AbortSignal | undefined } = {},
): Promise<PreparedData> {
  const samples = await prepareSamples(request, source);
  if (request.truth !== undefined)
    await (await import('./truth.js')).checkTruthSample(request, source);
  // the image libraries are loaded for those who calibrate
  const calibration =
    request.calibration === undefined
      ? undefined
      : await (await import('./calibration.js')).prepareCalibration(request, source);
  for (const warning of calibration?.warnings ?? []) progress?.warn(warning);
  if (calibration !== undefined) progress?.done('calibration', calibration.summary);
  if (request.eval !== undefined) progress?.start('evaluation', request.eval.path);
  const evaluation =
    request.eval === undefined
      ? undefined
      : await (await import('./evaluation.js')).prepareEvaluation(
          request,
          source,
          calibration,
          signal,
        );
  for (const warning of evaluation?.warnings ?? []) progress?.warn(warning);
  if (evaluation !== undefined) progress?.done('evaluation', evaluation.summary);
  return { samples, calibration, evaluation };
}

/** Files that were read, which must not be written over. */
export function filesOf({ samples, calibration, evaluation }: PreparedData): string[] {
  return [samples, calibration, evaluation].flatMap((set) => set?.files ?? []);
}

/**
 * Refuse a route whose result cannot be scored where that was asked for.
 *
 * @throws ModelconvError as `requireEvaluable` does.
 */
export async function checkEvaluation(
  request: CheckedRequest,
  route: Route,
  evaluation: EvaluationSet | undefined,
): Promise<void> {
  if (evaluation === undefined) return;
  const adapters = route.kind === 'convert' ? route.stages.map(({ adapter }) => adapter) : [];
  (await import('./evaluation.js')).requireEvaluable(request, adapters, evaluation);
}

/**
 * Write what the converter reads, in the form that the converted model takes; what is returned is for the source.
 * Calibration data and, for a simulating converter, samples have to be there before it starts.
 */
export async function writeData(
  { request, calibration, evaluation, samples, steps, progress }: Work,
  { stages }: Extract<Route, { kind: 'convert' }>,
): Promise<SampleSet | undefined> {
  const { builtIn = {} } = stages[0].job;
  let used = samples;
  if (calibration !== undefined) {
    if (!stages.some(({ job }) => job.calibration !== undefined))
      progress.warn('no value ranges are measured here, so the calibration data had no effect');
    await calibration.write(steps.workDir);
    // generated numbers say little about a model whose ranges were measured on real inputs
    if (used?.kind === 'generated' && !calibration.synthetic) {
      const { calibrationSamples } = await import('./calibration.js');
      used = forSource(await calibrationSamples(calibration, steps.workDir), builtIn);
    }
  }
  const last = stages.at(-1);
  if (last?.adapter.capabilities.simulates !== true) return used;
  const converted = used === undefined ? undefined : forConverted(used, builtIn);
  const simulated =
    evaluation === undefined
      ? converted
      : await (await import('./evaluation.js')).simulatedSamples({
          workDir: steps.workDir,
          samples: converted,
          evaluation,
          builtIn,
        });
  if (simulated !== undefined)
    await writeRunSpec(steps.workDir, {
      models: [],
      samples: simulated,
      timeoutMs: request.timeoutMs,
    });
  return used;
}
