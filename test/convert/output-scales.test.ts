import { expect, it } from 'vitest';
import type { ConvertedModel } from '../../src/adapters/contract.js';
import { withOutputScales } from '../../src/convert/output-scales.js';
import type { ModelTensor, Quantization } from '../../src/schema/generated/types.js';
import { IMAGE_JOB } from '../support/jobs.js';

const LOGITS: ModelTensor = { name: 'logits', dtype: 'int8', shape: [1, 10] };
const SCALES = { scale: [0.5], zeroPoint: [3] };
const OF_SOURCE: Quantization = { type: 'int8', tensors: { logits: { ...SCALES, dtype: 'int8' } } };

function job(quantization: Quantization | undefined = OF_SOURCE) {
  const { source } = IMAGE_JOB;
  const info = { ...source.info, outputs: [LOGITS], ...(quantization && { quantization }) };
  return { ...IMAGE_JOB, source: { ...source, info } };
}

function made(output: ModelTensor, quantization?: Quantization): ConvertedModel {
  const info = { ...IMAGE_JOB.source.info, outputs: [output] };
  return quantization === undefined ? { info } : { info, quantization };
}

it('integers of an output that the file does not explain stand for what they do in the source', () => {
  const { quantization, info } = withOutputScales(made({ ...LOGITS, name: 'y' }), job());
  expect(quantization?.tensors).toEqual({
    y: { ...SCALES, role: 'activation', dtype: 'int8', from: 'source' },
  });
  expect(info.quantization).toBe(quantization);
});

it('what the file says of its other tensors stays', () => {
  const own: Quantization = { type: 'int8', tensors: { w: { dtype: 'int8', scale: [1] } } };
  const { quantization } = withOutputScales(made(LOGITS, own), job());
  expect(quantization).toMatchObject({ type: 'int8', tensors: { w: { scale: [1] } } });
  expect(Object.keys(quantization?.tensors ?? {})).toEqual(['logits', 'w']);
});

it.each<[string, ConvertedModel, ReturnType<typeof job>]>([
  [
    'a file that says it',
    made(LOGITS, { type: 'int8', tensors: { logits: { scale: [2] } } }),
    job(),
  ],
  ['an output of real numbers', made({ ...LOGITS, dtype: 'float32' }), job()],
  ['an output of another type of integers', made({ ...LOGITS, dtype: 'uint8' }), job()],
  ['a source that does not say it', made(LOGITS), job({ type: 'int8' })],
  [
    'a source with several scales',
    made(LOGITS),
    job({ type: 'int8', tensors: { logits: { scale: [1, 2] } } }),
  ],
])('%s is left as it is', (_what, converted, of) => {
  expect(withOutputScales(converted, of)).toBe(converted);
});
