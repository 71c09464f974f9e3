import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ModelInfo } from '../../src/schema/generated/types.js';
import { readMnn } from '../../src/source/mnn/read.js';
import { probeModel } from '../../src/source/probe.js';
import { toFloat16Bits } from '../../src/tensor/float16.js';
import { fixture, tempDir } from '../support/files.js';
import { model as onnxModel, varint } from '../support/onnx.js';
import { codeOfCut, cutEverywhere, flipEverywhere } from './damage.js';
import { flatbuffer, type Slots } from './flatbuffer-file.js';
import { measuredProbe } from './measured-probe.js';
import { probeBytes } from './probe-bytes.js';

const invalid = { code: 'E_MODEL_INVALID' };
const model = (name: string): string => fixture(`models/mnn/${name}.mnn`);
const infoOf = async (name: string): Promise<ModelInfo> => (await probeModel(model(name))).info;
const CONV = '/features/features.0/Conv_output_0';

// Expected values: what MNN 3.6.1 itself prints of the files (`--info`, `--JsonFile`).
describe('what a real MNN file says about itself', () => {
  it('a model in single precision', async () => {
    const file = model('digits-cnn-fp32');
    const { info, format, parts } = await probeModel(file);
    expect({ format, parts }).toEqual({ format: 'mnn', parts: [] });
    expect(info).toEqual({
      path: file,
      sizeBytes: 132_028,
      format: 'mnn',
      producer: { name: 'mnn', version: '3.6.1' },
      precision: 'fp32',
      nodes: 38,
      operators: {
        BinaryOp: 2,
        Concat: 2,
        Const: 7,
        ConvertTensor: 4,
        Convolution: 5,
        Flatten: 1,
        Input: 1,
        Pooling: 2,
        Rank: 2,
        Reshape: 4,
        Shape: 2,
        SliceTf: 4,
        Unsqueeze: 2,
      },
      // 31 674 of the network, 13 that the converter added for shapes
      weights: { parameters: 31_687, sizeBytes: 126_748, dataFormat: 'float32' },
      quantized: false,
      inputs: [{ name: 'image', dtype: 'float32', shape: [1, 1, 8, 8], deviceLayout: 'NCHW' }],
      outputs: [{ name: 'logits', dtype: 'unknown' }],
      metadata: {
        license: 'Apache-2.0',
        trained_on: 'UCI digits',
        bizCode: 'fixture',
        mnn_uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      },
      facts: {
        formatVersion: 'unknown',
        inputs: 'read',
        outputs: 'read',
        precision: 'read',
        producer: 'read',
        minimumRuntime: 'unknown',
      },
    });
  });

  it('a model with two inputs: all integers are 32-bit in this format', async () => {
    expect(await infoOf('two-inputs')).toMatchObject({
      inputs: [
        { name: 'ids', dtype: 'int32', shape: [1, 6] },
        { name: 'mask', dtype: 'int32', shape: [1, 6] },
      ],
      outputs: [
        { name: 'pooled', dtype: 'unknown' },
        { name: 'count', dtype: 'unknown' },
      ],
    });
  });

  const weights = (dataFormat: string, sizeBytes: number): unknown => ({
    parameters: 31_687,
    sizeBytes,
    dataFormat,
  });
  const perChannel = { granularity: 'per-channel', axis: 0 };
  it.each<[string, object, object]>([
    [
      'digits-cnn-fp16',
      { precision: 'fp16', quantized: false, weights: weights('float16', 63_740) },
      { type: 'fp16-weights', weightBits: 16 },
    ],
    [
      'digits-cnn-w8',
      { precision: 'int8', quantized: true, weights: weights('int8', 32_236) },
      { type: 'int8-weights', scheme: 'asymmetric', ...perChannel, weightBits: 8 },
    ],
    [
      'digits-cnn-w8-symmetric',
      { precision: 'int8', quantized: true, weights: weights('int8', 32_236) },
      { type: 'int8-weights', scheme: 'symmetric', ...perChannel, weightBits: 8 },
    ],
    [
      'digits-cnn-w4',
      { precision: 'int4', quantized: true, weights: weights('int4', 16_484) },
      { type: 'int4-weights', scheme: 'asymmetric', ...perChannel, weightBits: 4 },
    ],
    [
      // scales of blocks and of channels: there is no one granularity
      'digits-cnn-w4-block32',
      { precision: 'int4', quantized: true, weights: weights('int4', 16_484) },
      { type: 'int4-weights', scheme: 'asymmetric', weightBits: 4 },
    ],
  ])('%s', async (name, expected, how) => {
    const info = await infoOf(name);
    expect(info).toMatchObject(expected);
    const {
      tensors: _tensors,
      coverage: _coverage,
      ...quantization
    } = info.quantization ?? {
      type: 'mixed',
    };
    expect(quantization).toEqual(how);
    expect(info.facts['quantization']).toBe('read');
  });

  it('the scale of a channel is its range in the source in 255 steps, from its least weight', async () => {
    const tensors = (await infoOf('digits-cnn-w8')).quantization?.tensors ?? {};
    expect(Object.keys(tensors)).toHaveLength(5);
    const conv = tensors[CONV];
    expect(conv?.scale).toHaveLength(16);
    // channel 0 of the source: -1.2658076 to 0.27006388
    expect(conv?.scale?.[0]).toBeCloseTo(0.006_023_025_6, 9);
    expect(conv).toMatchObject({
      minimum: expect.arrayContaining([expect.closeTo(-1.265_807_6, 6)]),
    });
    expect(conv).not.toHaveProperty('zeroPoint');
  });

  it('symmetric weights have a zero point of 0', async () => {
    const conv = (await infoOf('digits-cnn-w8-symmetric')).quantization?.tensors?.[CONV];
    expect(conv?.scale?.[0]).toBeCloseTo(1.265_807_6 / 127, 6);
    expect(conv).toEqual({
      role: 'weight',
      dtype: 'int8',
      axis: 0,
      scale: conv?.scale,
      zeroPoint: [0],
    });
  });

  it('a descriptor in bizCode is read back', async () => {
    const info = await infoOf('digits-cnn-w8');
    expect(info.embedded).toEqual({
      protocol: 'modelconv/1',
      kind: 'TargetModel',
      name: 'digits-cnn',
    });
    expect(info.metadata).not.toHaveProperty('bizCode');
  });
});

// Slots as in MNN.fbs.
const INPUT = 34;
const CONVOLUTION = 12;
const version = (text: string): Slots => ({ 2: { table: { 2: text } } });
const input = (dims: readonly number[], dtype = 1): Slots => ({
  1: { byte: 21 },
  2: { table: { 0: { ints: dims }, 1: { int: dtype } } },
  3: 'op',
  4: { ints: [0] },
  5: { int: INPUT },
});
const net = (slots: Slots = {}): Slots => ({
  ...version('3.6.1'),
  3: { tables: [input([1, 3])] },
  4: { strings: ['y'] },
  7: { strings: ['the input', 'y', 'further names, so that the file is long enough'] },
  11: '3f3c1fe1-46d2-4b0c-a4e4-5f7d1d6a1a11',
  ...slots,
});
const readNet = async (slots: Slots = {}): Promise<ModelInfo> =>
  (await probeBytes(flatbuffer(net(slots)))).info;

/** A convolution of 2 outputs whose weights are in an IDSTQuan table. */
const convolution = (quan: Slots, others: Slots = {}): Slots => ({
  3: {
    tables: [
      {
        1: { byte: 9 },
        2: {
          table: {
            0: { table: { 10: { int: 2 }, 11: { int: 3 } } },
            3: { table: quan },
            ...others,
          },
        },
        3: 'conv',
        5: { int: CONVOLUTION },
      },
    ],
  },
});
/** Shape 2 x 3 with 2-byte sizes, 256 samples, 6 weights of a byte. */
const CODES = Buffer.concat([Buffer.of(2, 2, 0, 3, 0, 0), Buffer.alloc(256 + 6)]);
const LINEAR: Slots = {
  0: { bytes: CODES },
  1: { floats: [0.5, 0.25] },
  2: { int: 1 },
  4: { float: 1 },
  7: { int: 8 },
};

describe('inputs', () => {
  it('have the name of their tensor, and "?" for sizes that change', async () => {
    expect((await readNet({ 3: { tables: [input([-1, 3], 3)] } })).inputs).toEqual([
      { name: 'the input', dtype: 'int32', shape: ['?', 3] },
    ]);
  });
  it('of a name that no tensor can have are a fault of the file', async () => {
    await expect(readNet({ 4: { strings: ['x'.repeat(1025)] } })).rejects.toMatchObject({
      code: 'E_MODEL_INVALID',
    });
  });
  it('have no shape when the file has no sizes', async () => {
    expect((await readNet({ 3: { tables: [input([])] } })).inputs).toEqual([
      { name: 'the input', dtype: 'float32' },
    ]);
  });
});

describe('weights', () => {
  it('symmetric and per channel', async () => {
    const info = await readNet(convolution(LINEAR));
    expect(info.weights).toEqual({ parameters: 6, sizeBytes: 6, dataFormat: 'int8' });
    const { coverage: _coverage, ...how } = info.quantization ?? { type: 'mixed' };
    expect(how).toEqual({
      type: 'int8-weights',
      scheme: 'symmetric',
      granularity: 'per-channel',
      axis: 0,
      weightBits: 8,
      tensors: {
        conv: { role: 'weight', dtype: 'int8', axis: 0, scale: [0.5, 0.25], zeroPoint: [0] },
      },
    });
  });

  it('with half-precision scales', async () => {
    const { 1: _floats, ...rest } = LINEAR;
    const halves = Buffer.alloc(4);
    [0.5, 0.25].forEach((value, i) => {
      halves.writeUInt16LE(toFloat16Bits(value), i * 2);
    });
    // two 16-bit numbers take the room of one 32-bit number: the list is made of that, then counted anew
    const quan = { ...rest, 14: { ints: [halves.readInt32LE(0)] }, 15: { byte: 1 } };
    const bytes = flatbuffer(net(convolution(quan)));
    const list = Buffer.concat([Buffer.of(1, 0, 0, 0), halves]);
    bytes.writeUInt32LE(2, bytes.indexOf(list));
    const { info } = await probeBytes(bytes);
    expect(info.quantization?.tensors?.['conv']).toMatchObject({
      scale: [0.5, 0.25],
      zeroPoint: [0],
    });
  });

  it('per tensor', async () => {
    const { quantization } = await readNet(convolution({ ...LINEAR, 1: { floats: [0.5] } }));
    expect(quantization).toMatchObject({ granularity: 'per-tensor' });
    expect(quantization).not.toHaveProperty('axis');
  });

  it('of a width without a name keep their bits', async () => {
    const { quantization } = await readNet(convolution({ ...LINEAR, 7: { int: 6 } }));
    expect(quantization).toMatchObject({ type: 'int8-weights', weightBits: 6 });
  });

  it('in another file are counted by the sizes of the convolution', async () => {
    const { 0: _codes, ...quan } = LINEAR;
    const info = await readNet(convolution(quan, { 6: { longs: [0, 268, 8] } }));
    expect(info.weights?.parameters).toBe(6);
  });

  it('with calibrated activations are int8 throughout', async () => {
    const describes: Slots = {
      1: { int: 0 },
      4: { table: { 0: { float: 0.125 }, 1: { float: 3 }, 4: { int: 6 } } },
    };
    const info = await readNet({ ...convolution(LINEAR), 1: { tables: [describes] } });
    expect(info.quantization).toMatchObject({
      type: 'int8',
      scheme: 'asymmetric',
      activationBits: 8,
      tensors: { 'the input': { scale: [0.125], zeroPoint: [3] }, conv: { scale: [0.5, 0.25] } },
    });
  });
});

describe('bizCode', () => {
  it.each([
    ['text', 'sha256:deadbeef'],
    ['other JSON', '{"a":1}'],
    ['a descriptor that is no JSON', '{"modelconv":{'],
    ['a descriptor that is no object', '{"modelconv":1}'],
  ])('%s is metadata', async (_what, text) => {
    const info = await readNet({ 0: text });
    expect(info.metadata).toMatchObject({ bizCode: text });
    expect(info).not.toHaveProperty('embedded');
  });
});

describe('an MNN file is known without a mark', () => {
  const format = async (bytes: Uint8Array): Promise<unknown> =>
    await probeBytes(bytes).then(
      (probed) => probed.format,
      (error: { code?: unknown }) => error.code,
    );

  it('by its tables, whatever it is called', async () => {
    expect(await format(flatbuffer(net()))).toBe('mnn');
    expect(await format(readFileSync(model('digits-cnn-w4')))).toBe('mnn');
    // fields of versions to come
    expect(await format(flatbuffer({ ...net(), 23: { int: 1 } }))).toBe('mnn');
  });

  it.each<[string, Uint8Array]>([
    ['without a version', flatbuffer(net({ 2: { table: { 1: 'x' } } }))],
    ['with a version that is none', flatbuffer(net(version('MNN')))],
    ['without operators', flatbuffer(net({ 3: { tables: [] } }))],
    [
      'with an operator of no known type',
      flatbuffer(net({ 3: { tables: [{ 5: { int: 9999 } }] } })),
    ],
    ['without tensor names', flatbuffer(net({ 7: { strings: [] } }))],
    ['of zeros', Buffer.alloc(4096)],
    ['of ones', Buffer.alloc(4096, 1)],
    ['that counts', Buffer.from(Uint32Array.from({ length: 500 }, (_, i) => i * 4).buffer)],
  ])('and a file %s is not taken for one', async (_what, bytes) => {
    expect(await format(bytes)).toBe('E_MODEL_INVALID');
  });

  it('ONNX, ORT and TFLite files are not taken for one', async () => {
    expect(await format(onnxModel())).toBe('onnx');
    expect(await format(Buffer.concat([varint(1, 8), onnxModel()]))).toBe('onnx');
    expect(await format(flatbuffer(net(), 'TFL3'))).not.toBe('mnn');
    expect(await format(flatbuffer(net(), 'ORTM'))).not.toBe('mnn');
  });
});

describe('an MNN file is refused', () => {
  it.each<[string, Slots]>([
    ['whose quantized weights have no shape', convolution({ ...LINEAR, 0: { bytes: 'a' } })],
    [
      'whose quantized weights are fewer than their shape says',
      convolution({ ...LINEAR, 0: { bytes: Buffer.of(2, 0xff, 0xff, 0xff, 0xff, 0) } }),
    ],
    ['with an input of 65 axes', { 3: { tables: [input(Array<number>(65).fill(1))] } }],
  ])('%s', async (_what, slots) => {
    await expect(probeBytes(flatbuffer(net(slots)))).rejects.toMatchObject(invalid);
  });
});

describe('a damaged MNN file is refused or read, and nothing else', () => {
  it('cut off at every 97th byte', () => {
    const { refused, tried } = cutEverywhere(readMnn, model('digits-cnn-w8'));
    expect(tried).toBeGreaterThan(400);
    expect(refused).toBeGreaterThan(tried * 0.95);
  });

  it.each(['digits-cnn-w8', 'digits-cnn-w4-block32', 'two-inputs'])(
    'with one changed byte: %s',
    (name) => {
      const { refused, tried } = flipEverywhere(readMnn, model(name), 700);
      expect(tried).toBeGreaterThan(2000);
      // otherwise the changes miss the structure, and the test says nothing
      expect(refused).toBeGreaterThan(10);
    },
  );

  it.each([0.01, 0.5, 0.99])('by its error when %f of it is there', async (share) => {
    expect(await codeOfCut(model('digits-cnn-fp32'), share)).toBe('E_MODEL_INVALID');
  });
});

describe('a small MNN file that is made to be expensive ends within 2 s and 200 MiB', () => {
  const long = 'x'.repeat(1_000_000);
  it.each<[string, Slots]>([
    ['one operator many times', { 3: { repeat: input([1]), times: 400_000 } }],
    [
      'one convolution many times',
      {
        3: {
          repeat: {
            1: { byte: 9 },
            2: { table: { 1: { floats: [1] }, 3: { table: LINEAR } } },
            3: 'c',
          },
          times: 150_000,
        },
      },
    ],
    [
      'one subgraph many times',
      { 10: { repeat: { 4: { repeat: {}, times: 10_000 } }, times: 10_000 } },
    ],
    ['one long name of many outputs', { 4: { strings: Array<string>(40).fill(long) } }],
    [
      'one described tensor many times',
      { 1: { repeat: { 4: { table: { 0: { float: 1 }, 4: { int: 6 } } } }, times: 400_000 } },
    ],
  ])('%s', async (_what, slots) => {
    const file = path.join(tempDir(), 'expensive.mnn');
    writeFileSync(file, flatbuffer(net(slots)));
    const probed = await measuredProbe(file);
    expect(['ok', 'E_MODEL_INVALID']).toContain(probed.outcome);
    expect(probed.ms).toBeLessThan(2000);
    expect(probed.rssMiB).toBeLessThan(200);
  });
});
