import type { ConversionJob, ConvertedModel } from '../adapters/contract.js';
import type { ModelTensor, Quantization } from '../schema/generated/types.js';

type Tensors = NonNullable<Quantization['tensors']>;

/** Types of quantized numbers. */
const LEVELS = /^u?int(8|16)$/;

/**
 * A converter may keep the integers of an output and not what they stand for: then they stand for what they do in
 * the source. What the file says itself stays.
 */
export function withOutputScales(
  converted: ConvertedModel,
  { source }: ConversionJob,
): ConvertedModel {
  const { info, quantization = info.quantization } = converted;
  const found: Tensors = {};
  for (const [place, output] of info.outputs.entries()) {
    const scales = scalesOf(output, source.info.outputs, place, source.info.quantization?.tensors);
    if (scales !== undefined && quantization?.tensors?.[output.name] === undefined)
      found[output.name] = { ...scales, role: 'activation', dtype: output.dtype, from: 'source' };
  }
  if (Object.keys(found).length === 0) return converted;
  const whole: Quantization = {
    type: 'mixed',
    ...quantization,
    tensors: { ...found, ...quantization?.tensors },
  };
  return { ...converted, quantization: whole, info: { ...info, quantization: whole } };
}

function scalesOf(
  output: ModelTensor,
  outputs: readonly ModelTensor[],
  place: number,
  tensors: Tensors = {},
): Pick<Tensors[string], 'scale' | 'zeroPoint'> | undefined {
  const named = outputs.find(({ name }) => name === (output.sourceName ?? output.name));
  const source = named ?? outputs[place];
  if (source === undefined || source.dtype !== output.dtype || !LEVELS.test(output.dtype))
    return undefined;
  const { scale, zeroPoint } = tensors[source.name] ?? {};
  if (scale?.length !== 1) return undefined;
  return { scale, ...(zeroPoint === undefined ? {} : { zeroPoint }) };
}
