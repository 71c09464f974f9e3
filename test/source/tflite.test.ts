import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { ModelInfo } from '../../src/schema/generated/types.js';
import { probeModel } from '../../src/source/probe.js';
import { readTflite } from '../../src/source/tflite/read.js';
import { fixture, tempDir } from '../support/files.js';
import { codeOfCut, cutEverywhere, flipEverywhere } from './damage.js';
import { type Field, flatbuffer, type Slots } from './flatbuffer-file.js';
import { measuredProbe } from './measured-probe.js';
import { probeBytes } from './probe-bytes.js';

const invalid = { code: 'E_MODEL_INVALID' };
const model = (name: string): string => fixture(`models/tflite/${name}.tflite`);
const infoOf = async (name: string): Promise<ModelInfo> => (await probeModel(model(name))).info;

// Expected numbers: the vendor's own reader (ai_edge_litert.schema_py_generated and get_*_details).
describe('what a real TFLite file says about itself', () => {
  it('a model in full integers', async () => {
    const file = model('digits-cnn-int8');
    const { info, format, parts } = await probeModel(file);
    expect({ format, parts }).toEqual({ format: 'tflite', parts: [] });
    const { quantization, ...rest } = info;
    expect(rest).toEqual({
      path: file,
      sizeBytes: 40_736,
      format: 'tflite',
      formatVersion: '3',
      producer: { name: 'tensorflow', version: '2.21.0' },
      graphName: 'main',
      precision: 'int8',
      nodes: 9,
      operators: { CONV_2D: 3, FULLY_CONNECTED: 2, MAX_POOL_2D: 2, RESHAPE: 1, TRANSPOSE: 1 },
      weights: { parameters: 31_680, sizeBytes: 32_208, dataFormat: 'int8' },
      quantized: true,
      inputs: [{ name: 'serving_default_image:0', dtype: 'int8', shape: [1, 8, 8, 1] }],
      outputs: [{ name: 'PartitionedCall:0', dtype: 'int8', shape: [1, 10] }],
      metadata: { min_runtime_version: '1.14.0', CONVERSION_METADATA: '104 bytes' },
      minimumRuntime: {
        kind: 'tflite',
        version: '1.14.0',
        rule: 'min_runtime_version in the file',
      },
      facts: {
        formatVersion: 'read',
        inputs: 'read',
        outputs: 'read',
        precision: 'read',
        producer: 'read',
        minimumRuntime: 'read',
        quantization: 'read',
      },
    });
    const { tensors, coverage: _coverage, ...how } = quantization ?? { type: 'mixed' };
    expect(how).toEqual({
      type: 'int8',
      scheme: 'asymmetric',
      granularity: 'per-channel',
      axis: 0,
      weightBits: 8,
      activationBits: 8,
    });
    expect(Object.keys(tensors ?? {})).toHaveLength(20);
    expect(tensors?.['serving_default_image:0']).toEqual({
      role: 'activation',
      dtype: 'int8',
      scale: [0.003921568859368563],
      zeroPoint: [-128],
    });
    expect(tensors?.['PartitionedCall:0']).toEqual({
      role: 'activation',
      dtype: 'int8',
      scale: [0.03375142067670822],
      zeroPoint: [-58],
    });
    const weights = tensors?.['model/tf.linalg.matmul_1/MatMul'];
    expect(weights?.scale).toHaveLength(10);
    expect(weights?.scale?.[0]).toBe(0.001326814410276711);
    expect(weights?.zeroPoint).toEqual([0]);
  });

  it.each<[string, Partial<ModelInfo>]>([
    [
      'digits-cnn-fp32',
      {
        precision: 'fp32',
        quantized: false,
        weights: { parameters: 31_680, sizeBytes: 126_720, dataFormat: 'float32' },
        minimumRuntime: expect.objectContaining({ version: '1.6.0' }),
      },
    ],
    [
      'digits-cnn-fp16',
      {
        precision: 'fp16',
        nodes: 19,
        quantization: { type: 'fp16-weights', weightBits: 16 },
        weights: { parameters: 31_680, sizeBytes: 63_372, dataFormat: 'float16' },
        inputs: [{ name: 'serving_default_image:0', dtype: 'float32', shape: [1, 8, 8, 1] }],
      },
    ],
    [
      'digits-cnn-int8-weights',
      {
        precision: 'int8',
        quantized: true,
        quantization: expect.objectContaining({
          type: 'int8-weights',
          scheme: 'symmetric',
          axis: 0,
        }),
        weights: { parameters: 31_680, sizeBytes: 34_560, dataFormat: 'int8' },
        inputs: [{ name: 'image', dtype: 'float32', shape: [1, 8, 8, 1] }],
        outputs: [{ name: 'Identity', dtype: 'float32', shape: [1, 10] }],
      },
    ],
    [
      'digits-cnn-int16-act',
      {
        precision: 'int8',
        quantization: expect.objectContaining({ type: 'mixed', weightBits: 8, activationBits: 16 }),
        weights: { parameters: 31_680, sizeBytes: 32_888, dataFormat: 'int8' },
      },
    ],
    [
      'digits-cnn-direct-fp16',
      {
        precision: 'fp16',
        producer: { name: 'onnx2tf flatbuffer_direct' },
        inputs: [{ name: 'image', dtype: 'float16', shape: [1, 1, 8, 8] }],
        facts: expect.objectContaining({ minimumRuntime: 'unknown' }),
      },
    ],
    [
      'digits-transformer-fp16',
      {
        nodes: 154,
        operators: expect.objectContaining({ 'custom:FlexErf': 2, DEQUANTIZE: 38, GATHER: 1 }),
        inputs: [{ name: 'serving_default_tokens:0', dtype: 'int64', shape: [1, 64] }],
        minimumRuntime: expect.objectContaining({ version: '2.6.0' }),
      },
    ],
  ])('%s', async (name, expected) => {
    expect(await infoOf(name)).toMatchObject(expected);
  });

  it('half-precision work is no quantization, and no minimum is claimed where none is written', async () => {
    const info = await infoOf('digits-cnn-direct-fp16');
    expect(info).not.toHaveProperty('quantization');
    expect(info).not.toHaveProperty('minimumRuntime');
  });

  it('weights alone in integers have scales, activations none', async () => {
    const tensors = (await infoOf('digits-cnn-int8-weights')).quantization?.tensors ?? {};
    expect(Object.values(tensors).map(({ scale }) => scale?.length)).toEqual([48, 32, 64]);
  });

  it('a descriptor in the metadata is read back, and is no further metadata', async () => {
    const info = await infoOf('digits-cnn-embedded');
    expect(info.embedded).toEqual({
      protocol: 'modelconv/1',
      kind: 'TargetModel',
      name: 'digits-cnn',
    });
    expect(info.metadata).not.toHaveProperty('modelconv');
    expect(await infoOf('digits-cnn-int8')).not.toHaveProperty('embedded');
  });
});

// Slots as in schema.fbs.
const EMPTY: Slots = {};
interface Parts {
  readonly tensors?: readonly Slots[];
  readonly operators?: Field;
  readonly codes?: readonly Slots[];
  readonly buffers?: readonly Slots[];
  readonly metadata?: readonly Slots[];
  readonly inputs?: readonly number[];
  readonly outputs?: readonly number[];
}

/** A TFLite file of one subgraph. */
function tflite(parts: Parts): Buffer {
  const graph: Slots = {
    0: { tables: parts.tensors ?? [] },
    1: { ints: parts.inputs ?? [] },
    2: { ints: parts.outputs ?? [] },
    3: parts.operators ?? { tables: [] },
  };
  const root: Slots = {
    0: { int: 3 },
    1: { tables: parts.codes ?? [] },
    2: { tables: [graph] },
    4: { tables: parts.buffers ?? [EMPTY] },
    6: { tables: parts.metadata ?? [] },
  };
  return flatbuffer(root, 'TFL3');
}

const INT8 = 9;
const readParts = async (parts: Parts): Promise<ModelInfo> =>
  (await probeBytes(tflite(parts))).info;

describe('inputs', () => {
  const shapeOf = async (tensor: Slots): Promise<unknown> =>
    (await readParts({ tensors: [tensor], inputs: [0] })).inputs[0];

  it.each<[string, Slots, unknown]>([
    [
      'sizes that change are told by the shape signature',
      { 0: { ints: [1, 8] }, 3: 'x', 7: { ints: [-1, 8] } },
      { name: 'x', dtype: 'float32', shape: ['?', 8] },
    ],
    ['without a signature the shape counts', { 0: { ints: [1, 8] }, 3: 'x' }, { shape: [1, 8] }],
    [
      'a scalar is known by its rank',
      { 0: { ints: [] }, 1: { byte: 2 }, 3: 'x', 8: { byte: 1 } },
      { name: 'x', dtype: 'int32', shape: [] },
    ],
    ['a tensor without a name is called by its number', { 0: { ints: [2] } }, { name: '#0' }],
    ['a type of the future is unknown', { 1: { byte: 99 }, 3: 'x' }, { dtype: 'unknown' }],
  ])('%s', async (_what, tensor, expected) => {
    expect(await shapeOf(tensor)).toMatchObject(expected as object);
  });

  it('an empty shape without a rank is not taken for a scalar', async () => {
    expect(await shapeOf({ 0: { ints: [] }, 3: 'x' })).toEqual({ name: 'x', dtype: 'float32' });
  });
});

it('operators are named by the greater of the two codes', async () => {
  const codes: Slots[] = [
    { 0: { byte: 3 } },
    { 0: { byte: 127 }, 3: { int: 150 } },
    { 0: { byte: 32 }, 1: 'Frobnicate', 3: { int: 32 } },
    { 0: { byte: 127 }, 3: { int: 4000 } },
  ];
  const operators = { tables: [0, 1, 2, 2, 3].map((index): Slots => ({ 0: { int: index } })) };
  expect((await readParts({ codes, operators })).operators).toEqual({
    CONV_2D: 1,
    GELU: 1,
    'custom:Frobnicate': 2,
    BUILTIN_4000: 1,
  });
});

describe('weights', () => {
  const quantized = (name: string, channels: number, buffer = 1): Slots => ({
    0: { ints: [channels, 2] },
    1: { byte: INT8 },
    2: { int: buffer },
    3: name,
    4: {
      table: {
        2: { floats: Array<number>(channels).fill(0.5) },
        3: { longs: Array<number>(channels).fill(0) },
        6: { int: 0 },
      },
    },
  });
  const buffers = [EMPTY, { 0: { bytes: 'data' } }];

  it('that share a buffer count once', async () => {
    const info = await readParts({ tensors: [quantized('a', 2), quantized('b', 2)], buffers });
    expect(info.weights?.parameters).toBe(4);
  });

  it('with a scale each are per tensor, and symmetric with zero points of 0', async () => {
    const info = await readParts({ tensors: [quantized('a', 1)], buffers });
    expect(info.quantization).toEqual({
      type: 'int8-weights',
      scheme: 'symmetric',
      granularity: 'per-tensor',
      weightBits: 8,
      tensors: { a: { role: 'weight', dtype: 'int8', scale: [0.5], zeroPoint: [0] } },
      coverage: {
        parameters: { quantized: 2, total: 2 },
        floatShare: 0,
        measuredBy: 'parameters',
        floatTensors: { count: 0, names: [] },
        floatOperators: { count: 0, names: [] },
      },
    });
  });

  it('in blocks have the scales and zero points that other tensors hold', async () => {
    const int4 = 17;
    const blockwise = (scales: number): Slots => ({
      0: { ints: [2, 4] },
      1: { byte: int4 },
      2: { int: 1 },
      3: 'w',
      4: {
        table: {
          4: { byte: 2 },
          5: { table: { 0: { int: scales }, 1: { int: 2 }, 2: { int: 2 } } },
        },
      },
    });
    const scales: Slots = { 0: { ints: [2, 2] }, 2: { int: 2 }, 3: 's' };
    const zeros: Slots = { 0: { ints: [2, 2] }, 1: { byte: INT8 }, 2: { int: 3 }, 3: 'z' };
    const data = [
      EMPTY,
      { 0: { bytes: 'data' } },
      { 0: { bytes: new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer) } },
      { 0: { bytes: Uint8Array.of(0, 1, 0, 255) } },
    ];
    const { quantization } = await readParts({
      tensors: [blockwise(1), scales, zeros],
      buffers: data,
    });
    expect(quantization).toMatchObject({ type: 'int4-weights', scheme: 'asymmetric' });
    expect(quantization?.tensors).toEqual({
      w: {
        role: 'weight',
        dtype: 'int4',
        axis: 0,
        blockSize: 2,
        scale: [1, 2, 3, 4],
        zeroPoint: [0, 1, 0, -1],
      },
    });
    // a tensor that is not there
    const { quantization: without } = await readParts({ tensors: [blockwise(7)], buffers: data });
    expect(without).toBeUndefined();
  });

  it('that an operator takes and that are not there are a fault of the file', async () => {
    const codes = [{ 0: { byte: 3 }, 3: { int: 3 } }];
    const operators = {
      tables: [{ 0: { int: 0 }, 1: { ints: [0, 9] }, 2: { ints: [0] } } as Slots],
    };
    await expect(
      readParts({ tensors: [quantized('a', 1)], buffers, codes, operators }),
    ).rejects.toMatchObject(invalid);
  });

  it('integers without a scale are not quantized weights', async () => {
    const table = { 0: { ints: [4] }, 1: { byte: INT8 }, 2: { int: 1 } };
    const info = await readParts({ tensors: [table], buffers });
    expect(info).toMatchObject({ quantized: false, weights: { parameters: 4 } });
    expect(info).not.toHaveProperty('quantization');
  });

  it('scales that a descriptor has no room for are told by their number, range and digest', async () => {
    const input: Slots = { ...quantized('x', 1), 2: { int: 0 } };
    const tensors = [...Array(40).keys()].map((i) => quantized(`w${i}`, 2000));
    const { quantization } = await readParts({
      tensors: [...tensors, input],
      inputs: [40],
      buffers,
    });
    expect(stringify(quantization).length).toBeLessThan(150 * 1024);
    const kept = Object.keys(quantization?.tensors ?? {});
    expect(kept.slice(0, 2)).toEqual(['x', 'w0']);
    expect(kept).toHaveLength(41);
    const last = quantization?.tensors?.['w39'];
    expect(last).toMatchObject({ omitted: { count: 2000, minimum: 0.5, maximum: 0.5 } });
    expect(last).not.toHaveProperty('scale');
  });

  it('behind the flatbuffer are found, and missed when the file is cut', async () => {
    const tensors = [{ 0: { ints: [4] }, 2: { int: 1 } }];
    const at = (offset: number, size: number): Slots[] => [
      EMPTY,
      { 1: { long: offset }, 2: { long: size } },
    ];
    const length = tflite({ tensors, buffers: at(1000, 16) }).length;
    const whole = Buffer.concat([tflite({ tensors, buffers: at(length, 16) }), Buffer.alloc(16)]);
    expect((await probeBytes(whole)).info.weights?.parameters).toBe(4);
    await expect(probeBytes(whole.subarray(0, -1))).rejects.toMatchObject(invalid);
  });
});

describe('metadata', () => {
  const entry = (name: string, bytes: Uint8Array | string): Parts => ({
    metadata: [{ 0: name, 1: { int: 1 } }],
    buffers: [EMPTY, { 0: { bytes } }],
  });
  it.each<[string, Parts, Record<string, string>]>([
    ['short text is kept', entry('note', 'fp16\0\0'), { note: 'fp16' }],
    ['long text is counted', entry('note', 'x'.repeat(300)), { note: '300 bytes' }],
    ['bytes are counted', entry('blob', Buffer.of(1, 2, 0xff)), { blob: '3 bytes' }],
    [
      'a descriptor that is no JSON is counted',
      entry('modelconv', '{"a\u0001'),
      { modelconv: '4 bytes' },
    ],
    ['a descriptor that is no object stays text', entry('modelconv', '[1]'), { modelconv: '[1]' }],
    ['what refers to no buffer is not there', { metadata: [{ 0: 'gone', 1: { int: 9 } }] }, {}],
  ])('%s', async (_what, parts, expected) => {
    const info = await readParts(parts);
    expect(info.metadata).toEqual(expected);
    expect(info).not.toHaveProperty('embedded');
  });

  it('a minimum that is no version is not claimed', async () => {
    expect(await readParts(entry('min_runtime_version', 'n/a ?'))).not.toHaveProperty(
      'minimumRuntime',
    );
    expect(await readParts(entry('min_runtime_version', '2.5.0\0'))).toMatchObject({
      minimumRuntime: { version: '2.5.0' },
    });
  });

  const image: Slots = { 0: { ints: [1, 8, 8, 3] }, 3: 'photo' };

  it('that modelconv noted of the axes of images is what they are in the source', async () => {
    const note = entry('modelconv.layout', '{"nhwc":["photo"]}');
    const { inputs } = await readParts({ ...note, tensors: [image], inputs: [0] });
    expect(inputs).toEqual([
      {
        name: 'photo',
        dtype: 'float32',
        shape: [1, 8, 8, 3],
        layout: 'NHWC',
        sourceAxes: [0, 2, 3, 1],
      },
    ]);
  });

  it.each(['', 'nhwc', '{"nhwc":"photo"}', '{"nhwc":[1]}', '{"nhwc":["other"]}'])(
    'of the name of its note that says %j says nothing',
    async (text) => {
      const note = entry('modelconv.layout', text);
      const { inputs } = await readParts({ ...note, tensors: [image], inputs: [0] });
      expect(inputs).toEqual([{ name: 'photo', dtype: 'float32', shape: [1, 8, 8, 3] }]);
    },
  );

  it('damaged metadata of the converter do not make a model unreadable', async () => {
    const info = await readParts(entry('CONVERSION_METADATA', Buffer.alloc(16, 0xff)));
    expect(info.metadata).toEqual({ CONVERSION_METADATA: '16 bytes' });
    expect(info).not.toHaveProperty('producer');
  });
});

describe('a TFLite file is refused', () => {
  it.each<[string, Buffer]>([
    ['without a subgraph', flatbuffer({ 0: { int: 3 } }, 'TFL3')],
    ['whose operator has no code', tflite({ operators: { tables: [{ 0: { int: 1 } }] } })],
    ['whose tensor has no buffer', tflite({ tensors: [{ 2: { int: 7 } }] })],
    ['whose input is not there', tflite({ inputs: [0] })],
    ['whose input has a negative number', tflite({ tensors: [EMPTY], inputs: [-1] })],
    ['of 65 axes', tflite({ tensors: [{ 0: { ints: Array(65).fill(1) } }], inputs: [0] })],
    [
      'with a weight of negative size',
      tflite({
        tensors: [{ 0: { ints: [-4] }, 2: { int: 1 } }],
        buffers: [EMPTY, { 0: { bytes: 'x' } }],
      }),
    ],
  ])('%s', async (_what, bytes) => {
    await expect(probeBytes(bytes)).rejects.toMatchObject(invalid);
  });
});

describe('a damaged TFLite file is refused or read, and nothing else', () => {
  it('cut off at every 97th byte', () => {
    const { refused, tried } = cutEverywhere(readTflite, model('digits-cnn-int8'));
    expect(tried).toBeGreaterThan(400);
    expect(refused).toBeGreaterThan(tried * 0.95);
  });

  it.each(['digits-cnn-int8', 'digits-cnn-embedded', 'digits-cnn-direct-fp16'])(
    'with one changed byte: %s',
    (name) => {
      const { refused, tried } = flipEverywhere(readTflite, model(name), 700);
      expect(tried).toBeGreaterThan(2000);
      // otherwise the changes miss the structure, and the test says nothing
      expect(refused).toBeGreaterThan(10);
    },
  );

  it.each([0.1, 0.5, 0.9])('by its error when %f of it is there', async (share) => {
    expect(await codeOfCut(model('digits-cnn-fp32'), share)).toBe('E_MODEL_INVALID');
  });
});

describe('a small TFLite file that is made to be expensive ends within 2 s and 200 MiB', () => {
  const many = 400_000;
  const graph = (slots: Slots): Slots => ({
    0: { int: 3 },
    2: { tables: [slots] },
    4: { tables: [EMPTY] },
  });
  const long = 'x'.repeat(1_000_000);
  it.each<[string, Slots]>([
    [
      'one tensor many times',
      graph({ 0: { repeat: { 3: 'x', 0: { ints: [1, 1] } }, times: many } }),
    ],
    ['one subgraph many times', { 2: { repeat: { 0: { tables: [{ 3: 'x' }] } }, times: many } }],
    [
      'one operator many times',
      { ...graph({ 3: { repeat: {}, times: many } }), 1: { tables: [EMPTY] } },
    ],
    [
      'one input many times',
      graph({ 0: { tables: [{ 3: long }] }, 1: { ints: Array(9000).fill(0) } }),
    ],
    ['one metadata entry many times', { ...graph({}), 6: { repeat: { 0: long }, times: 1000 } }],
    [
      'one list of scales many times',
      graph({
        0: {
          repeat: {
            1: { byte: INT8 },
            3: 'x',
            4: { table: { 2: { floats: Array(3000).fill(1) }, 3: { longs: Array(3000).fill(0) } } },
          },
          times: 100_000,
        },
      }),
    ],
  ])('%s', async (_what, root) => {
    const file = path.join(tempDir(), 'expensive.tflite');
    writeFileSync(file, flatbuffer(root, 'TFL3'));
    const probed = await measuredProbe(file);
    expect(['ok', 'E_MODEL_INVALID']).toContain(probed.outcome);
    expect(probed.ms).toBeLessThan(2000);
    expect(probed.rssMiB).toBeLessThan(200);
  });
});

it('is known by its mark, whatever the file is called', async () => {
  const file = path.join(tempDir(), 'model.onnx');
  writeFileSync(file, readFileSync(model('digits-cnn-int8')));
  expect((await probeModel(file)).format).toBe('tflite');
});
