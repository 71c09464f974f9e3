import type { Capabilities, ConversionJob, ConvertedModel } from '../adapters/contract.js';
import type { ModelInfo, ModelTensor } from '../schema/generated/types.js';

type Narrows = Capabilities['narrows'];

/**
 * What the produced file does not say is taken from the job, and marked as declared: the tensors of the
 * source, or of a tensor the type and the shape, and the precision that was asked for. What the file says
 * stays.
 *
 * @param narrows - types that the runtime gives in place of the source's; without them only shapes are
 *   taken, for an NPU may give its own.
 */
export function withDeclared(
  converted: ConvertedModel,
  job: ConversionJob,
  narrows?: Narrows,
): ConvertedModel {
  const { info } = converted;
  const declared: Partial<ModelInfo> = {
    ...(isUnknown(info, 'inputs') ? { inputs: job.source.info.inputs } : {}),
    ...outputsOf(info, job.source.info.outputs, narrows),
    ...(isUnknown(info, 'precision') && isUnknown(info, 'type')
      ? { precision: job.precision, quantized: isQuantized(job) }
      : {}),
  };
  const names = Object.keys(declared).map((name) => (name === 'quantized' ? 'type' : name));
  if (names.length === 0) return converted;
  const marks = Object.fromEntries(names.map((name) => [name, 'declared' as const]));
  return { ...converted, info: { ...info, ...declared, facts: { ...info.facts, ...marks } } };
}

/** Inputs are not filled in: every format has them. */
function outputsOf(
  info: ModelInfo,
  source: readonly ModelTensor[],
  narrows: Narrows,
): Pick<ModelInfo, 'outputs'> | undefined {
  if (isUnknown(info, 'outputs')) return { outputs: [...source] };
  const isWhole = ({ dtype, shape }: ModelTensor): boolean =>
    dtype !== 'unknown' && shape !== undefined;
  // declared already: by the converter, in axes of its own
  if (info.facts['outputs'] !== 'read') return undefined;
  // another number of them: which one is which is not known
  if (info.outputs.length !== source.length || info.outputs.every(isWhole)) return undefined;
  const outputs = info.outputs.map((output, index) =>
    filledIn(output, source.find(({ name }) => name === output.name) ?? source[index], narrows),
  );
  return { outputs };
}

function filledIn(
  output: ModelTensor,
  source: ModelTensor | undefined,
  narrows: Narrows,
): ModelTensor {
  if (source === undefined) return output;
  const isOpen = output.dtype === 'unknown' && narrows !== undefined;
  return {
    ...(source.shape === undefined ? {} : { shape: source.shape }),
    ...output,
    ...(isOpen ? { dtype: narrows[source.dtype] ?? source.dtype } : {}),
  };
}

function isUnknown({ facts }: ModelInfo, fact: string): boolean {
  return facts[fact] === 'unknown';
}

function isQuantized({ precision, source }: ConversionJob): boolean {
  return precision === 'int8' || precision === 'int4' || source.info.quantized === true;
}
