import { spawn } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { cli } from '../support/cli.js';
import { fixture, tempDir } from '../support/files.js';

const BIN = fileURLToPath(new URL('../../bin/modelconv.js', import.meta.url));
const ROUNDS = Number(process.env['MODELCONV_KILL_ROUNDS'] ?? 60);
const DESCRIPTOR =
  'name: weights\nversion: "1.0.0"\nmodel: {format: raw, type: float, inputs: [], outputs: []}\nsoftware: {stack: {kind: none}}\n';

interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** From its start to its end. */
  readonly ms: number;
}

/** Start the program and end it with a signal after `delayMs`; resolves when it is gone. */
async function killAfter(
  args: readonly string[],
  signal: NodeJS.Signals,
  delayMs: number,
  env: Record<string, string> = {},
): Promise<End> {
  const started = performance.now();
  const child = spawn(process.execPath, [BIN, ...args], {
    stdio: 'ignore',
    env: { ...process.env, ...env },
  });
  const timer = setTimeout(() => child.kill(signal), delayMs);
  return await new Promise((resolve) => {
    child.on('exit', (code, ended) => {
      clearTimeout(timer);
      resolve({ code, signal: ended, ms: performance.now() - started });
    });
  });
}

/** A whole run, where one was quicker than all before: the first one reads the program from the disk. */
function shortest(wholeMs: number, { code, ms }: End): number {
  return code === 0 ? Math.min(wholeMs, ms) : wholeMs;
}

async function durationOf(args: readonly string[]): Promise<number> {
  const started = performance.now();
  const result = await cli(args);
  expect(result.code, result.stderr).toBe(0);
  return performance.now() - started;
}

function writeWeights(file: string, mib: number): void {
  const fd = openSync(file, 'w');
  for (let i = 0; i < mib; i++) writeSync(fd, Buffer.alloc(1024 * 1024, i));
  closeSync(fd);
}

describe('SIGKILL at random moments', () => {
  it('leaves the old package or the complete new one when packing', async () => {
    const dir = tempDir();
    const [weights, descriptor, out] = ['w.bin', 'd.yaml', 'out.tar'].map((name) =>
      path.join(dir, name),
    ) as [string, string, string];
    writeFileSync(descriptor, DESCRIPTOR);
    writeWeights(weights, 64);
    const args = ['pack', weights, '--descriptor', descriptor, '-o', out, '--force'];
    let wholeMs = await durationOf(args);
    const fresh = readFileSync(out);
    const old = Buffer.from('the old package');
    let interrupted = 0;
    for (let round = 0; round < ROUNDS; round++) {
      writeFileSync(out, old);
      const end = await killAfter(args, 'SIGKILL', Math.random() * wholeMs * 1.1);
      wholeMs = shortest(wholeMs, end);
      if (end.signal === 'SIGKILL') interrupted++;
      const now = readFileSync(out);
      expect(now.equals(old) || now.equals(fresh), `round ${round}: ${now.length} bytes`).toBe(
        true,
      );
    }
    expect(interrupted).toBeGreaterThan(ROUNDS / 4);
  });

  it('leaves no directory or the complete one when unpacking', async () => {
    const dir = tempDir();
    const [weights, descriptor, pkg, out] = ['w.bin', 'd.yaml', 'p.tar', 'out'].map((name) =>
      path.join(dir, name),
    ) as [string, string, string, string];
    writeFileSync(descriptor, DESCRIPTOR);
    writeWeights(weights, 64);
    await durationOf(['pack', weights, '--descriptor', descriptor, '-o', pkg]);
    const args = ['unpack', pkg, '-C', out];
    let wholeMs = await durationOf(args);
    const expected = readFileSync(weights);
    let interrupted = 0;
    let complete = 0;
    for (let round = 0; round < ROUNDS; round++) {
      rmSync(out, { recursive: true, force: true });
      const end = await killAfter(args, 'SIGKILL', Math.random() * wholeMs * 1.1);
      wholeMs = shortest(wholeMs, end);
      if (!existsSync(out)) {
        interrupted++;
        continue;
      }
      complete++;
      expect(readdirSync(out).sort()).toEqual(['model', 'modelconv.yaml']);
      expect(readFileSync(path.join(out, 'model/w.bin')).equals(expected), `round ${round}`).toBe(
        true,
      );
    }
    expect(interrupted).toBeGreaterThan(ROUNDS / 4);
    expect(interrupted + complete).toBe(ROUNDS);
  });

  it('leaves the old package or the complete new one when converting, and the source as it was', async () => {
    const dir = tempDir();
    const [model, out] = ['m.onnx', 'out.tar'].map((name) => path.join(dir, name)) as [
      string,
      string,
    ];
    copyFileSync(fixture('models/digits-cnn.onnx'), model);
    const source = readFileSync(model);
    const args = ['convert', model, '-d', 'local', '-o', out, '--force', '--quiet'];
    let wholeMs = await durationOf(args);
    const fresh = readFileSync(out);
    const old = Buffer.from('the old package');
    for (let round = 0; round < ROUNDS; round++) {
      writeFileSync(out, old);
      const end = await killAfter(args, 'SIGKILL', Math.random() * wholeMs * 1.1);
      wholeMs = shortest(wholeMs, end);
      const now = readFileSync(out);
      expect(now.equals(old) || now.equals(fresh), `round ${round}: ${now.length} bytes`).toBe(
        true,
      );
      expect(readFileSync(model).equals(source)).toBe(true);
    }
  });

  it('leaves the old package or the complete new one when upgrading, and a backup only of the old one', async () => {
    const dir = tempDir();
    const [pkg, temporary] = ['p.tar', 'tmp'].map((name) => path.join(dir, name)) as [
      string,
      string,
    ];
    mkdirSync(temporary);
    const model = fixture('models/digits-cnn.onnx');
    const made = ['convert', model, '-d', 'local', '-o', pkg, '--source', 'include', '--quiet'];
    await durationOf(made);
    const old = readFileSync(pkg);
    const args = ['upgrade', pkg, '--rebuild', '--quiet'];
    let wholeMs = await durationOf(args);
    const fresh = readFileSync(pkg);
    expect(fresh.equals(old)).toBe(false);
    let interrupted = 0;
    for (let round = 0; round < ROUNDS; round++) {
      rmSync(`${pkg}.bak`, { force: true });
      writeFileSync(pkg, old);
      const moment = Math.random() * wholeMs * 1.1;
      const end = await killAfter(args, 'SIGKILL', moment, { TMPDIR: temporary });
      wholeMs = shortest(wholeMs, end);
      if (end.signal === 'SIGKILL') interrupted++;
      const now = readFileSync(pkg);
      expect(now.equals(old) || now.equals(fresh), `round ${round}: ${now.length} bytes`).toBe(
        true,
      );
      if (existsSync(`${pkg}.bak`)) expect(readFileSync(`${pkg}.bak`).equals(old)).toBe(true);
      else expect(now.equals(old)).toBe(true);
    }
    expect(interrupted).toBeGreaterThan(ROUNDS / 4);
  });
});

describe.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('%s at random moments', (signal, status) => {
  it('leaves nothing behind when converting', async () => {
    const dir = tempDir();
    const [out, temporary] = ['out', 'tmp'].map((name) => path.join(dir, name)) as [string, string];
    mkdirSync(out);
    mkdirSync(temporary);
    const args = [
      'convert',
      fixture('models/digits-cnn.onnx'),
      '-d',
      'local',
      '-o',
      path.join(out, 'o.tar'),
      '--force',
      '--quiet',
    ];
    let wholeMs = await durationOf(args);
    let interrupted = 0;
    for (let round = 0; round < ROUNDS / 3; round++) {
      rmSync(path.join(out, 'o.tar'), { force: true });
      // before about 150 ms the program is still starting: the signal ends it the system's own way
      const end = await killAfter(args, signal, 150 + Math.random() * wholeMs, {
        TMPDIR: temporary,
      });
      wholeMs = shortest(wholeMs, end);
      if (end.code === status) interrupted++;
      else expect([0, signal]).toContain(end.signal ?? end.code);
      expect(readdirSync(temporary)).toEqual([]);
      expect(readdirSync(out).filter((name) => name !== 'o.tar')).toEqual([]);
      if (end.code === status) expect(existsSync(path.join(out, 'o.tar'))).toBe(false);
    }
    expect(interrupted).toBeGreaterThan(0);
  });
});
