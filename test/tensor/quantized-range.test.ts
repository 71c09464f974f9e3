import { describe, expect, it } from 'vitest';
import type { ModelInfo } from '../../src/schema/generated/types.js';
import { decodeElements } from '../../src/tensor/elements.js';
import { generateSamples } from '../../src/tensor/generate.js';
import { quantizedRange } from '../../src/tensor/quantized-range.js';

type Tensors = NonNullable<NonNullable<ModelInfo['quantization']>['tensors']>;

const rangeOf = (tensor: Tensors[string]) =>
  quantizedRange({ quantization: { type: 'int8', tensors: { x: tensor } } }, 'x');

describe('what a quantized model tells apart at an input', () => {
  it.each([
    ['uint8', 0.5, 0, [0, 127.5]],
    ['uint8', 0.5, 128, [-64, 63.5]],
    ['int8', 1, -128, [0, 255]],
    ['int16', 2, 0, [-65_536, 65_534]],
  ] as const)('%s with scale %d and zero point %d', (dtype, scale, zero, range) => {
    expect(rangeOf({ role: 'activation', dtype, scale: [scale], zeroPoint: [zero] })).toEqual(
      range,
    );
  });

  it.each<[string, Tensors[string]]>([
    ['no scale', { role: 'activation', dtype: 'int8' }],
    ['another type', { role: 'activation', dtype: 'float32', scale: [1] }],
    ['a scale for each channel', { role: 'activation', dtype: 'int8', scale: [1, 2] }],
  ])('is not known with %s', (_what, tensor) => {
    expect(rangeOf(tensor)).toBeUndefined();
  });

  it('is where generated numbers lie', () => {
    const ranges = new Map([['x', [2, 3] as const]]);
    const { inputs } = generateSamples(
      [{ name: 'x', dtype: 'float32', shape: [1, 64] }],
      new Map(),
      1,
      4,
      ranges,
    );
    const values = decodeElements('float32', inputs[0]?.data ?? Buffer.of());
    expect(values).toHaveLength(256);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(2);
    expect(Math.max(...values)).toBeLessThanOrEqual(3);
    expect(new Set(values).size).toBeGreaterThan(200);
  });
});
