import { appendFileSync, copyFileSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { InspectResult } from '../../src/schema/generated/types.js';
import { fixture, tempDir } from '../support/files.js';
import { jsonResult, run } from './run-main.js';

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
