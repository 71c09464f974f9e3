import { createHash } from 'node:crypto';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { verifyPackage } from '../../src/package/verify.js';
import type { CompareResult, Descriptor, VerifyResult } from '../../src/schema/generated/types.js';
import { fixture, tempDir } from '../support/files.js';
import { float32, npy } from '../support/npy.js';
import { greyPng, photoPng } from '../support/photo.js';
import { expectRefusal, jsonResult, type RunResult, run, sandbox } from './run-main.js';

const GOOD = fixture('models/faults/good.onnx');
const NORMALISES = fixture('models/faults/normalised-twice.onnx');
const SWAPPED = fixture('models/faults/channels-swapped.onnx');
const DECLARED = {
  resize: 'stretch',
  colorOrder: 'rgb',
  range: [0, 1],
  mean: [0.485, 0.456, 0.406],
  scale: [4.367, 4.464, 4.444],
};

/** A file in a directory of its own. */
function written(name: string, data: string | Uint8Array): string {
  const file = path.join(tempDir(), name);
  writeFileSync(file, data);
  return file;
}

const photo = (): string => written('photo.png', photoPng(23, 17));
const preprocess = (change: object = {}): string =>
  written('preprocess.json', JSON.stringify({ inputs: { image: { ...DECLARED, ...change } } }));

/** Convert a model of the fixtures for this machine. */
async function convert(model: string, ...flags: readonly string[]): Promise<[RunResult, string]> {
  const output = path.join(tempDir(), 'a.tar');
  return [await run(['convert', model, '-d', 'local', '-o', output, '-q', ...flags]), output];
}

/** A package of the good model with its truth, and what is in it; made once. */
let base: string;
let baseFiles: string;
beforeAll(async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'truth-'));
  base = path.join(directory, 'good.tar');
  const [sample, declared] = ['photo.png', 'preprocess.json'].map((name) =>
    path.join(directory, name),
  );
  writeFileSync(sample ?? '', photoPng(23, 17));
  writeFileSync(declared ?? '', JSON.stringify({ inputs: { image: DECLARED } }));
  const words = ['--preprocess', declared ?? '', '--truth', sample ?? ''];
  const result = await run(['convert', GOOD, '-d', 'local', '-o', base, '-q', ...words]);
  expect(result).toMatchObject({ code: 0, stderr: '' });
  baseFiles = path.join(directory, 'unpacked');
  await run(['unpack', base, '-C', baseFiles, '-q']);
});
afterAll(() => rmSync(path.dirname(base), { recursive: true }));

/** Its outputs, under their names. */
function baseOutputs(): string {
  const outputs = path.join(tempDir(), 'outputs');
  for (const [index, name] of ['left', 'right'].entries())
    cpSync(path.join(baseFiles, `truth/output-${index}.npy`), path.join(outputs, `${name}.npy`));
  return outputs;
}

it('a converted model that is wrong for the raw sample alone is exit 2, and the report says so', async () => {
  const black = npy({ shape: [1, 3, 16, 16], data: new Uint8Array(4 * 3 * 16 * 16) });
  const truth = ['--truth', photo(), '--preprocess', preprocess()];
  const data = ['--samples', written('black.npy', black), ...truth];
  const box = sandbox();
  vi.stubEnv('MODELCONV_ONNXRUNTIME', fixture('tools/onnxruntime/wrong-on-photos'));
  const output = path.join(box.out, 'a.tar');
  const result = await run(['convert', GOOD, '-d', 'local', '-o', output, ...data]);
  const names = ['does not give for', 'photo.png', `report: ${output}.parity.html`];
  expectRefusal(result, { exit: 2, code: 'E_PARITY', names });
  const report = JSON.parse(readFileSync(`${output}.parity.json`, 'utf8')) as CompareResult;
  expect(report.passed).toBe(false);
  expect(report.faults.join()).toContain('photo.png: ');
  const page = readFileSync(`${output}.parity.html`, 'utf8');
  expect(page).toContain('does not compute the same');
  box.expectOnly();
});

async function descriptorOf(file: string): Promise<Descriptor> {
  const { stdout } = await run(['inspect', file, '--json']);
  return (JSON.parse(stdout) as { descriptor: Descriptor }).descriptor;
}

/** The files of a package, unpacked. */
async function unpacked(file: string): Promise<string> {
  const directory = path.join(tempDir(), 'unpacked');
  expect(await run(['unpack', file, '-C', directory, '-q'])).toMatchObject({ code: 0 });
  return directory;
}

/** The same package with another descriptor, and what else is changed in its files. */
async function repacked(
  file: string,
  change: (descriptor: Descriptor) => void,
  changeFiles: (directory: string) => void = () => {},
): Promise<string> {
  const directory = await unpacked(file);
  const descriptor = await descriptorOf(file);
  change(descriptor);
  changeFiles(directory);
  // digests and sizes are filled in
  const files = descriptor.files.map(({ path: name, role }) => ({ path: name, role }));
  const draft = written('descriptor.json', JSON.stringify({ ...descriptor, files }));
  const output = path.join(tempDir(), 'b.tar');
  const parts = ['model', 'truth'].map((name) => path.join(directory, name)).filter(existsSync);
  const result = await run(['pack', ...parts, '--descriptor', draft, '-o', output]);
  expect(result).toMatchObject({ code: 0, stderr: '' });
  return output;
}

async function verified(file: string): Promise<[number, NonNullable<VerifyResult['truth']>]> {
  const result = await run(['verify', file, '--truth', '--json']);
  const { truth } = jsonResult({ ...result, code: 0 }, 'verify-result') as VerifyResult;
  if (truth === undefined) throw new Error('no truth');
  return [result.code, truth];
}

/** What the package says it must become. */
function setPreprocess({ model }: Descriptor, change: object): void {
  const [input] = model.inputs;
  Object.assign(input?.preprocess ?? {}, change);
}

describe('a package with its truth', () => {
  it('holds the raw sample as it was given, and what becomes of it, by digest', async () => {
    const sample = photo();
    const [, file] = await convert(GOOD, '--preprocess', preprocess(), '--truth', sample);
    const { verification, files } = await descriptorOf(file);
    const { inputs = [], outputs = [], ...rest } = verification?.truth ?? {};
    expect(inputs).toMatchObject([
      { name: 'image', from: 'declared', maxAbs: 0, raw: { path: 'truth/raw-0.png' } },
    ]);
    expect(outputs).toMatchObject([
      { name: 'left', from: 'source', tensor: { path: 'truth/output-0.npy' } },
      { name: 'right', from: 'source' },
    ]);
    expect(rest).toMatchObject({
      runtime: { name: 'onnxruntime' },
      tolerance: { cosine: 0.9999, maxRel: 1e-3 },
    });
    const named = [
      ...inputs.flatMap(({ raw, tensor }) => [raw, tensor]),
      ...outputs.map(({ tensor }) => tensor),
    ];
    for (const one of named)
      expect(files).toContainEqual(expect.objectContaining({ ...one, role: 'truth' }));
    const directory = await unpacked(file);
    expect(readFileSync(path.join(directory, 'truth/raw-0.png'))).toEqual(readFileSync(sample));
    expect(await run(['verify', file])).toMatchObject({ code: 0 });
  });

  it('is the same, byte for byte, when it is made again', async () => {
    const [, again] = await convert(GOOD, '--preprocess', preprocess(), '--truth', photo());
    expect(readFileSync(again).equals(readFileSync(base))).toBe(true);
  });

  it('is verified: preprocessed and run, with exit status 0', async () => {
    const box = sandbox();
    const [code, truth] = await verified(base);
    expect(code).toBe(0);
    expect(truth).toMatchObject({
      passed: true,
      inputs: [{ name: 'image', passed: true, maxAbs: 0, findings: [] }],
      outputs: [
        { name: 'left', passed: true, faults: [] },
        { name: 'right', passed: true },
      ],
      findings: [],
      runtime: { name: 'onnxruntime' },
    });
    box.expectOnly();
  });

  it('is told by inspect', async () => {
    const { stdout } = await run(['inspect', base]);
    expect(stdout).toMatch(/^truth +truth\/raw-0\.png, outputs of the source in onnxruntime /m);
  });

  it('is told line by line', async () => {
    const { stdout } = await run(['verify', base, '--truth']);
    expect(stdout).toMatch(/^✓ {2}preprocessing {2}image +max abs 0 \(at most 0\)$/m);
    expect(stdout).toMatch(/^✓ {2}model {10}left +cosine 1, max abs /m);
  });

  it('is asked for in a request, relative to it', async () => {
    const directory = tempDir();
    writeFileSync(path.join(directory, 'photo.png'), photoPng(23, 17));
    const request = path.join(directory, 'request.yaml');
    const document = {
      protocol: 'modelconv/1',
      kind: 'ConversionRequest',
      source: { path: GOOD },
      device: 'local',
      output: path.join(directory, 'a.tar'),
      preprocess: { image: DECLARED },
      truth: { sample: 'photo.png' },
    };
    writeFileSync(request, JSON.stringify(document));
    expect(await run(['convert', '--request', request, '-q'])).toMatchObject({ code: 0 });
    expect((await verified(document.output))[0]).toBe(0);
  });
});

describe('RGB and BGR swapped is caught, and named', () => {
  const named = /RGB and BGR are swapped/;

  it('in a package that declares the other order than its tensor has', async () => {
    const file = await repacked(base, (one) => setPreprocess(one, { colorOrder: 'bgr' }));
    const [code, truth] = await verified(file);
    expect(code).toBe(2);
    expect(truth.passed).toBe(false);
    expect(truth.inputs).toMatchObject([
      { passed: false, findings: [expect.stringMatching(named)] },
    ]);
    // the model itself is right
    expect(truth.outputs).toMatchObject([{ passed: true }, { passed: true }]);
    const told = await run(['verify', file, '--truth']);
    expect(told).toMatchObject({ code: 2, stdout: expect.stringMatching(/^✗ {2}preprocessing/m) });
    expect(told.stdout).toMatch(named);
    // with --quiet, too: it is no progress
    expect((await run(['verify', file, '--truth', '-q'])).stdout).toMatch(named);
  });

  it('in a package whose model takes the other order than its tensor has', async () => {
    const [raw, tensor] = ['raw-0.png', 'input-0.npy'].map((name) =>
      path.join(baseFiles, 'truth', name),
    );
    const outputs = baseOutputs();
    const flags = [
      '--truth',
      raw ?? '',
      '--truth-tensor',
      tensor ?? '',
      '--truth-outputs',
      outputs,
    ];
    const [result] = await convert(SWAPPED, '--preprocess', preprocess(), ...flags);
    expectRefusal(result, {
      exit: 2,
      code: 'E_TRUTH',
      names: ['--truth-outputs'.slice(8), 'RGB and BGR'],
    });
  });

  it('when a conversion is asked for that does not make the tensor of the training', async () => {
    const flags = ['--truth', photo(), '--truth-tensor', path.join(baseFiles, 'truth/input-0.npy')];
    const declared = ['--preprocess', preprocess({ colorOrder: 'bgr' })];
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    const words = ['convert', GOOD, '-d', 'local', '-o', output, '-q', ...declared, ...flags];
    expectRefusal(await run(words), {
      exit: 2,
      code: 'E_TRUTH',
      names: ['RGB and BGR are swapped'],
    });
    box.expectOnly();
  });
});

describe('double normalisation is caught, and named', () => {
  const named = /double normalisation/;

  it('in a package that declares for the host what its model does', async () => {
    const words = ['--preprocess', preprocess({ where: { mean: 'graph', scale: 'graph' } })];
    const [result, file] = await convert(NORMALISES, ...words, '--truth', photo());
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect((await verified(file))[0]).toBe(0);
    const wrong = await repacked(file, (one) => setPreprocess(one, { where: 'host' }));
    const [code, truth] = await verified(wrong);
    expect(code).toBe(2);
    expect(truth.inputs[0]?.findings.join()).toMatch(named);
  });

  it('in a package whose model normalises a tensor that is normalised already', async () => {
    const [, twice] = await convert(NORMALISES, '--preprocess', preprocess());
    const model = path.join(await unpacked(twice), 'model', 'normalised-twice.ort');
    const file = await repacked(
      base,
      // other weights: what is said of them is read again
      ({ model: described }) => {
        delete described.weights;
      },
      (directory) => cpSync(model, path.join(directory, 'model', 'good.ort')),
    );
    const [code, truth] = await verified(file);
    expect(code).toBe(2);
    expect(truth.inputs).toMatchObject([{ passed: true }]);
    expect(truth.outputs).toMatchObject([{ passed: false }, { passed: false }]);
    expect(truth.findings.join()).toMatch(named);
  });

  it('when a conversion is asked for whose outputs are not those of the training', async () => {
    const outputs = baseOutputs();
    const flags = ['--truth', photo(), '--truth-outputs', outputs];
    const [result] = await convert(NORMALISES, '--preprocess', preprocess(), ...flags);
    expectRefusal(result, { exit: 2, code: 'E_TRUTH', names: ['double normalisation', outputs] });
    const graph = preprocess({ where: { mean: 'graph', scale: 'graph' } });
    const [right] = await convert(NORMALISES, '--preprocess', graph, ...flags);
    expect(right).toMatchObject({ code: 0 });
  });
});

describe('missing normalisation is caught, and named', () => {
  it('in a package that declares none for a tensor that is normalised', async () => {
    const file = await repacked(base, ({ model }) => {
      Object.assign(model.inputs[0] ?? {}, { preprocess: { resize: 'stretch' } });
    });
    const [code, truth] = await verified(file);
    expect(code).toBe(2);
    expect(truth.inputs[0]?.findings.join()).toMatch(/normalisation is missing/);
  });

  it('where the model should do it, and does not', async () => {
    const outputs = baseOutputs();
    const graph = preprocess({ where: { mean: 'graph', scale: 'graph' } });
    const flags = ['--truth', photo(), '--truth-outputs', outputs];
    const [result] = await convert(GOOD, '--preprocess', graph, ...flags);
    expectRefusal(result, { exit: 2, code: 'E_TRUTH', names: ['normalisation is missing'] });
  });
});

describe('a truth that was given', () => {
  it('may be off by a level of the image, as pipelines that round are, and the bound is written down', async () => {
    const directory = await unpacked(base);
    const tensor = path.join(directory, 'truth/input-0.npy');
    const bytes = readFileSync(tensor);
    const header = bytes.length - 3 * 16 * 16 * 4;
    // half a level of one element
    bytes.writeFloatLE(bytes.readFloatLE(header) + (0.5 / 255) * 4.367, header);
    writeFileSync(tensor, bytes);
    const file = (
      await convert(
        GOOD,
        '--preprocess',
        preprocess(),
        '--truth',
        photo(),
        '--truth-tensor',
        tensor,
      )
    )[1];
    const { verification } = await descriptorOf(file);
    expect(verification?.truth?.inputs).toMatchObject([{ from: 'given', maxAbs: 0.0175059 }]);
    const [code, truth] = await verified(file);
    expect(code).toBe(0);
    expect(truth.inputs[0]?.maxAbs).toBeGreaterThan(0);
    bytes.writeFloatLE(bytes.readFloatLE(header) + (2 / 255) * 4.367, header);
    writeFileSync(tensor, bytes);
    const flags = ['--preprocess', preprocess(), '--truth', photo(), '--truth-tensor', tensor];
    const [result] = await convert(GOOD, ...flags);
    expectRefusal(result, { exit: 2, code: 'E_TRUTH', names: [tensor, '--preprocess'] });
  });

  it('of another number of elements is refused with both shapes', async () => {
    const tensor = written('t.npy', npy({ shape: [2], data: float32(1, 2) }));
    const flags = ['--preprocess', preprocess(), '--truth', photo(), '--truth-tensor', tensor];
    const [result] = await convert(GOOD, ...flags);
    expectRefusal(result, {
      exit: 65,
      code: 'E_SAMPLES_INVALID',
      names: [tensor, '[2]', '[1, 3, 16, 16]'],
    });
  });

  it('for two outputs in one file is refused', async () => {
    const outputs = written('o.npy', npy({ shape: [1, 6], data: float32(1, 2, 3, 4, 5, 6) }));
    const flags = ['--preprocess', preprocess(), '--truth', photo(), '--truth-outputs', outputs];
    const [result] = await convert(GOOD, ...flags);
    expectRefusal(result, { exit: 65, code: 'E_SAMPLES_INVALID', names: ['left, right'] });
  });
});

describe('a sample that cannot be used', () => {
  it.each<[string, () => string, string, string]>([
    ['is not there', () => path.join(tempDir(), 'none.png'), 'E_INPUT', 'none.png'],
    ['is neither image nor array', () => written('a.txt', 'x'), 'E_SAMPLES_INVALID', 'a.txt'],
    ['is damaged', () => written('a.png', 'x'), 'E_SAMPLES_INVALID', 'a.png'],
    [
      'is of one colour',
      () => written('a.png', photoPng(1, 1)),
      'E_SAMPLES_INVALID',
      'all its pixels are the same',
    ],
    ['is a directory without it', () => tempDir(), 'E_SAMPLES_INVALID', 'no file for image'],
  ])('because it %s is refused', async (_what, sample, code, name) => {
    const [result, output] = await convert(GOOD, '--preprocess', preprocess(), '--truth', sample());
    expectRefusal(result, { exit: code === 'E_INPUT' ? 66 : 65, code, names: [name] });
    expect(existsSync(output)).toBe(false);
  });

  it('because it does not fit what is declared is refused with what to declare', async () => {
    const words = ['--preprocess', preprocess({ resize: 'none' }), '--truth', photo()];
    const [result] = await convert(GOOD, ...words);
    expectRefusal(result, { exit: 65, code: 'E_SAMPLES_INVALID', names: ['23x17', '16x16'] });
  });

  it('is refused before any tool is started, and so is a tensor that it does not become', async () => {
    const output = path.join(tempDir(), 'a.tar');
    const tensor = path.join(baseFiles, 'truth/input-0.npy');
    const swapped = ['--preprocess', preprocess({ colorOrder: 'bgr' }), '--truth', photo()];
    for (const flags of [
      ['--truth', path.join(tempDir(), 'none.png')],
      [...swapped, '--truth-tensor', tensor],
    ]) {
      const result = await run(['convert', GOOD, '-d', 'local', '-o', output, ...flags]);
      expect(result.stderr).toMatch(/error\[E_(INPUT|TRUTH)\]/);
      expect(result.stderr).not.toMatch(/✓ convert/);
      const dry = await run(['convert', GOOD, '-d', 'local', '-o', output, ...flags, '-n']);
      expect(dry.code).toBe(result.code);
    }
  });

  it('because it is grey is taken, with a warning that it shows no swapped colours', async () => {
    const output = path.join(tempDir(), 'a.tar');
    const grey = written('grey.png', greyPng(20, 20));
    const flags = ['--preprocess', preprocess({ mean: [0], scale: [1] }), '--truth', grey];
    const result = await run(['convert', GOOD, '-d', 'local', '-o', output, ...flags]);
    expect(result).toMatchObject({ code: 0, stderr: expect.stringMatching(/RGB and BGR swapped/) });
  });

  it('--truth-tensor and --truth-outputs need it', async () => {
    for (const flag of ['tensor', 'outputs']) {
      const [result] = await convert(GOOD, `--truth-${flag}`, photo());
      expectRefusal(result, {
        exit: 64,
        code: 'E_USAGE',
        names: [`--truth-${flag}`, '--truth IMAGE'],
      });
    }
  });
});

describe('verify --truth', () => {
  it('of a package without one is exit 66, and says how to make one', async () => {
    const [, file] = await convert(GOOD);
    const result = await run(['verify', file, '--truth']);
    expectRefusal(result, { exit: 66, code: 'E_TRUTH_MISSING', names: [file, '--truth IMAGE'] });
  });

  it('of the golden package from before is exit 66, too', async () => {
    const file = fixture('packages/digits-cnn.modelconv-1.tar');
    expectRefusal(await run(['verify', file, '--truth']), { exit: 66, code: 'E_TRUTH_MISSING' });
  });

  it('of a damaged package is exit 65, as without it', async () => {
    const file = path.join(tempDir(), 'damaged.tar');
    const bytes = readFileSync(base);
    const at = bytes.indexOf('NUMPY') + 100;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    const result = await run(['verify', file, '--truth']);
    expectRefusal(result, { exit: 65, code: 'E_PACKAGE_INVALID' });
  });

  it('of a truth that names a file with another digest is exit 65', async () => {
    const file = await repacked(base, ({ verification }) => {
      const [output] = verification?.truth?.outputs ?? [];
      Object.assign(output?.tensor ?? {}, { sha256: '0'.repeat(64) });
    });
    const result = await run(['verify', file, '--truth']);
    expectRefusal(result, {
      exit: 65,
      code: 'E_DESCRIPTOR_INVALID',
      names: ['truth/output-0.npy'],
    });
  });

  it.each([
    ['no sample', (all: unknown[]) => void all.pop(), '0 samples'],
    ['two samples', (all: unknown[]) => void all.push(all[0]), '2 samples'],
  ])('of a truth with %s for an input is exit 65', async (_what, change, count) => {
    const file = await repacked(base, ({ verification }) => {
      change(verification?.truth?.inputs as unknown[]);
    });
    const result = await run(['verify', file, '--truth']);
    expectRefusal(result, { exit: 65, code: 'E_DESCRIPTOR_INVALID', names: [count, '"image"'] });
  });

  it('of a truth whose array is damaged names the file of the package', async () => {
    const damaged = Buffer.from('no array');
    const place = 'truth/input-0.npy';
    const file = await repacked(
      base,
      ({ verification }) => {
        const sha256 = createHash('sha256').update(damaged).digest('hex');
        Object.assign(verification?.truth?.inputs[0]?.tensor ?? {}, { sha256 });
      },
      (directory) => writeFileSync(path.join(directory, ...place.split('/')), damaged),
    );
    const result = await run(['verify', file, '--truth']);
    expectRefusal(result, { exit: 65, code: 'E_SAMPLES_INVALID', names: [`]: ${place} cannot`] });
  });

  it('where no runtime is checks the preprocessing, and says that the model was not run', async () => {
    const model = fixture('models/rknn/digits-cnn-rk3588-fp16.rknn');
    const draft = written('d.json', JSON.stringify({ name: 'digits', version: '1.0.0' }));
    const sample = written(
      'x.npy',
      npy({ shape: [1, 1, 8, 8], descr: '<f2', data: Buffer.alloc(128, 1) }),
    );
    const outputs = written('y.npy', npy({ shape: [1, 10], data: Buffer.alloc(40) }));
    const file = path.join(tempDir(), 'a.tar');
    const words = ['--truth', sample, '--truth-outputs', outputs];
    const result = await run(['pack', model, '--descriptor', draft, '-o', file, ...words]);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    const [code, truth] = await verified(file);
    expect(code).toBe(0);
    expect(truth).toMatchObject({
      passed: true,
      outputs: [],
      notRun: expect.stringMatching(/rknn/),
    });
    const { stdout } = await run(['verify', file, '--truth']);
    expect(stdout).toMatch(/the model was not run: no runtime for rknn on this machine/);
  });

  it.each([
    ['--timeout', '5'],
    ['--log', 'x.log'],
  ])('%s is for it alone', async (flag, value) => {
    const [, file] = await convert(GOOD);
    const result = await run(['verify', file, flag, value]);
    expectRefusal(result, { exit: 64, code: 'E_USAGE', names: [flag, '--truth'] });
  });
});

describe('a model with several inputs', () => {
  const MODEL = fixture('models/two-inputs.onnx');
  const ids = npy({ descr: '<i8', shape: [1, 6], data: Buffer.alloc(48, 0) });
  const mask = npy({ descr: '|b1', shape: [1, 6], data: Buffer.alloc(6, 1) });

  it('takes a directory with a file for each', async () => {
    const directory = tempDir();
    writeFileSync(path.join(directory, 'ids.npy'), ids);
    writeFileSync(path.join(directory, 'mask.npy'), mask);
    const [result, file] = await convert(MODEL, '--truth', directory);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    const [code, truth] = await verified(file);
    expect(code).toBe(0);
    expect(truth.inputs.map(({ name }) => name)).toEqual(['ids', 'mask']);
    expect(truth.outputs.map(({ name, passed }) => [name, passed])).toEqual([
      ['pooled', true],
      ['count', true],
    ]);
  });

  it('is refused one file for all, and a directory that lacks one', async () => {
    const [one] = await convert(MODEL, '--truth', written('ids.npy', ids));
    expectRefusal(one, { exit: 65, code: 'E_SAMPLES_INVALID', names: ['ids, mask'] });
    const [lacking] = await convert(MODEL, '--truth', path.dirname(written('ids.npy', ids)));
    expectRefusal(lacking, { exit: 65, code: 'E_SAMPLES_INVALID', names: ['no file for mask'] });
  });
});

describe('pack --truth', () => {
  it('keeps what the model itself gives, where nothing is given', async () => {
    const directory = await unpacked(base);
    const draft = written('d.json', JSON.stringify({ name: 'good', version: '1.0.0' }));
    const file = path.join(tempDir(), 'a.tar');
    const sample = path.join(directory, 'truth/input-0.npy');
    const model = path.join(directory, 'model/good.ort');
    const result = await run(['pack', model, '--descriptor', draft, '--truth', sample, '-o', file]);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect((await descriptorOf(file)).verification?.truth).toMatchObject({
      inputs: [{ raw: { path: 'truth/raw-0.npy' }, from: 'declared' }],
      outputs: [{ name: 'left', from: 'model' }, { name: 'right' }],
    });
    expect((await verified(file))[0]).toBe(0);
  });

  it('refuses a model that does not give what it must', async () => {
    const draft = written(
      'd.json',
      JSON.stringify({
        name: 'x',
        version: '1.0.0',
        model: { inputs: [{ name: 'image', preprocess: DECLARED }] },
      }),
    );
    const outputs = baseOutputs();
    const words = ['--descriptor', draft, '--truth', photo(), '--truth-outputs', outputs];
    const output = path.join(tempDir(), 'a.tar');
    const result = await run(['pack', NORMALISES, ...words, '-o', output]);
    expectRefusal(result, { exit: 2, code: 'E_TRUTH', names: ['double normalisation'] });
    expect(existsSync(output)).toBe(false);
    const loose = await run([
      'pack',
      NORMALISES,
      ...words,
      '--tolerance',
      'cosine=-1,maxRel=1e9',
      '-o',
      output,
    ]);
    expect(loose).toMatchObject({ code: 0 });
  });

  it('--tolerance is for it alone', async () => {
    const draft = written('d.json', JSON.stringify({ name: 'x', version: '1.0.0' }));
    const words = ['pack', GOOD, '--descriptor', draft, '-o', 'a.tar', '--tolerance', 'cosine=0.9'];
    expectRefusal(await run(words), {
      exit: 64,
      code: 'E_USAGE',
      names: ['--tolerance', '--truth'],
    });
  });
});

it('an upgrade shows again what becomes of the raw sample', async () => {
  const file = path.join(tempDir(), 'a.tar');
  copyFileSync(base, file);
  const args = ['upgrade', file, '--rebuild', '--source', GOOD, '--no-backup'];
  const { code, stderr } = await run(args);
  expect(code, stderr).toBe(0);
  const [was, now] = await Promise.all([base, file].map(async (one) => await verifyPackage(one)));
  expect(now?.descriptor.verification?.truth).toEqual(was?.descriptor.verification?.truth);
  expect(now?.descriptor.model.inputs).toEqual(was?.descriptor.model.inputs);
  expect((await run(['verify', file, '--truth'])).code).toBe(0);
});
