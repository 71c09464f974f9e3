import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CompareResult } from '../../src/schema/generated/types.js';
import { fixture } from '../support/files.js';
import { expectRefusal, jsonResult, run, sandbox } from './run-main.js';
import { expectValid } from './schemas.js';

const FLOAT = fixture('models/digits-cnn.onnx');
const STATIC = fixture('models/digits-cnn-static.onnx');
const INT8 = fixture('models/digits-cnn-int8.onnx');
const TEST = fixture('data/digits-test.npy');

async function packed(box: ReturnType<typeof sandbox>): Promise<string> {
  const output = path.join(box.dir, 'digits.tar');
  const result = await run(['convert', FLOAT, '-d', 'onnxruntime-mobile', '-o', output, '-q']);
  expect(result.code).toBe(0);
  return output;
}

describe('compare', () => {
  it('a source and the package made of it compute the same', async () => {
    const box = sandbox();
    const result = await run(['compare', FLOAT, await packed(box)]);
    expect(result.code).toBe(0);
    expect(result.stdout).toMatch(/✓ logits/);
    box.expectOnly();
  });

  it('generated samples stay within what an int8 input holds', async () => {
    sandbox();
    expect(await run(['compare', FLOAT, INT8])).toMatchObject({ code: 0 });
    expect(await run(['compare', INT8, FLOAT])).toMatchObject({ code: 0 });
  });

  it('tells every metric of every output as JSON, with what ran the models', async () => {
    const box = sandbox();
    const words = ['compare', FLOAT, await packed(box), '--samples', TEST, '--json'];
    const result = jsonResult(await run(words), 'compare-result') as CompareResult;
    expect(result).toMatchObject({
      a: { kind: 'model', format: 'onnx', runtime: { name: 'onnxruntime' } },
      b: { kind: 'package', format: 'ort' },
      samples: 360,
      inputs: { kind: 'user' },
      passed: true,
      outputs: [{ name: 'logits', shape: [1, 10], faults: [], metrics: { top1Agreement: 1 } }],
    });
    expect(result.outputs[0]?.metrics?.cosine).toBeGreaterThan(0.9999);
  });

  it('two models that differ are exit 2, with the bound that was not met', async () => {
    sandbox();
    const words = ['compare', STATIC, INT8, '--tolerance', 'maxAbs=1e-6', '--samples', TEST];
    const result = await run(words);
    expect(result.code).toBe(2);
    expect(result.stdout).toMatch(/✗ logits/);
    expect(result.stdout).toContain('maxAbs');
  });

  it('the second model gives the bounds by its precision', async () => {
    sandbox();
    const words = ['compare', STATIC, INT8, '--samples', TEST, '--json'];
    const result = jsonResult(await run(words), 'compare-result') as CompareResult;
    expect(result.tolerance).toEqual({ cosine: 0.99 });
  });

  it('--report writes one HTML file, and replaces one only with --force', async () => {
    const box = sandbox();
    const report = path.join(box.out, 'r.html');
    const words = ['compare', STATIC, INT8, '--samples', TEST, '--report', report];
    expect(await run(words)).toMatchObject({ code: 0 });
    expect(readFileSync(report, 'utf8')).toMatch(/^<!doctype html>[\s\S]*<\/html>\n$/);
    expectRefusal(await run(words), { exit: 73, code: 'E_OUTPUT_EXISTS', names: [report] });
    expect(await run([...words, '--force'])).toMatchObject({ code: 0 });
    box.expectOnly('r.html');
  });

  it('--report never writes over what is compared', async () => {
    const box = sandbox();
    const copy = path.join(box.out, 'copy.onnx');
    writeFileSync(copy, readFileSync(STATIC));
    const result = await run(['compare', copy, INT8, '--report', copy, '--force']);
    expect(result.code).toBe(73);
    expect(readFileSync(copy)).toEqual(readFileSync(STATIC));
  });

  it('--input fixes what both leave open', async () => {
    sandbox();
    const words = ['compare', FLOAT, FLOAT, '--input', 'image=3,1,8,8', '--json'];
    const result = jsonResult(await run(words), 'compare-result') as CompareResult;
    expect(result.outputs[0]?.shape).toEqual([3, 10]);
  });

  it('--seed gives other inputs', async () => {
    sandbox();
    const digests = new Set<string>();
    for (const seed of ['1', '2']) {
      const result = await run(['compare', STATIC, STATIC, '--seed', seed, '--json']);
      digests.add((jsonResult(result, 'compare-result') as CompareResult).inputs.sha256);
    }
    expect(digests.size).toBe(2);
  });

  it('--log keeps what the runtimes print, and --timeout ends them', async () => {
    const box = sandbox();
    const log = path.join(box.out, 'log.txt');
    expect(await run(['compare', STATIC, STATIC, '--log', log])).toMatchObject({ code: 0 });
    expect(existsSync(log)).toBe(true);
    expectRefusal(await run(['compare', STATIC, STATIC, '--timeout', '0.001']), {
      exit: 75,
      code: 'E_TIMEOUT',
    });
  });

  it('models with other inputs are refused', async () => {
    sandbox();
    const other = fixture('models/digits-transformer.onnx');
    expectRefusal(await run(['compare', STATIC, other]), {
      exit: 78,
      code: 'E_NOT_CONVERTIBLE',
      names: [STATIC, other],
    });
  });

  it('a model that nothing runs on a computer is refused', async () => {
    sandbox();
    const compiled = fixture('models/rknn/digits-cnn-rk3588-fp16.rknn');
    expectRefusal(await run(['compare', STATIC, compiled]), {
      exit: 78,
      code: 'E_NOT_CONVERTIBLE',
      names: [compiled, 'rknn'],
    });
  });

  it('a failure under --json is one object', async () => {
    sandbox();
    const result = await run(['compare', STATIC, 'no-such.onnx', '--json']);
    expect(result).toMatchObject({ code: 66, stdout: '' });
    expectValid('error', JSON.parse(result.stderr));
  });
});
