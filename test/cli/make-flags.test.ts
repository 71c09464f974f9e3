import {
  appendFileSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type {
  ConvertOutputs,
  ConvertResult,
  PackResult,
} from '../../dist/schema/generated/types.js';
import { ownCache } from '../support/cache.js';
import { cli } from '../support/cli.js';
import { fixture } from '../support/files.js';
import {
  expectRefusal,
  jsonResult,
  type RunResult,
  run,
  type Sandbox,
  sandbox,
} from './run-main.js';

const CNN = fixture('models/digits-cnn.onnx');
const EXTERNAL = fixture('models/digits-cnn-external');

let box: Sandbox;

beforeEach(() => {
  box = sandbox();
});

async function convert(...flags: readonly string[]): Promise<RunResult> {
  return await run(['convert', CNN, '-d', 'local', ...flags]);
}

const out = (name: string): string => path.join(box.out, name);

/** Prerequisites by output, of a depfile without spaces in its names. */
function rules(depfile: string): Record<string, string[]> {
  const text = readFileSync(depfile, 'utf8').replaceAll('\\\n', ' ');
  return Object.fromEntries(
    text
      .split('\n')
      .map((line) => line.split(/:(?: +|$)/))
      .filter(([, list = '']) => list !== '')
      .map(([target = '', list = '']) => [target, list.split(/ +/)]),
  );
}

describe('--depfile', () => {
  it('replaces an older depfile, and no other file', async () => {
    const flags = ['-d', 'local', '-o', out('a.tar'), '-f', '-q'];
    const others = {
      'package.tar': readFileSync(fixture('packages/digits-cnn.modelconv-1.tar')),
      'fleet.yaml': 'devices:\n  - {name: door, formats: [ort]}\n',
      'notes.txt': 'to do\n',
    };
    for (const [name, content] of Object.entries(others)) {
      writeFileSync(out(name), content);
      const result = await run(['convert', CNN, ...flags, '--depfile', out(name)]);
      expectRefusal(result, { exit: 73, code: 'E_OUTPUT_EXISTS', names: [name] });
      expect(readFileSync(out(name))).toEqual(Buffer.from(content));
    }
    writeFileSync(out('a.d'), '');
    for (let round = 0; round < 2; round++)
      expect((await run(['convert', CNN, ...flags, '--depfile', out('a.d')])).code).toBe(0);
    expect(Object.keys(rules(out('a.d')))).toContain(out('a.tar'));
  });

  it('names everything that went in, as the user wrote it', async () => {
    const dir = box.dir;
    for (const name of ['calib', 'samples', 'classes/0', 'classes/1'])
      mkdirSync(path.join(dir, name), { recursive: true });
    for (const name of ['digits-cnn.onnx', 'digits-cnn.weights', 'sub/dense.weights']) {
      mkdirSync(path.dirname(path.join(dir, name)), { recursive: true });
      copyFileSync(path.join(EXTERNAL, name), path.join(dir, name));
    }
    copyFileSync(fixture('data/digits-test.npy'), path.join(dir, 'samples/image.npy'));
    copyFileSync(fixture('data/digits-calib.npy'), path.join(dir, 'calib/a.npy'));
    writeFileSync(path.join(dir, 'calib/.hidden'), '');
    const box2 = 'name: box\nextends: raspberry-pi-4\n';
    writeFileSync(path.join(dir, 'box.yaml'), box2);
    writeFileSync(path.join(dir, 'modelconv.devices.yaml'), 'devices:\n  - name: x\n');
    writeFileSync(
      path.join(dir, 'pre.yaml'),
      'kind: Preprocess\ninputs: {image: {range: [0, 1]}}\n',
    );
    writeFileSync(
      path.join(dir, 'request.yaml'),
      'source: {path: digits-cnn.onnx}\ncalibration: {path: calib}\nverify: {samples: samples}\n',
    );
    const flags = ['--request', 'request.yaml', '-d', './box.yaml', '--preprocess', 'pre.yaml'];
    const result = await cli(['convert', ...flags, '-o', 'out/a.tar', '--depfile', 'a.d'], {
      cwd: dir,
    });
    expect(result).toMatchObject({ code: 0, stdout: 'out/a.tar\n' });
    const { 'out/a.tar': listed = [], ...others } = rules(path.join(dir, 'a.d'));
    expect(others).toEqual({});
    const relative = listed.filter((file) => !path.isAbsolute(file)).sort();
    expect(relative).toEqual(
      [
        ...['./box.yaml', 'pre.yaml', 'request.yaml'],
        ...['digits-cnn.onnx', 'digits-cnn.weights', 'sub/dense.weights'],
        ...['calib', 'calib/a.npy', 'samples', 'samples/image.npy'],
      ].sort(),
    );
    const absolute = listed.filter((file) => path.isAbsolute(file));
    expect(absolute).toContain(path.join(dir, 'modelconv.devices.yaml'));
    expect(absolute.some((file) => file.endsWith('onnxruntime-node/package.json'))).toBe(true);
    for (const file of listed) expect(existsSync(path.resolve(dir, file)), file).toBe(true);
  });

  it('has a rule for each of several devices, and is the same for a copy from the cache', async () => {
    ownCache();
    const flags = ['-d', 'raspberry-pi-4', '-o', `${box.out}/`, '--depfile', out('all.d'), '-f'];
    await convert(...flags);
    const text = readFileSync(out('all.d'), 'utf8');
    expect(Object.keys(rules(out('all.d')))).toEqual([
      out('digits-cnn.local.tar'),
      out('digits-cnn.raspberry-pi-4.tar'),
    ]);
    expect((await convert(...flags)).stderr).toContain('converted before');
    expect(readFileSync(out('all.d'), 'utf8')).toBe(text);
  });

  it('is written after success alone, for all devices', async () => {
    const flags = ['--depfile', out('a.d'), '--tolerance', 'maxAbs=1e-12'];
    expect((await convert('-o', out('a.tar'), ...flags)).code).toBe(2);
    const several = ['-d', 'raspberry-pi-4', '-d', 'openvino-cpu', '-o', `${box.out}/many/`];
    await convert(...several, ...flags);
    expect(existsSync(out('a.d'))).toBe(false);
  });

  it('is neither an input nor an output, nor in a directory that is not there', async () => {
    const model = path.join(box.dir, 'm.onnx');
    copyFileSync(CNN, model);
    for (const depfile of [model, out('a.tar'), '/nowhere/a.d'])
      expectRefusal(
        await run(['convert', model, '-d', 'local', '-o', out('a.tar'), '--depfile', depfile]),
        { exit: 73, code: 'E_OUTPUT' },
      );
    expect(readFileSync(model)).toEqual(readFileSync(CNN));
    box.expectOnly();
  });

  it('is not written over external data, a file in a directory of samples, a log or a report', async () => {
    cpSync(EXTERNAL, out('model'), { recursive: true });
    mkdirSync(out('samples'));
    copyFileSync(fixture('data/digits-calib.npy'), out('samples/a.npy'));
    const weights = readFileSync(out('model/digits-cnn.weights'));
    const model = out('model/digits-cnn.onnx');
    const flags = ['-d', 'local', '--samples', out('samples'), '--report', out('r.html')];
    const places = ['model/digits-cnn.weights', 'samples/a.npy', 'a.log', 'r.html', 'r.json'];
    for (const depfile of places.map(out))
      expectRefusal(
        await run([
          ...['convert', model, ...flags, '--log', out('a.log')],
          ...['-o', out('a.tar'), '--depfile', depfile],
        ]),
        { exit: 73, code: 'E_OUTPUT', names: [depfile] },
      );
    expect(readFileSync(out('model/digits-cnn.weights')).equals(weights)).toBe(true);
    expect(existsSync(out('a.tar'))).toBe(false);
  });

  it('refuses an output that make would misread, before any work', async () => {
    expectRefusal(await convert('-o', out('a%.tar'), '--depfile', out('a.d')), {
      exit: 64,
      code: 'E_USAGE',
      names: ['a%.tar'],
    });
    box.expectOnly();
  });

  it('warns of a file that it cannot name', async () => {
    const model = path.join(box.dir, "it's.onnx");
    copyFileSync(CNN, model);
    const flags = ['-d', 'local', '-o', out('a.tar'), '--depfile', out('a.d'), '-q'];
    const { code, stderr } = await run(['convert', model, ...flags]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^warning: .*it's\.onnx cannot be named in a depfile/);
  });
});

describe('--if-changed', () => {
  const OLD = new Date(1_000_000_000_000);

  it.each(['1GiB', '0'])(
    'leaves an output alone that has the same bytes (cache %s)',
    async (size) => {
      vi.stubEnv('MODELCONV_CACHE_DIR', path.join(box.dir, 'cache'));
      vi.stubEnv('MODELCONV_CACHE_SIZE', size);
      await convert('-o', out('a.tar'), '--if-changed');
      utimesSync(out('a.tar'), OLD, OLD);
      const { ino } = statSync(out('a.tar'));
      const again = await convert('-o', out('a.tar'), '--if-changed', '--json');
      const { results } = jsonResult(again, 'convert-result') as ConvertResult;
      expect(results[0]).toMatchObject({ unchanged: true });
      expect(statSync(out('a.tar'))).toMatchObject({ mtime: OLD, ino });
      const text = await convert('-o', out('a.tar'), '--if-changed');
      expect(text.stderr).toMatch(/, unchanged/);
      box.expectOnly('a.tar');
    },
  );

  it('replaces one that changed, by one byte or in its length', async () => {
    await convert('-o', out('a.tar'));
    const right = readFileSync(out('a.tar'));
    const flipped = Buffer.from(right);
    flipped[9000] = (flipped[9000] ?? 0) ^ 1;
    for (const other of [flipped, right.subarray(1), Buffer.concat([right, Buffer.alloc(1)])]) {
      writeFileSync(out('a.tar'), other);
      const again = await convert('-o', out('a.tar'), '--if-changed', '--json');
      const { results } = jsonResult(again, 'convert-result') as ConvertResult;
      expect(results[0]).not.toHaveProperty('unchanged');
      expect(readFileSync(out('a.tar'))).toEqual(right);
    }
  });

  it('works for pack', async () => {
    writeFileSync(path.join(box.dir, 'w.bin'), 'weights');
    writeFileSync(
      path.join(box.dir, 'd.yaml'),
      'name: w\nversion: "1"\nmodel: {format: raw, type: float, inputs: [], outputs: []}\nsoftware: {stack: {kind: none}}\n',
    );
    const pack = async (): Promise<PackResult> =>
      jsonResult(
        await run([
          ...['pack', path.join(box.dir, 'w.bin'), '--descriptor', path.join(box.dir, 'd.yaml')],
          ...['-o', out('w.tar'), '--if-changed', '--json'],
        ]),
        'pack-result',
      ) as PackResult;
    expect(await pack()).not.toHaveProperty('unchanged');
    utimesSync(out('w.tar'), OLD, OLD);
    expect(await pack()).toHaveProperty('unchanged', true);
    expect(statSync(out('w.tar')).mtime).toEqual(OLD);
    appendFileSync(path.join(box.dir, 'w.bin'), '!');
    expect(await pack()).not.toHaveProperty('unchanged');
  });
});

describe('--print-outputs', () => {
  it('prints what would be written, and looks at nothing', async () => {
    const several = ['convert', 'not-there.onnx', '-d', 'local', '-d', 'raspberry-pi-4'];
    expect(await run([...several, '-o', 'p/', '--report', 'r/', '--print-outputs'])).toEqual({
      code: 0,
      stderr: '',
      stdout: ['local', 'raspberry-pi-4']
        .map(
          (device) =>
            `p/not-there.${device}.tar\nr/not-there.${device}.parity.html\nr/not-there.${device}.parity.json\n`,
        )
        .join(''),
    });
    const json = await convert('-o', out('a.tar'), '--print-outputs', '--json');
    const { outputs } = jsonResult(json, 'convert-outputs') as ConvertOutputs;
    expect(outputs).toEqual([out('a.tar')]);
    box.expectOnly();
  });
});

it('with --quiet nothing is said of success', async () => {
  ownCache();
  const silent = { code: 0, stdout: '', stderr: '' };
  const flags = ['--quiet', '--depfile', out('a.d'), '--if-changed', '-o', out('a.tar')];
  expect(await convert(...flags)).toEqual(silent);
  // a copy from the cache that changes nothing
  expect(await convert(...flags)).toEqual(silent);
  expect(await convert('-q', '-d', 'raspberry-pi-4', '-j', '2', '-o', `${box.out}/`)).toEqual(
    silent,
  );
});
