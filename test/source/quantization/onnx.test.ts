import { describe, expect, it } from 'vitest';
import type { ModelInfo, QuantizationReport } from '../../../src/schema/generated/types.js';
import { probeModel } from '../../../src/source/probe.js';
import { fixture } from '../../support/files.js';
import {
  attribute,
  FLOAT,
  field,
  graph,
  join,
  type Message,
  model,
  node,
  tensor,
  valueInfo,
  varint,
} from '../../support/onnx.js';
import { probeBytes, reportBytes } from '../probe-bytes.js';

const [UINT8, INT8, INT32, FLOAT16, UINT4] = [2, 3, 6, 10, 21];
const floats = (name: string, ...values: number[]): Message =>
  tensor({
    name,
    dims: values.length === 1 ? [] : [values.length],
    rawData: new Uint8Array(Float32Array.from(values).buffer),
  });
const bytes = (name: string, dataType: number, dims: number[], ...values: number[]): Message =>
  tensor({ name, dims, dataType, rawData: Uint8Array.from(values) });
const int = (name: string, value: number): Message => attribute({ name, int: value });

interface Read {
  readonly info: ModelInfo;
  readonly report: Omit<QuantizationReport, 'file'>;
}

async function read(
  nodes: readonly Message[],
  initializers: readonly Message[],
  values: readonly Message[] = [],
): Promise<Read> {
  const body = join(
    graph({ nodes, initializers, inputs: [valueInfo('x', FLOAT, [1, 4])] }),
    ...values.map((value) => field(13, value)),
  );
  return await reportBytes(model(body));
}

// Expected values: onnx.numpy_helper.to_array of the initializers (onnx 1.23.2).
describe('a model with QuantizeLinear and DequantizeLinear', () => {
  it('has every scale and zero point under the name of the real numbers', async () => {
    const { info, quantization } = await probeModel(fixture('models/digits-cnn-int8.onnx'), {
      quantization: true,
    });
    expect(info.quantization).toMatchObject({
      type: 'int8',
      scheme: 'asymmetric',
      granularity: 'per-channel',
      axis: 0,
      weightBits: 8,
      activationBits: 8,
      coverage: {
        parameters: { quantized: 31_674, total: 31_674 },
        // 64*16*9 + 64*32*144 + 16*48*288 + 64*192 + 10*64
        multiplyAccumulates: { quantized: 538_240, total: 538_240 },
        floatShare: 0,
      },
    });
    expect(info.quantization?.tensors?.['image']).toEqual({
      role: 'activation',
      dtype: 'int8',
      scale: [0.003921568859368563],
      zeroPoint: [-128],
    });
    const names = quantization?.tensors.map(({ name }) => name) ?? [];
    expect(names).toHaveLength(19);
    expect(new Set(names).size).toBe(19);
    expect(quantization?.operators.map(({ computes }) => computes)).toEqual(
      Array(5).fill('integer'),
    );
  });

  const pair = (from: string, to: string): Message[] => [
    node('QuantizeLinear', { inputs: [from, 's', 'z'], outputs: [`${from}_q`] }),
    node('DequantizeLinear', { inputs: [`${from}_q`, 's', 'z'], outputs: [to] }),
  ];
  const scale = [floats('s', 0.5), bytes('z', UINT8, [], 3)];
  const weight = bytes('w_q', INT8, [4, 2], 1, 2, 3, 4, 5, 6, 7, 8);

  it('per channel: the axis counts from the end where it is negative', async () => {
    const { report } = await read(
      [
        node('DequantizeLinear', {
          inputs: ['w_q', 'ws'],
          outputs: ['w'],
          attributes: [int('axis', -1)],
        }),
      ],
      [weight, floats('ws', 1, 2)],
    );
    expect(report.tensors).toEqual([
      {
        name: 'w_q',
        role: 'weight',
        dtype: 'int8',
        shape: [4, 2],
        scheme: 'symmetric',
        granularity: 'per-channel',
        axis: 1,
        scale: [1, 2],
        zeroPoint: [0],
      },
    ]);
    expect(report.floatTensors).toEqual([]);
  });

  it('of which a product takes one side in floats does not compute in integers', async () => {
    const nodes = [
      ...pair('x', 'x_d'),
      node('DequantizeLinear', { inputs: ['w_q', 's'], outputs: ['w'] }),
      node('MatMul', { inputs: ['x_d', 'w'], outputs: ['a'] }),
      node('MatMul', { inputs: ['a', 'v'], outputs: ['y'] }),
    ];
    const { info, report } = await read(
      nodes,
      [...scale, weight, floats('v', 1, 2)],
      [valueInfo('a', FLOAT, [1, 2])],
    );
    expect(report.operators).toMatchObject([
      { name: 'a', computes: 'integer', multiplyAccumulates: 8 },
      { name: 'y', computes: 'float', multiplyAccumulates: 8 },
    ]);
    expect(info.quantization?.coverage).toMatchObject({
      parameters: { quantized: 8, total: 10 },
      floatShare: 0.5,
      floatOperators: { count: 1, names: ['y'] },
      floatTensors: { count: 1, names: ['v'] },
    });
  });

  it('with zero points and half-precision scales in lists of integers', async () => {
    const zero = join(
      field(1, Uint8Array.of(2)),
      varint(2, INT8),
      field(8, 'z'),
      field(5, Buffer.from('fdffffffffffffffff0107', 'hex')),
    );
    const half = join(
      field(1, Uint8Array.of(2)),
      varint(2, FLOAT16),
      field(8, 's'),
      field(5, Buffer.from('80788070', 'hex')),
    );
    const { report } = await read(
      [node('DequantizeLinear', { inputs: ['w_q', 's', 'z'], outputs: ['w'] })],
      [weight, half, zero],
    );
    expect(report.tensors).toMatchObject([{ scale: [1, 0.5], zeroPoint: [-3, 7] }]);
  });

  it('in blocks', async () => {
    const attributes = [int('axis', 0), int('block_size', 2)];
    const { info, report } = await read(
      [node('DequantizeLinear', { inputs: ['w_q', 's'], outputs: ['w'], attributes })],
      [weight, floats('s', 1, 2, 3, 4)],
    );
    expect(report.tensors).toMatchObject([
      // blocks along the first axis: channels are on the second
      { granularity: 'per-block', axis: 1, blockSize: 2, scale: [1, 2, 3, 4] },
    ]);
    expect(info.quantization).toMatchObject({ type: 'int8-weights' });
  });

  const outside = (location: string, offset = 4): Message =>
    model(
      graph({
        nodes: [node('DequantizeLinear', { inputs: ['w_q', 's'], outputs: ['w'] })],
        initializers: [
          weight,
          tensor({ name: 's', dims: [2], external: { location, offset: String(offset) } }),
        ],
      }),
    );

  it('whose scales stand in another file has them read there', async () => {
    const data = new Uint8Array(Float32Array.of(9, 1, 2).buffer);
    const { report } = await reportBytes(outside('a.data'), { 'a.data': data });
    expect(report.tensors).toMatchObject([{ scale: [1, 2], scheme: 'symmetric' }]);
  });

  it.each([
    ['that is not there', outside('b.data'), 'E_INPUT'],
    ['that ends before them', outside('a.data', 8), 'E_MODEL_INVALID'],
    ['outside of its directory', outside('../a.data'), 'E_MODEL_INVALID'],
    ['at a place that is no number', outside('a.data', -4), 'E_MODEL_INVALID'],
  ])('whose scales stand in a file %s is refused', async (_what, bytesOf, code) => {
    await expect(reportBytes(bytesOf, { 'a.data': new Uint8Array(12) })).rejects.toMatchObject({
      code,
    });
  });

  it('with more zero points than scales tells the number of scales alone', async () => {
    const { report } = await read(
      [node('DequantizeLinear', { inputs: ['w_q', 's', 'z'], outputs: ['w'] })],
      [weight, floats('s', 1, 2), bytes('z', INT8, [3], 1, 2, 3)],
    );
    expect(report.tensors).toMatchObject([{ omitted: { count: 2 } }]);
  });

  it('that is quantized when it runs has no scale in the file', async () => {
    const { info, report } = await read(
      [
        node('DynamicQuantizeLinear', { inputs: ['x'], outputs: ['q', 's', 'z'] }),
        node('MatMulInteger', { inputs: ['q', 'w_q', 'z'], outputs: ['y'] }),
      ],
      [weight],
    );
    expect(report.tensors).toEqual([]);
    expect(report.operators).toMatchObject([{ computes: 'integer' }]);
    expect(info.quantization?.coverage?.parameters).toEqual({ quantized: 8, total: 8 });
  });
});

describe('operators on integers', () => {
  it('have scales for inputs, weights by output channel, and outputs', async () => {
    const { report } = await read(
      [
        node('QLinearConv', {
          inputs: ['x', 'xs', 'xz', 'w', 'ws', 'wz', 'ys', 'yz', 'b'],
          outputs: ['y'],
        }),
      ],
      [
        floats('xs', 0.5),
        bytes('xz', UINT8, [], 128),
        bytes('w', INT8, [2, 1, 1, 1], 1, 2),
        floats('ws', 1, 2),
        bytes('wz', INT8, [2], 0, 0),
        floats('ys', 0.25),
        bytes('yz', UINT8, [], 0),
        bytes('b', INT32, [2], 0, 0, 0, 0, 0, 0, 0, 0),
      ],
    );
    expect(report.tensors).toMatchObject([
      { name: 'x', role: 'activation', dtype: 'uint8', scheme: 'symmetric', scale: [0.5] },
      { name: 'w', role: 'weight', dtype: 'int8', axis: 0, scale: [1, 2], zeroPoint: [0] },
      { name: 'y', role: 'activation', dtype: 'uint8', scheme: 'asymmetric', scale: [0.25] },
    ]);
    expect(report.floatTensors).toEqual([]);
    // 1 x 4 outputs by the shape of y, one weight each
    expect(report.operators).toMatchObject([{ multiplyAccumulates: 4, computes: 'integer' }]);
  });

  it('that join parts have a scale for each', async () => {
    const scales = [floats('ys', 1), floats('as', 2), floats('bs', 3)];
    const zeros = ['yz', 'az', 'bz'].map((name) => bytes(name, UINT8, [], 0));
    const inputs = ['ys', 'yz', 'a', 'as', 'az', 'b', 'bs', 'bz'];
    const { report } = await read(
      [node('QLinearConcat', { domain: 'com.microsoft', inputs, outputs: ['y'] })],
      [...scales, ...zeros],
    );
    expect(report.tensors).toMatchObject([
      { name: 'a', scale: [2] },
      { name: 'b', scale: [3] },
      { name: 'y', scale: [1] },
    ]);
  });
});

describe('GatherBlockQuantized', () => {
  const gather = (...more: string[]): Message =>
    node('GatherBlockQuantized', {
      domain: 'com.microsoft',
      inputs: ['w', 'x', 's', ...more],
      outputs: ['y'],
      attributes: [int('quantize_axis', 1), int('block_size', 16)],
    });
  const scales = floats('s', 1, 2, 3, 4);
  const table = (dataType: number): Message => bytes('w', dataType, [2, 32], ...Array(32).fill(0));

  it('has a scale for each block of a row', async () => {
    const { report } = await read(
      [gather('z')],
      [table(UINT4), scales, bytes('z', UINT4, [4], 0x21, 0x43)],
    );
    expect(report.tensors).toMatchObject([
      {
        name: 'w',
        role: 'weight',
        axis: 0,
        blockSize: 16,
        scale: [1, 2, 3, 4],
        zeroPoint: [1, 2, 3, 4],
      },
    ]);
  });

  it('without zero points has those of signed integers, and of others the number of scales', async () => {
    const signed = await read([gather()], [table(22), scales]);
    expect(signed.report.tensors).toMatchObject([{ scale: [1, 2, 3, 4], zeroPoint: [0] }]);
    const unsigned = await read([gather()], [table(UINT4), scales]);
    expect(unsigned.report.tensors).toMatchObject([{ omitted: { count: 4 } }]);
  });
});

describe('MatMulNBits', () => {
  const nbits = (K: number, N: number, zero = true): Message =>
    node('MatMulNBits', {
      domain: 'com.microsoft',
      inputs: ['x', 'w', 's', ...(zero ? ['z'] : [])],
      outputs: ['y'],
      attributes: [int('K', K), int('N', N), int('bits', 4), int('block_size', 16)],
    });
  const weights = bytes('w', UINT8, [2, 3, 8], ...Array(48).fill(0));
  const scales = floats('s', 1, 2, 3, 4, 5, 6);

  it('has zero points of 4 bits in rows of whole bytes', async () => {
    // two outputs of three blocks: the second byte of a row holds one number
    const zeros = bytes('z', UINT8, [4], 0x21, 0xf3, 0x54, 0xf6);
    const { info, report } = await read([nbits(48, 2)], [weights, scales, zeros]);
    expect(report.tensors).toEqual([
      {
        name: 'w',
        role: 'weight',
        dtype: 'uint4',
        scheme: 'asymmetric',
        granularity: 'per-block',
        axis: 0,
        blockSize: 16,
        scale: [1, 2, 3, 4, 5, 6],
        zeroPoint: [1, 2, 3, 4, 5, 6],
      },
    ]);
    expect(report.operators).toMatchObject([{ computes: 'float', multiplyAccumulates: 192 }]);
    expect(info.quantization?.coverage).toMatchObject({ measuredBy: 'parameters', floatShare: 0 });
  });

  it('without zero points has the middle of its integers', async () => {
    const { report } = await read([nbits(48, 2, false)], [weights, scales]);
    expect(report.tensors).toMatchObject([{ scheme: 'symmetric', zeroPoint: [8] }]);
  });

  it.each([
    ['more rows than its zero points have', 48, 2_000_000_000],
    ['more blocks than its zero points have', 2_000_000_000, 2],
    ['no rows', 48, -1],
  ])('that says of itself %s does not make the reader run on', async (_what, K, N) => {
    const zeros = bytes('z', UINT8, [4], 0x21, 0xf3, 0x54, 0xf6);
    const started = process.cpuUsage();
    await read([nbits(K, N)], [weights, scales, zeros]);
    expect(process.cpuUsage(started).user).toBeLessThan(2_000_000);
  });
});

describe('a damaged model', () => {
  const dequantize = node('DequantizeLinear', { inputs: ['w', 's'], outputs: ['y'] });
  const weight = bytes('w', INT8, [4], 1, 2, 3, 4);
  const invalid = { code: 'E_MODEL_INVALID' };

  it.each([
    [
      'fewer scales than its shape says',
      tensor({ name: 's', dims: [4], rawData: new Uint8Array(8) }),
    ],
    [
      'more bytes than its shape says',
      tensor({ name: 's', dims: [1], rawData: new Uint8Array(64) }),
    ],
    ['a negative size', tensor({ name: 's', dims: [-4], rawData: new Uint8Array(8) })],
    [
      'fewer integers than its shape says',
      join(field(1, Uint8Array.of(9)), varint(2, INT32), field(8, 's'), field(5, Uint8Array.of(1))),
    ],
  ])('with %s is refused', async (_what, scales) => {
    await expect(
      probeBytes(model(graph({ nodes: [dequantize], initializers: [weight, scales] }))),
    ).rejects.toMatchObject(invalid);
  });

  it('with a field in place of one that our own reading makes is not led elsewhere', async () => {
    const place = Buffer.alloc(16);
    place.writeDoubleLE(1e15, 0);
    place.writeDoubleLE(4, 8);
    const scales = join(floats('s', 1), field(100_009, place));
    const { report } = await read([dequantize], [weight, scales]);
    expect(report.tensors).toMatchObject([{ scale: [1] }]);
  });

  it('of many nodes with one long list of scales does not make the reader read it for each', async () => {
    const count = 60_000;
    const scales = tensor({ name: 's', dims: [count], rawData: new Uint8Array(count * 4) });
    const nodes = Array.from({ length: 3000 }, (_, i) =>
      node('DequantizeLinear', { inputs: [`q${i}`, 's'], outputs: [`y${i}`] }),
    );
    const started = process.cpuUsage();
    await read(nodes, [scales, bytes('q0', UINT4, [2], 1)]);
    expect(process.cpuUsage(started).user).toBeLessThan(4_000_000);
  });
});
