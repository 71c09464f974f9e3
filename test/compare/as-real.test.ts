import { describe, expect, it } from 'vitest';
import type { OutputResult } from '../../src/adapters/run-files.js';
import { asReal } from '../../src/compare/as-real.js';
import type { Quantization } from '../../src/schema/generated/types.js';

const output = (name: string, dtype: OutputResult['dtype'], ...values: number[]): OutputResult => ({
  name,
  dtype,
  shapes: [[values.length]],
  sample: async () => Float64Array.from(values),
});
const KNOWN: Quantization = {
  type: 'int8',
  tensors: { y: { dtype: 'int8', scale: [0.5], zeroPoint: [-128] } },
};

async function values(results: readonly OutputResult[]): Promise<number[]> {
  return [...((await results[0]?.sample(0)) ?? [])];
}

describe('integers of a converted model', () => {
  it('are real numbers where the reference gives those, and tells scale and zero point', async () => {
    const real = asReal([output('z', 'int8', -128, 0)], [output('y', 'float32', 0, 64)], KNOWN);
    expect(await values(real)).toEqual([0, 64]);
    expect(real[0]?.dtype).toBe('float32');
  });

  it.each<[string, OutputResult, Quantization | undefined]>([
    ['where the reference gives integers, too', output('y', 'int8', 1), KNOWN],
    ['where it says no scale', output('y', 'float32', 1), undefined],
    ['where the scale is that of another output', output('x', 'float32', 1), KNOWN],
  ])('stay %s', async (_title, reference, quantization) => {
    expect(await values(asReal([output('z', 'int8', 7)], [reference], quantization))).toEqual([7]);
  });

  it('that index something stay: int64 stands for itself', async () => {
    const same = asReal([output('y', 'int64', 7)], [output('y', 'float32', 7)], KNOWN);
    expect(await values(same)).toEqual([7]);
  });
});
