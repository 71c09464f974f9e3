import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { verifyPackage } from '../../dist/package/verify.js';
import type { ConvertPlan, ConvertResult, Descriptor } from '../../dist/schema/generated/types.js';
import { cli } from '../support/cli.js';
import { fixture } from '../support/files.js';
import { npy } from './arrays.js';
import { expectRefusal, jsonResult, type RunResult, run, sandbox } from './run-main.js';
import { expectValid } from './schemas.js';

const CNN = fixture('models/digits-cnn.onnx');
const EXTERNAL = fixture('models/digits-cnn-external/digits-cnn.onnx');
const TWO_INPUTS = fixture('models/two-inputs.onnx');
const TEST_IMAGES = fixture('data/digits-test.npy');

const ANSI = /\u001b\[/;

function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

/** Convert quietly and give the descriptor of the package. */
async function converted(
  output: string,
  model: string,
  ...flags: readonly string[]
): Promise<Descriptor> {
  const result = await run(['convert', model, '-o', output, '-q', ...flags]);
  expect(result).toEqual({ code: 0, stdout: '', stderr: '' });
  await verifyPackage(output);
  return expectValid('descriptor', (await verifyPackage(output)).descriptor);
}

function plans(result: RunResult): ConvertPlan['plans'] {
  return (jsonResult(result, 'convert-plan') as ConvertPlan).plans;
}

describe('convert', () => {
  it('prints the package on stdout and one line per step on stderr', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'digits.tar');
    const result = await cli(['convert', CNN, '-d', 'local', '-o', output], {
      env: { TMPDIR: box.tmp, NO_COLOR: undefined, FORCE_COLOR: '1' },
    });
    expect(result).toMatchObject({ code: 0, stdout: `${output}\n` });
    const steps = result.stderr.trimEnd().split('\n');
    expect(steps.map((line) => line.trim().split(/\s+/)[1])).toEqual([
      'source',
      'convert',
      'parity',
      'package',
    ]);
    // no terminal: no colour and no cursor movement, whatever FORCE_COLOR says
    expect(result.stderr).not.toMatch(ANSI);
    box.expectOnly('digits.tar');
  });

  it('writes a package that says where it came from, what it needs and that it was checked', async () => {
    const box = sandbox();
    const descriptor = await converted(path.join(box.out, 'a.tar'), CNN, '-d', 'local');
    expect(descriptor).toMatchObject({
      protocol: 'modelconv/1',
      kind: 'TargetModel',
      name: 'digits-cnn',
      version: '1.0.0',
      model: {
        format: 'ort',
        type: 'float',
        precision: 'fp32',
        weights: { dataFormat: 'float32', byteOrder: 'little' },
        inputs: [{ name: 'image', shape: ['batch', 1, 8, 8], dynamic: true, dtype: 'float32' }],
        outputs: [{ name: 'logits', dtype: 'float32' }],
      },
      software: { stack: { kind: 'onnxruntime' } },
      device: { name: 'local' },
      conversion: {
        performed: true,
        source: { sha256: sha256(CNN), size: statSync(CNN).size, included: false },
        converter: { adapter: 'onnxruntime', tool: 'onnxruntime-node' },
        deterministic: true,
      },
      verification: { passed: true, samples: 8, inputs: { kind: 'generated' } },
      files: [{ path: 'model/digits-cnn.ort', role: 'model' }],
    });
    const text = JSON.stringify(descriptor);
    for (const secret of [box.dir, path.dirname(CNN), process.execPath])
      expect(text).not.toContain(secret);
    const stack = descriptor.software.stack;
    expect(stack.minimumVersion).not.toBe(stack.convertedWith);
  });

  const MODELS = [
    { file: 'digits-transformer.onnx', precision: 'fp32', type: 'float', dtype: 'int64' },
    { file: 'digits-cnn-int8.onnx', precision: 'int8', type: 'quantized', dtype: 'float32' },
    { file: 'digits-cnn-fp16.onnx', precision: 'fp16', type: 'float' },
    { file: 'digits-cnn-static.onnx', precision: 'fp32', type: 'float', dtype: 'float32' },
    { file: 'two-inputs.onnx', precision: 'fp32', type: 'float' },
    { file: 'digits-cnn-external/digits-cnn.onnx', precision: 'fp32', type: 'float' },
  ];
  for (const { file, precision, type, dtype } of MODELS) {
    it(`converts ${file}, keeps its precision, and the result computes the same`, async () => {
      const box = sandbox();
      const model = fixture(`models/${file}`);
      const { model: described, verification } = await converted(
        path.join(box.out, 'a.tar'),
        model,
        '-d',
        'local',
      );
      expect(described).toMatchObject({ format: 'ort', precision, type });
      if (dtype !== undefined) expect(described.inputs[0]?.dtype).toBe(dtype);
      expect(verification?.passed).toBe(true);
      expect(Object.keys(verification?.metrics ?? {})).toEqual(
        described.outputs.map(({ name }) => name),
      );
      box.expectOnly('a.tar');
    });
  }

  it('packs a source that fits the device as it is, and says so', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    const result = await run(['convert', CNN, '-d', 'onnxruntime-cpu', '-o', output]);
    expect(result).toMatchObject({ code: 0, stdout: `${output}\n` });
    expect(result.stderr).toContain('not needed: onnxruntime-cpu takes onnx');
    const { descriptor } = await verifyPackage(output);
    expect(descriptor).toMatchObject({
      model: { format: 'onnx' },
      conversion: { performed: false, source: { included: true, path: 'model/digits-cnn.onnx' } },
      verification: { skipped: expect.stringContaining('it runs'), samples: 8 },
      files: [{ path: 'model/digits-cnn.onnx', sha256: sha256(CNN) }],
    });
    expect(descriptor.conversion?.converter).toBeUndefined();
  });

  it('packs every file of a source that fits as it is', async () => {
    const box = sandbox();
    const descriptor = await converted(
      path.join(box.out, 'a.tar'),
      EXTERNAL,
      '-d',
      'onnxruntime-cpu',
    );
    expect(descriptor.files.map((file) => file.path)).toEqual([
      'model/digits-cnn.onnx',
      'model/digits-cnn.weights',
      'model/sub/dense.weights',
    ]);
  });

  it('gives byte-identical packages, whatever umask, time zone and directory', async () => {
    const box = sandbox();
    const digests: string[] = [];
    const VARIANTS = [
      { umask: 0o022, TZ: 'UTC' },
      { umask: 0o077, TZ: 'Pacific/Chatham' },
    ];
    for (const { umask, TZ } of VARIANTS) {
      const dir = path.join(box.dir, TZ.replace('/', '-'));
      mkdirSync(dir);
      copyFileSync(EXTERNAL, path.join(dir, 'digits-cnn.onnx'));
      mkdirSync(path.join(dir, 'sub'));
      for (const part of ['digits-cnn.weights', 'sub/dense.weights'])
        copyFileSync(path.join(path.dirname(EXTERNAL), part), path.join(dir, part));
      const before = process.umask(umask);
      // a child takes over the umask of its parent
      const args = ['convert', 'digits-cnn.onnx', '-d', 'local', '-o', 'a.tar', '-q'];
      const result = await cli([...args, '--source', 'include'], {
        cwd: dir,
        env: { TZ, TMPDIR: box.tmp, LANG: umask === 0o022 ? 'C' : 'de_DE.UTF-8' },
      }).finally(() => process.umask(before));
      expect(result).toMatchObject({ code: 0, stderr: '' });
      digests.push(sha256(path.join(dir, 'a.tar')));
    }
    expect(digests[1]).toBe(digests[0]);
  });
});

describe('convert flags', () => {
  it('-d several times makes a package per device in the directory -o, and -j several at a time', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'packages');
    const devices = ['raspberry-pi-4', 'android-arm64', 'onnxruntime-cpu'];
    const result = await run([
      'convert',
      CNN,
      ...devices.flatMap((device) => ['-d', device]),
      '-o',
      output,
      '-j',
      '3',
    ]);
    const packages = devices.map((device) => path.join(output, `digits-cnn.${device}.tar`));
    expect(result).toMatchObject({ code: 0, stdout: packages.map((file) => `${file}\n`).join('') });
    for (const [index, file] of packages.entries()) {
      await verifyPackage(file);
      expect((await verifyPackage(file)).descriptor.device?.name).toBe(devices[index]);
    }
    for (const line of result.stderr.trimEnd().split('\n'))
      expect(line).toMatch(/^(raspberry-pi-4|android-arm64|onnxruntime-cpu) *: /);
    box.expectOnly('packages');
    expect(readdirSync(output)).toHaveLength(3);
  });

  it('one device that fails does not stop the others; --json tells each outcome', async () => {
    const box = sandbox();
    const result = await run([
      'convert',
      CNN,
      ...['-d', 'raspberry-pi-4', '-d', 'local', '-o', box.out, '--option', 'optimization=all'],
      '--json',
    ]);
    expect(result.code).toBe(78);
    const { results } = expectValid('convert-result', JSON.parse(result.stdout) as ConvertResult);
    expect(results).toMatchObject([
      { device: 'raspberry-pi-4', status: 'failed', error: { exitCode: 78 } },
      { device: 'local', status: 'converted' },
    ]);
    box.expectOnly('digits-cnn.local.tar');
  });

  it('-o that is a directory takes the package under the name of model and device', async () => {
    const box = sandbox();
    const result = await run(['convert', CNN, '-d', 'local', '-o', box.out, '--no-verify']);
    expect(result.stdout).toBe(`${path.join(box.out, 'digits-cnn.local.tar')}\n`);
    box.expectOnly('digits-cnn.local.tar');
  });

  it('--name, --model-version, --framework and --precision go into the package', async () => {
    const box = sandbox();
    const descriptor = await converted(
      path.join(box.out, 'a.tar'),
      CNN,
      ...['-d', 'local', '--name', 'my-digits', '--model-version', '2.3.4-rc.1'],
      ...['--framework', 'pytorch@2.13.0', '--precision', 'fp32', '--no-verify'],
    );
    expect(descriptor).toMatchObject({
      name: 'my-digits',
      version: '2.3.4-rc.1',
      conversion: {
        precision: 'fp32',
        source: { framework: { name: 'pytorch', version: '2.13.0' } },
      },
    });
  });

  it('--input that the converter leaves open is told, and stands in the package', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    const result = await run([
      ...['convert', CNN, '-d', 'onnxruntime-mobile', '-o', output],
      ...['--input', 'image=1,1,8,8'],
    ]);
    expect(result.code).toBe(0);
    expect(result.stderr).toContain('input image stays [batch,1,8,8]');
    const { conversion } = (await verifyPackage(output)).descriptor;
    expect(conversion?.inputShapes).toEqual({ image: [1, 1, 8, 8] });
  });

  it.each([['image=2,1,8'], ['imgae=1,1,8,8'], ['image']])(
    '--input %s is exit 64',
    async (input) => {
      const box = sandbox();
      const args = ['convert', CNN, '-d', 'local', '-o', path.join(box.out, 'a.tar')];
      expectRefusal(await run([...args, '--input', input]), { exit: 64, code: 'E_USAGE' });
      box.expectOnly();
    },
  );

  it('--precision that the converter cannot make is exit 78', async () => {
    const box = sandbox();
    const args = ['convert', CNN, '-d', 'local', '-o', path.join(box.out, 'a.tar')];
    expectRefusal(await run([...args, '--precision', 'fp16']), {
      exit: 78,
      code: 'E_NOT_CONVERTIBLE',
      names: ['digits-cnn.onnx', 'fp16', 'local'],
    });
    box.expectOnly();
  });

  it('--source include carries every file of the source, --source reference only the digests', async () => {
    const box = sandbox();
    const parts = ['digits-cnn.weights', 'sub/dense.weights'].map((name) => ({
      path: name,
      sha256: sha256(path.join(path.dirname(EXTERNAL), name)),
      size: statSync(path.join(path.dirname(EXTERNAL), name)).size,
    }));
    const flags = ['-d', 'local', '--no-verify'];
    const included = await converted(
      path.join(box.out, 'include.tar'),
      EXTERNAL,
      ...flags,
      '--source',
      'include',
    );
    expect(included.conversion?.source).toMatchObject({
      included: true,
      path: 'source/digits-cnn.onnx',
      sha256: sha256(EXTERNAL),
      files: parts,
    });
    expect(
      included.files
        .filter(({ role }) => role === 'source')
        .map(({ path, sha256 }) => [path, sha256]),
    ).toEqual([
      ['source/digits-cnn.onnx', sha256(EXTERNAL)],
      ...parts.map((part) => [`source/${part.path}`, part.sha256]),
    ]);
    const referenced = await converted(
      path.join(box.out, 'reference.tar'),
      EXTERNAL,
      ...flags,
      '--source',
      'reference',
    );
    expect(referenced.conversion?.source).toMatchObject({ included: false, files: parts });
    expect(referenced.files.map(({ role }) => role)).toEqual(['model']);
    expect(referenced.files).toEqual(included.files.filter(({ role }) => role === 'model'));
  });

  it('--samples FILE checks parity on real inputs', async () => {
    const box = sandbox();
    const { verification } = await converted(
      path.join(box.out, 'a.tar'),
      CNN,
      ...['-d', 'local', '--samples', TEST_IMAGES],
    );
    expect(verification).toMatchObject({
      passed: true,
      samples: 360,
      inputs: { kind: 'user', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      metrics: { logits: { elements: 3600, top1Agreement: 1 } },
    });
  });

  it('--samples DIR takes one file per input of a model with several', async () => {
    const box = sandbox();
    const samples = path.join(box.dir, 'samples');
    mkdirSync(samples);
    const ids = new BigInt64Array(30).fill(3n);
    const mask = new Uint8Array(30).fill(1);
    const shape = [5, 6];
    const arrays = {
      ids: npy({ descr: '<i8', shape, data: new Uint8Array(ids.buffer) }),
      mask: npy({ descr: '|b1', shape, data: mask }),
    };
    for (const [name, array] of Object.entries(arrays))
      writeFileSync(path.join(samples, `${name}.npy`), array);
    const { verification } = await converted(
      path.join(box.out, 'a.tar'),
      TWO_INPUTS,
      ...['-d', 'local', '--samples', samples],
    );
    expect(verification).toMatchObject({ passed: true, samples: 5, inputs: { kind: 'user' } });
  });

  it('--samples with token ids checks the transformer on all held-out images', async () => {
    const box = sandbox();
    const { verification } = await converted(
      path.join(box.out, 'a.tar'),
      fixture('models/digits-transformer.onnx'),
      ...['-d', 'local', '--samples', fixture('data/digits-test-tokens.npy')],
    );
    expect(verification).toMatchObject({ passed: true, samples: 360 });
  });

  it('--seed gives other generated inputs, and is recorded', async () => {
    const box = sandbox();
    const digests: (string | undefined)[] = [];
    for (const seed of ['7', '8']) {
      const { verification } = await converted(
        path.join(box.out, `${seed}.tar`),
        CNN,
        ...['-d', 'local', '--seed', seed],
      );
      expect(verification?.inputs?.seed).toBe(Number(seed));
      digests.push(verification?.inputs?.sha256);
    }
    expect(digests[0]).not.toBe(digests[1]);
  });

  it('--tolerance that is not met is exit 2, names the bound, and writes nothing', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    const args = ['convert', CNN, '-d', 'local', '-o', output, '--tolerance', 'maxAbs=0,top1=1'];
    expectRefusal(await run(args), {
      exit: 2,
      code: 'E_PARITY',
      names: [CNN, 'local', 'logits', 'maxAbs', 'at most 0', '--tolerance'],
    });
    box.expectOnly();
  });

  it('--tolerance that is met is recorded beside the default bounds', async () => {
    const box = sandbox();
    const { verification } = await converted(
      path.join(box.out, 'a.tar'),
      CNN,
      ...['-d', 'local', '--tolerance', 'cosine=0.5, maxAbs=1e-2'],
    );
    expect(verification?.tolerance).toMatchObject({ cosine: 0.5, maxAbs: 0.01, maxRel: 0.001 });
  });

  it('--no-verify leaves the check out, and the package says so', async () => {
    const box = sandbox();
    const { verification, software } = await converted(
      path.join(box.out, 'a.tar'),
      CNN,
      ...['-d', 'local', '--no-verify'],
    );
    expect(verification).toEqual({ skipped: 'left out by --no-verify' });
    expect(software.stack.testedWith).toBeUndefined();
  });

  it('--option reaches the converter and is recorded', async () => {
    const box = sandbox();
    const descriptor = await converted(
      path.join(box.out, 'a.tar'),
      CNN,
      ...['-d', 'local', '--option', 'optimization=basic', '--no-verify'],
    );
    expect(descriptor.conversion?.options).toEqual({ optimization: 'basic' });
    expect(descriptor.conversion?.converter?.steps[0]?.join(' ')).toContain('--optimization basic');
  });

  it('--devices FILE adds devices, which -d can name', async () => {
    const box = sandbox();
    const file = path.join(box.dir, 'my-devices.yaml');
    writeFileSync(
      file,
      'devices:\n  - {name: my-board, extends: raspberry-pi-5, memoryBytes: 1000000000}\n',
    );
    const descriptor = await converted(
      path.join(box.out, 'a.tar'),
      CNN,
      ...['--devices', file, '-d', 'my-board', '--no-verify'],
    );
    expect(descriptor.device).toMatchObject({
      name: 'my-board',
      soc: 'BCM2712',
      memoryBytes: 1_000_000_000,
    });
  });

  it('-d takes a device file', async () => {
    const box = sandbox();
    const file = path.join(box.dir, 'board.yaml');
    writeFileSync(file, 'name: my-board\nextends: onnxruntime-mobile\n');
    const args = ['convert', CNN, '-d', file, '--dry-run', '--json'];
    expect(plans(await run(args))).toMatchObject([{ device: 'my-board', unconverted: false }]);
  });

  it('--dry-run prints the exact steps and runs nothing', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    const args = ['convert', CNN, '-d', 'local', '-o', output, '--dry-run'];
    const text = await run(args);
    expect(text).toMatchObject({ code: 0, stderr: '' });
    expect(text.stdout).toContain(`local -> ${output}`);
    const [plan] = plans(await run([...args, '--json']));
    const command = plan?.steps[0]?.command ?? [];
    expect(command.slice(3)).toEqual([
      ...['convert', '--model', 'source/digits-cnn.onnx', '--output', 'out/digits-cnn.ort'],
      ...['--optimization', 'extended', '--qdq-int8', '1'],
    ]);
    for (const word of command) expect(text.stdout).toContain(word);
    box.expectOnly();
    // what was planned is what a conversion then does
    const descriptor = await converted(output, CNN, '-d', 'local', '--no-verify');
    expect(descriptor.conversion?.converter?.steps[0]?.slice(1)).toEqual(command.slice(3));
  });

  it('--dry-run needs no -o and says when nothing has to be converted', async () => {
    const result = await run(['convert', CNN, '-d', 'onnxruntime-cpu', '-n']);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(result.stdout).toContain('as it is');
  });

  it('--force replaces an output, without it nothing is touched', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    writeFileSync(output, 'the old one');
    const args = ['convert', CNN, '-d', 'local', '-o', output, '--no-verify', '-q'];
    expectRefusal(await run(args), {
      exit: 73,
      code: 'E_OUTPUT_EXISTS',
      names: [output, '--force'],
    });
    expect(readFileSync(output, 'utf8')).toBe('the old one');
    expect(await run([...args, '-f'])).toMatchObject({ code: 0 });
    await verifyPackage(output);
    box.expectOnly('a.tar');
  });

  it('--timeout longer than 25 days is not a timeout of now', async () => {
    const box = sandbox();
    const args = ['convert', CNN, '-d', 'local', '-o', path.join(box.out, 'a.tar'), '--no-verify'];
    expect(await run([...args, '--timeout', '10000000'])).toMatchObject({ code: 0 });
  });

  it('--log keeps what the tools print, and the same file can be used again', async () => {
    const box = sandbox();
    const log = path.join(box.dir, 'log.txt');
    const bad = fixture('models/bad/custom-op.onnx');
    for (let i = 0; i < 2; i++)
      await run(['convert', bad, '-d', 'local', '-o', path.join(box.out, 'a.tar'), '--log', log]);
    expect(readFileSync(log, 'utf8').match(/FrobnicateXYZ/g)?.length).toBeGreaterThanOrEqual(2);
    box.expectOnly();
  });

  it('--quiet prints nothing, --json exactly one document on stdout', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    const args = ['convert', CNN, '-d', 'local', '-o', output, '-f'];
    expect(await run([...args, '--quiet'])).toEqual({ code: 0, stdout: '', stderr: '' });
    const { results } = jsonResult(
      await run([...args, '--json']),
      'convert-result',
    ) as ConvertResult;
    expect(results).toMatchObject([
      {
        device: 'local',
        status: 'converted',
        package: output,
        sizeBytes: statSync(output).size,
        match: [{ code: 'FORMAT', ok: true }, { ok: true }, { ok: true }, { ok: true }, {}],
      },
    ]);
    expect(results[0]?.descriptor).toEqual((await verifyPackage(output)).descriptor);
  });

  it('a warning under --json is part of the result, not text on stderr', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    vi.stubEnv('MODELCONV_ONNXRUNTIME', box.dir);
    const result = await run(['convert', CNN, '-d', 'onnxruntime-cpu', '-o', output, '--json']);
    const { results } = jsonResult(result, 'convert-result') as ConvertResult;
    expect(results[0]?.warnings?.join()).toContain('not run');
  });
});

describe('convert --request', () => {
  function request(dir: string, text: string): string {
    const file = path.join(dir, 'request.yaml');
    writeFileSync(file, text);
    return file;
  }

  const DOCUMENT = [
    'protocol: modelconv/1',
    'kind: ConversionRequest',
    'source: {path: models/digits.onnx, framework: {name: pytorch, version: "2.1"}}',
    'device: local',
    'output: out/from-request.tar',
    'name: from-request',
    'version: "3.0.0"',
    'license: Apache-2.0',
    'description: Reads digits.',
    'packageSource: include',
    'precision: fp32',
    'verify: {samples: samples.npy, seed: 5, tolerance: {cosine: 0.9}}',
    'options: {optimization: basic}',
    'timeoutSeconds: 600',
    '',
  ].join('\n');

  it('holds the whole conversion info, with paths relative to the document', async () => {
    const box = sandbox();
    mkdirSync(path.join(box.dir, 'models'));
    copyFileSync(CNN, path.join(box.dir, 'models/digits.onnx'));
    copyFileSync(TEST_IMAGES, path.join(box.dir, 'samples.npy'));
    const file = request(box.dir, DOCUMENT);
    expect(await run(['convert', '--request', file, '-q'])).toMatchObject({ code: 0, stderr: '' });
    box.expectOnly('from-request.tar');
    const { descriptor } = await verifyPackage(path.join(box.out, 'from-request.tar'));
    expect(expectValid('descriptor', descriptor)).toMatchObject({
      name: 'from-request',
      version: '3.0.0',
      license: 'Apache-2.0',
      description: 'Reads digits.',
      conversion: {
        precision: 'fp32',
        options: { optimization: 'basic' },
        source: { included: true, framework: { name: 'pytorch', version: '2.1' } },
      },
      verification: { samples: 360, inputs: { kind: 'user' }, tolerance: { cosine: 0.9 } },
    });
  });

  it('flags win over it, field by field', async () => {
    const box = sandbox();
    const file = request(box.dir, DOCUMENT);
    const output = path.join(box.out, 'flags.tar');
    const descriptor = await converted(
      output,
      CNN,
      ...['--request', file, '-d', 'android-arm64', '--name', 'from-flags'],
      ...['--model-version', '4', '--framework', 'jax', '--source', 'reference'],
      ...['--no-verify', '--option', 'optimization=disabled'],
    );
    expect(descriptor).toMatchObject({
      name: 'from-flags',
      version: '4',
      license: 'Apache-2.0',
      device: { name: 'android-arm64' },
      conversion: {
        options: { optimization: 'disabled' },
        source: { included: false, framework: { name: 'jax' } },
      },
      verification: { skipped: 'left out by --no-verify' },
    });
    box.expectOnly('flags.tar');
  });

  it('--tolerance wins bound by bound, and --samples and --seed win', async () => {
    const box = sandbox();
    const file = request(
      box.dir,
      `source: {path: ${CNN}}\nverify: {seed: 5, tolerance: {cosine: 0.9, maxAbs: 1}}\n`,
    );
    const { verification } = await converted(
      path.join(box.out, 'a.tar'),
      CNN,
      ...['--request', file, '-d', 'local', '--seed', '6', '--tolerance', 'maxAbs=0.5'],
    );
    expect(verification).toMatchObject({
      inputs: { seed: 6 },
      tolerance: { cosine: 0.9, maxAbs: 0.5 },
    });
  });

  it('several devices in it make several packages', async () => {
    const box = sandbox();
    const file = request(
      box.dir,
      `source: {path: ${CNN}}\ndevices: [raspberry-pi-4, ios-arm64]\noutput: out\n`,
    );
    const planned = plans(await run(['convert', '--request', file, '--dry-run', '--json']));
    expect(planned.map(({ device, output }) => [device, output])).toEqual([
      ['raspberry-pi-4', path.join(box.out, 'digits-cnn.raspberry-pi-4.tar')],
      ['ios-arm64', path.join(box.out, 'digits-cnn.ios-arm64.tar')],
    ]);
  });

  it('a device may stand in it as a whole', async () => {
    const box = sandbox();
    const file = request(
      box.dir,
      `source: {path: ${CNN}}\ndevice: {name: inline, extends: onnxruntime-mobile, arch: arm64}\noutput: a.tar\n`,
    );
    const planned = plans(await run(['convert', '--request', file, '--dry-run', '--json']));
    expect(planned).toMatchObject([{ device: 'inline', unconverted: false }]);
  });

  it('a device file named in it is looked for beside the document', async () => {
    const box = sandbox();
    writeFileSync(path.join(box.dir, 'board.yaml'), 'name: board\nextends: onnxruntime-mobile\n');
    const file = request(box.dir, `source: {path: ${CNN}}\ndevice: ./board.yaml\noutput: a.tar\n`);
    const result = await run(['convert', '--request', file, '--dry-run', '--json']);
    expect(plans(result)).toMatchObject([{ device: 'board' }]);
  });

  it('is itself not replaced by the output', async () => {
    const box = sandbox();
    const file = request(box.dir, `source: {path: ${CNN}}\ndevice: local\noutput: request.yaml\n`);
    const before = sha256(file);
    const result = await run(['convert', '--request', file, '--force', '--no-verify']);
    expect(sha256(file)).toBe(before);
    expectRefusal(result, { exit: 73, code: 'E_OUTPUT', names: [file] });
  });

  it('what is missing in it and on the command line is said', async () => {
    const box = sandbox();
    const file = request(box.dir, 'name: nothing-else\n');
    expectRefusal(await run(['convert', '--request', file]), { exit: 64, code: 'E_USAGE' });
    expect(existsSync(path.join(box.dir, 'OUT.tar'))).toBe(false);
  });
});
