import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ProgressEvent } from '../../src/schema/generated/types.js';
import { cli } from '../support/cli.js';
import { fixture } from '../support/files.js';
import { type RunResult, run, sandbox } from './run-main.js';
import { expectValid } from './schemas.js';

const CNN = fixture('models/digits-cnn.onnx');
const STATIC = fixture('models/digits-cnn-static.onnx');

/** Every line of stderr, each an event that fits the schema. */
function events({ stderr }: Pick<RunResult, 'stderr'>): ProgressEvent[] {
  const lines = stderr.split('\n');
  // the last line has an end, too
  expect(lines.pop()).toBe('');
  return lines.map((line) => expectValid('progress-event', JSON.parse(line) as ProgressEvent));
}

function stepsOf(told: readonly ProgressEvent[], event: 'start' | 'done'): string[] {
  return told.flatMap((one) => (one.event === event && 'step' in one ? [one.step] : []));
}

describe('--progress json', () => {
  it('tells every step of a conversion on stderr, in order, with the device', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    const result = await run(['convert', CNN, '-d', 'local', '-o', output, '--progress', 'json']);
    expect(result).toMatchObject({ code: 0, stdout: `${output}\n` });
    const told = events(result);
    const steps = ['source', 'convert', 'parity', 'package'];
    expect(stepsOf(told, 'start')).toEqual(steps);
    expect(stepsOf(told, 'done')).toEqual(steps);
    for (const one of told) {
      expect(one.device).toBe('local');
      if (one.event === 'done') expect(one.durationMs).toEqual(expect.any(Number));
    }
  });

  it('with --json leaves the result on stdout', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    const words = ['convert', CNN, '-d', 'local', '-o', output, '--progress=json', '--json'];
    const result = await run(words);
    expectValid('convert-result', JSON.parse(result.stdout));
    expect(events(result).at(-1)).toMatchObject({ event: 'done', step: 'package' });
  });

  it('tells warnings, with --json and --quiet, too', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    const words = ['convert', STATIC, '-d', 'onnxruntime-cpu', '-o', output, '--toolchain', '9'];
    const told = events(await run([...words, '--progress', 'json', '--json', '--quiet']));
    expect(told).toEqual([
      expect.objectContaining({ event: 'warn', message: expect.stringContaining('toolchain') }),
    ]);
  });

  it('tells a failure in one last line, whatever else is asked for', async () => {
    const missing = ['convert', '/not/there.onnx', '-d', 'local', '-o', 'x'];
    for (const more of [[], ['--json'], ['--quiet']]) {
      const result = await run([...missing, ...more, '--progress', 'json']);
      expect(result).toMatchObject({ code: 66, stdout: '' });
      const told = events(result);
      expect(told.at(-1)).toMatchObject({
        event: 'error',
        error: { code: 'E_INPUT', exitCode: 66 },
      });
    }
  });

  it('tells a usage error as an event, before the flags are understood', async () => {
    for (const flag of [['--progress=json'], ['--progress', 'json']]) {
      const result = await run(['convert', CNN, '--ouput', 'x', ...flag]);
      expect(result.code).toBe(64);
      expect(events(result)).toMatchObject([{ event: 'error', error: { code: 'E_USAGE' } }]);
    }
    // a word of that kind elsewhere is none
    expect((await run(['json'])).stderr).toContain('error[E_USAGE]');
  });

  it('tells the failure of one device among several with its name, when it fails', async () => {
    const box = sandbox();
    const words = ['convert', CNN, '-d', 'rk3588', '-d', 'local', '-o', path.join(box.out, 'all')];
    const result = await run([...words, '--progress', 'json', '--json']);
    expect(result.code).toBe(78);
    const told = events(result);
    const errors = told.filter(({ event }) => event === 'error');
    expect(errors).toMatchObject([{ device: 'rk3588', error: { code: 'E_NOT_CONVERTIBLE' } }]);
    // one after the other: the second device begins after the first one failed
    const failedAt = told.findIndex(({ event }) => event === 'error');
    expect(told.findIndex(({ device }) => device === 'local')).toBeGreaterThan(failedAt);
    expect(JSON.parse(result.stdout).results).toMatchObject([
      { device: 'rk3588', status: 'failed' },
      { device: 'local' },
    ]);
  });

  it('works for compare and bench, and in the real program', async () => {
    const compared = await run(['compare', CNN, CNN, '--progress', 'json', '--json']);
    expect(stepsOf(events(compared), 'done')).toEqual(['compare']);
    const timed = await cli([
      'bench',
      CNN,
      '--input',
      'image=1,1,8,8',
      '--runs',
      '2',
      '--progress=json',
    ]);
    expect(timed.code).toBe(0);
    expect(stepsOf(events(timed), 'done')).toEqual(['bench']);
  });
});

describe('--progress', () => {
  async function convert(...flags: string[]): Promise<RunResult> {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    return await run(['convert', CNN, '-d', 'local', '-o', output, ...flags]);
  }

  it('plain prints the lines of the steps, with --json, too', async () => {
    for (const more of [[], ['--json']]) {
      const { stderr } = await convert('--progress', 'plain', ...more);
      expect(stderr.match(/^ ✓ \w+/gm)).toHaveLength(4);
    }
  });

  it('none prints no steps, and the result all the same', async () => {
    const { stdout, stderr } = await convert('--progress', 'none');
    expect(stderr).toBe('');
    expect(stdout).toMatch(/a\.tar\n$/);
  });

  it('--quiet leaves warnings and errors alone', async () => {
    for (const form of ['plain', 'json'])
      expect(await convert('--progress', form, '--quiet')).toMatchObject({ code: 0, stderr: '' });
  });

  it('of an unknown form is exit 64 and names the forms', async () => {
    const result = await convert('--progress', 'xml');
    expect(result.code).toBe(64);
    expect(result.stderr).toContain('auto, plain, json, none');
  });
});
