import type { Dtype, ModelInfo } from '../schema/generated/types.js';

/** Least and greatest integer of the types that activations are quantized to. */
const LIMITS: Readonly<Partial<Record<Dtype, readonly [least: number, greatest: number]>>> = {
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32_768, 32_767],
  uint16: [0, 65_535],
};

/**
 * The real numbers that a quantized model tells apart at its inputs, by input name: outside of them it
 * saturates, as it is meant to. Empty for a model in floating point.
 */
export function quantizedRanges({
  inputs,
  quantization,
}: Pick<ModelInfo, 'inputs' | 'quantization'>): Map<string, readonly [low: number, high: number]> {
  const ranges = new Map<string, readonly [number, number]>();
  for (const { name } of inputs) {
    const tensor = quantization?.tensors?.[name];
    const limits = tensor?.dtype === undefined ? undefined : LIMITS[tensor.dtype];
    const [scale] = tensor?.scale ?? [];
    if (tensor === undefined || limits === undefined || scale === undefined) continue;
    const [zero = 0] = tensor.zeroPoint ?? [];
    const [low, high] = limits.map((limit) => (limit - zero) * scale) as [number, number];
    if (low < high && Number.isFinite(high - low)) ranges.set(name, [low, high]);
  }
  return ranges;
}
