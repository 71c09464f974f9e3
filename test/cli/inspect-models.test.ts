import { appendFileSync, copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { InspectResult } from '../../src/schema/generated/types.js';
import { fixture, tempDir } from '../support/files.js';
import { expectRefusal, jsonResult, run } from './run-main.js';

const MAIN = /\.(pt|tflite|xml|param|mnn|rknn|ort|onnx)$/;

function modelsOf(format: string): string[] {
  return readdirSync(fixture(`models/${format}`))
    .filter((name) => MAIN.test(name))
    .map((name) => fixture(`models/${format}/${name}`));
}

const FORMATS = [
  { directory: 'tflite', format: 'tflite' },
  { directory: 'torchscript', format: 'torchscript' },
  { directory: 'openvino', format: 'openvino-ir' },
  { directory: 'ncnn', format: 'ncnn' },
  { directory: 'mnn', format: 'mnn' },
  { directory: 'rknn', format: 'rknn' },
] as const;

describe.each(FORMATS)('inspect of a bare $format file', ({ directory, format }) => {
  it('tells the facts of each, and where each comes from', async () => {
    const models = modelsOf(directory);
    expect(models.length).toBeGreaterThan(0);
    for (const model of models) {
      const result = jsonResult(
        await run(['inspect', model, '--json']),
        'inspect-result',
      ) as InspectResult;
      expect(result.model, model).toMatchObject({ format });
      expect(result.model?.inputs.length, model).toBeGreaterThan(0);
      expect(result.model?.outputs.length, model).toBeGreaterThan(0);
      expect(Object.values(result.model?.facts ?? {}), model).toContain('read');
    }
  });

  it('is a table for people', async () => {
    const [model = ''] = modelsOf(directory);
    const { code, stdout } = await run(['inspect', model]);
    expect(code).toBe(0);
    expect(stdout).toContain(format);
    expect(stdout).toMatch(/^input/m);
    expect(stdout).not.toMatch(/undefined|\[object/);
  });
});

describe('inspect of a TorchScript archive', () => {
  it('shows what it was traced with, and its forward()', async () => {
    const { stdout } = await run(['inspect', fixture('models/torchscript/digits-cnn.pt')]);
    expect(stdout).toContain('image  [?]  float32  (traced with [1, 1, 8, 8])');
    expect(stdout).toContain('forward: (image: Tensor) -> Tensor');
  });

  it('tells a checkpoint apart, with the line that exports the model', async () => {
    const { code, stderr } = await run(['inspect', fixture('models/bad/checkpoint.pt')]);
    expect(code).toBe(65);
    expect(stderr).toContain('a PyTorch checkpoint without its code');
    expect(stderr).toContain('torch.onnx.export(model, (example,), "model.onnx")');
  });
});

describe('inspect of a model that holds a descriptor', () => {
  it('shows it, and gives it back as a field', async () => {
    const [model = ''] = modelsOf('ncnn');
    const dir = tempDir();
    const copy = path.join(dir, 'm.param');
    copyFileSync(model, copy);
    copyFileSync(model.replace(/\.param$/, '.bin'), path.join(dir, 'm.bin'));
    const descriptor = { protocol: 'modelconv/1', name: 'digits', version: '1.2.0' };
    const text = readFileSync(copy, 'utf8');
    appendFileSync(
      copy,
      `${text.endsWith('\n') ? '' : '\n'}# modelconv ${JSON.stringify(descriptor)}\n`,
    );
    expect((await run(['inspect', copy])).stdout).toContain('descriptor modelconv/1 digits 1.2.0');
    const { stdout } = await run(['inspect', copy, '--field', 'embedded', '--json']);
    expect(JSON.parse(stdout)).toEqual(descriptor);
  });
});

describe('inspect of a model that is cut off', () => {
  it.each([
    ['openvino/digits-cnn-fp32.xml', 'its .bin'],
    ['mnn/digits-cnn-fp32.mnn', 'convert the model again'],
    ['rknn/digits-cnn-rk3588-fp16.rknn', 'convert the model again'],
    ['tflite/digits-cnn-fp32.tflite', 'convert the model again'],
    ['digits-cnn.onnx', 'export the model to ONNX again'],
  ])('%s: %s', async (name, advice) => {
    const model = path.join(tempDir(), path.basename(name));
    const whole = readFileSync(fixture(`models/${name}`));
    writeFileSync(model, whole.subarray(0, Math.floor(whole.length / 2)));
    expectRefusal(await run(['inspect', model]), {
      exit: 65,
      code: 'E_MODEL_INVALID',
      names: [advice],
    });
  });

  it.each([
    ['ncnn/digits-cnn-fp32.bin', 'ncnn/digits-cnn-fp32.param'],
    ['openvino/digits-cnn-fp32.bin', 'openvino/digits-cnn-fp32.xml'],
  ])('the weights alone are answered with the file to give: %s', async (name, main) => {
    expectRefusal(await run(['inspect', fixture(`models/${name}`)]), {
      exit: 65,
      code: 'E_MODEL_INVALID',
      names: [fixture(`models/${main}`)],
    });
  });
});

it('inspect --help names every format that is read', async () => {
  const { stdout } = await run(['inspect', '--help']);
  for (const name of ['ONNX', 'ORT', 'TFLite', 'OpenVINO', 'ncnn', 'MNN', 'RKNN'])
    expect(stdout).toContain(name);
});

it('inspect of an ncnn file that modelconv made tells the names and shapes of the source', async () => {
  const [model = ''] = modelsOf('ncnn');
  const copy = path.join(tempDir(), 'm.param');
  copyFileSync(model, copy);
  const io = {
    inputs: [{ name: 'in0', source: 'image', shape: [1, 1, 8, 8], batchAxis: 0 }],
    outputs: [{ name: 'out0', source: 'logits', shape: [1, 10], batchAxis: 0 }],
  };
  appendFileSync(copy, `# modelconv-io ${JSON.stringify(io)}\n`);
  const result = jsonResult(await run(['inspect', copy, '--json']), 'inspect-result');
  expect((result as InspectResult).model).toMatchObject({
    inputs: [{ name: 'in0', sourceName: 'image', shape: [1, 8, 8] }],
    outputs: [{ name: 'out0', sourceName: 'logits', shape: [10] }],
    facts: { inputs: 'declared', outputs: 'declared' },
  });
  const { stdout } = await run(['inspect', copy]);
  expect(stdout).toMatch(/^input +in0 \(image\) +\[1, 8, 8\] +float32$/m);
});

it('inspect of a package tells who wrote its source', async () => {
  const output = path.join(tempDir(), 'a.tar');
  const model = fixture('models/rknn/digits-cnn-rk3588-int8.rknn');
  expect(await run(['convert', model, '-d', 'rk3588', '-o', output, '-q'])).toMatchObject({
    code: 0,
  });
  expect((await run(['inspect', output])).stdout).toMatch(/^producer +rknn-toolkit2 2\.5\.0$/m);
});
