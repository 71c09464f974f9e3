import type {
  ComparedLayers,
  ComparedModel,
  ComparedOutput,
  CompareResult,
  FirstDifference,
} from '../schema/generated/types.js';
import { rounded } from '../tensor/metrics.js';
import { sampleOrigin } from '../tensor/samples.js';
import type { ComparedSide, Comparison } from './compare-models.js';
import type { LayerComparison } from './layers/compare-layers.js';
import { describeJump } from './layers/describe-jump.js';
import { faultsOf, type OutputDifference } from './outputs.js';

/** A comparison as a document. */
export function toCompareResult(comparison: Comparison): CompareResult {
  const { first, second, samples, tolerance, outputs, findings, layers } = comparison;
  return {
    a: toModel(first),
    b: toModel(second),
    samples: samples.count,
    inputs: sampleOrigin(samples),
    tolerance,
    passed: faultsOf(outputs).length === 0,
    outputs: outputs.map(toOutput),
    faults: [...findings],
    ...(layers === undefined ? {} : { layers: toLayers(layers) }),
  };
}

function toLayers({ tensors, unmatched, first, samples }: LayerComparison): ComparedLayers {
  return {
    ...(first === undefined ? {} : { first: toFirst(first) }),
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
  return {
    path: file,
    kind,
    format: info.format,
    ...(info.precision === undefined ? {} : { precision: info.precision }),
    sha256,
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
