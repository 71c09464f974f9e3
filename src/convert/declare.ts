import type { ConversionJob, ConvertedModel } from '../adapters/contract.js';
import type { ModelInfo } from '../schema/generated/types.js';

/**
 * What the produced file does not say is taken from the job, and marked as declared: the tensors of the
 * source and the precision that was asked for. What the file says stays.
 */
export function withDeclared(converted: ConvertedModel, job: ConversionJob): ConvertedModel {
  const { info } = converted;
  const declared: Partial<ModelInfo> = {
    ...(isUnknown(info, 'inputs') ? { inputs: job.source.info.inputs } : {}),
    ...(isUnknown(info, 'outputs') ? { outputs: job.source.info.outputs } : {}),
    ...(isUnknown(info, 'precision') && isUnknown(info, 'type')
      ? { precision: job.precision, quantized: isQuantized(job) }
      : {}),
  };
  const names = Object.keys(declared).map((name) => (name === 'quantized' ? 'type' : name));
  if (names.length === 0) return converted;
  const marks = Object.fromEntries(names.map((name) => [name, 'declared' as const]));
  return { ...converted, info: { ...info, ...declared, facts: { ...info.facts, ...marks } } };
}

function isUnknown({ facts }: ModelInfo, fact: string): boolean {
  return facts[fact] === 'unknown';
}

function isQuantized({ precision, source }: ConversionJob): boolean {
  return precision === 'int8' || precision === 'int4' || source.info.quantized === true;
}
