import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { toolchain as rknn } from '../../dist/adapters/rknn/toolchain.js';
import { verifyPackage } from '../../dist/package/verify.js';
import { fakeEnvironments } from '../support/fake-python.js';
import { fixture } from '../support/files.js';
import { expectRefusal, run, type Sandbox, sandbox } from './run-main.js';

const STATIC = fixture('models/digits-cnn-static.onnx');
const EXTERNAL = fixture('models/digits-cnn-external/digits-cnn.onnx');

const fakes = fakeEnvironments(rknn, 'rknn');

const sha256 = (file: string): string =>
  createHash('sha256').update(readFileSync(file)).digest('hex');

async function embedded(box: Sandbox, model: string, ...flags: readonly string[]) {
  const output = path.join(box.out, 'a.tar');
  const words = ['convert', model, '-d', 'onnxruntime-cpu', '-o', output, '--embed', '-q', '-f'];
  expect(await run([...words, ...flags])).toEqual({ code: 0, stdout: '', stderr: '' });
  const { descriptor } = await verifyPackage(output);
  const directory = path.join(box.dir, `unpacked-${flags.length}`);
  expect(await run(['unpack', output, '-C', directory])).toMatchObject({ code: 0 });
  return { descriptor, directory, model: path.join(directory, descriptor.files[0]?.path ?? '') };
}

describe('--embed for an ONNX model that is packed as it is', () => {
  it('places the descriptor in a copy, and the source stays what was given', async () => {
    const box = sandbox();
    const before = sha256(STATIC);
    const { descriptor, model } = await embedded(box, STATIC);
    const { stdout } = await run(['inspect', model, '--field', 'embedded', '--json']);
    const { files, ...rest } = descriptor;
    expect(JSON.parse(stdout)).toEqual(rest);
    expect(descriptor.conversion).toMatchObject({
      performed: false,
      source: { sha256: before, included: false, path: 'digits-cnn-static.onnx' },
    });
    expect(files.map((file) => file.path)).toEqual(['model/digits-cnn-static.onnx']);
    expect(files[0]?.sha256).toBe(sha256(model));
    expect([sha256(model) === before, sha256(STATIC)]).toEqual([false, before]);
    box.expectOnly('a.tar');
  });

  it('with --source include packs the source beside it', async () => {
    const box = sandbox();
    const { descriptor, directory } = await embedded(box, STATIC, '--source', 'include');
    expect(descriptor.conversion?.source).toMatchObject({
      included: true,
      path: 'source/digits-cnn-static.onnx',
    });
    expect(sha256(path.join(directory, 'source/digits-cnn-static.onnx'))).toBe(sha256(STATIC));
  });

  it('leaves external data where it is', async () => {
    const box = sandbox();
    const { descriptor, directory } = await embedded(box, EXTERNAL);
    const parts = descriptor.files.map(({ path: name }) => name).slice(1);
    expect(parts.sort()).toEqual(['model/digits-cnn.weights', 'model/sub/dense.weights']);
    const weights = path.join(directory, 'model/digits-cnn.weights');
    expect(sha256(weights)).toBe(sha256(fixture('models/digits-cnn-external/digits-cnn.weights')));
  });

  it('replaces a descriptor that is there already', async () => {
    const box = sandbox();
    const first = await embedded(box, STATIC);
    const again = path.join(box.dir, 'digits-cnn-static.onnx');
    copyFileSync(first.model, again);
    const { model } = await embedded(box, again, '--model-version', '2.0.0');
    const { stdout } = await run(['inspect', model, '--field', 'embedded.version']);
    expect(stdout).toBe('2.0.0\n');
    expect(readFileSync(model, 'latin1').split('"protocol":"modelconv/1"')).toHaveLength(2);
  });

  it('gives the same bytes on every run', async () => {
    const box = sandbox();
    const [first, second] = [await embedded(box, STATIC), await embedded(box, STATIC, '--force')];
    expect(sha256(first.model)).toBe(sha256(second.model));
  });
});

describe('--embed where there is no slot is refused before any work', () => {
  it.each([[[]], [['--dry-run']]])('for a converter: %j', async (more) => {
    const box = sandbox();
    // its converter would fail, were it started
    vi.stubEnv(rknn.variable, path.join(fakes, 'crashes'));
    const output = path.join(box.out, 'a.tar');
    const words = ['convert', STATIC, '-d', 'rk3588', '--precision', 'fp16', '-o', output];
    expectRefusal(await run([...words, '--embed', ...more]), {
      exit: 78,
      code: 'E_NOT_CONVERTIBLE',
      names: ['rk3588', '--embed'],
    });
    box.expectOnly();
  });

  it.each([[[]], [['--dry-run']]])('for a source that is no ONNX model: %j', async (more) => {
    const box = sandbox();
    mkdirSync(path.join(box.dir, 'made'));
    const made = path.join(box.dir, 'made/a.tar');
    await run(['convert', STATIC, '-d', 'onnxruntime-mobile', '-o', made, '-q']);
    await run(['unpack', made, '-C', path.join(box.dir, 'ort'), '-q']);
    const ort = path.join(box.dir, 'ort/model/digits-cnn-static.ort');
    const output = path.join(box.out, 'a.tar');
    const words = ['convert', ort, '-d', 'onnxruntime-mobile', '-o', output, '--embed'];
    expectRefusal(await run([...words, ...more]), {
      exit: 78,
      code: 'E_NOT_CONVERTIBLE',
      names: ['ort', '--embed'],
    });
    box.expectOnly();
  });
});
