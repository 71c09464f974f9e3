import { copyFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ModelInfo } from '../../src/schema/generated/types.js';
import { readNcnn } from '../../src/source/ncnn/read.js';
import { type ProbedModel, probeModel } from '../../src/source/probe.js';
import { fixture, tempDir } from '../support/files.js';
import { cutEverywhere, flipEverywhere } from './damage.js';

const invalid = { code: 'E_MODEL_INVALID' };
const model = (name: string): string => fixture(`models/ncnn/${name}.param`);

/** A model made in the test: the lines behind the magic, and what the `.bin` holds. */
async function probeText(lines: readonly string[], bin?: Uint8Array): Promise<ProbedModel> {
  const file = path.join(tempDir(), 'm.param');
  writeFileSync(file, `7767517\n${lines.join('\n')}\n`);
  if (bin !== undefined) writeFileSync(file.replace(/param$/, 'bin'), bin);
  return await probeModel(file);
}
const infoOf = async (lines: readonly string[], bin?: Uint8Array): Promise<ModelInfo> =>
  (await probeText(lines, bin)).info;

const flag = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const FP16 = flag(0x01306b47);
const INT8 = flag(0x000d4b38);
const FP32 = flag(0);

/** An input, and one layer behind it. */
const single = (layer: string): string[] => ['2 2', 'Input in 0 1 a', layer];
const DENSE = 'InnerProduct fc 1 1 a b 0=2 1=1 2=6';

// Expected values: pnnx 20261020 says of both 31 674 parameters; ncnn 1.0.20261020 loads in0 and out0.
describe('what a real ncnn model says about itself', () => {
  it('a model in single precision', async () => {
    const file = model('digits-cnn-fp32');
    const { info, format, parts, indexLimits } = await probeModel(file);
    expect({ format, limits: indexLimits.size }).toEqual({ format: 'ncnn', limits: 0 });
    expect(parts.map((part) => part.path)).toEqual(['digits-cnn-fp32.bin']);
    expect(info).toEqual({
      path: file,
      sizeBytes: 813,
      format: 'ncnn',
      formatVersion: '7767517',
      precision: 'fp32',
      nodes: 8,
      operators: { Convolution: 3, Flatten: 1, InnerProduct: 2, Pooling: 2 },
      weights: { parameters: 31_674, sizeBytes: 126_696, dataFormat: 'float32' },
      quantized: false,
      inputs: [{ name: 'in0', dtype: 'float32' }],
      outputs: [{ name: 'out0', dtype: 'float32' }],
      externalData: [{ path: 'digits-cnn-fp32.bin', sizeBytes: 126_716 }],
      facts: {
        formatVersion: 'read',
        inputs: 'read',
        outputs: 'read',
        weights: 'read',
        precision: 'read',
        quantization: 'read',
        producer: 'unknown',
        minimumRuntime: 'unknown',
      },
    });
  });

  it('weights kept in half precision', async () => {
    const { info } = await probeModel(model('digits-cnn-fp16'));
    expect(info).toMatchObject({
      precision: 'fp16',
      quantized: false,
      // 31 504 weights in half, 170 biases in single precision
      weights: { parameters: 31_674, sizeBytes: 63_688, dataFormat: 'float16' },
    });
  });
});

describe('inputs and outputs', () => {
  it.each([
    ['0=5', [5]],
    ['0=5 1=4', [4, 5]],
    ['0=5 1=4 2=3', [3, 4, 5]],
    ['0=5 1=4 11=6 2=3', [3, 6, 4, 5]],
    ['', undefined],
  ])('an Input with "%s" has the shape %j', async (sizes, shape) => {
    const info = await infoOf(['2 2', `Input in 0 1 a ${sizes}`, 'ReLU r 1 1 a b']);
    expect(info.inputs).toEqual([{ name: 'a', dtype: 'float32', ...(shape ? { shape } : {}) }]);
  });

  it('blobs that nothing reads are outputs', async () => {
    const info = await infoOf(['3 4', 'Input in 0 1 a', 'Split s 1 2 a b c', 'ReLU r 1 1 b d']);
    expect(info.outputs.map(({ name }) => name)).toEqual(['c', 'd']);
  });

  it('an input that indexes a table takes integers below its rows, also through a Split', async () => {
    const embed = (name: string, top: string, rows: number): string =>
      `Embed ${name} 1 1 ${name} ${top} 0=8 1=${rows} 2=0 3=${rows * 8}`;
    const lines = [
      '4 6',
      'Input in 0 1 a',
      'Split s 1 2 a b c',
      embed('b', 'd', 12),
      embed('c', 'e', 9),
    ];
    const { info, indexLimits } = await probeText(lines);
    expect(info.inputs).toEqual([{ name: 'a', dtype: 'int32' }]);
    expect([...indexLimits]).toEqual([['a', 9]]);
  });
});

describe('the weights in the .bin', () => {
  it.each([
    ['fp32', Buffer.concat([FP32, Buffer.alloc(24), Buffer.alloc(8)]), 32],
    ['fp16', Buffer.concat([FP16, Buffer.alloc(12), Buffer.alloc(8)]), 20],
  ])('of type %s are known by their flag', async (precision, bin, sizeBytes) => {
    const info = await infoOf(single(DENSE), bin);
    expect(info).toMatchObject({ precision, weights: { parameters: 8, sizeBytes } });
  });

  it('of int8 come with a scale for each output and one for the input', async () => {
    const factors = Buffer.from(Float32Array.of(64, 32, 128).buffer);
    const bin = Buffer.concat([INT8, Buffer.alloc(8), Buffer.alloc(8), factors]);
    const layer = `${DENSE} 8=2`;
    const info = await infoOf(single(layer), bin);
    expect(info).toMatchObject({
      precision: 'int8',
      quantized: true,
      quantization: {
        type: 'int8',
        scheme: 'symmetric',
        granularity: 'per-channel',
        axis: 0,
        weightBits: 8,
        activationBits: 8,
        coverage: { parameters: { quantized: 6, total: 8 }, measuredBy: 'parameters' },
      },
    });
    // ncnn keeps factors: integer = real * factor
    const scales = Object.values(info.quantization?.tensors ?? {});
    expect(scales).toEqual([
      { role: 'weight', dtype: 'int8', axis: 0, scale: [1 / 64, 1 / 32], zeroPoint: [0] },
      { role: 'activation', dtype: 'int8', scale: [1 / 128], zeroPoint: [0] },
    ]);
    await expect(infoOf(single(layer), bin.subarray(0, -1))).rejects.toMatchObject(invalid);
  });

  it('with any other flag are bytes that choose among 256 floats', async () => {
    const bin = Buffer.concat([flag(0x01020304), Buffer.alloc(1024 + 8 + 8)]);
    const { quantization } = await infoOf(single(DENSE), bin);
    expect(quantization).toMatchObject({ type: 'int8-weights', weightBits: 8 });
    expect(quantization).not.toHaveProperty('tensors');
    await expect(infoOf(single(DENSE), bin.subarray(0, -1))).rejects.toMatchObject(invalid);
  });

  // sizes as load_model in ncnn src/layer/*.cpp reads them
  it.each([
    ['Convolution c 1 1 a b 0=4 1=3 5=1 6=36', 4 + 144 + 16],
    ['Convolution c 1 1 a b 0=4 1=3 5=1 6=36 8=102', 4 + 144 + 16 + 16 + 4 + 4],
    ['Convolution c 1 1 a b 0=4 1=3 5=1 6=36 19=1', 0],
    ['ConvolutionDepthWise c 1 1 a b 0=4 1=3 5=0 6=36 7=4 8=1', 4 + 144 + 16 + 4],
    ['ConvolutionDepthWise c 1 1 a b 0=4 1=3 5=0 6=36 7=4 8=102', 4 + 144 + 4 + 4 + 4],
    ['Deconvolution c 1 1 a b 0=4 1=3 5=1 6=36', 4 + 144 + 16],
    ['BatchNorm c 1 1 a b 0=4', 64],
    ['Scale c 1 1 a b 0=4 1=1', 32],
    ['Scale c 1 1 a b 0=-233 1=1', 0],
    ['PReLU c 1 1 a b 0=4', 16],
    ['LayerNorm c 1 1 a b 0=4', 32],
    ['LayerNorm c 1 1 a b 0=4 2=0', 0],
    ['RMSNorm c 1 1 a b 0=4', 16],
    ['GroupNorm c 1 1 a b 0=2 1=4', 32],
    ['MemoryData c 0 1 b 0=2 1=3', 24],
    ['MemoryData c 0 1 b 0=2 1=3 21=0', 4 + 24],
    ['LSTM c 1 1 a b 0=2 1=24 2=0', 4 + 96 + 4 + 32 + 4 + 64],
    ['GRU c 1 1 a b 0=2 1=18 2=0', 4 + 72 + 4 + 32 + 4 + 48],
    ['MultiHeadAttention c 1 1 a b 0=2 1=1 2=4', 4 * (4 + 16 + 8)],
    ['Gemm c 1 1 a b 5=1 6=1 7=0 8=3 9=2 10=4', 4 + 24 + 4 + 12],
    ['ReLU c 1 1 a b', 0],
  ])('"%s" reads %i bytes', async (layer, bytes) => {
    const { info } = await probeText(single(layer), Buffer.alloc(bytes));
    expect(info.facts['weights']).toBe('read');
    if (bytes > 0)
      await expect(probeText(single(layer), Buffer.alloc(bytes - 1))).rejects.toMatchObject(
        invalid,
      );
  });

  it.each([
    ['a layer that is not known', 'MyOwnLayer m 1 1 a b 0=3'],
    ['quantized attention', 'MultiHeadAttention c 1 1 a b 0=2 1=1 2=4 18=2'],
    ['a table of a type that is not known', 'MemoryData c 0 1 b 0=2 21=3'],
  ])('are unknown behind %s', async (_what, layer) => {
    const info = await infoOf(single(layer), Buffer.alloc(4));
    expect(info.facts).toMatchObject({ weights: 'unknown', precision: 'unknown' });
    expect(info).not.toHaveProperty('weights');
    expect(info).not.toHaveProperty('precision');
  });

  it('are unknown when the .bin is not there', async () => {
    const info = await infoOf(single(DENSE));
    expect(info.facts).toMatchObject({ weights: 'unknown', precision: 'unknown' });
    expect(info).not.toHaveProperty('externalData');
  });

  it.each([0, 3, 63_707])(
    'are truncated when the .bin of a real model has %i bytes',
    async (bytes) => {
      const dir = tempDir();
      for (const end of ['param', 'bin'])
        copyFileSync(fixture(`models/ncnn/digits-cnn-fp16.${end}`), path.join(dir, `m.${end}`));
      truncateSync(path.join(dir, 'm.bin'), bytes);
      await expect(probeModel(path.join(dir, 'm.param'))).rejects.toMatchObject({
        ...invalid,
        why: expect.stringContaining('truncated'),
      });
    },
  );
});

describe('a descriptor in the last line', () => {
  const relu = single('ReLU r 1 1 a b');
  it('is found', async () => {
    expect((await infoOf([...relu, '# modelconv {"name":"n"}'])).embedded).toEqual({ name: 'n' });
  });
  it.each(['# modelconv {"name":', '# modelconv 3', '# other {"name":"n"}'])(
    'is not found in "%s"',
    async (line) => {
      expect(await infoOf([...relu, line])).not.toHaveProperty('embedded');
    },
  );
});

describe('a damaged .param is refused or read, and nothing else', () => {
  it('cut off anywhere', () => {
    const { refused, tried } = cutEverywhere(readNcnn, model('digits-cnn-fp32'));
    expect({ refused, tried }).toEqual({ refused: 9, tried: 9 });
  });

  it('with changed bytes', () => {
    const { refused, tried } = flipEverywhere(readNcnn, model('digits-cnn-fp32'), 813);
    expect(refused).toBeGreaterThan(tried * 0.1);
  });

  it.each([
    ['fewer layers than it says', ['3 3', 'Input in 0 1 a', 'ReLU r 1 1 a b']],
    ['more blobs than it says', ['2 1', 'Input in 0 1 a', 'ReLU r 1 1 a b']],
    ['no counts', ['Input in 0 1 a']],
    ['no layers', ['0 0']],
    ['a billion layers', ['1000000000 1000000000', 'Input in 0 1 a']],
    ['a layer of one word', single('ReLU')],
    ['a layer with a negative count', single('ReLU r -1 1 a b')],
    ['fewer blobs than a layer says', single('ReLU r 1 9 a b')],
    ['a blob that nothing makes', single('ReLU r 1 1 z b')],
    ['a line of 2 MiB', single(`ReLU r 1 1 a b ${'1=2 '.repeat(512 * 1024)}`)],
  ])('with %s: refused', async (_what, lines) => {
    await expect(probeText(lines)).rejects.toMatchObject(invalid);
  });

  it.each([
    'Convolution c 1 1 a b 0=4 5=0 6=99999999999',
    'Convolution c 1 1 a b 0=4 5=0 6=-5',
    'Convolution c 1 1 a b 0=4 5=0 6=1.5',
    'Convolution c 1 1 a b 0=4 5=0 6=',
    'Convolution c 1 1 a b 0=4 5=0',
    'MemoryData c 0 1 b 0=2000000000 1=2000000000 2=2000000000',
    'MemoryData c 0 1 b 0=2 1=-3',
  ])('with a number out of range in "%s": refused', async (layer) => {
    await expect(probeText(single(layer), Buffer.alloc(64))).rejects.toMatchObject(invalid);
  });

  it('of 100 000 layers is read', { timeout: 20_000 }, async () => {
    const layers = Array.from({ length: 99_999 }, (_, i) => `ReLU r${i} 1 1 b${i} b${i + 1}`);
    const info = await infoOf(['100000 100000', 'Input in 0 1 b0', ...layers], new Uint8Array(0));
    expect(info.operators).toEqual({ ReLU: 99_999 });
    expect(info.outputs).toEqual([{ name: 'b99999', dtype: 'float32' }]);
  });

  it('as a binary .param.bin is refused under its name', async () => {
    const file = path.join(tempDir(), 'm.param.bin');
    writeFileSync(file, Buffer.concat([flag(7_767_517), Buffer.alloc(64)]));
    await expect(probeModel(file)).rejects.toMatchObject({
      ...invalid,
      why: expect.stringContaining('.param.bin'),
    });
  });

  it('is the same with Windows line ends', async () => {
    const file = path.join(tempDir(), 'm.param');
    writeFileSync(file, readFileSync(model('digits-cnn-fp32'), 'utf8').replaceAll('\n', '\r\n'));
    expect((await probeModel(file)).info).toMatchObject({ nodes: 8, outputs: [{ name: 'out0' }] });
  });
});
