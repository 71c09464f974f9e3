import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { batchSize } from '../../src/accuracy/batch.js';
import { type EvaluationSet, loadEvaluation } from '../../src/accuracy/load.js';
import type { EvaluationRequest } from '../../src/accuracy/request.js';
import { ModelconvError } from '../../src/errors.js';
import type { ModelTensor } from '../../src/schema/generated/types.js';
import { picture, png } from '../calibration/png-file.js';
import { tempDir } from '../support/files.js';
import { int64s, npz, writeTree } from '../support/labelled.js';
import { float32, npy } from '../support/npy.js';

const tensor = (
  name: string,
  shape: (number | string)[] | undefined,
  dtype: ModelTensor['dtype'] = 'float32',
): ModelTensor => ({ name, dtype, ...(shape === undefined ? {} : { shape }) });

const VECTOR = [tensor('x', ['batch', 2])];
const THREE_CLASSES = [tensor('scores', ['batch', 3])];
const IMAGE = [tensor('image', [1, 3, 4, 4])];

/** So many samples of two numbers, all different. */
const samples = (count: number): Buffer =>
  npy({ shape: [count, 2], data: float32(...Array.from({ length: count * 2 }, (_, i) => i)) });

async function load(
  location: string,
  wish: Partial<EvaluationRequest> = {},
): Promise<EvaluationSet> {
  const base = { inputs: VECTOR, outputs: THREE_CLASSES, output: undefined, preprocess: {} };
  return await loadEvaluation({ path: location, ...base, ...wish });
}

async function faultsOf(loading: Promise<EvaluationSet>): Promise<string[]> {
  const error = await loading.then(
    () => expect.fail('nothing was refused'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ModelconvError)) throw error;
  expect(error).toMatchObject({ code: 'E_EVAL_INVALID' });
  expect(error.next).toContain('docs/accuracy.md');
  return (error.faults ?? []).map(({ message }) => message);
}

const archive = (arrays: Readonly<Record<string, Uint8Array>>, deflated = false): string =>
  npz(path.join(tempDir(), 'data.npz'), arrays, deflated);

describe('an archive with labels', () => {
  it.each([
    ['named as the input and labels', { x: samples(4), labels: int64s([0, 1, 2, 0]) }, false],
    [
      'with y, and another name for the only input',
      { data: samples(4), y: int64s([0, 1, 2, 0]) },
      true,
    ],
    ['of one column', { x: samples(4), labels: int64s([0, 1, 2, 0], [4, 1]) }, false],
  ])('%s', async (_title, arrays, deflated) => {
    const set = await load(archive(arrays, deflated));
    expect(set).toMatchObject({
      count: 4,
      kind: 'arrays',
      task: 'classification',
      output: 'scores',
    });
    expect(set.warnings).toEqual([]);
    const dir = tempDir();
    const { count, inputs } = await set.write(dir, 1, 3);
    expect(count).toBe(2);
    expect(inputs).toMatchObject([{ name: 'x', dtype: 'float32', shape: [1, 2] }]);
    const file = path.join(dir, inputs[0]?.file ?? '');
    expect(readFileSync(file)).toEqual(float32(2, 3, 4, 5));
    expect(await set.labels(1, 3)).toEqual([Float64Array.of(1), Float64Array.of(2)]);
  });

  it('takes targets of the shape of the output as numbers', async () => {
    const data = { x: samples(2), labels: npy({ shape: [2, 3], data: float32(1, 2, 3, 4, 5, 6) }) };
    const set = await load(archive(data));
    expect(set).toMatchObject({ task: 'regression', count: 2 });
    expect(await set.labels(1, 2)).toEqual([Float64Array.of(4, 5, 6)]);
  });

  it('takes whole numbers as numbers where the output has one', async () => {
    const data = archive({ x: samples(2), labels: int64s([7, 900]) });
    expect((await load(data, { outputs: [tensor('y', ['batch', 1])] })).task).toBe('regression');
  });

  it('fills open sizes from the arrays', async () => {
    const shape = [3, 5];
    const x = npy({ shape, data: float32(...Array.from({ length: 15 }, (_, i) => i)) });
    const set = await load(archive({ x, labels: int64s([0, 1, 2]) }), {
      inputs: [tensor('x', ['batch', 'sequence'])],
    });
    expect((await set.write(tempDir(), 0, 3)).inputs[0]?.shape).toEqual([1, 5]);
  });

  it('has a label for each row of a batch', async () => {
    const set = await load(archive({ x: samples(4), labels: int64s([0, 1, 2, 0]) }), {
      inputs: [tensor('x', [2, 2])],
      outputs: [tensor('scores', [2, 3])],
    });
    expect(set.count).toBe(2);
    expect(await set.labels(1, 2)).toEqual([Float64Array.of(2, 0)]);
  });

  it('is limited evenly, samples and labels alike', async () => {
    const set = await load(archive({ x: samples(6), labels: int64s([0, 0, 1, 1, 2, 2]) }), {
      limit: 3,
    });
    expect(set.count).toBe(3);
    expect((await set.labels(0, 3)).map(([label]) => label)).toEqual([0, 1, 2]);
    expect(set.summary).toContain('3 of 6 samples');
  });

  it('has a digest of samples and labels, not of its path or packing', async () => {
    const arrays = { x: samples(3), labels: int64s([0, 1, 2]) };
    const [one, packed, other] = await Promise.all([
      load(archive(arrays)),
      load(archive(arrays, true)),
      load(archive({ ...arrays, labels: int64s([0, 1, 1]) })),
    ]);
    expect(packed.sha256).toBe(one.sha256);
    expect(other.sha256).not.toBe(one.sha256);
  });

  it('that changes after it was checked is not scored', async () => {
    const file = archive({ x: samples(3), labels: int64s([0, 1, 2]) });
    const set = await load(file);
    npz(file, {
      x: npy({ shape: [3, 2], data: float32(9, 9, 9, 9, 9, 9) }),
      labels: int64s([0, 1, 2]),
    });
    await expect(set.write(tempDir(), 0, 3)).rejects.toMatchObject({
      code: 'E_EVAL_INVALID',
      message: expect.stringContaining('changed while it was in use'),
    });
  });

  it('is held on disk in parts: half a GiB of samples, and labels that fit into memory', () => {
    expect(batchSize(3 * 224 * 224 * 4, 1)).toBe(891);
    expect(batchSize(8, 1)).toBe(16_384);
    expect(batchSize(8, 1_000_000)).toBe(8);
    expect(batchSize(2 ** 40, 1)).toBe(1);
  });

  const REFUSED: readonly (readonly [string, Readonly<Record<string, Uint8Array>>, RegExp])[] = [
    ['no labels', { x: samples(3) }, /no array named labels \(or y\), but x/],
    ['no samples', { labels: int64s([0]) }, /no array/],
    [
      'a label that is no class',
      { x: samples(3), labels: int64s([0, 3, -1]) },
      /2 labels are no class of output scores \(0 to 2\): the first is 3, of sample 2/,
    ],
    [
      'labels from 1',
      { x: samples(3), labels: int64s([1, 2, 3]) },
      /count from 1, and have to count from 0/,
    ],
    [
      'fewer labels than samples',
      { x: samples(3), labels: int64s([0, 1]) },
      /2 labels for 3 samples/,
    ],
    [
      'classes as real numbers',
      { x: samples(2), labels: npy({ shape: [2], data: float32(0, 1) }) },
      /whole numbers \(array\.astype\('int64'\)\)/,
    ],
    ['one-hot labels', { x: samples(2), labels: int64s([1, 0, 0, 0, 1, 0], [2, 3]) }, /argmax/],
    ['a scalar for labels', { x: samples(1), labels: int64s([0], []) }, /first axis/],
    [
      'another type than the input',
      { x: int64s([1, 2], [1, 2]), labels: int64s([0]) },
      /int64, input x takes float32/,
    ],
    [
      'another shape than the input',
      { x: npy({ shape: [1, 3], data: float32(1, 2, 3) }), labels: int64s([0]) },
      /shape \[1, 3\], input x takes \[1, 2\]/,
    ],
    [
      'NaN',
      { x: npy({ shape: [1, 2], data: float32(1, Number.NaN) }), labels: int64s([0]) },
      /NaN/,
    ],
    [
      'a NaN among targets',
      { x: samples(1), labels: npy({ shape: [1, 3], data: float32(1, Number.NaN, 2) }) },
      /NaN/,
    ],
    [
      'text for labels',
      { x: samples(1), labels: npy({ descr: '<U1', shape: [1], data: Buffer.alloc(4) }) },
      /U1/,
    ],
  ];
  it.each(REFUSED)('with %s is refused', async (_title, arrays, message) => {
    expect((await faultsOf(load(archive(arrays)))).join('\n')).toMatch(message);
  });

  it('takes large numbers: what is measured need be no image', async () => {
    const x = npy({ shape: [1, 2], data: float32(50_000, -120_000) });
    expect((await load(archive({ x, labels: int64s([0]) }))).count).toBe(1);
  });

  it('that is damaged is refused', async () => {
    const file = archive({ x: samples(3), labels: int64s([0, 1, 2]) });
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.subarray(0, statSync(file).size - 40));
    expect((await faultsOf(load(file))).join()).toMatch(/damaged/);
  });

  it('that is not one is refused with what is read', async () => {
    const file = path.join(tempDir(), 'labels.csv');
    writeFileSync(file, '1,2');
    expect((await faultsOf(load(file))).join()).toMatch(/\.npz/);
  });

  it('is read no further when the program is interrupted', async () => {
    const controller = new AbortController();
    const reason = new ModelconvError('E_INTERRUPTED', { what: 'interrupted' });
    const file = archive({ x: samples(5000), labels: int64s(new Array<number>(5000).fill(0)) });
    const loading = load(file, { signal: controller.signal });
    setImmediate(() => controller.abort(reason));
    await expect(loading).rejects.toBe(reason);
    const set = await load(file);
    expect(set.count).toBe(5000);
  });

  it('that is not there is E_INPUT', async () => {
    await expect(load('/nowhere/data.npz')).rejects.toMatchObject({ code: 'E_INPUT' });
  });
});

describe('the output that labels are for', () => {
  const data = () => archive({ x: samples(2), labels: int64s([0, 1]) });
  const outputs = [
    tensor('box', ['batch', 4, 7]),
    tensor('a', ['batch', 3]),
    tensor('b', ['batch', 1, 1, 3]),
  ];

  it('is the only one that holds a score for each class', async () => {
    expect((await load(data(), { outputs: outputs.slice(0, 2) })).output).toBe('a');
    expect(
      (await load(data(), { outputs: [outputs[0] ?? tensor('', []), ...outputs.slice(2)] })).output,
    ).toBe('b');
  });

  it('has to be named where there are several', async () => {
    await expect(load(data(), { outputs })).rejects.toMatchObject({
      code: 'E_USAGE',
      message: expect.stringContaining('a [batch, 3], b [batch, 1, 1, 3]'),
      next: expect.stringContaining('--eval-output a'),
    });
    expect((await load(data(), { outputs, output: 'b' })).output).toBe('b');
  });

  it('has to be there', async () => {
    await expect(load(data(), { outputs: [] })).rejects.toMatchObject({
      code: 'E_USAGE',
      message: expect.stringContaining('names no output'),
    });
  });

  it('has to be one of the model', async () => {
    await expect(load(data(), { output: 'score' })).rejects.toMatchObject({
      code: 'E_USAGE',
      message: expect.stringContaining('scores'),
    });
  });
});

describe('a directory of classes', () => {
  const picturesOf = (...names: readonly string[]): Record<string, Uint8Array> =>
    Object.fromEntries(names.map((name, at) => [name, picture(at)]));
  const tree = (files: Readonly<Record<string, Uint8Array | string>>): string =>
    writeTree(tempDir(), files);
  const images = async (location: string, wish: Partial<EvaluationRequest> = {}) =>
    await load(location, { inputs: IMAGE, preprocess: { image: { resize: 'stretch' } }, ...wish });

  it('counts the classes in the order of their names', async () => {
    const set = await images(tree(picturesOf('cat/b.png', 'cat/a.png', 'ant/x.png', 'dog/y.png')));
    expect(set).toMatchObject({ kind: 'images', names: ['ant', 'cat', 'dog'], count: 4 });
    expect((await set.labels(0, 4)).map(([label]) => label)).toEqual([0, 1, 1, 2]);
    expect(set.summary).toContain('classification of 3 classes');
  });

  it('counts them as labels.txt names them, also those without samples', async () => {
    const files = { ...picturesOf('cat/a.png', 'ant/x.png'), 'labels.txt': 'dog\ncat\nant\n' };
    const set = await images(tree(files));
    expect(set.names).toEqual(['dog', 'cat', 'ant']);
    expect((await set.labels(0, 2)).map(([label]) => label)).toEqual([2, 1]);
    expect(set.warnings.join()).toMatch(/1 of 3 classes have no samples: dog/);
  });

  it('takes an image of a single colour, which calibration does not', async () => {
    const blank = png({ width: 4, height: 4, pixels: new Array<number>(48).fill(7) });
    const set = await images(tree({ 'a/x.png': blank, 'b/x.png': blank, 'c/x.png': blank }));
    expect(set.count).toBe(3);
  });

  const REFUSED: readonly (readonly [string, Record<string, Uint8Array | string>, RegExp])[] = [
    [
      'other classes than the output has',
      picturesOf('a/1.png', 'b/1.png'),
      /it holds 2 classes, output scores has 3: name all of them in their order in labels\.txt/,
    ],
    [
      'more classes than the output has',
      picturesOf('a/1.png', 'b/1.png', 'c/1.png', 'd/1.png'),
      /it holds 4 classes, output scores has 3/,
    ],
    [
      'a list of other length',
      { ...picturesOf('a/1.png'), 'labels.txt': 'a\nb\n' },
      /labels\.txt names 2 classes, output scores has 3/,
    ],
    [
      'a class that the list does not name',
      { ...picturesOf('a/1.png', 'z/1.png'), 'labels.txt': 'a\nb\nc\n' },
      /does not name the class of the directory z/,
    ],
    [
      'a class that the list names twice',
      { ...picturesOf('a/1.png'), 'labels.txt': 'a\nb\na\n' },
      /named in line 1 already/,
    ],
    [
      'a blank line in the list',
      { ...picturesOf('a/1.png'), 'labels.txt': 'a\n\nb\n' },
      /names no class/,
    ],
    [
      'a file without a class',
      picturesOf('a/1.png', 'b/1.png', 'c/1.png', 'stray.png'),
      /no directory of a class/,
    ],
    ['images and no directory', picturesOf('1.png'), /no directory of a class/],
    [
      'a directory within a class',
      picturesOf('a/1.png', 'b/1.png', 'c/more/1.png'),
      /directory within a class/,
    ],
    [
      'a file that is no image',
      { ...picturesOf('a/1.png', 'b/1.png', 'c/1.png'), 'c/notes.md': 'x' },
      /not a file that is read here/,
    ],
    [
      'an image that cannot be read',
      { ...picturesOf('a/1.png', 'b/1.png', 'c/1.png'), 'c/2.png': 'x' },
      /neither a PNG nor a JPEG/,
    ],
  ];
  it.each(REFUSED)('with %s is refused', async (_title, files, message) => {
    expect((await faultsOf(images(tree(files)))).join('\n')).toMatch(message);
  });

  it('that is empty is refused', async () => {
    const location = tree(picturesOf('a/1.png', 'b/1.png'));
    mkdirSync(path.join(location, 'c'));
    expect(await faultsOf(images(location))).toEqual([expect.stringMatching(/it is empty/)]);
  });

  it('whose names are numbers that text orders otherwise is refused without a list', async () => {
    const names = Array.from({ length: 11 }, (_none, at) => `${at}/1.png`);
    const eleven = { outputs: [tensor('scores', [1, 11])] };
    const faults = await faultsOf(images(tree(picturesOf(...names)), eleven));
    expect(faults.join()).toMatch(/whose order as text is another one \(0, 1, 10\)/);
    const list = Array.from({ length: 11 }, (_none, at) => at).join('\n');
    const set = await images(tree({ ...picturesOf(...names), 'labels.txt': list }), eleven);
    expect((await set.labels(2, 4)).map(([label]) => label)).toEqual([10, 2]);
  });

  it('is not for a model with several inputs, or for one without classes', async () => {
    const location = tree(picturesOf('a/1.png', 'b/1.png', 'c/1.png'));
    const two = [...IMAGE, tensor('mask', [1, 4])];
    expect((await faultsOf(images(location, { inputs: two }))).join()).toMatch(/the model has 2/);
    const outputs = [tensor('depth', [1, 1, 4, 4])];
    expect((await faultsOf(images(location, { outputs }))).join()).toMatch(
      /holds no scores of classes/,
    );
  });
});
