import type {
  ComparedLayers,
  ComparedModel,
  ComparedOutput,
  CompareResult,
  FirstDifference,
  ModelInfo,
} from '../schema/generated/types.js';
import { rounded } from '../tensor/metrics.js';
import { sampleOrigin } from '../tensor/samples.js';
import type { Comparison } from './compare-models.js';
import type { LayerComparison } from './layers/compare-layers.js';
import { describeJump } from './layers/describe-jump.js';
import { faultsOf, type OutputDifference } from './outputs.js';
import type { ComparedSide } from './run-side.js';
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
  comparison: Pick<Comparison, 'samples' | 'tolerance' | 'outputs' | 'findings'> & {
    readonly layers?: LayerComparison | undefined;
  },
): CompareResult {
  const { samples, tolerance, outputs, findings, layers } = comparison;
  return {
    a,
    b,
    samples: samples.count,
    inputs: sampleOrigin(samples),
    tolerance,
    passed: faultsOf(outputs).length === 0,
    outputs: outputs.map(toOutput),
    faults: [...findings],
    ...(layers === undefined ? {} : { layers: toLayers(layers) }),
  };
}

function toLayers({
  tensors,
  unmatched,
  first,
  against,
  samples,
}: LayerComparison): ComparedLayers {
  return {
    ...(first === undefined ? {} : { first: toFirst(first) }),
    ...(against === undefined ? {} : { against }),
    samples,
    tensors: tensors.map(({ relativeError, operator, otherOperator, maxAbs, ...tensor }) => ({
      name: tensor.name,
      otherName: tensor.otherName,
      ...(operator === undefined ? {} : { operator }),
      ...(otherOperator === undefined ? {} : { otherOperator }),
      shape: [...tensor.shape],
      ...(Number.isFinite(relativeError) ? { relativeError: rounded(relativeError) } : {}),
      cosine: rounded(tensor.cosine),
      ...(maxAbs === undefined ? {} : { maxAbs: rounded(maxAbs) }),
    })),
    unmatched: [...unmatched],
  };
}

function toFirst(first: NonNullable<LayerComparison['first']>): FirstDifference {
  const { name, operator, relativeError } = first.layer;
  return {
    name,
    ...(operator === undefined ? {} : { operator }),
    ...(Number.isFinite(relativeError) ? { relativeError: rounded(relativeError) } : {}),
    inputError: rounded(first.before),
    message: describeJump(first),
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
