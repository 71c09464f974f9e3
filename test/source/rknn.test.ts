import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ModelInfo } from '../../src/schema/generated/types.js';
import { probeModel } from '../../src/source/probe.js';
import { readRknn } from '../../src/source/rknn/read.js';
import { fixture, tempDir } from '../support/files.js';
import { codeOfCut, cutEverywhere, flipEverywhere } from './damage.js';
import { probeBytes } from './probe-bytes.js';

const invalid = { code: 'E_MODEL_INVALID' };
const model = (name: string): string => fixture(`models/rknn/digits-cnn-${name}.rknn`);
const infoOf = async (name: string): Promise<ModelInfo> => (await probeModel(model(name))).info;

// Expected values: what rknn-toolkit2 2.5.0 was told to make; it has no reader that prints a file.
describe('what a real RKNN file says about itself', () => {
  it('an int8 model for rk3588', async () => {
    const file = model('rk3588-int8');
    const { info, format, parts } = await probeModel(file);
    expect({ format, parts }).toEqual({ format: 'rknn', parts: [] });
    const { quantization, ...rest } = info;
    expect(quantization).toMatchObject({
      type: 'int8',
      scheme: 'asymmetric',
      weightBits: 8,
      activationBits: 8,
    });
    expect(rest).toEqual({
      path: file,
      sizeBytes: 85_701,
      format: 'rknn',
      formatVersion: '6',
      producer: { name: 'rknn-toolkit2', version: '2.5.0' },
      targets: ['rk3588'],
      precision: 'int8',
      quantized: true,
      units: {
        npuOperators: 7,
        cpuOperators: 1,
        npuShare: 1,
        cpuNames: { count: 1, names: ['Reshape:logits_mm_tp_rs'] },
      },
      inputs: [{ name: 'image', dtype: 'int8', shape: [1, 1, 8, 8], deviceLayout: 'NHWC' }],
      outputs: [{ name: 'logits', dtype: 'int8', shape: [1, 10] }],
      metadata: {
        network_platform: 'ONNX',
        'layout of image': 'NHWC',
        'layout of logits': 'NCHW',
      },
      minimumRuntime: {
        kind: 'rknn',
        version: '1.5.2',
        rule: 'RKNN format 6 is refused by librknnrt 1.5.0 and written since toolkit 1.5.2',
      },
      facts: {
        formatVersion: 'read',
        targets: 'read',
        inputs: 'read',
        outputs: 'read',
        precision: 'read',
        quantization: 'read',
        producer: 'read',
        weights: 'unknown',
        minimumRuntime: 'read',
      },
    });
  });

  it('a float model for rk3588', async () => {
    const info = await infoOf('rk3588-fp16');
    expect(info).toMatchObject({
      precision: 'fp16',
      quantized: false,
      inputs: [{ name: 'image', dtype: 'float16' }],
      outputs: [{ name: 'logits', dtype: 'float16' }],
    });
    expect(info).not.toHaveProperty('quantization');
  });

  it('an int8 model for rv1106, whose program is of another kind', async () => {
    const info = await infoOf('rv1106-int8');
    expect(info).toMatchObject({
      formatVersion: '4100',
      targets: ['rv1106'],
      precision: 'int8',
      quantization: { type: 'int8', scheme: 'asymmetric', activationBits: 8 },
      inputs: [{ name: 'image', dtype: 'int8', shape: [1, 1, 8, 8] }],
      metadata: { network_platform: 'ONNX' },
    });
    expect(info).not.toHaveProperty('minimumRuntime');
    expect(info.facts['minimumRuntime']).toBe('unknown');
  });
});

interface Description {
  [key: string]: unknown;
}

const tensor = (id: number, url: unknown, change: object = {}): object => ({
  tensor_id: id,
  url,
  size: [1, 4],
  dtype: { qnt_method: '', qnt_type: '', vx_type: '' },
  ...change,
});
const graph = (left: string, leftId: number, id: number): object => ({
  left,
  left_tensor_id: leftId,
  right: 'norm_tensor',
  right_tensor_id: id,
});
const DESCRIPTION: Description = {
  target_platform: ['rk3566'],
  version: '1.6.0',
  norm_tensor: [tensor(0, 'a'), tensor(1, 'b'), tensor(2, 'y')],
  graph: [graph('input', 1, 0), graph('input', 0, 1), graph('output', 0, 2)],
};

function file(description: Description | string, body = Buffer.alloc(16)): Buffer {
  const text = typeof description === 'string' ? description : JSON.stringify(description);
  const json = Buffer.from(text);
  const header = Buffer.alloc(64);
  header.write('RKNN');
  header.writeBigUInt64LE(6n, 8);
  header.writeBigUInt64LE(BigInt(body.length), 16);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([header, body, length, json]);
}

describe('the description', () => {
  it('gives inputs in the order of the model, not of the list', async () => {
    const { info } = await probeBytes(file(DESCRIPTION));
    expect(info.inputs.map(({ name }) => name)).toEqual(['b', 'a']);
    expect(info.outputs).toEqual([{ name: 'y', dtype: 'unknown', shape: [1, 4] }]);
    expect(info.facts).toMatchObject({ precision: 'unknown', quantization: 'unknown' });
  });

  it('without a version leaves the producer unknown', async () => {
    const { info } = await probeBytes(file({ ...DESCRIPTION, version: 7 }));
    expect(info).not.toHaveProperty('producer');
    expect(info.facts['producer']).toBe('unknown');
  });

  it('with tensors quantized to several types is mixed', async () => {
    const types = (name: string): object => ({ dtype: { qnt_type: name, vx_type: name } });
    const { info } = await probeBytes(
      file({
        ...DESCRIPTION,
        norm_tensor: [
          tensor(0, 'a', types('int8')),
          tensor(1, 'b'),
          tensor(2, 'y', types('int16')),
        ],
      }),
    );
    expect(info).toMatchObject({ precision: 'mixed', quantization: { type: 'mixed' } });
  });

  it.each([
    ['is no JSON', '{"version":'],
    ['is a list', '[]'],
    ['is nested 1 000 000 deep', '['.repeat(1_000_000)],
    ['has no targets', { ...DESCRIPTION, target_platform: undefined }],
    ['has a target that is a number', { ...DESCRIPTION, target_platform: [3588] }],
    ['has no tensors', { ...DESCRIPTION, norm_tensor: undefined }],
    ['has tensors that are null', { ...DESCRIPTION, norm_tensor: [null] }],
    ['has no graph', { ...DESCRIPTION, graph: {} }],
    ['names a tensor that is not there', { ...DESCRIPTION, graph: [graph('input', 0, 9)] }],
    [
      'has a tensor without a name',
      { ...DESCRIPTION, norm_tensor: [0, 1, 2].map((id) => tensor(id, '')) },
    ],
    [
      'has a negative size',
      { ...DESCRIPTION, norm_tensor: [0, 1, 2].map((id) => tensor(id, 'a', { size: [-1] })) },
    ],
    [
      'has a size that is too large',
      { ...DESCRIPTION, norm_tensor: [0, 1, 2].map((id) => tensor(id, 'a', { size: [1e300] })) },
    ],
    [
      'has a shape of 1000 axes',
      {
        ...DESCRIPTION,
        norm_tensor: [0, 1, 2].map((id) => tensor(id, 'a', { size: Array(1000).fill(1) })),
      },
    ],
    ['is longer than 4 MiB', ' '.repeat(4 * 1024 * 1024 + 1)],
  ])('that %s is refused', async (_what, description) => {
    await expect(probeBytes(file(description))).rejects.toMatchObject(invalid);
  });
});

describe('a program that cannot be read leaves what it says unknown', () => {
  const start = Buffer.from('\u0000\u0000\u0000\u0000RKNN', 'latin1');
  it.each([
    ['that ends at once', start],
    [
      'whose root leads outside',
      Buffer.concat([Buffer.from([0xff, 0xff, 0xff, 0x7f]), start.subarray(4)]),
    ],
    ['of zeros', Buffer.concat([start, Buffer.alloc(1024)])],
  ])('%s', async (_what, body) => {
    const { info } = await probeBytes(file(DESCRIPTION, body));
    expect(info.metadata).toEqual({});
    expect(info.facts['precision']).toBe('unknown');
  });
});

describe('a damaged RKNN file is refused or read, and nothing else', () => {
  it.each(['rk3588-int8', 'rv1106-int8'])('%s cut off anywhere', (name) => {
    const { refused, tried } = cutEverywhere(readRknn, model(name));
    expect(tried).toBeGreaterThan(500);
    expect(refused).toBe(tried);
  });

  it('cut off is an invalid model', async () => {
    expect(await codeOfCut(model('rk3588-int8'), 0.5)).toBe('E_MODEL_INVALID');
  });

  it('with changed bytes', () => {
    const { tried } = flipEverywhere(readRknn, model('rk3588-int8'), 300);
    expect(tried).toBeGreaterThan(800);
  });

  it('with changed bytes in the header or the description', () => {
    const whole = readFileSync(model('rk3588-int8'));
    const bodyBytes = Number(whole.readBigUInt64LE(16));
    const short = path.join(tempDir(), 'short.rknn');
    writeFileSync(short, file(whole.subarray(72 + bodyBytes).toString('utf8')));
    const { refused, tried } = flipEverywhere(readRknn, short, 400);
    expect(refused).toBeGreaterThan(tried * 0.3);
  });

  it.each([
    ['the length of the body', 16],
    ['the length of the description', 64 + 16],
  ])('with %s out of range: refused', async (_what, at) => {
    for (const value of [2n ** 63n, 2n ** 64n - 1n, 2n ** 53n, 10_000n]) {
      const bytes = file(DESCRIPTION);
      bytes.writeBigUInt64LE(value, at);
      await expect(probeBytes(bytes)).rejects.toMatchObject(invalid);
    }
  });

  it('with other bytes behind its mark: refused', async () => {
    const bytes = file(DESCRIPTION);
    bytes[4] = 1;
    await expect(probeBytes(bytes)).rejects.toMatchObject(invalid);
  });
});

it('a truth value is kept as int8, and is no sign of a quantized model', async () => {
  const whole = readFileSync(fixture('models/rknn/digits-cnn-rk3588-fp16.rknn'));
  const at = 64 + Number(whole.readBigUInt64LE(16));
  const description = JSON.parse(whole.toString('utf8', at + 8)) as {
    norm_tensor: { dtype: object }[];
  };
  const [image] = description.norm_tensor;
  if (image !== undefined) image.dtype = { qnt_method: 'layer', qnt_type: 'int8', vx_type: 'int8' };
  const { info } = await probeBytes(file(description as never, whole.subarray(64, at)));
  expect(info).toMatchObject({ precision: 'fp16', quantized: false });
  expect(info.inputs).toMatchObject([{ dtype: 'int8' }]);
});
