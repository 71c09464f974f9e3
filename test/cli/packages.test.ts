import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { verifyPackage } from '../../dist/package/verify.js';
import type {
  InspectResult,
  PackResult,
  UnpackResult,
  VerifyResult,
} from '../../dist/schema/generated/types.js';
import { fixture } from '../support/files.js';
import { expectRefusal, jsonResult, run, sandbox } from './run-main.js';

const CNN = fixture('models/digits-cnn.onnx');

/** One package, and the ORT file in it, made once. */
let archive: Buffer;
let ort: Buffer;

function packageIn(dir: string): string {
  const file = path.join(dir, 'digits.tar');
  writeFileSync(file, archive);
  return file;
}

function ortIn(dir: string): string {
  const file = path.join(dir, 'digits.ort');
  writeFileSync(file, ort);
  return file;
}

function sha256(data: Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

beforeAll(async () => {
  const { mkdtempSync, rmSync } = await import('node:fs');
  const { tmpdir } = await import('node:os');
  const dir = mkdtempSync(path.join(tmpdir(), 'mc-test-'));
  try {
    const file = path.join(dir, 'digits.tar');
    const flags = ['-d', 'local', '-o', file, '--samples', fixture('data/digits-calib.npy')];
    expect(await run(['convert', CNN, ...flags, '-q'])).toMatchObject({ code: 0, stderr: '' });
    archive = readFileSync(file);
    expect(await run(['unpack', file, '-C', path.join(dir, 'd'), '-q'])).toMatchObject({ code: 0 });
    ort = readFileSync(path.join(dir, 'd/model/digits-cnn.ort'));
  } finally {
    rmSync(dir, { recursive: true });
  }
});

describe('pack', () => {
  it('fills in digests, sizes and what the file says of itself', async () => {
    const box = sandbox();
    const descriptor = path.join(box.dir, 'digits.yaml');
    writeFileSync(descriptor, 'name: digits\nversion: "2.0.0"\nlicense: MIT\n');
    writeFileSync(path.join(box.dir, 'labels.txt'), 'zero\none\n');
    const output = path.join(box.out, 'a.tar');
    const files = [ortIn(box.dir), path.join(box.dir, 'labels.txt')];
    const result = await run(['pack', ...files, '--descriptor', descriptor, '-o', output]);
    expect(result).toEqual({ code: 0, stdout: `${output}\n`, stderr: '' });
    const { descriptor: packed } = await verifyPackage(output);
    expect(packed).toMatchObject({
      name: 'digits',
      version: '2.0.0',
      license: 'MIT',
      model: { format: 'ort', precision: 'fp32', inputs: [{ name: 'image' }] },
      software: { stack: { kind: 'onnxruntime', minimumVersion: expect.any(String) } },
    });
    expect(packed.files.find(({ path }) => path.endsWith('digits.ort'))).toMatchObject({
      role: 'model',
      size: ort.length,
      sha256: sha256(ort),
    });
    expect(packed.files).toHaveLength(2);
    box.expectOnly('a.tar');
  });

  it('takes a directory, keeps what the descriptor says of a foreign format, and repeats its bytes', async () => {
    const box = sandbox();
    const model = path.join(box.dir, 'nested');
    mkdirSync(path.join(model, 'parts'), { recursive: true });
    writeFileSync(path.join(model, 'net.param'), '7767517\n');
    writeFileSync(path.join(model, 'parts/net.bin'), Buffer.alloc(10_000, 7));
    const descriptor = path.join(box.dir, 'd.yaml');
    writeFileSync(
      descriptor,
      [
        'name: net',
        'version: "1"',
        'model:',
        '  format: ncnn',
        '  type: float',
        '  inputs: [{name: in0, dtype: float32, shape: [1, 3]}]',
        '  outputs: [{name: out0, dtype: float32}]',
        'software: {stack: {kind: ncnn}}',
        '',
      ].join('\n'),
    );
    for (const name of ['a.tar', 'b.tar']) {
      const args = [
        'pack',
        model,
        '--descriptor',
        descriptor,
        '-o',
        path.join(box.out, name),
        '-q',
      ];
      expect(await run(args)).toEqual({ code: 0, stdout: '', stderr: '' });
    }
    const { descriptor: packed } = await verifyPackage(path.join(box.out, 'a.tar'));
    expect(packed.files.map((file) => file.path).sort()).toEqual([
      'model/nested/net.param',
      'model/nested/parts/net.bin',
    ]);
    expect(packed.model.facts).toMatchObject({ format: 'declared', inputs: 'declared' });
    const [first, second] = ['a.tar', 'b.tar'].map((name) =>
      readFileSync(path.join(box.out, name)),
    );
    expect(second?.equals(first ?? Buffer.alloc(0))).toBe(true);
  });

  it('--json describes the package, --force replaces an old one', async () => {
    const box = sandbox();
    const descriptor = path.join(box.dir, 'd.yaml');
    writeFileSync(descriptor, 'name: digits\nversion: "1"\n');
    const output = path.join(box.out, 'a.tar');
    writeFileSync(output, 'the old one');
    const args = ['pack', ortIn(box.dir), '--descriptor', descriptor, '-o', output];
    expectRefusal(await run(args), { exit: 73, code: 'E_OUTPUT_EXISTS', names: [output] });
    expect(readFileSync(output, 'utf8')).toBe('the old one');
    const result = jsonResult(
      await run([...args, '--force', '--json']),
      'pack-result',
    ) as PackResult;
    const verified = await verifyPackage(output);
    expect(result).toMatchObject({
      package: output,
      sizeBytes: verified.sizeBytes,
      descriptorSha256: verified.descriptorSha256,
    });
    expect(result.descriptor).toEqual(verified.descriptor);
  });

  it('refuses a descriptor that says otherwise than the file, and names every difference', async () => {
    const box = sandbox();
    const descriptor = path.join(box.dir, 'd.yaml');
    writeFileSync(
      descriptor,
      'name: d\nversion: "1"\nmodel: {format: onnx, precision: int8, inputs: [{name: x, dtype: int8}]}\n',
    );
    const output = path.join(box.out, 'a.tar');
    const result = await run(['pack', ortIn(box.dir), '--descriptor', descriptor, '-o', output]);
    expectRefusal(result, {
      exit: 65,
      code: 'E_DESCRIPTOR_INVALID',
      names: [descriptor, '/model/format', '/model/precision', '/model/inputs'],
    });
    box.expectOnly();
  });

  it('refuses a file whose digest is not the one in the descriptor', async () => {
    const box = sandbox();
    const descriptor = path.join(box.dir, 'd.yaml');
    writeFileSync(
      descriptor,
      `name: d\nversion: "1"\nfiles: [{path: model/digits.ort, role: model, sha256: "${'a'.repeat(64)}"}]\n`,
    );
    const output = path.join(box.out, 'a.tar');
    const result = await run(['pack', ortIn(box.dir), '--descriptor', descriptor, '-o', output]);
    expectRefusal(result, { exit: 65, code: 'E_DESCRIPTOR_INVALID', names: ['digits.ort'] });
    box.expectOnly();
  });

  const WRONG_FILES = [
    'sha256: 12',
    'sha: "misspelt"',
    'role: wieghts',
    'role: 7',
    'mediaType: [a]',
  ];
  for (const wrong of WRONG_FILES) {
    it(`refuses "${wrong}" in the list of files of a descriptor`, async () => {
      const box = sandbox();
      const descriptor = path.join(box.dir, 'd.yaml');
      writeFileSync(
        descriptor,
        `name: d\nversion: "1"\nfiles: [{path: model/digits.ort, ${wrong}}]\n`,
      );
      const output = path.join(box.out, 'a.tar');
      const result = await run(['pack', ortIn(box.dir), '--descriptor', descriptor, '-o', output]);
      expectRefusal(result, { exit: 65, code: 'E_DESCRIPTOR_INVALID', names: [descriptor] });
      box.expectOnly();
    });
  }
});

describe('inspect', () => {
  it('shows a package as a table for people', async () => {
    const file = packageIn(sandbox().out);
    const { code, stdout, stderr } = await run(['inspect', file]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const labels = stdout.split('\n').map((line) => line.split(/\s/)[0]);
    for (const label of [
      'package',
      'name',
      'model',
      'input',
      'output',
      'needs',
      'verified',
      'files',
    ])
      expect(labels).toContain(label);
    expect(stdout).toContain('100 user samples');
  });

  it('--json of a package holds its path, size and descriptor', async () => {
    const file = packageIn(sandbox().out);
    const result = jsonResult(await run(['inspect', file, '--json']), 'inspect-result');
    expect(result).toMatchObject({
      package: { path: file, sizeBytes: archive.length, encrypted: false, entries: 1 },
      descriptor: { protocol: 'modelconv/1', name: 'digits-cnn' },
    });
  });

  it('--yaml is the descriptor of the package, byte for byte', async () => {
    const file = packageIn(sandbox().out);
    const { code, stdout } = await run(['inspect', file, '--yaml']);
    expect(code).toBe(0);
    expect(archive.subarray(512, 512 + Buffer.byteLength(stdout)).toString()).toBe(stdout);
    const { descriptor } = JSON.parse(
      (await run(['inspect', file, '--json'])).stdout,
    ) as InspectResult;
    expect(parse(stdout)).toEqual(descriptor);
  });

  it('--field prints one value bare, a list as YAML, and all as JSON with --json', async () => {
    const file = packageIn(sandbox().out);
    const field = async (...flags: string[]): Promise<string> =>
      (await run(['inspect', file, '--field', ...flags])).stdout;
    expect(await field('name')).toBe('digits-cnn\n');
    expect(await field('model.inputs.0.name')).toBe('image\n');
    expect(await field('model.inputs.0.dynamic')).toBe('true\n');
    expect(parse(await field('model.inputs.0.shape'))).toEqual(['batch', 1, 8, 8]);
    expect(JSON.parse(await field('model.inputs.0.shape', '--json'))).toEqual(['batch', 1, 8, 8]);
    expect(JSON.parse(await field('name', '--json'))).toBe('digits-cnn');
  });

  it('--field that is not there is exit 64 and names those that are', async () => {
    const file = packageIn(sandbox().out);
    expectRefusal(await run(['inspect', file, '--field', 'model.input']), {
      exit: 64,
      code: 'E_USAGE',
      names: ['model.input', 'inputs', 'outputs'],
    });
  });

  for (const name of ['constructor', '__proto__', 'model.inputs.length', 'model.toString']) {
    it(`--field ${name} is not a field`, async () => {
      const file = packageIn(sandbox().out);
      expect(await run(['inspect', file, '--field', name])).toMatchObject({ code: 64, stdout: '' });
    });
  }

  it('--yaml and --field together are exit 64', async () => {
    const file = packageIn(sandbox().out);
    expectRefusal(await run(['inspect', file, '--yaml', '--field', 'name']), {
      exit: 64,
      code: 'E_USAGE',
      names: ['--yaml', '--field'],
    });
  });

  it('opens ONNX and ORT files, too', async () => {
    const box = sandbox();
    const onnx = jsonResult(await run(['inspect', CNN, '--json']), 'inspect-result');
    expect(onnx).toMatchObject({
      model: { format: 'onnx', opsets: { 'ai.onnx': 17 }, inputs: [{ name: 'image' }] },
    });
    const file = ortIn(box.dir);
    const inner = jsonResult(await run(['inspect', file, '--json']), 'inspect-result');
    expect(inner).toMatchObject({
      model: { format: 'ort', sizeBytes: ort.length, inputs: [{ name: 'image' }] },
    });
    expect((await run(['inspect', file])).stdout).toMatch(/^format +ort version \d+ +\(read\)$/m);
    expect((await run(['inspect', CNN, '--field', 'opsets'])).stdout).toBe('ai.onnx: 17\n');
    expect(parse((await run(['inspect', CNN, '--yaml'])).stdout)).toMatchObject({ format: 'onnx' });
  });

  it('names every file of a model with external data', async () => {
    const external = fixture('models/digits-cnn-external/digits-cnn.onnx');
    const { stdout } = await run(['inspect', external]);
    for (const part of ['digits-cnn.weights', 'sub/dense.weights']) expect(stdout).toContain(part);
  });

  it('what a model says about itself cannot drive the terminal', async () => {
    const box = sandbox();
    const file = path.join(box.dir, 'evil.onnx');
    // the same length: the rest of the file stays as it is
    writeFileSync(
      file,
      Buffer.from(readFileSync(CNN).toString('latin1').replaceAll('image', '\u001b[2Jm'), 'latin1'),
    );
    const { stdout } = await run(['inspect', file]);
    expect(stdout).toContain('?[2Jm');
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });

  it('nor can it in the step lines of a conversion', async () => {
    const box = sandbox();
    const file = path.join(box.dir, 'evil.onnx');
    writeFileSync(
      file,
      Buffer.from(readFileSync(CNN).toString('latin1').replaceAll('image', '\u001b[2Jm'), 'latin1'),
    );
    const output = path.join(box.out, 'a.tar');
    const { stderr } = await run(['convert', file, '-d', 'local', '-o', output, '--no-verify']);
    expect(stderr).toContain('[2Jm');
    expect(stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });
});

describe('unpack', () => {
  it('writes the files below -C and prints their names', async () => {
    const box = sandbox();
    const target = path.join(box.out, 'digits');
    const result = await run(['unpack', packageIn(box.dir), '-C', `${target}/`]);
    expect(result).toEqual({
      code: 0,
      stdout: `${target}/modelconv.yaml\n${target}/model/digits-cnn.ort\n`,
      stderr: '',
    });
    expect(readFileSync(path.join(target, 'model/digits-cnn.ort')).equals(ort)).toBe(true);
    box.expectOnly('digits');
  });

  it('--json names package, directory and files; --quiet prints nothing', async () => {
    const box = sandbox();
    const file = packageIn(box.dir);
    const target = path.join(box.out, 'digits');
    const result = jsonResult(
      await run(['unpack', file, '-C', target, '--json']),
      'unpack-result',
    ) as UnpackResult;
    expect(result).toEqual({
      package: file,
      directory: target,
      files: ['modelconv.yaml', 'model/digits-cnn.ort'],
    });
    const args = ['unpack', file, '-C', path.join(box.out, 'again'), '-q'];
    expect(await run(args)).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('--force replaces a directory, without it nothing is touched', async () => {
    const box = sandbox();
    const file = packageIn(box.dir);
    const target = path.join(box.out, 'digits');
    mkdirSync(target);
    writeFileSync(path.join(target, 'mine.txt'), 'mine');
    expectRefusal(await run(['unpack', file, '-C', target]), {
      exit: 73,
      code: 'E_OUTPUT_EXISTS',
      names: [target, '--force'],
    });
    expect(readdirSync(target)).toEqual(['mine.txt']);
    expect(await run(['unpack', file, '-C', target, '--force'])).toMatchObject({ code: 0 });
    expect(readdirSync(target).sort()).toEqual(['model', 'modelconv.yaml']);
    box.expectOnly('digits');
  });

  it('--force does not destroy the package when it lies in the directory', async () => {
    const box = sandbox();
    const target = path.join(box.out, 'digits');
    mkdirSync(target);
    const file = packageIn(target);
    const result = await run(['unpack', file, '-C', target, '--force']);
    expect(existsSync(file)).toBe(true);
    expectRefusal(result, { exit: 73, code: 'E_OUTPUT', names: [target] });
  });
});

describe('verify', () => {
  it('says that all digests agree', async () => {
    const file = packageIn(sandbox().out);
    const result = await run(['verify', file]);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(result.stdout).toMatch(/digits-cnn 1\.0\.0, 1 file, all digests agree\n$/);
    expect(await run(['verify', file, '-q'])).toEqual({ code: 0, stdout: '', stderr: '' });
    const json = jsonResult(await run(['verify', file, '--json']), 'verify-result') as VerifyResult;
    expect(json).toMatchObject({ package: file, valid: true, files: 1, sizeBytes: archive.length });
  });

  it('one flipped byte of the weights is exit 65', async () => {
    const box = sandbox();
    const file = path.join(box.out, 'digits.tar');
    const damaged = Buffer.from(archive);
    damaged[damaged.length - 8192] = (damaged[damaged.length - 8192] ?? 0) ^ 1;
    writeFileSync(file, damaged);
    expectRefusal(await run(['verify', file]), {
      exit: 65,
      code: 'E_PACKAGE_INVALID',
      names: [file, 'model/digits-cnn.ort'],
    });
    expectRefusal(await run(['unpack', file, '-C', path.join(box.out, 'd')]), {
      exit: 65,
      code: 'E_PACKAGE_INVALID',
      names: [file],
    });
    box.expectOnly('digits.tar');
  });

  it('a model file is not a package', async () => {
    const copy = path.join(sandbox().dir, 'm.onnx');
    copyFileSync(CNN, copy);
    expectRefusal(await run(['verify', copy]), {
      exit: 65,
      code: 'E_PACKAGE_INVALID',
      names: [copy],
    });
  });
});
