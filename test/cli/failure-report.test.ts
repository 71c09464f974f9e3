import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { CompareResult } from '../../src/schema/generated/types.js';
import { fixture } from '../support/files.js';
import { expectRefusal, jsonResult, run, sandbox } from './run-main.js';
import { expectValid } from './schemas.js';

const MODEL = fixture('models/digits-cnn.onnx');

function use(behaviour: string): void {
  vi.stubEnv('MODELCONV_ONNXRUNTIME', fixture(`tools/onnxruntime/${behaviour}`));
}

async function convert(output: string, ...flags: readonly string[]) {
  return await run(['convert', MODEL, '-d', 'local', '-o', output, ...flags]);
}

function readReport(file: string): CompareResult {
  const result = JSON.parse(readFileSync(file, 'utf8')) as CompareResult;
  return expectValid('compare-result', result);
}

it('a bound that is stricter than rounding is told as such, and no fault is made up', async () => {
  const box = sandbox();
  const output = path.join(box.out, 'a.tar');
  const result = await convert(output, '--tolerance', 'maxAbs=1e-12');
  const names = ['it is within what is usual for fp32, and the bound is stricter'];
  expectRefusal(result, { exit: 2, code: 'E_PARITY', names });
  expect(result.stderr).not.toContain('weights or operators differ');
  box.expectOnly();
});

describe('the report of a conversion that fails the parity check', () => {
  it('stands beside the would-be output, as a page and as JSON, and the message names it', async () => {
    const box = sandbox();
    use('wrong-numbers');
    const output = path.join(box.out, 'a.tar');
    expectRefusal(await convert(output), {
      exit: 2,
      code: 'E_PARITY',
      names: [`report: ${output}.parity.html`],
    });
    const html = readFileSync(`${output}.parity.html`, 'utf8');
    expect(html).toContain('a.tar does not compute the same');
    expect(html).toContain('<svg');
    expect(readReport(`${output}.parity.json`)).toMatchObject({
      kind: 'ConversionReport',
      a: { path: MODEL, kind: 'model', format: 'onnx' },
      b: { path: output, kind: 'package', format: 'ort' },
      passed: false,
      samples: 8,
      outputs: [{ name: 'logits', faults: [expect.any(String), expect.any(String)] }],
    });
    expect(existsSync(output)).toBe(false);
    box.expectOnly();
  });

  it('is named under --json', async () => {
    const box = sandbox();
    use('wrong-numbers');
    const output = path.join(box.out, 'a.tar');
    const { stderr } = await convert(output, '--json');
    expect(expectValid('error', JSON.parse(stderr))).toMatchObject({
      error: { code: 'E_PARITY', reportFile: `${output}.parity.html` },
    });
  });

  it('goes where --report says, and nowhere else', async () => {
    const box = sandbox();
    use('wrong-numbers');
    const output = path.join(box.out, 'a.tar');
    const report = path.join(box.dir, 'own.html');
    expectRefusal(await convert(output, '--report', report), {
      exit: 2,
      code: 'E_PARITY',
      names: [report],
    });
    expect(readReport(path.join(box.dir, 'own.json')).passed).toBe(false);
    expect(existsSync(`${output}.parity.html`)).toBe(false);
    // the same command once more replaces it
    expect(await convert(output, '--report', report)).toMatchObject({ code: 2 });
  });

  it.each(['html', 'json'])('is not written over a file of the user (%s)', async (ending) => {
    const box = sandbox();
    use('wrong-numbers');
    const output = path.join(box.out, 'a.tar');
    writeFileSync(`${output}.parity.${ending}`, 'my own notes');
    const { code, stderr } = await convert(output);
    expect(code).toBe(2);
    expect(readFileSync(`${output}.parity.${ending}`, 'utf8')).toBe('my own notes');
    expect(stderr).not.toContain('report: ');
  });

  it('takes the place of an earlier one, and goes when a conversion succeeds', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    use('wrong-numbers');
    await convert(output);
    await convert(output, '--seed', '7');
    expect(readReport(`${output}.parity.json`).inputs.seed).toBe(7);
    use('succeeds');
    expect(await convert(output)).toMatchObject({ code: 0 });
    expect(existsSync(`${output}.parity.html`)).toBe(false);
    expect(existsSync(`${output}.parity.json`)).toBe(false);
  });

  it('is left by the check of a model that the descriptor was embedded in, too', async () => {
    const box = sandbox();
    use('wrong-embedded');
    const output = path.join(box.out, 'a.tar');
    const words = ['convert', MODEL, '-d', 'onnxruntime-cpu', '--embed', '-o', output];
    expectRefusal(await run(words), {
      exit: 2,
      code: 'E_PARITY',
      names: ['with the descriptor in it', `report: ${output}.parity.html`],
    });
    expect(readReport(`${output}.parity.json`)).toMatchObject({ passed: false, samples: 8 });
    box.expectOnly();
  });

  it('is no reason for another error where it cannot be written', async () => {
    const box = sandbox();
    use('wrong-numbers');
    const output = path.join(box.out, 'a.tar');
    mkdirSync(`${output}.parity.html`);
    const result = await convert(output);
    expectRefusal(result, { exit: 2, code: 'E_PARITY' });
    expect(result.stderr).not.toContain('report: ');
  });
});

describe('--report of a conversion that passes', () => {
  it('is written, and named in the result', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    const report = path.join(box.out, 'r.html');
    const result = jsonResult(
      await convert(output, '--report', report, '--json', '--quiet'),
      'convert-result',
    );
    expect(result).toMatchObject({ results: [{ status: 'converted', report }] });
    expect(readFileSync(report, 'utf8')).toContain('computes the same');
    expect(readReport(path.join(box.out, 'r.json')).passed).toBe(true);
    box.expectOnly('a.tar', 'r.html', 'r.json');
  });

  it('stays where it has the name of the report of a failure', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    const report = `${output}.parity.html`;
    expect(await convert(output, '--report', report)).toMatchObject({ code: 0 });
    expect(readReport(`${output}.parity.json`).passed).toBe(true);
    expect(existsSync(report)).toBe(true);
  });

  it('is a directory when there are several devices', async () => {
    const box = sandbox();
    const reports = path.join(box.dir, 'reports');
    const words = ['convert', MODEL, '-d', 'local', '-d', 'raspberry-pi-4', '-o', box.out];
    expect(await run([...words, '--report', reports])).toMatchObject({ code: 0 });
    for (const device of ['local', 'raspberry-pi-4'])
      expect(readReport(path.join(reports, `digits-cnn.${device}.parity.json`)).passed).toBe(true);
  });

  it('is not written where nothing is compared, and a warning says so', async () => {
    const box = sandbox();
    const report = path.join(box.dir, 'r.html');
    const words = ['convert', MODEL, '-d', 'onnxruntime-cpu', '-o', path.join(box.out, 'a.tar')];
    const { code, stderr } = await run([...words, '--report', report]);
    expect(code).toBe(0);
    expect(stderr).toContain(`${report} was not written: nothing was compared`);
    expect(existsSync(report)).toBe(false);
  });
});

describe('--report is refused before any work', () => {
  it('over a file of the user, unless --force is given', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    const report = path.join(box.dir, 'notes.html');
    writeFileSync(report, 'my own notes');
    expectRefusal(await convert(output, '--report', report), {
      exit: 73,
      code: 'E_OUTPUT_EXISTS',
      names: [report, '--report'],
    });
    expect(readFileSync(report, 'utf8')).toBe('my own notes');
    expect(await convert(output, '--report', report, '--force')).toMatchObject({ code: 0 });
    expect(readFileSync(report, 'utf8')).toContain('<svg');
  });

  it('under no name', async () => {
    const box = sandbox();
    const result = await convert(path.join(box.out, 'a.tar'), '--report', '');
    expectRefusal(result, { exit: 64, code: 'E_USAGE', names: ['--report'] });
    box.expectOnly();
  });

  it('under a name that is too long, with the flag that gave it', async () => {
    const box = sandbox();
    use('hangs');
    const report = path.join(box.out, `${'a'.repeat(251)}.htm`);
    const result = await convert(path.join(box.out, 'a.tar'), '--report', report);
    expectRefusal(result, { exit: 73, code: 'E_OUTPUT', names: ['too long', '--report'] });
    box.expectOnly();
  });

  it('over the request that the JSON beside it would replace', async () => {
    const box = sandbox();
    const request = path.join(box.dir, 'digits.json');
    const document = {
      protocol: 'modelconv/1',
      kind: 'ConversionRequest',
      source: { path: MODEL },
      device: 'local',
      output: path.join(box.out, 'a.tar'),
    };
    writeFileSync(request, JSON.stringify(document));
    const words = ['convert', '--request', request, '--force'];
    const result = await run([...words, '--report', path.join(box.dir, 'digits.html')]);
    expectRefusal(result, { exit: 73, code: 'E_OUTPUT', names: ['digits.json', 'also an input'] });
    expect(JSON.parse(readFileSync(request, 'utf8'))).toEqual(document);
    box.expectOnly();
  });

  it('with --no-verify', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    expectRefusal(await convert(output, '--no-verify', '--report', 'r.html'), {
      exit: 64,
      code: 'E_USAGE',
      names: ['--no-verify', '--report'],
    });
  });
});
