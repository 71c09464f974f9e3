import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { cli } from '../support/cli.js';
import { fixture, tempDir } from '../support/files.js';

const CNN = fixture('models/digits-cnn.onnx');
const BIN = fileURLToPath(new URL('../../bin/modelconv.js', import.meta.url));
const GOLDEN = fixture('packages/digits-cnn.modelconv-1.tar');

/** A .npy file of float32 [2, 1, 8, 8] filled with one value. */
function npyOf(file: string, value: number): void {
  const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1, 8, 8), }".padEnd(117);
  const start = Buffer.from(`\u0093NUMPY\u0001\u0000`, 'latin1');
  const length = Buffer.alloc(2);
  length.writeUInt16LE(header.length + 1);
  const data = Buffer.from(new Float32Array(128).fill(value).buffer);
  writeFileSync(file, Buffer.concat([start, length, Buffer.from(`${header}\n`), data]));
}

describe('convert', () => {
  it.each([
    ['NaN', Number.NaN],
    ['infinity', Infinity],
  ])('does not call outputs equal that hold nothing but %s', async (_name, value) => {
    const dir = tempDir();
    npyOf(path.join(dir, 's.npy'), value);
    const out = path.join(dir, 'o.tar');
    const result = await cli([
      'convert',
      CNN,
      '-d',
      'local',
      '--samples',
      path.join(dir, 's.npy'),
      '-o',
      out,
    ]);
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('no element of the reference is finite');
    expect(existsSync(out)).toBe(false);
  });

  it.each(['8589934592', '99999999999', 'abc', '-1'])(
    'refuses SOURCE_DATE_EPOCH=%s before any work',
    async (epoch) => {
      const dir = tempDir();
      const result = await cli(['convert', CNN, '-d', 'local', '-o', path.join(dir, 'o.tar')], {
        env: { SOURCE_DATE_EPOCH: epoch },
      });
      expect(result.code).toBe(64);
      expect(readdirSync(dir)).toEqual([]);
    },
  );

  it('takes the largest SOURCE_DATE_EPOCH that a tar header holds', async () => {
    const out = path.join(tempDir(), 'o.tar');
    const env = { SOURCE_DATE_EPOCH: '8589934591' };
    expect(
      (await cli(['convert', CNN, '-d', 'local', '--no-verify', '-o', out], { env })).code,
    ).toBe(0);
    expect((await cli(['verify', out])).code).toBe(0);
  });

  it('without --force lets only one of two runs at the same time write an output', async () => {
    const dir = tempDir();
    const out = path.join(dir, 'o.tar');
    const runs = ['a', 'b', 'c'].map(
      async (name) =>
        await cli(['convert', CNN, '-d', 'local', '--no-verify', '-o', out, '--name', name]),
    );
    const codes = (await Promise.all(runs)).map(({ code }) => code).sort();
    expect(codes).toEqual([0, 73, 73]);
    expect(readdirSync(dir)).toEqual(['o.tar']);
  });

  it('refuses a FIFO as a log instead of waiting for its reader', async () => {
    const dir = tempDir();
    const log = path.join(dir, 'log');
    execFileSync('mkfifo', [log]);
    const result = await cli([
      'convert',
      CNN,
      '-d',
      'local',
      '-o',
      path.join(dir, 'o.tar'),
      '--log',
      log,
    ]);
    expect(result.code).toBe(73);
    expect(result.stderr).toContain('--log');
  });

  it('with several devices does not add its log to the external data of the model', async () => {
    const dir = tempDir();
    cpSync(fixture('models/digits-cnn-external'), path.join(dir, 'ext'), { recursive: true });
    const weights = path.join(dir, 'ext/digits-cnn.weights');
    const before = readFileSync(weights);
    const result = await cli([
      'convert',
      path.join(dir, 'ext/digits-cnn.onnx'),
      '-d',
      'local',
      '-d',
      'raspberry-pi-4',
      '-o',
      path.join(dir, 'out'),
      '--log',
      weights,
    ]);
    expect(result.code).toBe(73);
    expect(readFileSync(weights).equals(before)).toBe(true);
  });

  it('with several devices puts every log into one file', async () => {
    const dir = tempDir();
    const log = path.join(dir, 'log.txt');
    const result = await cli([
      'convert',
      CNN,
      '-d',
      'local',
      '-d',
      'raspberry-pi-4',
      '-j',
      '2',
      '-o',
      path.join(dir, 'out'),
      '--log',
      log,
      '--no-verify',
    ]);
    expect(result.code, result.stderr).toBe(0);
    expect(readFileSync(log, 'utf8')).toMatch(/== local|== raspberry-pi-4/);
  });

  it('leaves no output directory behind when every device failed', async () => {
    const dir = tempDir();
    const result = await cli([
      'convert',
      path.join(dir, 'nope.onnx'),
      '-d',
      'local',
      '-d',
      'android-arm64',
      '-o',
      path.join(dir, 'out'),
    ]);
    expect(result.code).toBe(66);
    expect(readdirSync(dir)).toEqual([]);
  });

  it('does not replace a file of the samples directory', async () => {
    const dir = tempDir();
    mkdirSync(path.join(dir, 's'));
    npyOf(path.join(dir, 's/a.npy'), 0.5);
    const result = await cli([
      'convert',
      CNN,
      '-d',
      'local',
      '--samples',
      path.join(dir, 's'),
      '-o',
      path.join(dir, 's/a.npy'),
      '--force',
    ]);
    expect(result.code).toBe(73);
  });

  it.each([
    ['convert', [CNN, '-d', 'local', '-o', '']],
    ['unpack', [GOLDEN, '-C', '']],
  ])('%s refuses an empty output path', async (command, args) => {
    expect((await cli([command, ...args])).code).toBe(64);
  });

  it('does not replace a link to a device', async () => {
    const dir = tempDir();
    symlinkSync('/dev/null', path.join(dir, 'null'));
    const result = await cli([
      'convert',
      CNN,
      '-d',
      'local',
      '-o',
      path.join(dir, 'null'),
      '--force',
    ]);
    expect(result.code).toBe(73);
    expect(result.stderr).toContain('not a regular file');
  });

  it('converts for a device that does not say what it takes, instead of packing the source as it is', async () => {
    const dir = tempDir();
    writeFileSync(path.join(dir, 'd.yaml'), 'name: mystery\nconverter: {adapter: onnxruntime}\n');
    const result = await cli([
      'convert',
      CNN,
      '-d',
      path.join(dir, 'd.yaml'),
      '-o',
      path.join(dir, 'o.tar'),
      '--json',
    ]);
    expect(JSON.parse(result.stdout)).toMatchObject({ results: [{ status: 'converted' }] });
  });

  it('for fourteen devices at once prints no warning of Node.js', async () => {
    const dir = tempDir();
    const devices = Array.from(
      { length: 14 },
      (_, i) => `  - {name: d${i}, extends: onnxruntime-mobile}`,
    );
    writeFileSync(path.join(dir, 'd.yaml'), `devices:\n${devices.join('\n')}\n`);
    const flags = devices.flatMap((_, i) => ['-d', `d${i}`]);
    const result = await cli([
      'convert',
      CNN,
      '--devices',
      path.join(dir, 'd.yaml'),
      ...flags,
      '-j',
      '14',
      '-q',
      '--no-verify',
      '-o',
      path.join(dir, 'out'),
    ]);
    expect(result).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('convert --dry-run', () => {
  it.each([
    [[], ['convert', 'run']],
    [['--no-verify'], ['convert']],
  ])('with %j names every process that would be started', async (flags, labels) => {
    const result = await cli(['convert', CNN, '-d', 'local', '-n', '--json', ...flags]);
    const [plan] = (JSON.parse(result.stdout) as { plans: { steps: { label: string }[] }[] }).plans;
    expect(plan?.steps.map(({ label }) => label)).toEqual(labels);
  });
});

describe('unpack', () => {
  it('without --force lets only one of several runs fill a directory', async () => {
    const dir = tempDir();
    const runs = [1, 2, 3].map(
      async () => await cli(['unpack', GOLDEN, '-C', path.join(dir, 'out'), '-q']),
    );
    const codes = (await Promise.all(runs)).map(({ code }) => code).sort();
    expect(codes).toEqual([0, 73, 73]);
    expect(readdirSync(dir)).toEqual(['out']);
  });

  it('keeps the mode of a directory that is there', async () => {
    const dir = path.join(tempDir(), 'out');
    mkdirSync(dir, { mode: 0o700 });
    expect((await cli(['unpack', GOLDEN, '-C', dir])).code).toBe(0);
    expect(statSync(dir).mode & 0o777).toBe(0o700);
  });

  it('does not replace the directory that the shell stands in', async () => {
    const dir = path.join(tempDir(), 'here');
    mkdirSync(dir);
    expect((await cli(['unpack', GOLDEN, '-C', '.'], { cwd: dir })).code).toBe(73);
  });
});

describe('pack', () => {
  it('takes the external data of a model along, where the model looks for it', async () => {
    const dir = tempDir();
    writeFileSync(path.join(dir, 'd.yaml'), 'name: digits\nversion: "1"\n');
    const model = fixture('models/digits-cnn-external/digits-cnn.onnx');
    for (const given of [
      [model],
      [model, fixture('models/digits-cnn-external/sub/dense.weights')],
    ]) {
      const out = path.join(dir, `o${given.length}.tar`);
      expect(
        (await cli(['pack', ...given, '--descriptor', path.join(dir, 'd.yaml'), '-o', out])).code,
      ).toBe(0);
      const unpacked = path.join(dir, `u${given.length}`);
      expect((await cli(['unpack', out, '-C', unpacked])).code).toBe(0);
      expect((await cli(['inspect', path.join(unpacked, 'model/digits-cnn.onnx')])).code).toBe(0);
    }
  });

  it.each([
    ['model: {type: quantized}', 'type is float'],
    ['model: {weights: {dataFormat: int4}}', 'weight format is float32'],
    ['model: {weights: {dataFormat: float32, parameters: 5}}', 'number of parameters is 31674'],
  ])('refuses what the file denies: %s', async (text, message) => {
    const dir = tempDir();
    writeFileSync(path.join(dir, 'd.yaml'), `name: digits\nversion: "1"\n${text}\n`);
    const result = await cli([
      'pack',
      CNN,
      '--descriptor',
      path.join(dir, 'd.yaml'),
      '-o',
      path.join(dir, 'o.tar'),
    ]);
    expect(result.code).toBe(65);
    expect(result.stderr).toContain(message);
  });

  it('adds what the descriptor says of one input to what the file says of it', async () => {
    const dir = tempDir();
    writeFileSync(
      path.join(dir, 'd.yaml'),
      'name: digits\nversion: "1"\nmodel: {inputs: [{name: image, layout: NCHW}]}\n',
    );
    const out = path.join(dir, 'o.tar');
    expect(
      (await cli(['pack', CNN, '--descriptor', path.join(dir, 'd.yaml'), '-o', out])).code,
    ).toBe(0);
    expect((await cli(['inspect', out, '--field', 'model.inputs.0', '--json'])).stdout).toContain(
      '"NCHW"',
    );
    expect((await cli(['inspect', out, '--field', 'model.inputs.0.dtype'])).stdout).toBe(
      'float32\n',
    );
  });

  it('reads the size of a file through a link', async () => {
    const dir = tempDir();
    copyFileSync(CNN, path.join(dir, 'm.onnx'));
    mkdirSync(path.join(dir, 'l'));
    symlinkSync('../m.onnx', path.join(dir, 'l/m.onnx'));
    writeFileSync(
      path.join(dir, 'd.yaml'),
      `name: digits\nversion: "1"\nfiles: [{path: model/m.onnx, size: ${statSync(CNN).size}}]\n`,
    );
    expect(
      (
        await cli([
          'pack',
          path.join(dir, 'l/m.onnx'),
          '--descriptor',
          path.join(dir, 'd.yaml'),
          '-o',
          path.join(dir, 'o.tar'),
        ])
      ).code,
    ).toBe(0);
  });
});

describe('a document', () => {
  it('with tens of thousands of keys is refused or read in seconds', async () => {
    const dir = tempDir();
    const file = path.join(dir, 'd.yaml');
    writeFileSync(
      file,
      `name: a\n${Array.from({ length: 40_000 }, (_, i) => `x-${i}: 1`).join('\n')}\n`,
    );
    const started = performance.now();
    const result = await cli(['convert', CNN, '-d', file, '-o', path.join(dir, 'o.tar'), '-n']);
    expect([0, 65, 78]).toContain(result.code);
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it.each([
    ['x-a: !!binary aGVsbG8=', 'tag'],
    ['? {a: b}\n: c', 'key must be text'],
    ['name: a\nname: b', 'occurs twice'],
  ])('with %j is refused, and nothing but the error is on stderr', async (text, message) => {
    const file = path.join(tempDir(), 'd.yaml');
    writeFileSync(file, `${text}\n`);
    const result = await cli(['devices', 'list', '--devices', file, '--json']);
    expect(result.code).toBe(65);
    expect(JSON.stringify(JSON.parse(result.stderr))).toContain(message);
  });

  it('that is not UTF-8 is refused', async () => {
    const file = path.join(tempDir(), 'd.yaml');
    writeFileSync(file, Buffer.from([0x6e, 0x61, 0x6d, 0x65, 0x3a, 0x20, 0xff, 0xfe, 0x0a]));
    const result = await cli(['devices', 'list', '--devices', file]);
    expect(result.code).toBe(65);
    expect(result.stderr).toContain('UTF-8');
  });
});

describe('the process around the program', () => {
  it('a full disk behind stdout is exit 73 and one line', () => {
    if (!existsSync('/dev/full')) return expect(process.platform).not.toBe('linux');
    const { status, stderr } = spawnSync(
      'sh',
      ['-c', `"${process.execPath}" "${BIN}" inspect "${GOLDEN}" > /dev/full`],
      { encoding: 'utf8' },
    );
    expect(status).toBe(73);
    expect(stderr).toMatch(/^error\[E_OUTPUT\]: stdout cannot be written.*\n$/);
  });

  it('a current directory that is gone is exit 66 and one line', () => {
    const dir = path.join(tempDir(), 'gone');
    mkdirSync(dir);
    const { status, stderr } = spawnSync(
      'sh',
      ['-c', `cd "${dir}" && rmdir "${dir}" && "${process.execPath}" "${BIN}" inspect "${GOLDEN}"`],
      { encoding: 'utf8' },
    );
    expect(status).toBe(66);
    expect(stderr).toMatch(/^error\[E_INPUT\]: the current directory no longer exists.*\n$/);
  });

  it('a reader that stops early is no error', async () => {
    const child = spawn(
      'sh',
      ['-c', `"${process.execPath}" "${BIN}" inspect "${GOLDEN}" --yaml | head -1`],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.stdout.resume();
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});
