import { appendFileSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Descriptor, IoMap } from '../../src/schema/generated/types.js';
import { fixture, tempDir } from '../support/files.js';
import { expectRefusal, jsonResult, run } from './run-main.js';

const CNN = fixture('models/digits-cnn.onnx');

async function ioMap(file: string): Promise<IoMap> {
  return jsonResult(await run(['inspect', file, '--io', '--json']), 'io-map') as IoMap;
}

describe('inspect --io of a package', () => {
  let file: string;
  beforeAll(async () => {
    file = path.join(mkdtempSync(path.join(tmpdir(), 'io-')), 'digits.tar');
    expect(await run(['convert', CNN, '-d', 'local', '-o', file])).toMatchObject({ code: 0 });
  });

  afterAll(() => rmSync(path.dirname(file), { recursive: true }));

  it('tells which tensor of the source each input and output is, in the order of the model', async () => {
    expect(await ioMap(file)).toEqual({
      path: file,
      kind: 'package',
      format: 'ort',
      inputs: [
        {
          index: 0,
          name: 'image',
          shape: ['batch', 1, 8, 8],
          dtype: 'float32',
          layout: 'NCHW',
          sourceName: 'image',
          source: { index: 0, axes: [0, 1, 2, 3], axesFrom: 'parity', matchedBy: 'name' },
        },
      ],
      outputs: [
        {
          index: 0,
          name: 'logits',
          shape: ['batch', 10],
          dtype: 'float32',
          sourceName: 'logits',
          source: { index: 0, axes: [0, 1], axesFrom: 'parity', matchedBy: 'name' },
        },
      ],
    });
  });

  it('is the descriptor of the package, as a table', async () => {
    const { stdout } = await run(['inspect', file, '--io']);
    const cells = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.trim().split(/ {2,}/));
    expect(cells).toEqual([
      ['#', 'name', 'shape', 'type', 'layout', 'source', 'shape', 'type', 'axes', 'known by'],
      [
        ...['inputs', '0', 'image', '[batch,1,8,8]', 'float32', 'NCHW'],
        ...['0 image', '[batch,1,8,8]', 'float32', 'as they are', 'name, parity'],
      ],
      [
        ...['outputs', '0', 'logits', '[batch,10]', 'float32'],
        ...['0 logits', '[batch,10]', 'float32', 'as they are', 'name, parity'],
      ],
    ]);
  });

  it('says what is not known where parity was not checked', async () => {
    const unrun = path.join(tempDir(), 'unrun.tar');
    await run(['convert', CNN, '-d', 'local', '--no-verify', '-o', unrun]);
    const { inputs } = await ioMap(unrun);
    // 8 by 8: the sides could have been swapped
    expect(inputs[0]?.source).toEqual({ index: 0, matchedBy: 'name' });
    expect((await run(['inspect', unrun, '--io'])).stdout).toMatch(/^inputs .* unknown +name$/m);
  });

  it('of a source that was packed as it is maps every tensor to itself', async () => {
    const packed = path.join(tempDir(), 'same.tar');
    const device = path.join(tempDir(), 'device.yaml');
    appendFileSync(device, 'name: box\nclass: edge\nstack: {kind: onnxruntime}\nformats: [onnx]\n');
    expect(await run(['convert', CNN, '-d', device, '-o', packed])).toMatchObject({ code: 0 });
    expect((await ioMap(packed)).inputs[0]?.source).toEqual({
      index: 0,
      axes: [0, 1, 2, 3],
      axesFrom: 'same',
      matchedBy: 'same',
    });
  });
});

it('inspect --io of a package from before the map tells what it knows', async () => {
  const file = fixture('packages/digits-cnn.modelconv-1.tar');
  const { stdout } = await run(['inspect', file, '--json']);
  const { descriptor } = JSON.parse(stdout) as { descriptor: Descriptor };
  expect(descriptor.model.inputs[0]).not.toHaveProperty('source');
  expect((await ioMap(file)).inputs).toMatchObject([{ index: 0, name: 'image' }]);
  const table = await run(['inspect', file, '--io']);
  expect(table).toMatchObject({ code: 0, stdout: expect.stringMatching(/^inputs +0 +image /m) });
});

describe('inspect --io of a bare model file', () => {
  it('tells its own tensors, and the layout where its operators define it', async () => {
    expect(await ioMap(CNN)).toEqual({
      path: CNN,
      kind: 'model',
      format: 'onnx',
      inputs: [
        { index: 0, name: 'image', shape: ['batch', 1, 8, 8], dtype: 'float32', layout: 'NCHW' },
      ],
      outputs: [{ index: 0, name: 'logits', shape: ['batch', 10], dtype: 'float32' }],
    });
    const { stdout } = await run(['inspect', CNN, '--io']);
    expect(stdout.split('\n')[0]?.trim()).toMatch(/^# +name +shape +type +layout$/);
  });

  it('tells the names of the source that its converter noted', async () => {
    const copy = path.join(tempDir(), 'm.param');
    copyFileSync(fixture('models/ncnn/digits-cnn-fp32.param'), copy);
    const blob = (name: string, source: string, shape: number[]): object => ({
      name,
      source,
      shape,
      batchAxis: 0,
    });
    const io = {
      inputs: [blob('in0', 'image', [1, 1, 8, 8])],
      outputs: [blob('out0', 'logits', [1, 10])],
    };
    appendFileSync(copy, `# modelconv-io ${JSON.stringify(io)}\n`);
    expect((await ioMap(copy)).inputs).toMatchObject([
      { name: 'in0', sourceName: 'image', source: { axes: [1, 2, 3], axesFrom: 'file' } },
    ]);
    expect((await run(['inspect', copy, '--io'])).stdout).toMatch(
      /^inputs +0 +in0 .* image +without 0 +file$/m,
    );
  });

  it('tells in which layout the runtime of the device takes it', async () => {
    const { stdout } = await run([
      'inspect',
      fixture('models/rknn/digits-cnn-rk3588-int8.rknn'),
      '--io',
    ]);
    expect(stdout).toMatch(
      /^the runtime takes or gives image as NHWC unless it is told otherwise$/m,
    );
    expect(stdout).not.toMatch(/logits as/);
  });
});

it.each([
  ['--yaml', []],
  ['--field', ['model']],
])('inspect --io and %s are not given together', async (flag, more) => {
  const result = await run(['inspect', CNN, '--io', flag, ...more]);
  expectRefusal(result, { exit: 64, code: 'E_USAGE', names: [flag, '--io'] });
});
