import { modelOf, toCompareResult } from '../compare/compare-result.js';
import type { OutputDifference } from '../compare/outputs.js';
import type { ReportInput } from '../compare/report/html.js';
import type { CheckedRequest } from '../request/acquire.js';
import type { ModelInfo, Tolerance } from '../schema/generated/types.js';
import type { ProbedModel } from '../source/probe.js';
import type { SampleSet } from '../tensor/samples.js';
import type { Runner } from './parity.js';

/** A parity check that was made, with what both sides are. */
interface CheckedParity {
  readonly request: CheckedRequest;
  readonly source: ProbedModel;
  readonly reference: Runner;
  readonly compared: {
    readonly runner: Runner;
    readonly info: Pick<ModelInfo, 'format' | 'precision'>;
  };
  readonly samples: SampleSet;
  readonly tolerance: Tolerance;
  readonly differences: readonly OutputDifference[];
  readonly findings: readonly string[];
}

/** What the report of a conversion shows: the would-be package is what was compared. */
export function reportOf(checked: CheckedParity): ReportInput {
  const { request, source, reference, compared, differences, samples } = checked;
  const sides = {
    a: modelOf({ file: request.source, kind: 'model', info: source.info, runner: reference }),
    b: modelOf({ file: request.output, kind: 'package', ...compared }),
  };
  const result = toCompareResult(sides, { ...checked, outputs: differences });
  return { result, outputs: differences, samples };
}
