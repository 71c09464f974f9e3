import type {
  ComparedModel,
  ComparedOutput,
  CompareResult,
  ModelInfo,
} from '../schema/generated/types.js';
import { sampleOrigin } from '../tensor/samples.js';
import type { ComparedSide, Comparison } from './compare-models.js';
import { faultsOf, type OutputDifference } from './outputs.js';
import type { Runner } from './subject.js';

/** What the two sides of a comparison are. */
export interface ComparedSides {
  readonly a: ComparedModel;
  readonly b: ComparedModel;
}

/** The document of what `compare` did. */
export function compareResultOf(comparison: Comparison): CompareResult {
  const { first, second } = comparison;
  return toCompareResult({ a: toModel(first), b: toModel(second) }, comparison);
}

/** A comparison of any two models as a document. */
export function toCompareResult(
  { a, b }: ComparedSides,
  comparison: Pick<Comparison, 'samples' | 'tolerance' | 'outputs' | 'findings'>,
): CompareResult {
  const { samples, tolerance, outputs, findings } = comparison;
  return {
    a,
    b,
    samples: samples.count,
    inputs: sampleOrigin(samples),
    tolerance,
    passed: faultsOf(outputs).length === 0,
    outputs: outputs.map(toOutput),
    faults: [...findings],
  };
}

function toModel({ subject, runner }: ComparedSide): ComparedModel {
  const { file, kind, info, sha256 } = subject;
  return modelOf({ file, kind, info, runner, sha256 });
}

/** One side of a comparison as a document. */
export function modelOf(side: {
  readonly file: string;
  readonly kind: ComparedModel['kind'];
  readonly info: Pick<ModelInfo, 'format' | 'precision'>;
  readonly runner: Runner;
  readonly sha256?: string;
}): ComparedModel {
  const { file, kind, info, runner, sha256 } = side;
  return {
    path: file,
    kind,
    format: info.format,
    ...(info.precision === undefined ? {} : { precision: info.precision }),
    ...(sha256 === undefined ? {} : { sha256 }),
    runtime: { name: runner.adapter.id, version: runner.toolchain.version },
  };
}

function toOutput(difference: OutputDifference): ComparedOutput {
  const { name, otherName, dtype, shape, transposed, metrics, collector, faults } = difference;
  return {
    name,
    ...(otherName === undefined ? {} : { otherName }),
    dtype,
    shape: [...shape],
    ...(transposed === true ? { transposed } : {}),
    ...(metrics === undefined ? {} : { metrics }),
    faults: faults.map((fault) => fault.replace(/^: | /, '')),
    ...(collector === undefined
      ? {}
      : { histogram: collector.histogram, worstSamples: [...collector.worst] }),
  };
}
