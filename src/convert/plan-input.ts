import { RUN_SPEC } from '../adapters/run-files.js';
import type { CalibrationSet } from '../calibration/load.js';
import type { CheckedRequest } from '../request/checked-request.js';
import type { ProbedModel } from '../source/probe.js';
import type { PlanInput } from './plan.js';
import { CONVERTED_RESULTS } from './result-dirs.js';
import { stagedPath } from './stage-source.js';

/** What the plan knows of the data. */
export function planInput(
  request: CheckedRequest,
  source: ProbedModel,
  calibration: Pick<CalibrationSet, 'count'> | undefined,
): PlanInput {
  return {
    stagedPath: stagedPath(source.file),
    ...(calibration === undefined
      ? {}
      : { calibration: { spec: 'calibration/spec.json', count: calibration.count } }),
    ...(request.verify.enabled || request.eval !== undefined
      ? { simulation: { spec: RUN_SPEC, resultDir: CONVERTED_RESULTS } }
      : {}),
  };
}
