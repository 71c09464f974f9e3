import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ModelTensor } from '../../src/schema/generated/types.js';
import { digestSamples, loadSamples, type SampleSet } from '../../src/tensor/samples.js';
import { fixture, tempDir } from '../support/files.js';
import { float32, npy } from '../support/npy.js';

const invalid = { code: 'E_SAMPLES_INVALID' };

const input = (
  shape?: readonly (number | string)[],
  name = 'x',
  dtype: ModelTensor['dtype'] = 'float32',
): ModelTensor => ({ name, dtype, ...(shape === undefined ? {} : { shape: [...shape] }) });

/** An array of counted numbers, so that order shows. */
const array = (...shape: readonly number[]): Buffer => {
  const count = shape.reduce((product, size) => product * size, 1);
  return npy({ shape, data: float32(...Array.from({ length: count }, (_, i) => i)) });
};

function dirOf(files: Readonly<Record<string, Uint8Array | string>>): string {
  const dir = tempDir();
  for (const [name, content] of Object.entries(files)) writeFileSync(path.join(dir, name), content);
  return dir;
}

async function loadOne(shape: readonly (number | string)[] | undefined, bytes: Uint8Array) {
  return await loadSamples(path.join(dirOf({ 'a.npy': bytes }), 'a.npy'), [input(shape)]);
}

describe('one array for one input', () => {
  it.each([
    ['one axis more than the input: the first runs over the samples', [1, 3], [5, 1, 3], 5, [1, 3]],
    ['one axis more, batch of any size', ['n', 3], [5, 2, 3], 5, [2, 3]],
    ['as many axes, batch of any size: one row for each sample', ['n', 3], [5, 3], 5, [1, 3]],
    ['as many axes, batch of 1', [1, 3], [5, 3], 5, [1, 3]],
    ['as many axes, batch of 2: rows in pairs', [2, 3], [6, 3], 3, [2, 3]],
    ['sizes that the model does not fix', ['n', 'length'], [5, 7], 5, [1, 7]],
    ['a scalar input: one number for each sample', [], [5], 5, []],
    [
      'an input of unknown shape: the first axis runs over the samples',
      undefined,
      [5, 2, 3],
      5,
      [2, 3],
    ],
    ['a list of one axis and batch of any size', ['n'], [5], 5, [1]],
  ])('%s', async (_what, wanted, given, count, shape) => {
    const samples = await loadOne(wanted, array(...given));
    expect(samples).toMatchObject({ kind: 'user', count });
    expect(samples.inputs).toHaveLength(1);
    expect(samples.inputs[0]).toMatchObject({ name: 'x', dtype: 'float32', shape });
    const total = given.reduce((product, size) => product * size, 1);
    expect(samples.inputs[0]?.data).toEqual(float32(...Array.from({ length: total }, (_, i) => i)));
  });

  it.each([
    ['another size', ['n', 3], [5, 4]],
    ['another size in a sample', [1, 3], [5, 1, 4]],
    ['two axes more', [1, 3], [5, 5, 1, 3]],
    ['one axis less', [1, 1, 3], [5, 3]],
    ['rows that do not fill the batch', [2, 3], [5, 3]],
    ['a single number for a scalar', [], []],
    ['no sample', ['n', 3], [0, 3]],
    ['a fixed batch of another size in a sample', [2, 3], [5, 1, 3]],
  ])('%s is refused', async (_what, wanted, given) => {
    await expect(loadOne(wanted, array(...given))).rejects.toMatchObject(invalid);
  });

  it('another type is refused, and the cast is named', async () => {
    const bytes = npy({ descr: '<f8', shape: [1, 3], data: new Uint8Array(24) });
    await expect(loadOne(['n', 3], bytes)).rejects.toMatchObject({
      ...invalid,
      why: 'it holds float64, input x takes float32',
      next: expect.stringContaining("astype('float32')"),
    });
  });

  it('the error names the shape that there is and the one that is wanted', async () => {
    await expect(loadOne(['n', 3], array(5, 4))).rejects.toMatchObject({
      message: expect.stringContaining('a.npy'),
      why: expect.stringMatching(/\[1, 4\].*\[n, 3\]/),
    });
  });

  it('the test images of the fixtures fit the CNN', async () => {
    const samples = await loadSamples(fixture('data/digits-test.npy'), [
      input(['batch', 1, 8, 8], 'image'),
    ]);
    expect(samples.count).toBeGreaterThan(100);
    expect(samples.inputs[0]?.shape).toEqual([1, 1, 8, 8]);
    expect(samples.inputs[0]?.data.length).toBe(samples.count * 64 * 4);
  });
});

describe('a directory', () => {
  const two = [input(['n', 2], 'a'), input(['n', 3], 'b')];

  it('holds one file for each input, under its name', async () => {
    const dir = dirOf({
      'b.npy': array(4, 3),
      'a.npy': array(4, 2),
      'labels.npy': array(9),
      'note.txt': 'x',
    });
    const { count, inputs } = await loadSamples(dir, two);
    expect(count).toBe(4);
    expect(inputs.map(({ name, shape }) => [name, shape])).toEqual([
      ['a', [1, 2]],
      ['b', [1, 3]],
    ]);
  });

  it('names the files that are missing', async () => {
    await expect(loadSamples(dirOf({ 'a.npy': array(4, 2) }), two)).rejects.toMatchObject({
      ...invalid,
      why: expect.stringContaining('b.npy'),
    });
  });

  it('with different numbers of samples is refused, and the numbers are named', async () => {
    const dir = dirOf({ 'a.npy': array(4, 2), 'b.npy': array(5, 3) });
    await expect(loadSamples(dir, two)).rejects.toMatchObject({
      ...invalid,
      why: expect.stringMatching(/a 4, b 5/),
    });
  });

  it('may hold several files for the only input, read in the order of their names', async () => {
    const dir = dirOf({
      '2.npy': npy({ shape: [1, 2], data: float32(5, 6) }),
      '1.npy': npy({ shape: [2, 2], data: float32(1, 2, 3, 4) }),
    });
    const { count, inputs } = await loadSamples(dir, [input(['n', 2])]);
    expect(count).toBe(3);
    expect(inputs[0]?.data).toEqual(float32(1, 2, 3, 4, 5, 6));
  });

  it('with a file under the name of the only input is read from that file alone', async () => {
    const dir = dirOf({ 'x.npy': array(4, 2), 'labels.npy': array(9) });
    expect((await loadSamples(dir, [input(['n', 2])])).count).toBe(4);
  });

  it('whose files hold samples of different shapes is refused', async () => {
    const dir = dirOf({ '1.npy': array(2, 2), '2.npy': array(2, 3) });
    await expect(loadSamples(dir, [input(['n', 'm'])])).rejects.toMatchObject(invalid);
  });

  it('with one bad file among good ones is refused', async () => {
    const dir = dirOf({ '1.npy': array(2, 2), '2.npy': 'nothing' });
    await expect(loadSamples(dir, [input(['n', 2])])).rejects.toMatchObject({
      ...invalid,
      message: expect.stringContaining('2.npy'),
    });
  });

  it('without arrays is refused', async () => {
    await expect(loadSamples(dirOf({ 'a.txt': '' }), [input([2])])).rejects.toMatchObject(invalid);
  });

  it('an input with a slash in its name has an underscore in its file name', async () => {
    const dir = dirOf({ 'a_b.npy': array(4, 2), 'b.npy': array(4, 3) });
    const { inputs } = await loadSamples(dir, [input(['n', 2], 'a/b'), input(['n', 3], 'b')]);
    expect(inputs.map(({ name }) => name)).toEqual(['a/b', 'b']);
  });
});

it('one file for a model with two inputs is refused, and the inputs are named', async () => {
  const file = path.join(dirOf({ 'a.npy': array(4, 2) }), 'a.npy');
  await expect(loadSamples(file, [input([2], 'left'), input([2], 'right')])).rejects.toMatchObject({
    ...invalid,
    why: expect.stringContaining('left, right'),
    next: expect.stringContaining('directory'),
  });
});

it('samples that are not there are an input error', async () => {
  await expect(loadSamples(path.join(tempDir(), 'gone'), [input([2])])).rejects.toMatchObject({
    code: 'E_INPUT',
  });
});

it('a directory that is named like an array is refused', async () => {
  const dir = tempDir();
  mkdirSync(path.join(dir, 'a.npy'));
  await expect(loadSamples(dir, [input([2])])).rejects.toMatchObject({ code: 'E_INPUT' });
});

describe('the digest of samples', () => {
  const set = (change: Partial<SampleSet['inputs'][number]>): SampleSet => ({
    kind: 'user',
    count: 1,
    inputs: [{ name: 'x', dtype: 'float32', shape: [1, 2], data: float32(1, 2), ...change }],
  });

  it('is the same for the same samples', () => {
    expect(digestSamples(set({}))).toBe(digestSamples({ ...set({}), kind: 'generated', seed: 3 }));
  });

  it.each([
    ['name', { name: 'y' }],
    ['type', { dtype: 'int32' }],
    ['shape', { shape: [2, 1] }],
    ['data', { data: float32(1, 3) }],
  ] as const)('depends on the %s', (_what, change) => {
    expect(digestSamples(set(change))).not.toBe(digestSamples(set({})));
  });
});
