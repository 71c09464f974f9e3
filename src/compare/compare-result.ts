import type { ComparedModel, ComparedOutput, CompareResult } from '../schema/generated/types.js';
import { sampleOrigin } from '../tensor/samples.js';
import type { ComparedSide, Comparison } from './compare-models.js';
import { faultsOf, type OutputDifference } from './outputs.js';

/** A comparison as a document. */
export function toCompareResult(comparison: Comparison): CompareResult {
  const { first, second, samples, tolerance, outputs, findings } = comparison;
  return {
    a: toModel(first),
    b: toModel(second),
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
