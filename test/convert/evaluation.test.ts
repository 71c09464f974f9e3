import { expect, it } from 'vitest';
import type { EvaluationSet } from '../../src/accuracy/load.js';
import type { Adapter } from '../../src/adapters/contract.js';
import { requireEvaluable } from '../../src/convert/evaluation.js';
import type { CheckedRequest } from '../../src/request/checked-request.js';

const request = { device: { name: 'camera' } } as CheckedRequest;
const evaluation = { sampleBytes: 4, count: 10 } as EvaluationSet;
const adapterOf = (output: string, capabilities: object): Adapter =>
  ({
    id: output,
    run: async () => {},
    capabilities: { output, runs: [], ...capabilities },
  }) as unknown as Adapter;
const BLIND = adapterOf('hef', {});

it('a converter whose models nothing here runs is refused before it starts', () => {
  expect(() => requireEvaluable(request, [BLIND], evaluation)).toThrow(
    expect.objectContaining({
      code: 'E_NOT_CONVERTIBLE',
      message: expect.stringContaining('camera'),
      next: expect.stringContaining('--eval'),
    }),
  );
});

it.each([
  ['a runtime', [adapterOf('tflite', { runs: ['tflite'] })]],
  ['a simulator', [adapterOf('rknn', { simulates: true })]],
  ['a runtime on the way', [adapterOf('tflite', { runs: ['tflite'] }), BLIND]],
  ['no converter at all', []],
])('%s is enough', (_title, adapters) => {
  expect(() => requireEvaluable(request, adapters, evaluation)).not.toThrow();
});

it('more than a simulator can be given at once is refused with the number that it takes', () => {
  const large = { sampleBytes: 2 ** 30, count: 9 } as EvaluationSet;
  const simulator = adapterOf('rknn', { simulates: true });
  expect(() => requireEvaluable(request, [simulator], large)).toThrow(
    expect.objectContaining({
      code: 'E_EVAL_INVALID',
      next: expect.stringContaining('--eval-samples 8'),
    }),
  );
});
