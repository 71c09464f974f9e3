import type { ModelInfo } from '../schema/generated/types.js';
import { INTEGER_LIMITS } from './integer-limits.js';

/**
 * The real numbers that a quantized input holds: beyond them it saturates, which says nothing of a
 * conversion. undefined: the input is not quantized, or its file does not say how.
 *
 * @param name - of the input in that model.
 */
export function quantizedRange(
  { quantization }: Pick<ModelInfo, 'quantization'>,
  name: string,
): readonly [least: number, greatest: number] | undefined {
  const { dtype, scale = [], zeroPoint = [0] } = quantization?.tensors?.[name] ?? {};
  const limits = dtype === undefined ? undefined : INTEGER_LIMITS[dtype];
  const [factor, ...others] = scale;
  if (limits === undefined || factor === undefined || others.length > 0) return undefined;
  const [least, greatest] = limits.map((level) => factor * (level - (zeroPoint[0] ?? 0)));
  return least === undefined || greatest === undefined ? undefined : [least, greatest];
}
