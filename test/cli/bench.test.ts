import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { toolchain as ncnn } from '../../src/adapters/ncnn/toolchain.js';
import { toolchain } from '../../src/adapters/openvino/toolchain.js';
import { readHead } from '../../src/package/read.js';
import { verifyPackage } from '../../src/package/verify.js';
import type { BenchResult } from '../../src/schema/generated/types.js';
import { entry } from '../support/archive.js';
import { type BEHAVIOURS, fakeEnvironments } from '../support/fake-python.js';
import { fixture } from '../support/files.js';
import { DRAFT, descriptorOf, packContents, rawPackage } from '../support/package.js';
import {
  expectRefusal,
  jsonResult,
  type RunResult,
  run,
  type Sandbox,
  sandbox,
} from './run-main.js';
import { expectValid } from './schemas.js';

const ONNX = fixture('models/digits-cnn.onnx');
const IR = fixture('models/openvino/digits-cnn-fp32.xml');
const TEST = fixture('data/digits-test.npy');
const fakes = fakeEnvironments(toolchain, 'openvino-ir');
const ncnnFakes = fakeEnvironments(ncnn, 'ncnn');

function use(behaviour: (typeof BEHAVIOURS)[number]): Sandbox {
  const box = sandbox();
  vi.stubEnv(toolchain.variable, path.join(fakes, behaviour));
  return box;
}

/** A package of an OpenVINO model, which the fake runtime times. */
async function packed(box: Sandbox): Promise<string> {
  const output = path.join(box.out, 'digits.tar');
  const model = fixture('models/digits-cnn-static.onnx');
  const words = ['convert', model, '-d', 'openvino-cpu', '--precision', 'fp32', '-o', output, '-q'];
  expect(await run(words)).toMatchObject({ code: 0 });
  return output;
}

async function bench(...words: readonly string[]): Promise<BenchResult> {
  const result = await run(['bench', ...words, '--json']);
  return jsonResult(result, 'bench-result') as BenchResult;
}

/** What the runtime was told, by the log that the fake one writes. */
async function toldTiming(box: Sandbox, ...words: readonly string[]): Promise<unknown> {
  const log = path.join(box.dir, 'log.txt');
  expect(await run(['bench', IR, '--log', log, ...words])).toMatchObject({ code: 0 });
  return JSON.parse(/^timing (.*)$/m.exec(readFileSync(log, 'utf8'))?.[1] ?? 'null');
}

describe('bench, with times that are known', () => {
  it('gives percentiles in milliseconds, throughput, memory, and what they were measured with', async () => {
    const box = use('succeeds');
    const { model, measurement, saved } = await bench(IR);
    expect(model).toMatchObject({ path: IR, kind: 'model', format: 'openvino-ir' });
    expect(measurement).toMatchObject({
      kind: 'latency',
      device: { name: 'local', arch: process.arch, os: process.platform },
      runtime: { name: 'openvino', tool: 'OpenVINO', version: toolchain.releases[0]?.version },
      threads: 1,
      warmup: 10,
      runs: 100,
      samples: 8,
      inputs: { kind: 'generated' },
      latency: { minMs: 1, p50Ms: 50, p90Ms: 90, p99Ms: 99 },
      // 100 runs in 1 + 2 + … + 100 ms
      throughput: 19.802,
      peakMemoryBytes: 12_345_678,
    });
    expect(saved).toBeUndefined();
    box.expectOnly();
  });

  it('prints a table for people', async () => {
    use('succeeds');
    const { code, stdout } = await run(['bench', IR, '--threads', '2']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^latency {6}p50 50 ms {3}p90 90 ms {3}p99 99 ms {3}min 1 ms$/m);
    expect(stdout).toMatch(/^throughput {3}19.8 inferences\/s$/m);
    expect(stdout).toMatch(/^peak memory {2}12.3 MB$/m);
    expect(stdout).toContain('2 threads');
  });

  it('tells the runtime 100 runs after 10 in one thread where nothing else is asked for', async () => {
    const box = use('succeeds');
    expect(await toldTiming(box)).toEqual({ warmup: 10, runs: 100, threads: 1 });
  });

  it.each([
    [['--runs', '7'], { runs: 7 }],
    [['--warmup', '0'], { warmup: 0 }],
    [['--threads', '3'], { threads: 3 }],
    [['--duration', '2.5'], { runs: 1_000_000, durationMs: 2500 }],
  ])('%j reaches the runtime', async (words, expected) => {
    const box = use('succeeds');
    expect(await toldTiming(box, ...words)).toMatchObject(expected);
  });

  it('with --duration tells how many runs were made in it', async () => {
    use('succeeds');
    expect((await bench(IR, '--duration', '1')).measurement.runs).toBe(7);
  });
});

describe('bench, with the bundled runtime', () => {
  it('times a source, with --samples and --input as given', async () => {
    const box = sandbox();
    const { measurement } = await bench(ONNX, '--samples', TEST, '--runs', '5', '--warmup', '1');
    expect(measurement).toMatchObject({
      runtime: { name: 'onnxruntime' },
      runs: 5,
      samples: 360,
      inputs: { kind: 'user' },
      inputShapes: { image: [1, 1, 8, 8] },
    });
    const { minMs, p50Ms, p99Ms } = measurement.latency;
    expect(0 < minMs && minMs <= p50Ms && p50Ms <= p99Ms).toBe(true);
    expect(measurement.throughput).toBeGreaterThan(0);
    expect(measurement.peakMemoryBytes).toBeGreaterThan(10_000_000);
    const fixed = await bench(ONNX, '--input', 'image=3,1,8,8', '--runs', '2');
    expect(fixed.measurement.inputShapes).toEqual({ image: [3, 1, 8, 8] });
    box.expectOnly();
  });
});

describe('bench --save', () => {
  it('keeps the measurement in the package, and everything else as it was', async () => {
    const box = use('succeeds');
    const file = await packed(box);
    const before = (await readHead(file)).descriptor;
    const { measurement, saved } = await bench(file, '--save');
    expect(saved).toBe(file);
    const { descriptor } = await verifyPackage(file);
    expect(descriptor).toEqual({ ...before, measurements: [measurement] });
    box.expectOnly('digits.tar');
    const { stdout } = await run(['inspect', file]);
    expect(stdout).toMatch(/^measured {2,}p50 50 ms, 19.8 inferences\/s, openvino /m);
  });

  it('holds no time of the clock and no name of the host: the same figures give the same bytes', async () => {
    const box = use('succeeds');
    const file = await packed(box);
    await bench(file, '--save');
    const once = readFileSync(file);
    await bench(file, '--save');
    expect(readFileSync(file)).toEqual(once);
  });

  it('-o writes a new package and leaves the first as it is; one that is there only with --force', async () => {
    const box = use('succeeds');
    const file = await packed(box);
    const before = readFileSync(file);
    const output = path.join(box.out, 'measured.tar');
    const words = ['bench', file, '--save', '-o', output];
    expect(await run(words)).toMatchObject({ code: 0 });
    expect(readFileSync(file)).toEqual(before);
    expect((await verifyPackage(output)).descriptor.measurements).toHaveLength(1);
    expectRefusal(await run(words), { exit: 73, code: 'E_OUTPUT_EXISTS', names: [output] });
    expect(await run([...words, '--force'])).toMatchObject({ code: 0 });
    box.expectOnly('digits.tar', 'measured.tar');
  });

  it('writes through a link, which stays one', async () => {
    const box = use('succeeds');
    const file = await packed(box);
    const link = path.join(box.out, 'link.tar');
    symlinkSync('digits.tar', link);
    expect(await run(['bench', link, '--save'])).toMatchObject({ code: 0 });
    expect((await verifyPackage(file)).descriptor.measurements).toHaveLength(1);
    box.expectOnly('digits.tar', 'link.tar');
  });

  it('never writes over what the run reads', async () => {
    const box = use('succeeds');
    const file = await packed(box);
    const before = readFileSync(file);
    const result = await run(['bench', file, '--save', '-o', file, '--force']);
    expectRefusal(result, { exit: 73, code: 'E_OUTPUT' });
    expect(readFileSync(file)).toEqual(before);
  });

  it('is refused for a bare model, and -o without it, before anything runs', async () => {
    const box = use('fails-on-converted');
    expectRefusal(await run(['bench', IR, '--save']), { exit: 64, code: 'E_USAGE', names: [IR] });
    const output = path.join(box.out, 'a.tar');
    const result = await run(['bench', IR, '-o', output]);
    expectRefusal(result, { exit: 64, code: 'E_USAGE', names: ['--save'] });
    box.expectOnly();
  });

  it('is refused for a signed package, which is left as it is', async () => {
    const box = use('succeeds');
    const file = path.join(box.out, 'signed.tar');
    const model = { 'model/a.ort': 'weights' };
    const signed = rawPackage(
      descriptorOf(model),
      entry({ name: 'model/a.ort' }, 'weights'),
      entry({ name: 'signature/model.sig' }, 'signature'),
    );
    writeFileSync(file, signed);
    const result = await run(['bench', file, '--save']);
    expectRefusal(result, { exit: 64, code: 'E_USAGE', names: [file, 'signed'] });
    expect(readFileSync(file)).toEqual(signed);
  });
});

describe('bench refuses', () => {
  const refused = async (...words: readonly string[]): Promise<RunResult> =>
    await run(['bench', ...words]);

  it('--runs together with --duration', async () => {
    use('succeeds');
    const result = await refused(IR, '--runs', '1', '--duration', '1');
    expectRefusal(result, { exit: 64, code: 'E_USAGE', names: ['--runs', '--duration'] });
  });

  it.each([
    ['--runs', '0'],
    ['--runs', '1.5'],
    ['--duration', '0'],
    ['--duration', 'long'],
    ['--warmup', '-1'],
    ['--threads', '0'],
    ['--timeout', '0'],
  ])('%s %s', async (flag, value) => {
    use('succeeds');
    expectRefusal(await refused(IR, flag, value), { exit: 64, code: 'E_USAGE', names: [flag] });
  });

  it('an input that the model does not have', async () => {
    use('succeeds');
    const result = await refused(IR, '--input', 'imgae=1,1,8,8');
    expectRefusal(result, { exit: 64, code: 'E_USAGE', names: ['imgae'] });
  });

  it('a model that says no shape, with the flag that says it', async () => {
    sandbox();
    const model = fixture('models/ncnn/digits-cnn-fp32.param');
    vi.stubEnv(ncnn.variable, path.join(ncnnFakes, 'succeeds'));
    const result = await refused(model);
    expectRefusal(result, {
      exit: 65,
      code: 'E_SAMPLES_INVALID',
      names: [model, '--input in0=SIZES'],
    });
    const fixed = await bench(model, '--input', 'in0=1,1,8,8');
    expect(fixed.measurement.inputShapes).toEqual({ in0: [1, 1, 8, 8] });
  });

  it('samples that nothing can be made up for, without advice for another command', async () => {
    const box = use('succeeds');
    const result = await refused(ONNX, '--input', 'image=9000000,1,8,8');
    expectRefusal(result, { exit: 65, code: 'E_SAMPLES_INVALID', names: ['--samples'] });
    expect(result.stderr).not.toContain('--no-verify');
    box.expectOnly();
  });

  it('a log that is the model itself', async () => {
    const box = use('succeeds');
    const copy = path.join(box.dir, 'copy.onnx');
    writeFileSync(copy, readFileSync(ONNX));
    expectRefusal(await refused(copy, '--log', copy), { exit: 73, code: 'E_OUTPUT' });
    expect(readFileSync(copy)).toEqual(readFileSync(ONNX));
  });

  it('an RKNN file, which no computer runs', async () => {
    sandbox();
    const model = fixture('models/rknn/digits-cnn-rk3588-fp16.rknn');
    const result = await refused(model);
    expectRefusal(result, { exit: 78, code: 'E_NOT_CONVERTIBLE', names: [model, 'rknn'] });
  });

  it('an encrypted package, and an encrypted file', async () => {
    const box = sandbox();
    const { file } = await packContents(box.dir, { 'payload.age': 'secret' }, DRAFT);
    const result = await refused(file);
    expectRefusal(result, { exit: 66, code: 'E_INPUT', names: [file, 'modelconv decrypt'] });
    const whole = path.join(box.dir, 'whole.tar');
    writeFileSync(whole, 'age-encryption.org/v1\n-> X25519 abc\n');
    const other = await refused(whole);
    expectRefusal(other, { exit: 65, code: 'E_MODEL_INVALID', names: [whole, 'encrypted'] });
  });

  it('a package that was changed', async () => {
    const box = sandbox();
    const { file } = await packContents(box.dir, { 'model/a.ort': 'weights' }, DRAFT);
    const bytes = readFileSync(file);
    bytes[bytes.indexOf('weights')] = 0x21;
    writeFileSync(file, bytes);
    expectRefusal(await refused(file), { exit: 65, code: 'E_PACKAGE_INVALID', names: [file] });
  });

  it('a file that is not there, as one object under --json', async () => {
    sandbox();
    const result = await refused('no-such.tar', '--json');
    expect(result).toMatchObject({ code: 66, stdout: '' });
    expectValid('error', JSON.parse(result.stderr));
  });
});

describe('bench fails, keeps the package as it was and leaves nothing behind', () => {
  it.each([
    ['a runtime that crashes on the model', 'fails-on-converted', 70],
    ['one that gives no results', 'runs-nothing', 65],
    ['one that gives no times', 'times-nothing', 65],
    ['one that gives times that cannot be', 'times-garbage', 65],
  ] as const)('with %s', async (_title, behaviour, exit) => {
    const box = use('succeeds');
    const file = await packed(box);
    const before = readFileSync(file);
    vi.stubEnv(toolchain.variable, path.join(fakes, behaviour));
    const result = await run(['bench', file, '--save']);
    expect(result).toMatchObject({ code: exit, stdout: '' });
    expect(result.stderr).toMatch(/^ {2}next: \S/m);
    expect(result.stderr).not.toContain('--no-verify');
    expect(readFileSync(file)).toEqual(before);
    box.expectOnly('digits.tar');
  });

  it('when the runtime hangs beyond --timeout', async () => {
    const box = use('hangs-when-run');
    const result = await run(['bench', IR, '--timeout', '0.5']);
    expectRefusal(result, { exit: 75, code: 'E_TIMEOUT', names: ['OpenVINO', '--timeout'] });
    box.expectOnly();
  });
});
