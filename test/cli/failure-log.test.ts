import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { fixture } from '../support/files.js';
import { expectRefusal, run, sandbox } from './run-main.js';
import { expectValid } from './schemas.js';

const MODEL = fixture('models/digits-cnn.onnx');

function use(behaviour: string): void {
  vi.stubEnv('MODELCONV_ONNXRUNTIME', fixture(`tools/onnxruntime/${behaviour}`));
}

async function convert(output: string, ...flags: readonly string[]) {
  return await run(['convert', MODEL, '-d', 'local', '-o', output, ...flags]);
}

describe('the log of a tool that failed', () => {
  it('stands beside the would-be output, whole, and the message names it', async () => {
    const box = sandbox();
    use('fails');
    const output = path.join(box.out, 'a.tar');
    const result = await convert(output);
    expectRefusal(result, { exit: 70, code: 'E_TOOL_FAILED', names: [`log:  ${output}.log`] });
    expect(readFileSync(`${output}.log`, 'utf8')).toContain('fake converter: out of ideas');
    expect(existsSync(output)).toBe(false);
  });

  it('is named under --json', async () => {
    const box = sandbox();
    use('fails');
    const output = path.join(box.out, 'a.tar');
    const { stderr } = await convert(output, '--json');
    expect(expectValid('error', JSON.parse(stderr))).toMatchObject({
      error: { logFile: `${output}.log` },
    });
  });

  it('is left where --log says, and nowhere else', async () => {
    const box = sandbox();
    use('fails');
    const output = path.join(box.out, 'a.tar');
    const log = path.join(box.dir, 'own.log');
    expectRefusal(await convert(output, '--log', log), {
      exit: 70,
      code: 'E_TOOL_FAILED',
      names: [log],
    });
    expect(existsSync(`${output}.log`)).toBe(false);
    expect(readFileSync(log, 'utf8')).toContain('out of ideas');
  });

  it('is not written over a file of the user', async () => {
    const box = sandbox();
    use('fails');
    const output = path.join(box.out, 'a.tar');
    writeFileSync(`${output}.log`, 'my own notes');
    const { stderr } = await convert(output);
    expect(readFileSync(`${output}.log`, 'utf8')).toBe('my own notes');
    expect(stderr).not.toContain('log:  ');
  });

  it('takes the place of that of an earlier failure, and goes when a conversion succeeds', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    use('fails');
    await convert(output);
    await convert(output);
    const log = readFileSync(`${output}.log`, 'utf8');
    expect(log.match(/out of ideas/g)).toHaveLength(1);
    use('succeeds');
    expect(await convert(output)).toMatchObject({ code: 0 });
    expect(existsSync(`${output}.log`)).toBe(false);
  });

  it('is not left when nothing was said', async () => {
    const box = sandbox();
    use('writes-nothing');
    const output = path.join(box.out, 'a.tar');
    expect(await convert(output)).toMatchObject({ code: 70 });
    expect(existsSync(`${output}.log`)).toBe(false);
  });
});
