import { describe, expect, it } from 'vitest';
import type { QuantizationReport } from '../../../src/schema/generated/types.js';
import { probeModel } from '../../../src/source/probe.js';
import { fixture } from '../../support/files.js';

async function reportOf(name: string): Promise<Omit<QuantizationReport, 'file'>> {
  const { quantization } = await probeModel(fixture(`models/${name}`), { quantization: true });
  if (quantization === undefined) throw new Error('no report');
  return quantization;
}

const total = ({ operators }: Omit<QuantizationReport, 'file'>): number =>
  operators.reduce((sum, { multiplyAccumulates = 0 }) => sum + multiplyAccumulates, 0);

// 64*16*9 + 64*32*144 + 16*48*288 + 64*192 + 10*64, by hand from the layers of the source
const MACS = 538_240;

it.each([
  'digits-cnn-int8.onnx',
  'openvino/digits-cnn-int8.xml',
  'openvino/digits-cnn-fp32.xml',
  'tflite/digits-cnn-int8.tflite',
  'tflite/digits-cnn-fp32.tflite',
  'rknn/digits-cnn-rk3588-int8.rknn',
  'rknn/digits-cnn-rk3588-fp16.rknn',
])('the multiply-accumulates of %s are those of its source', async (name) => {
  expect(total(await reportOf(name))).toBe(MACS);
});

// Expected: tf.lite.Interpreter.get_tensor_details() of TensorFlow 2.21
describe('a TFLite file', () => {
  it('in full integers has nothing in floats', async () => {
    const report = await reportOf('tflite/digits-cnn-int8.tflite');
    expect(report.floatTensors).toEqual([]);
    expect(new Set(report.operators.map(({ computes }) => computes))).toEqual(new Set(['integer']));
    expect(report.tensors.filter(({ role }) => role === 'weight')).toHaveLength(5);
    expect(report.tensors.filter(({ role }) => role === 'bias')).toHaveLength(5);
  });

  it('of integer weights names the small ones that stayed floats', async () => {
    const { floatTensors, tensors } = await reportOf('tflite/digits-cnn-int8-weights.tflite');
    expect(tensors.map(({ role }) => role)).toEqual(['weight', 'weight', 'weight']);
    expect(floatTensors.map(({ parameters }) => parameters).sort((a, b) => a - b)).toEqual([
      10, 16, 32, 48, 64, 144, 640,
    ]);
  });
});

describe('an MNN file', () => {
  it('of blocks has a scale for each, and no minimum of a symmetric one', async () => {
    const { tensors } = await reportOf('mnn/digits-cnn-w4-block32.mnn');
    const blocks = tensors.find(({ granularity }) => granularity === 'per-block');
    expect(blocks).toMatchObject({ blockSize: 32, axis: 0, dtype: 'int4', scheme: 'asymmetric' });
    // 64 outputs of 192 weights
    expect(blocks?.scale).toHaveLength((64 * 192) / 32);
    expect(blocks?.minimum).toHaveLength((64 * 192) / 32);
    const [first] = (await reportOf('mnn/digits-cnn-w8-symmetric.mnn')).tensors;
    expect(first).toMatchObject({ scheme: 'symmetric', zeroPoint: [0] });
    expect(first).not.toHaveProperty('minimum');
  });
});

// Expected: the table of layers and the ranges that RKNN(verbose=True) prints when it builds the file
describe('an RKNN file', () => {
  it('has the scales of its activations, and where each operator runs', async () => {
    const { tensors, operators } = await reportOf('rknn/digits-cnn-rk3588-int8.rknn');
    const relu = tensors.find(({ name }) => name === '/features/features.9/Relu_output_0');
    expect(relu).toMatchObject({ role: 'activation', dtype: 'int8', zeroPoint: [-128] });
    expect(relu?.scale?.[0]).toBeCloseTo(6.030414 / 255, 7);
    expect(tensors.every(({ role }) => role === 'activation')).toBe(true);
    expect(operators.map(({ type, unit }) => `${type} ${unit}`)).toEqual([
      'ConvRelu npu',
      'ConvRelu npu',
      'MaxPool npu',
      'ConvRelu npu',
      'MaxPool npu',
      'ConvRelu npu',
      'Conv npu',
      'Reshape cpu',
    ]);
  });

  it('in half precision computes in floats on the NPU', async () => {
    const { tensors, operators, floatTensors } = await reportOf('rknn/digits-cnn-rk3588-fp16.rknn');
    expect(tensors).toEqual([]);
    expect(operators.every(({ computes }) => computes === 'float')).toBe(true);
    expect(floatTensors).toHaveLength(10);
  });
});

it('a format without quantization has an empty report', async () => {
  expect(await reportOf('torchscript/digits-cnn.pt')).toEqual({
    tensors: [],
    floatTensors: [],
    operators: [],
  });
});
