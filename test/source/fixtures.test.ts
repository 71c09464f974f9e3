import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { digestModel, probeModel } from '../../src/source/probe.js';
import { fixture } from '../support/files.js';

const image = { name: 'image', dtype: 'float32', shape: ['batch', 1, 8, 8], layout: 'NCHW' };
const logits = { name: 'logits', dtype: 'float32', shape: ['batch', 10] };
const pytorch = { name: 'pytorch', version: '2.13.0' };
const trained = { license: 'Apache-2.0', trained_on: 'UCI digits' };
const cnnOperators = { Conv: 3, Flatten: 1, Gemm: 2, MaxPool: 2, Relu: 4 };

const CNN = {
  producer: pytorch,
  opsets: { 'ai.onnx': 17 },
  precision: 'fp32',
  nodes: 12,
  operators: cnnOperators,
  weights: { parameters: 31_674, sizeBytes: 126_696, dataFormat: 'float32' },
  quantized: false,
  inputs: [image],
  outputs: [logits],
  metadata: trained,
};

const FACTS: Readonly<Record<string, object>> = {
  'digits-cnn.onnx': { ...CNN, graphName: 'digits-cnn', sizeBytes: 129_219 },
  'digits-cnn-static.onnx': {
    ...CNN,
    graphName: 'digits-cnn-static',
    sizeBytes: 129_216,
    inputs: [{ ...image, shape: [1, 1, 8, 8] }],
    outputs: [{ ...logits, shape: [1, 10] }],
  },
  'digits-cnn-fp16.onnx': {
    ...CNN,
    graphName: 'digits-cnn-fp16',
    sizeBytes: 66_606,
    precision: 'fp16',
    weights: { parameters: 31_674, sizeBytes: 63_348, dataFormat: 'float16' },
    inputs: [{ ...image, dtype: 'float16' }],
    outputs: [{ ...logits, dtype: 'float16' }],
  },
  'digits-cnn-int8.onnx': {
    producer: { name: 'onnx.quantize', version: '0.1.0' },
    graphName: 'digits-cnn-int8',
    sizeBytes: 45_258,
    opsets: { 'ai.onnx': 17 },
    precision: 'int8',
    nodes: 36,
    operators: {
      Conv: 3,
      DequantizeLinear: 19,
      Flatten: 1,
      Gemm: 2,
      MaxPool: 2,
      QuantizeLinear: 9,
    },
    weights: { parameters: 32_366, sizeBytes: 34_424, dataFormat: 'int8' },
    quantized: true,
    inputs: [image],
    outputs: [logits],
    metadata: trained,
  },
  'digits-cnn-external/digits-cnn.onnx': {
    ...CNN,
    graphName: 'digits-cnn',
    sizeBytes: 3131,
    externalData: [
      { path: 'digits-cnn.weights', sizeBytes: 90_304 },
      { path: 'sub/dense.weights', sizeBytes: 57_384 },
    ],
  },
  'digits-transformer.onnx': {
    producer: pytorch,
    graphName: 'digits-transformer',
    sizeBytes: 305_437,
    opsets: { 'ai.onnx': 17 },
    precision: 'fp32',
    nodes: 87,
    operators: {
      Add: 19,
      Constant: 16,
      Div: 2,
      Erf: 2,
      Gather: 1,
      Gemm: 1,
      LayerNormalization: 5,
      MatMul: 16,
      Mul: 6,
      ReduceMean: 1,
      Reshape: 8,
      Softmax: 2,
      Transpose: 8,
    },
    weights: { parameters: 72_944, sizeBytes: 291_896, dataFormat: 'float32' },
    quantized: false,
    inputs: [{ name: 'tokens', dtype: 'int64', shape: ['batch', 64] }],
    outputs: [logits],
    metadata: trained,
  },
  'two-inputs.onnx': {
    producer: { name: 'modelconv-fixtures', version: '' },
    graphName: 'two-inputs',
    sizeBytes: 1124,
    opsets: { 'ai.onnx': 17 },
    precision: 'fp32',
    nodes: 10,
    operators: { Cast: 2, Div: 1, Gather: 1, Max: 1, Mul: 1, ReduceSum: 3, Unsqueeze: 1 },
    weights: { parameters: 99, sizeBytes: 404, dataFormat: 'float32' },
    quantized: false,
    inputs: [
      { name: 'ids', dtype: 'int64', shape: [1, 6] },
      { name: 'mask', dtype: 'bool', shape: [1, 6] },
    ],
    outputs: [
      { name: 'pooled', dtype: 'float32', shape: [1, 8] },
      { name: 'count', dtype: 'int64', shape: [1] },
    ],
    metadata: { license: 'Apache-2.0' },
  },
  'bad/custom-op.onnx': {
    producer: { name: 'modelconv-fixtures', version: '' },
    graphName: 'custom-op',
    sizeBytes: 220,
    opsets: { 'ai.onnx': 17, 'com.acme': 1 },
    nodes: 2,
    operators: { Relu: 1, 'com.acme:FrobnicateXYZ': 1 },
    weights: { parameters: 0, sizeBytes: 0 },
    quantized: false,
    inputs: [{ name: 'x', dtype: 'float32', shape: [1, 4] }],
    outputs: [{ name: 'y', dtype: 'float32', shape: [1, 4] }],
    metadata: { license: 'Apache-2.0' },
  },
};

it('every model of the fixtures has its facts written down here', () => {
  const files = readdirSync(fixture('models'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.onnx'))
    .map((name) => name.split(path.sep).join('/'))
    // the same small model with faults planted in it: test/compare/faults.test.ts
    .filter((name) => !name.startsWith('faults/'));
  expect(files.sort()).toEqual(Object.keys(FACTS).sort());
});

it.each(Object.entries(FACTS))('all facts of %s are read from the file', async (name, facts) => {
  const file = fixture(`models/${name}`);
  const { info, format } = await probeModel(file);
  const hasWeights = 'precision' in facts;
  expect(format).toBe('onnx');
  const { quantization, ...rest } = info;
  const isQuantized = 'quantized' in facts && facts.quantized === true;
  expect(quantization !== undefined).toBe(isQuantized);
  expect(rest).toEqual({
    path: file,
    format: 'onnx',
    formatVersion: '8',
    ...facts,
    minimumRuntime: {
      kind: 'onnxruntime',
      version: '1.12',
      rule: 'ONNX IR 8 needs 1.9, ai.onnx 17 needs 1.12',
    },
    facts: {
      formatVersion: 'read',
      inputs: 'read',
      outputs: 'read',
      precision: hasWeights ? 'read' : 'unknown',
      producer: 'read',
      minimumRuntime: 'read',
      ...(isQuantized ? { quantization: 'read' } : {}),
    },
  });
});

describe('inputs that index a table', () => {
  it.each([
    ['digits-transformer.onnx', [['tokens', 17]]],
    ['two-inputs.onnx', [['ids', 12]]],
    ['digits-cnn.onnx', []],
  ])('%s: %j', async (name, limits) => {
    const { indexLimits } = await probeModel(fixture(`models/${name}`));
    expect([...indexLimits]).toEqual(limits);
  });
});

it('the parts of a model with external data are found where they are, sorted', async () => {
  const dir = fixture('models/digits-cnn-external');
  const { parts } = await probeModel(path.join(dir, 'digits-cnn.onnx'));
  expect(parts).toEqual([
    {
      path: 'digits-cnn.weights',
      file: path.join(dir, 'digits-cnn.weights'),
      sizeBytes: 90_304,
    },
    {
      path: 'sub/dense.weights',
      file: path.join(dir, 'sub', 'dense.weights'),
      sizeBytes: 57_384,
    },
  ]);
});

it('every file of a model is digested', async () => {
  const dir = fixture('models/digits-cnn-external');
  const sha256 = (name: string): string =>
    createHash('sha256')
      .update(readFileSync(path.join(dir, name)))
      .digest('hex');
  const probed = await probeModel(path.join(dir, 'digits-cnn.onnx'));
  expect(await digestModel(probed)).toEqual({
    main: { sha256: sha256('digits-cnn.onnx'), sizeBytes: 3131 },
    parts: [
      { path: 'digits-cnn.weights', sha256: sha256('digits-cnn.weights'), size: 90_304 },
      { path: 'sub/dense.weights', sha256: sha256('sub/dense.weights'), size: 57_384 },
    ],
  });
});
