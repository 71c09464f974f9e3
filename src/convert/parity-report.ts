import { modelOf, toCompareResult } from '../compare/compare-result.js';
import type { LayerComparison } from '../compare/layers/compare-layers.js';
import type { OutputDifference } from '../compare/outputs.js';
import type { ReportInput } from '../compare/report/html.js';
import type { CheckedRequest } from '../request/checked-request.js';
import type { Accuracy, CompareResult, ModelInfo, Tolerance } from '../schema/generated/types.js';
import type { ProbedModel } from '../source/probe.js';
import type { SampleSet } from '../tensor/samples.js';
import { accuracyFault } from './accuracy-fault.js';
import type { Runner } from './run-both.js';

/** The two models, and what ran them. */
interface ReportedSides {
  readonly request: CheckedRequest;
  readonly source: ProbedModel;
  readonly reference: Runner;
  readonly compared: {
    readonly runner: Runner;
    readonly info: Pick<ModelInfo, 'format' | 'precision'>;
  };
}

/** What a parity check compared, and what it found. */
interface ReportedParity {
  readonly samples: SampleSet;
  readonly tolerance: Tolerance;
  readonly differences: readonly OutputDifference[];
  readonly findings: readonly string[];
  readonly faults: readonly string[];
  readonly layers?: LayerComparison | undefined;
  /** Whether the faults are those of other sizes than the usual ones. */
  readonly isOfSizes: boolean;
}

const NOTHING_COMPARED: ReportedParity = {
  samples: { kind: 'user', count: 0, inputs: [] },
  tolerance: {},
  differences: [],
  findings: [],
  faults: [],
  isOfSizes: false,
};

/** What the report of a conversion shows: the would-be package is what was compared. */
export function reportOf(
  { request, source, reference, compared: other }: ReportedSides,
  parity: ReportedParity = NOTHING_COMPARED,
  accuracy?: Accuracy,
): ReportInput {
  const sides = {
    a: modelOf({ file: request.source, kind: 'model', info: source.info, runner: reference }),
    b: modelOf({ file: request.output, kind: 'package', ...other }),
  };
  const { differences: outputs, samples, isOfSizes } = parity;
  // what is wrong only at some sizes is told by size, which outputs do not say
  const findings = isOfSizes ? parity.faults : parity.findings;
  const compared = toCompareResult(sides, { ...parity, outputs, findings });
  const result = { ...compared, passed: parity.faults.length === 0 };
  return {
    result: accuracy === undefined ? result : withAccuracy(result, parity, accuracy),
    outputs,
    samples,
  };
}

function withAccuracy(
  result: CompareResult,
  { samples }: ReportedParity,
  accuracy: Accuracy,
): CompareResult {
  const fault = accuracyFault(accuracy);
  const { sha256, samples: count } = accuracy.data;
  return {
    ...result,
    // without a parity check the models ran on the labelled data alone
    ...(samples.count > 0 ? {} : { samples: count, inputs: { kind: 'user', sha256 } }),
    passed: result.passed && fault === undefined,
    faults: [...result.faults, ...(fault === undefined ? [] : [fault])],
    accuracy,
  };
}
