import { describe, expect, it } from 'vitest';
import { diagnose } from '../../dist/compare/diagnose/diagnose.js';
import type { OutputValues } from '../../dist/compare/diagnose/outputs-of.js';
import type { CompareResult } from '../../src/schema/generated/types.js';
import type { SampleSet } from '../../src/tensor/samples.js';
import { run, sandbox } from '../cli/run-main.js';
import { expectValid } from '../cli/schemas.js';
import { fixture } from '../support/files.js';
import { float32 } from '../support/npy.js';

const GOOD = fixture('models/faults/good.onnx');

async function compared(fault: string): Promise<{ code: number; result: CompareResult }> {
  sandbox();
  const model = fixture(`models/faults/${fault}.onnx`);
  const { code, stdout } = await run(['compare', GOOD, model, '--json']);
  return { code, result: expectValid('compare-result', JSON.parse(stdout) as CompareResult) };
}

// each planted by fixtures/make/make_faults.py; what is named is what was planted
describe('a fault that was planted in a model is found, and named', () => {
  it.each([
    ['channels-swapped', /RGB and BGR are swapped/],
    ['wrong-mean', /a mean that is subtracted from the input is wrong/],
    ['scaled-255', /multiplied by 1\/255: a scale of the input is wrong/],
    ['outputs-reordered', /left the converted model gives as right: outputs are in another order/],
    ['saturated', /33\.3 % of output left stand at its greatest value 0\.6.*saturates/],
    ['softmax-added', /the converted model has a softmax more/],
    ['weights-perturbed', /first layer that differs is c2 \(Conv\).*its weights differ/],
    ['wrong-opset', /first layer that differs is attention \(Softmax\).*it has no weights/],
  ])('%s', async (fault, named) => {
    const { code, result } = await compared(fault);
    expect(code).toBe(2);
    expect(result.passed).toBe(false);
    expect(result.faults.join('\n')).toMatch(named);
  });

  it('nothing is named where nothing is wrong', async () => {
    const { code, result } = await compared('good');
    expect(code).toBe(0);
    expect(result.faults).toEqual([]);
  });

  it('the mean that is wrong is told as it was planted, up to the precision of the search', async () => {
    const { result } = await compared('wrong-mean');
    const numbers = /when (.*?) is added/
      .exec(result.faults[0] ?? '')?.[1]
      ?.split(', ')
      .map(Number);
    for (const [at, planted] of [-0.3, 0.2, -0.15].entries())
      expect(numbers?.[at]).toBeCloseTo(planted, 1);
  });
});

describe('what is declared of the images', () => {
  const mean = [0.5];
  const scale = [4];
  const values = [0, 0.25, 0.5, 1];
  const samples: SampleSet = {
    kind: 'user',
    count: 1,
    inputs: [{ name: 'image', dtype: 'float32', shape: [1, 1, 2, 2], data: float32(...values) }],
  };
  /** A model that gives its input, squared so that no line explains what is wrong. */
  const outputOf = ({ inputs: [input] }: SampleSet): OutputValues => {
    const data = input?.data ?? Buffer.alloc(0);
    const read = Array.from({ length: 4 }, (_none, at) => data.readFloatLE(at * 4));
    return {
      name: 'y',
      shape: [4],
      samples: [Float64Array.from(read, (value) => value ** 2 + value)],
    };
  };
  const given = (map: (value: number) => number): OutputValues => ({
    name: 'y',
    shape: [4],
    samples: [Float64Array.from(values, map).map((value) => value ** 2 + value)],
  });
  const explain = async (other: OutputValues) =>
    await diagnose({
      pairs: [[outputOf(samples), other]],
      samples,
      tolerance: { cosine: 0.9999 },
      rerun: async (altered) => [outputOf(altered)],
      normalisation: { mean, scale },
    });

  it('mean and scale that are applied twice are named', async () => {
    const [finding] = await explain(given((value) => (value - 0.5) * 4));
    expect(finding).toMatch(/once more/);
  });

  it('mean and scale that are taken out again are named', async () => {
    const [finding] = await explain(given((value) => value / 4 + 0.5));
    expect(finding).toMatch(/not applied/);
  });
});
