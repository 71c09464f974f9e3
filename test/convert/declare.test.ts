import { expect, it } from 'vitest';
import type { ConvertedModel } from '../../src/adapters/contract.js';
import { mnn } from '../../src/adapters/mnn/index.js';
import { withDeclared } from '../../src/convert/declare.js';
import type { ModelInfo, ModelTensor } from '../../src/schema/generated/types.js';
import { IMAGE_JOB } from '../support/jobs.js';

function made(outputs: ModelTensor[], change: Partial<ModelInfo> = {}): ConvertedModel {
  const facts = { inputs: 'read', outputs: 'read', precision: 'read' } as const;
  return { info: { ...IMAGE_JOB.source.info, format: 'mnn', outputs, facts, ...change } };
}

function jobWith(...outputs: ModelTensor[]) {
  const info = { ...IMAGE_JOB.source.info, outputs };
  return { ...IMAGE_JOB, source: { ...IMAGE_JOB.source, info } };
}

const { narrows } = mnn.capabilities;
const LOGITS: ModelTensor = { name: 'logits', dtype: 'float32', shape: [1, 10] };

it('a file that says all is left as it is', () => {
  const whole = made([{ name: 'logits', dtype: 'float16', shape: [1, 10] }]);
  expect(withDeclared(whole, jobWith(LOGITS), narrows)).toBe(whole);
});

it('the type and the shape of an output that the file does not have are those of the source', () => {
  const { info } = withDeclared(made([{ name: 'y', dtype: 'unknown' }]), jobWith(LOGITS), narrows);
  expect(info.outputs).toEqual([{ name: 'y', dtype: 'float32', shape: [1, 10] }]);
  expect(info.facts).toMatchObject({ outputs: 'declared', inputs: 'read', precision: 'read' });
});

it('outputs go with those of the same name, whatever their order', () => {
  const job = jobWith(LOGITS, { name: 'count', dtype: 'int32', shape: [] });
  const found = made([
    { name: 'count', dtype: 'unknown' },
    { name: 'logits', dtype: 'unknown' },
  ]);
  expect(withDeclared(found, job, narrows).info.outputs).toEqual([
    { name: 'count', dtype: 'int32', shape: [] },
    { name: 'logits', dtype: 'float32', shape: [1, 10] },
  ]);
});

it.each([
  ['int64', 'int32'],
  ['bool', 'int32'],
  ['float64', 'float32'],
  ['float16', 'float32'],
  ['uint8', 'uint8'],
] as const)('an output of type %s comes out of MNN as %s', (dtype, given) => {
  const { info } = withDeclared(
    made([{ name: 'y', dtype: 'unknown' }]),
    jobWith({ name: 'y', dtype, shape: [2] }),
    narrows,
  );
  expect(info.outputs).toEqual([{ name: 'y', dtype: given, shape: [2] }]);
});

it('a scalar of an IR, which has no sizes, gets the shape of a scalar', () => {
  const job = jobWith({ name: 'sum', dtype: 'float32', shape: [] });
  const { info } = withDeclared(made([{ name: 'sum', dtype: 'float32' }]), job);
  expect(info.outputs).toEqual([{ name: 'sum', dtype: 'float32', shape: [] }]);
});

it('a type stays unknown where the runtime may give its own', () => {
  const { info } = withDeclared(made([{ name: 'y', dtype: 'unknown' }]), jobWith(LOGITS));
  expect(info.outputs).toEqual([{ name: 'y', dtype: 'unknown', shape: [1, 10] }]);
});

it('nothing is guessed when the source has another number of outputs', () => {
  const found = made([{ name: 'y', dtype: 'unknown' }]);
  expect(withDeclared(found, jobWith(LOGITS, LOGITS), narrows)).toBe(found);
});

it('outputs that the converter declared keep their own axes', () => {
  const facts = { outputs: 'declared' } as const;
  const found = made([{ name: 'out0', dtype: 'float32' }], { facts });
  expect(withDeclared(found, jobWith(LOGITS))).toBe(found);
});
