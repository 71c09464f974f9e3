import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it, vi } from 'vitest';
import { toolchain as rknn } from '../../dist/adapters/rknn/toolchain.js';
import { verifyPackage } from '../../dist/package/verify.js';
import type { CompareResult } from '../../src/schema/generated/types.js';
import { picture } from '../calibration/png-file.js';
import { fakeEnvironments } from '../support/fake-python.js';
import { fixture } from '../support/files.js';
import { digitLabels, digitsArchive, int64s, npz, writeTree } from '../support/labelled.js';
import { float32, npy } from '../support/npy.js';
import { expectRefusal, jsonResult, run, sandbox } from './run-main.js';
import { expectValid } from './schemas.js';

const CNN = fixture('models/digits-cnn.onnx');
const TWO_INPUTS = fixture('models/two-inputs.onnx');
const STATIC = fixture('models/digits-cnn-static.onnx');
const fakes = fakeEnvironments(rknn, 'rknn');

/** What the model with two inputs gives for six ids that all count, in the runtime itself. */
async function pooledOf(ids: readonly number[]): Promise<number[]> {
  const session = await InferenceSession.create(TWO_INPUTS);
  const { pooled } = await session.run({
    ids: new Tensor('int64', BigInt64Array.from(ids, BigInt), [1, 6]),
    mask: new Tensor('bool', new Uint8Array(6).fill(1), [1, 6]),
  });
  if (!(pooled?.data instanceof Float32Array)) throw new Error('no output pooled');
  return [...pooled.data];
}

function use(behaviour: string): void {
  vi.stubEnv('MODELCONV_ONNXRUNTIME', fixture(`tools/onnxruntime/${behaviour}`));
}

async function convert(output: string, ...flags: readonly string[]) {
  return await run(['convert', CNN, '-d', 'local', '-o', output, ...flags]);
}

describe('--eval', () => {
  it('measures before and after, tells it, and the package keeps it', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    const flags = ['--eval', digitsArchive(box.dir), '--max-drop', '0.5%'];
    const { code, stderr } = await convert(output, ...flags);
    expect(code).toBe(0);
    expect(stderr).toMatch(/evaluation +360 samples, .*labels for logits, classification/);
    expect(stderr).toMatch(/accuracy +top-1 [0-9.]+ % -> [0-9.]+ %, top-5 .*360 samples/);
    const { descriptor } = await verifyPackage(output);
    expect(expectValid('descriptor', descriptor).verification).toMatchObject({
      passed: true,
      accuracy: {
        task: 'classification',
        output: 'logits',
        data: { samples: 360, kind: 'arrays', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
        before: { top1: expect.any(Number), top5: expect.any(Number) },
        drop: 0,
        maxDrop: 0.005,
        passed: true,
      },
    });
    const { accuracy } = descriptor.verification ?? {};
    expect(accuracy?.after).toEqual(accuracy?.before);
    box.expectOnly('a.tar');
    const shown = await run(['inspect', output]);
    expect(shown.stdout).toMatch(
      /accuracy +top-1 .*360 samples; 0 points lost, 0\.5 points allowed/,
    );
    expect((await run(['verify', output])).stdout).toMatch(/accuracy when it was made: top-1/);
    const verified = jsonResult(await run(['verify', output, '--json']), 'verify-result');
    expect(verified).toMatchObject({ accuracy });
  });

  it('gives the same bytes twice, wherever the data lies', async () => {
    const box = sandbox();
    const outputs = [path.join(box.out, 'a.tar'), path.join(box.out, 'b.tar')] as const;
    await convert(outputs[0], '--eval', digitsArchive(box.dir));
    await convert(outputs[1], '--eval', digitsArchive(box.tmp));
    expect(readFileSync(outputs[0]).equals(readFileSync(outputs[1]))).toBe(true);
  });

  it('takes fewer samples, spread over the set, with --eval-samples', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    const flags = ['--eval', digitsArchive(box.dir), '--eval-samples', '36'];
    expect(await convert(output, ...flags)).toMatchObject({ code: 0 });
    const { accuracy } = (await verifyPackage(output)).descriptor.verification ?? {};
    expect(accuracy?.data.samples).toBe(36);
    expect(accuracy?.passed).toBeUndefined();
  });

  it('scores labels that are wrong on purpose as wrong', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    const labels = digitLabels().map((label, at) => (at % 4 === 0 ? (label + 1) % 10 : label));
    const image = readFileSync(fixture('data/digits-test.npy'));
    const data = npz(path.join(box.dir, 'd.npz'), { image, labels: int64s(labels) });
    expect(await convert(output, '--eval', data)).toMatchObject({ code: 0 });
    const { accuracy } = (await verifyPackage(output)).descriptor.verification ?? {};
    // a quarter of the labels, and what the model gets wrong of the others
    expect(accuracy?.before.top1).toBeLessThanOrEqual(0.75);
    expect(accuracy?.before.top1).toBeGreaterThan(0.7);
  });

  it('takes a directory of images for each class, and the package keeps their names', async () => {
    const box = sandbox();
    const names = Array.from({ length: 10 }, (_none, at) => `digit-${at}`);
    const files = names.map((name, at) => [`${name}/1.png`, picture(at, 8, 8)] as const);
    const data = writeTree(path.join(box.dir, 'test'), Object.fromEntries(files));
    const output = path.join(box.out, 'a.tar');
    const flags = ['--eval', data, '--color-order', 'gray', '--range', '0,16'];
    expect(await convert(output, ...flags)).toMatchObject({ code: 0 });
    const { accuracy } = (await verifyPackage(output)).descriptor.verification ?? {};
    expect(accuracy?.data).toMatchObject({ kind: 'images', samples: 10, classes: names });
  });

  it('measures the mean absolute error of numbers', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    const ids = [
      [1, 2, 3, 4, 5, 6],
      [6, 5, 4, 3, 2, 1],
    ];
    const targets = Array.from({ length: 16 }, (_none, at) => at / 8 - 1);
    const data = npz(path.join(box.dir, 'd.npz'), {
      ids: int64s(ids.flat(), [2, 6]),
      mask: npy({ descr: '|b1', shape: [2, 6], data: Buffer.alloc(12, 1) }),
      y: npy({ shape: [2, 8], data: float32(...targets) }),
    });
    const words = ['convert', TWO_INPUTS, '-d', 'local', '-o', output, '--eval', data];
    expectRefusal(await run(words), {
      exit: 64,
      code: 'E_USAGE',
      names: ['pooled [1, 8], count [1]', '--eval-output pooled'],
    });
    const flags = ['--eval-output', 'pooled', '--max-drop', '1%'];
    expect(await run([...words, ...flags])).toMatchObject({ code: 0 });
    const { accuracy } = (await verifyPackage(output)).descriptor.verification ?? {};
    const pooled = (await Promise.all(ids.map(pooledOf))).flat();
    const errors = pooled.map((value, at) => Math.abs(value - (targets[at] ?? 0)));
    const { meanAbsoluteError } = accuracy?.before ?? {};
    expect(meanAbsoluteError).toBeCloseTo(errors.reduce((sum, one) => sum + one, 0) / 16, 5);
    expect(accuracy).toMatchObject({ task: 'regression', output: 'pooled', passed: true });
  });

  it('scores a source that is packed as it is, which loses nothing', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    const words = ['convert', CNN, '-d', 'onnxruntime-cpu', '-o', output];
    const flags = ['--eval', digitsArchive(box.dir), '--max-drop', '0%'];
    expect(await run([...words, ...flags])).toMatchObject({ code: 0 });
    const { verification } = (await verifyPackage(output)).descriptor;
    expect(verification?.skipped).toContain('packed as it is');
    expect(verification?.accuracy?.before.top1).toBeGreaterThan(0.9);
    expect(verification?.accuracy?.after).toBeUndefined();
  });

  it('scores what a simulator gives while it converts', async () => {
    const box = sandbox();
    vi.stubEnv(rknn.variable, path.join(fakes, 'succeeds'));
    const output = path.join(box.out, 'a.tar');
    const words = ['convert', STATIC, '-d', 'rk3588', '--precision', 'fp16', '-o', output];
    const flags = ['--eval', digitsArchive(box.dir), '--max-drop', '0%'];
    expect(await run([...words, ...flags])).toMatchObject({ code: 0 });
    const { verification } = (await verifyPackage(output)).descriptor;
    expect(verification).toMatchObject({ samples: 8, ranOn: 'simulator', passed: true });
    expect(verification?.accuracy?.data.samples).toBe(360);
    expect(verification?.accuracy?.after).toEqual(verification?.accuracy?.before);
    const alone = await run([...words, ...flags, '--no-verify', '--force']);
    expect(alone).toMatchObject({ code: 0 });
    expect((await verifyPackage(output)).descriptor.verification).toMatchObject({
      skipped: expect.stringContaining('--no-verify'),
      accuracy: { after: verification?.accuracy?.before },
    });
  });

  it('stands in a request document, from which its paths start', async () => {
    const box = sandbox();
    digitsArchive(box.dir);
    const request = path.join(box.dir, 'request.yaml');
    const output = path.join(box.out, 'a.tar');
    const document = {
      protocol: 'modelconv/1',
      kind: 'ConversionRequest',
      source: { path: CNN },
      device: 'local',
      output,
      eval: { path: 'digits.npz', output: 'logits', samples: 90, maxDrop: '1%' },
    };
    writeFileSync(request, JSON.stringify(document));
    expect(await run(['convert', '--request', request])).toMatchObject({ code: 0 });
    const { accuracy } = (await verifyPackage(output)).descriptor.verification ?? {};
    expect(accuracy).toMatchObject({ data: { samples: 90 }, maxDrop: 0.01, passed: true });
  });
});

describe('a drop beyond --max-drop', () => {
  it('is exit 2, before and after are told, nothing is written, and the report stays', async () => {
    const box = sandbox();
    use('wrong-numbers');
    const output = path.join(box.out, 'a.tar');
    const flags = ['--no-verify', '--eval', digitsArchive(box.dir), '--max-drop', '0.5%'];
    const result = await convert(output, ...flags);
    expectRefusal(result, { exit: 2, code: 'E_ACCURACY', names: ['local', '--max-drop'] });
    // the fake gives the scores in reverse: of ten none stays where it was
    expect(result.stderr).toMatch(/top-1 [0-9.]+ % -> 0 %.*points lost, 0\.5 points allowed/);
    expect(result.stderr).toContain(`report: ${output}.parity.html`);
    expect(existsSync(output)).toBe(false);
    const report = JSON.parse(readFileSync(`${output}.parity.json`, 'utf8')) as CompareResult;
    expect(expectValid('compare-result', report)).toMatchObject({
      passed: false,
      samples: 360,
      outputs: [],
      faults: [expect.stringContaining('top-1')],
      accuracy: { after: { top1: 0 }, maxDrop: 0.005, passed: false },
    });
    const page = readFileSync(`${output}.parity.html`, 'utf8');
    expect(page).toContain('loses too much accuracy');
    expect(page).toMatch(/<th>top-1<\/th><td class="number">[0-9.]+ %<\/td><td class="number">0 %/);
    expect(page).toMatch(/output logits: [0-9.]+ points lost, 0\.5 points allowed/);
    expect(page).not.toContain('bounds:');
    box.expectOnly();
  });

  it('is told with what parity found, where that fails, too', async () => {
    const box = sandbox();
    use('wrong-numbers');
    const output = path.join(box.out, 'a.tar');
    const result = await convert(output, '--eval', digitsArchive(box.dir), '--max-drop', '1%');
    expectRefusal(result, { exit: 2, code: 'E_PARITY', names: ['accuracy: top-1', '-> 0 %'] });
    const report = JSON.parse(readFileSync(`${output}.parity.json`, 'utf8')) as CompareResult;
    expect(report).toMatchObject({ samples: 8, accuracy: { passed: false } });
    expect(report.outputs).toHaveLength(1);
  });

  it('is the same for NaN, whatever is allowed', async () => {
    const box = sandbox();
    use('nan');
    const flags = ['--no-verify', '--eval', digitsArchive(box.dir), '--max-drop', '100%'];
    const result = await convert(path.join(box.out, 'a.tar'), ...flags);
    expectRefusal(result, { exit: 2, code: 'E_ACCURACY', names: ['360 NaN or infinite'] });
  });

  it('is allowed where no bound is given', async () => {
    const box = sandbox();
    use('wrong-numbers');
    const output = path.join(box.out, 'a.tar');
    const flags = ['--no-verify', '--eval', digitsArchive(box.dir)];
    expect(await convert(output, ...flags)).toMatchObject({ code: 0 });
    const { accuracy } = (await verifyPackage(output)).descriptor.verification ?? {};
    expect(accuracy?.after?.top1).toBe(0);
    expect(accuracy?.drop).toBe(accuracy?.before.top1);
  });
});

describe('evaluation data is checked before any tool is started', () => {
  it('by a conversion, and by --dry-run', async () => {
    const box = sandbox();
    use('crashes');
    const image = readFileSync(fixture('data/digits-test.npy'));
    const data = npz(path.join(box.dir, 'd.npz'), { image });
    for (const flags of [[], ['--dry-run']])
      expectRefusal(await convert(path.join(box.out, 'a.tar'), '--eval', data, ...flags), {
        exit: 65,
        code: 'E_EVAL_INVALID',
        names: ['d.npz', 'labels'],
      });
    box.expectOnly();
  });

  it('and is not written over', async () => {
    const box = sandbox();
    const data = digitsArchive(box.dir);
    const flags = ['--eval', data, '--force'];
    expectRefusal(await convert(data, ...flags), { exit: 73, code: 'E_OUTPUT' });
    const report = path.join(box.dir, 'digits.npz');
    expectRefusal(await convert(path.join(box.out, 'a.tar'), ...flags, '--report', report), {
      exit: 73,
      code: 'E_OUTPUT',
      names: ['also an input'],
    });
  });

  it.each([
    ['--max-drop', '0.5%'],
    ['--eval-output', 'logits'],
    ['--eval-samples', '7'],
  ])('and %s without it is refused', async (flag, value) => {
    const box = sandbox();
    expectRefusal(await convert(path.join(box.out, 'a.tar'), flag, value), {
      exit: 64,
      code: 'E_USAGE',
      names: [flag, '--eval DIR'],
    });
  });

  it('and an output that there is not, or a bound without its sign, is refused', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    const data = digitsArchive(box.dir);
    expectRefusal(await convert(output, '--eval', data, '--eval-output', 'logit'), {
      exit: 64,
      code: 'E_USAGE',
      names: ['Did you mean', 'logits'],
    });
    expectRefusal(await convert(output, '--eval', data, '--max-drop', '0.5'), {
      exit: 64,
      code: 'E_USAGE',
      names: ['--max-drop', '0.5%'],
    });
  });
});

it('calibration data that is scored on is told in a warning', async () => {
  const box = sandbox();
  const data = digitsArchive(box.dir);
  const flags = ['--eval', data, '--calibration', data];
  const { stderr } = await convert(path.join(box.out, 'a.tar'), ...flags);
  expect(stderr).toContain('the evaluation data holds files of the calibration data');
});
