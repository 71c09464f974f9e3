import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { DiffResult } from '../../src/schema/generated/types.js';
import { fixture } from '../support/files.js';
import { DRAFT, packContents } from '../support/package.js';
import { expectRefusal, jsonResult, run, sandbox } from './run-main.js';
import { expectValid } from './schemas.js';

const CNN = fixture('models/digits-cnn.onnx');

async function packed(name: string, ...flags: string[]): Promise<string> {
  const output = path.join(sandbox().dir, `${name}.tar`);
  const result = await run(['convert', CNN, '-d', 'local', '-o', output, '-q', ...flags]);
  expect(result.code, result.stderr).toBe(0);
  return output;
}

async function differences(a: string, b: string): Promise<DiffResult['differences']> {
  const { code, stdout } = await run(['diff', a, b, '--json']);
  expect(code).toBe(2);
  return expectValid('diff-result', JSON.parse(stdout) as DiffResult).differences;
}

describe('diff', () => {
  it('of a package and itself finds nothing, and ends with 0', async () => {
    const file = await packed('digits-cnn');
    const result = await run(['diff', file, file]);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(result.stdout).toMatch(/are the same/);
    const json = jsonResult(await run(['diff', file, file, '--json']), 'diff-result');
    expect(json).toMatchObject({ same: true, differences: [] });
  });

  it('shows the fields that differ, with both values', async () => {
    const a = await packed('digits-cnn');
    const b = await packed('digits-cnn', '--input', 'image=1,1,8,8');
    const found = await differences(a, b);
    const version = found.find(({ field }) => field === 'conversion.inputShapes.image');
    expect(version).toEqual({ field: 'conversion.inputShapes.image', b: [1, 1, 8, 8] });
    const text = await run(['diff', a, b]);
    expect(text.code).toBe(2);
    expect(text.stdout).toMatch(/conversion\.inputShapes\.image +- +\[1,1,8,8\]/);
    expect((await run(['diff', a, b, '-q'])).stdout).toBe('');
  });

  it('compares files by their digests, whatever their order, and metrics side by side', async () => {
    const { dir } = sandbox();
    const made = async (name: string, contents: Record<string, string>, cosine: number) => {
      const verification = { passed: true, metrics: { y: { elements: 1, cosine } } };
      const draft = { ...DRAFT, verification };
      return (await packContents(path.join(dir, name), contents, draft)).file;
    };
    const a = await made('a', { 'model/m.bin': 'one', 'model/n.bin': 'same' }, 1);
    const b = await made(
      'b',
      { 'model/m.bin': 'two', 'model/n.bin': 'same', 'model/a.bin': '' },
      0.9,
    );
    const found = new Map((await differences(a, b)).map(({ field, ...rest }) => [field, rest]));
    expect(found.get('verification.metrics.y.cosine')).toEqual({ a: 1, b: 0.9 });
    expect([...found.keys()]).toContain('files.[model/m.bin].sha256');
    expect([...found.keys()].some((field) => field.includes('n.bin'))).toBe(false);
    expect(found.get('files.[model/a.bin].size')).toEqual({ b: 0 });
  });

  it('of what is no package names the file', async () => {
    const file = await packed('digits-cnn');
    const result = await run(['diff', file, CNN]);
    expectRefusal(result, { exit: 65, code: 'E_PACKAGE_INVALID', names: [CNN] });
  });
});
