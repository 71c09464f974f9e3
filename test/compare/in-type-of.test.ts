import { describe, expect, it } from 'vitest';
import type { OutputQuantization, OutputResult } from '../../src/adapters/run-files.js';
import { allInTypeOf } from '../../src/compare/in-type-of.js';
import type { Quantization } from '../../src/schema/generated/types.js';

const output = (
  name: string,
  dtype: OutputResult['dtype'],
  values: readonly number[],
  quantization?: OutputQuantization,
): OutputResult => ({
  name,
  dtype,
  shapes: [[values.length]],
  sample: async () => Float64Array.from(values),
  ...(quantization === undefined ? {} : { quantization }),
});
const TOLD = { scale: 0.5, zeroPoint: -128 };
const OWN: Quantization = {
  type: 'int8',
  tensors: { z: { dtype: 'int8', scale: [0.25], zeroPoint: [-128] } },
};

async function given(
  expected: OutputResult,
  result: OutputResult,
  own?: Quantization,
): Promise<{ readonly dtype: string; readonly values: number[] }> {
  const [changed] = allInTypeOf([expected], [result], own);
  return { dtype: changed?.dtype ?? '', values: [...((await changed?.sample(0)) ?? [])] };
}

describe('integers of a model', () => {
  const levels = output('z', 'int8', [-128, 0]);

  it('are the real numbers that the runtime of the reference tells', async () => {
    const reference = output('y', 'float32', [0, 64], TOLD);
    expect(await given(reference, levels)).toEqual({ dtype: 'float32', values: [0, 64] });
    expect((await given(reference, levels, OWN)).values).toEqual([0, 64]);
  });

  it('are those that the model itself tells, where the reference is not quantized', async () => {
    expect((await given(output('y', 'float32', [0, 32]), levels, OWN)).values).toEqual([0, 32]);
  });

  it('turned into real numbers by a runtime are integers again where the reference gives those', async () => {
    const real = output('z', 'float32', [0, 64.1], TOLD);
    expect(await given(output('y', 'int8', [-128, 0]), real)).toEqual({
      dtype: 'int8',
      values: [-128, 0],
    });
  });

  it.each<[string, OutputResult, OutputResult, Quantization | undefined]>([
    ['in both models', output('y', 'int8', [1]), output('z', 'int8', [7]), OWN],
    ['without a known scale', output('y', 'float32', [1]), output('z', 'int8', [7]), undefined],
    ['of another output', output('y', 'float32', [1]), output('x', 'int8', [7]), OWN],
    [
      'that stand for themselves',
      output('y', 'float32', [7], TOLD),
      output('z', 'int64', [7]),
      OWN,
    ],
    [
      'with a scale for each channel',
      output('y', 'float32', [1]),
      output('z', 'int8', [7]),
      { type: 'int8', tensors: { z: { dtype: 'int8', scale: [1, 2] } } },
    ],
  ])('stay %s', async (_title, reference, result, own) => {
    expect((await given(reference, result, own)).values).toEqual([7]);
  });
});
