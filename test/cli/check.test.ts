import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CheckResult } from '../../src/schema/generated/types.js';
import { fixture } from '../support/files.js';
import { DRAFT, packContents } from '../support/package.js';
import { expectRefusal, jsonResult, run, sandbox } from './run-main.js';
import { expectValid } from './schemas.js';

const PACKAGE = fixture('packages/digits-cnn.modelconv-1.tar');
const MODEL = fixture('models/digits-cnn.onnx');
const RKNN = fixture('models/rknn/digits-cnn-rk3588-int8.rknn');
const SCRIPTED = fixture('models/torchscript/digits-cnn.pt');

/** Devices of a file of their own: one that takes the package, and for each reason one that does not. */
const FLEET = `devices:
  - {name: good, formats: [ort], stack: {kind: onnxruntime, version: "1.20"}, precisions: [fp32], memoryBytes: 100000000}
  - {name: other-format, formats: [tflite], stack: {kind: onnxruntime}, converter: {adapter: tflite}}
  - {name: other-stack, formats: [ort], stack: {kind: tflite}}
  - {name: old, formats: [ort], stack: {kind: onnxruntime, version: "1.2"}}
  - {name: int8-only, formats: [ort], precisions: [int8]}
  - {name: small, formats: [ort], memoryBytes: 10}
`;

function fleet(text = FLEET): { readonly dir: string; readonly file: string } {
  const { dir } = sandbox();
  const file = path.join(dir, 'fleet.yaml');
  writeFileSync(file, text);
  return { dir, file };
}

async function checked(...words: string[]): Promise<CheckResult> {
  const { stdout, stderr } = await run(['check', ...words, '--json']);
  expect(stdout, stderr).not.toBe('');
  return expectValid('check-result', JSON.parse(stdout) as CheckResult);
}

describe('check', () => {
  it('says yes with every reason, and ends with 0', async () => {
    const { file } = fleet();
    const result = await run(['check', PACKAGE, '-d', 'good', '--devices', file]);
    expect(result.code).toBe(0);
    expect(result.stdout).toMatch(/on good: yes\n {2}✓ FORMAT: good takes ort/);
    const quiet = await run(['check', PACKAGE, '-d', 'good', '--devices', file, '-q']);
    expect(quiet).toMatchObject({ code: 0, stdout: '', stderr: '' });
  });

  it.each([
    ['other-format', 'FORMAT'],
    ['other-stack', 'STACK_KIND'],
    ['old', 'STACK_VERSION'],
    ['int8-only', 'PRECISION'],
    ['small', 'MEMORY'],
  ])('says no on %s, with the code %s, and ends with 2', async (device, code) => {
    const { file } = fleet();
    const words = [PACKAGE, '-d', device, '--devices', file];
    expect((await run(['check', ...words, '-q'])).code).toBe(2);
    const [fit] = (await checked(...words)).devices;
    expect(fit).toMatchObject({ device, matches: false });
    expect(fit?.reasons.filter(({ ok }) => ok === false).map((reason) => reason.code)).toEqual([
      code,
    ]);
  });

  it('tells the command that helps', async () => {
    const { file } = fleet();
    const words = ['check', PACKAGE, '-d', 'old', '-d', 'other-format', '--devices', file];
    const { stdout } = await run(words);
    expect(stdout).toContain(
      `next: update onnxruntime on the device to 1.16 or newer, then modelconv devices edit old --set stack.version=1.16; or modelconv upgrade ${PACKAGE} -d old\n`,
    );
    expect(stdout).toContain(`next: modelconv upgrade ${PACKAGE} -d other-format\n`);
  });

  it('tells it with every reason against it, of a package and of a bare model', async () => {
    const { file } = fleet(`${FLEET}  - {name: other-chip, extends: rk3566, memoryBytes: 1}
  - {name: old-runtime, extends: rk3588, stack: {kind: rknn, version: "1.5"}}
  - {name: k210-board, extends: k210}
  - {name: bare, formats: [x]}
`);
    const against = [];
    for (const model of [PACKAGE, RKNN, MODEL])
      for (const { reasons } of (await checked(model, '--devices', file)).devices)
        against.push(...reasons.filter(({ ok }) => ok === false));
    expect(new Set(against.map(({ code }) => code))).toEqual(
      new Set([
        'FORMAT',
        'STACK_KIND',
        'STACK_VERSION',
        'CONVERTER_VERSION',
        'SOC',
        'PRECISION',
        'MEMORY',
      ]),
    );
    for (const { code, next } of against) expect(next, code).toMatch(/modelconv [a-z]+ \S/);
  });

  it('of a converted model its source is what is converted again', async () => {
    sandbox();
    const [fit] = (await checked(RKNN, '-d', 'rk3566')).devices;
    expect(fit?.reasons.find(({ code }) => code === 'SOC')?.next).toBe(
      'modelconv convert SOURCE -d rk3566 -o OUT',
    );
    expect(fit?.convertedBy).toBeUndefined();
  });

  it('what no adapter makes is said to be so', async () => {
    sandbox();
    const [fit] = (await checked(MODEL, '-d', 'k210')).devices;
    expect(fit?.reasons.find(({ code }) => code === 'FORMAT')?.next).toMatch(
      /no adapter .* nncase.*modelconv pack/,
    );
    const converted = await run(['convert', MODEL, '-d', 'k210', '-o', 'never.tar']);
    expectRefusal(converted, {
      exit: 78,
      code: 'E_NOT_CONVERTIBLE',
      names: ['no converter', 'nncase'],
    });
  });

  it('a model that nothing here makes or reads is checked in its package', async () => {
    const box = sandbox();
    const [model, draft, file] = ['m.kmodel', 'pack.yaml', 'face.tar'].map((name) =>
      path.join(box.dir, name),
    ) as [string, string, string];
    writeFileSync(model, 'LDMK\u0005\0\0\0');
    writeFileSync(
      draft,
      `name: face
version: "1"
model: {format: kmodel, type: quantized, precision: int8, inputs: [{name: i, shape: [1], dtype: int8}], outputs: [{name: o, shape: [1], dtype: int8}]}
software: {stack: {kind: nncase}}
device: {name: k210, class: terminal, soc: k210}
`,
    );
    await run(['pack', model, '--descriptor', draft, '-o', file]);
    const { devices } = await checked(file, '-d', 'k210', '-d', 'esp32-s3');
    expect(devices.map(({ matches }) => matches)).toEqual([true, false]);
  });

  it('what a device does not say can be said in its file, or in one that extends it', async () => {
    const { file } = fleet(
      `${FLEET}  - {name: silent, formats: [ort], stack: {kind: onnxruntime}}\n`,
    );
    const { devices } = await checked(
      PACKAGE,
      '-d',
      'silent',
      '-d',
      'onnxruntime-cpu',
      '--devices',
      file,
    );
    const nexts = devices.map(({ reasons }) => reasons.find(({ ok }) => ok === 'unknown')?.next);
    expect(nexts).toEqual([
      'modelconv devices edit silent --set stack.version=VERSION',
      'modelconv devices add NAME --extends onnxruntime-cpu --set stack.version=VERSION',
    ]);
  });

  it('without -d takes all devices of the device files', async () => {
    const { file } = fleet();
    const { devices } = await checked(PACKAGE, '--devices', file);
    expect(devices.map(({ device, matches }) => [device, matches])).toEqual([
      ['good', true],
      ...['other-format', 'other-stack', 'old', 'int8-only', 'small'].map((name) => [name, false]),
    ]);
  });

  it('without -d and without a device file is a usage error', async () => {
    const box = sandbox();
    const result = await run(['check', PACKAGE], { cwd: box.dir });
    expectRefusal(result, { exit: 64, code: 'E_USAGE', names: ['-d NAME'] });
  });

  it.each([
    ['rk3588', 0],
    ['rk3566', 2],
  ])('a bare model for one chip on %s', async (device, code) => {
    sandbox();
    const result = await run(['check', RKNN, '-d', device, '--json']);
    expect(result.code).toBe(code);
    const { devices } = JSON.parse(result.stdout) as CheckResult;
    const soc = devices[0]?.reasons.find((reason) => reason.code === 'SOC');
    expect(soc?.ok).toBe(code === 0);
  });

  it('reads an encrypted package, whose descriptor is public', async () => {
    const box = sandbox();
    const { file } = await packContents(box.dir, { 'payload.age': 'secret' }, DRAFT);
    const { devices } = await checked(file, '-d', 'local');
    expect(devices[0]?.reasons.length).toBeGreaterThan(0);
  });

  it('an unknown device, and a file that is no model', async () => {
    const box = sandbox();
    const unknown = await run(['check', PACKAGE, '-d', 'rk3589']);
    expectRefusal(unknown, { exit: 64, code: 'E_DEVICE_UNKNOWN', names: ['rk3588'] });
    const file = path.join(box.dir, 'x.tar');
    writeFileSync(file, 'x');
    const other = await run(['check', file, '-d', 'local']);
    expectRefusal(other, { exit: 65, code: 'E_MODEL_INVALID', names: ['x.tar'] });
  });
});

describe('devices match', () => {
  it('shows the devices that take a model first, and why the others do not', async () => {
    sandbox();
    const { code, stdout } = await run(['devices', 'match', PACKAGE]);
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    const firstNo = lines.findIndex((line) => line.startsWith('✗'));
    expect(lines.slice(firstNo).every((line) => line.startsWith('✗'))).toBe(true);
    expect(lines.find((line) => /^✗ +rk3588 /.test(line))).toMatch(/FORMAT: rk3588 takes rknn/);
    expect(lines.find((line) => /^✓ +local/.test(line))).toBeDefined();
  });

  it('names the adapters that convert a bare model for the others', async () => {
    sandbox();
    const { stdout } = await run(['devices', 'match', MODEL]);
    expect(stdout).toMatch(/^→ +rk3588 +converted by rknn$/m);
    expect(stdout).toMatch(/^✗ +k210 +FORMAT: /m);
    expect(stdout).toContain(`modelconv convert ${MODEL} -d DEVICE -o OUT\n`);
    const result = await run(['devices', 'match', MODEL, '--json']);
    const { devices } = jsonResult(result, 'check-result') as CheckResult;
    const by = (name: string) => devices.find(({ device }) => device === name)?.convertedBy;
    expect([by('rk3588'), by('k210'), by('onnxruntime-cpu')]).toEqual([
      ['rknn'],
      undefined,
      undefined,
    ]);
    const packed = await run(['devices', 'match', PACKAGE]);
    expect(packed.stdout).not.toContain('→');
  });

  it('gives the same as JSON', async () => {
    const { file } = fleet();
    const result = await run(['devices', 'match', PACKAGE, '--devices', file, '--json']);
    const { devices } = jsonResult(result, 'check-result') as CheckResult;
    expect(devices.find(({ device }) => device === 'good')?.matches).toBe(true);
  });

  it('a model that no device takes ends with 2', async () => {
    sandbox();
    const { code, stdout } = await run(['devices', 'match', SCRIPTED]);
    expect(code).toBe(2);
    expect(stdout).not.toMatch(/^✓/m);
  });
});
