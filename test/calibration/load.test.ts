import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type CalibrationSet,
  loadCalibration,
  syntheticCalibration,
} from '../../src/calibration/load.js';
import type { CalibrationRequest } from '../../src/calibration/request.js';
import type { ModelTensor } from '../../src/schema/generated/types.js';
import { tempDir } from '../support/files.js';
import { float32, npy } from '../support/npy.js';
import { data } from './expected.js';
import { picture, png } from './png-file.js';

const input = (
  shape: readonly number[],
  name = 'image',
  dtype: ModelTensor['dtype'] = 'float32',
): ModelTensor => ({ name, dtype, shape: [...shape] });

const SMALL = [input([1, 3, 4, 4])];
const RESIZED: CalibrationRequest = {
  path: data('images'),
  inputs: [input([1, 3, 12, 12])],
  preprocess: { image: { resize: 'stretch', mean: [127.5], scale: [1 / 127.5] } },
};

/** A directory of these files; names may have directories in them. */
function dirOf(files: Readonly<Record<string, Uint8Array | string>>): string {
  const dir = tempDir();
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(dir, name)), { recursive: true });
    writeFileSync(path.join(dir, name), content);
  }
  return dir;
}

/** So many small images, no two alike. */
function pictures(count: number, from = 0): Record<string, Uint8Array> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, i) => [
      `${String(i + from).padStart(5, '0')}.png`,
      picture(i + from),
    ]),
  );
}

/** Arrays whose samples are all different. */
const array = (count: number, ...shape: number[]): Buffer => {
  const elements = shape.reduce((product, size) => product * size, count);
  return npy({
    shape: [count, ...shape],
    data: float32(...Array.from({ length: elements }, (_, i) => (i % 9973) / 7 - 40)),
  });
};

/** The samples that a set writes: one buffer for each input. */
async function written(set: CalibrationSet): Promise<Buffer[]> {
  const dir = tempDir();
  const spec = JSON.parse(readFileSync(path.join(dir, await set.write(dir)), 'utf8'));
  return spec.inputs.map(({ file }: { file: string }) => readFileSync(path.join(dir, file)));
}

describe('a directory of images', () => {
  it('of JPEG and PNG files is loaded in the order of the names', async () => {
    const set = await loadCalibration(RESIZED);
    expect(set).toMatchObject({
      count: 8,
      kind: 'images',
      synthetic: false,
      warnings: [],
      inputs: [{ name: 'image', dtype: 'float32', shape: [1, 3, 12, 12] }],
      summary: '8 images, 12x12 RGB, mean/scale applied',
    });
    expect(set.files.map((file) => path.basename(file))).toEqual([
      '0.jpg',
      '1.png',
      '2.jpg',
      '3.png',
      '4.jpg',
      '5.png',
      '6.jpg',
      '7.png',
    ]);
  });

  it('is written as raw samples with a spec, byte for byte the same each time', async () => {
    const set = await loadCalibration(RESIZED);
    const dir = tempDir();
    expect(await set.write(dir)).toBe('calibration/spec.json');
    expect(JSON.parse(readFileSync(path.join(dir, 'calibration/spec.json'), 'utf8'))).toEqual({
      count: 8,
      inputs: [
        { name: 'image', dtype: 'float32', shape: [1, 3, 12, 12], file: 'calibration/0.bin' },
      ],
    });
    const bytes = readFileSync(path.join(dir, 'calibration/0.bin'));
    expect(bytes).toHaveLength(8 * 3 * 12 * 12 * 4);
    expect(await written(set)).toEqual([bytes]);
  });

  it('holds the values of its images, little-endian', async () => {
    const dir = dirOf(pictures(8));
    const [bytes] = await written(
      await loadCalibration({ path: dir, inputs: SMALL, preprocess: {} }),
    );
    // picture(1), second pixel, green: channel 1 of 3, after 16 values of red
    expect(bytes?.readFloatLE((48 + 16 + 1) * 4)).toBe((4 * 37 + 53 + 4 * 11) % 256);
  });

  it('whose names say another format than their content has is read all the same', async () => {
    const files = pictures(7);
    const dir = dirOf({ ...files, 'z.JPG': picture(99) });
    expect((await loadCalibration({ path: dir, inputs: SMALL, preprocess: {} })).count).toBe(8);
  });

  it('hidden files are told, not read', async () => {
    const dir = dirOf({ ...pictures(8), '.DS_Store': 'x', 'Thumbs.db': 'x' });
    const { count, warnings } = await loadCalibration({ path: dir, inputs: SMALL, preprocess: {} });
    expect(count).toBe(8);
    expect(warnings).toEqual([expect.stringContaining('.DS_Store, Thumbs.db')]);
  });
});

describe('the number of samples', () => {
  const all = { path: '', inputs: SMALL, preprocess: {} };
  const names = ({ files }: CalibrationSet) => files.map((file) => Number(path.parse(file).name));

  it('is limited evenly over the sorted set', async () => {
    const set = await loadCalibration({ ...all, path: dirOf(pictures(20)), limit: 8 });
    expect(names(set)).toEqual([0, 2, 5, 7, 10, 12, 15, 17]);
    expect(set.summary).toContain('8 of 20 images');
    expect(set.warnings).toEqual([]);
  });

  it('is the whole set when the limit is larger', async () => {
    expect((await loadCalibration({ ...all, path: dirOf(pictures(9)), limit: 99 })).count).toBe(9);
  });

  it('beyond 1000 is reduced with a warning when no limit is given', async () => {
    const file = path.join(dirOf({ 'a.npy': array(1500, 1, 2) }), 'a.npy');
    const set = await loadCalibration({
      path: file,
      inputs: [input([1, 2])],
      preprocess: {},
      limit: 1200,
    });
    expect(set).toMatchObject({ count: 1200, warnings: [] });
    const reduced = await loadCalibration({ path: file, inputs: [input([1, 2])], preprocess: {} });
    expect(reduced.count).toBe(1000);
    expect(reduced.warnings).toEqual([expect.stringContaining('1000 of 1500')]);
  });
});

describe('arrays', () => {
  const IMAGE = [input([1, 3, 4, 4])];

  it.each(['same.npy', 'stored.npz', 'deflated.npz'])('%s is taken as it is', async (name) => {
    const set = await loadCalibration({ path: data(name), inputs: IMAGE, preprocess: {} });
    expect(set).toMatchObject({ count: 8, kind: 'arrays', warnings: [] });
    expect(set.summary).toBe('8 samples, float32 [1, 3, 4, 4], taken as they are');
    expect(await written(set)).toEqual([readFileSync(data('same.npy')).subarray(128)]);
  });

  it('have one digest, in whatever file they lie', async () => {
    const digests = await Promise.all(
      ['same.npy', 'stored.npz', 'deflated.npz'].map(
        async (name) =>
          (await loadCalibration({ path: data(name), inputs: IMAGE, preprocess: {} })).sha256,
      ),
    );
    expect(new Set(digests).size).toBe(1);
  });

  it('of a chosen part are cut at the right places, also in a compressed archive', async () => {
    const request = { inputs: IMAGE, preprocess: {}, limit: 3 };
    const [part] = await written(await loadCalibration({ ...request, path: data('deflated.npz') }));
    const whole = readFileSync(data('same.npy')).subarray(128);
    const sample = (i: number): Buffer => whole.subarray(i * 192, (i + 1) * 192);
    expect(part).toEqual(Buffer.concat([sample(0), sample(2), sample(5)]));
  });

  it('may be one file for each sample', async () => {
    const files = Array.from({ length: 8 }, (_, i): [string, Buffer] => [
      `${i}.npy`,
      npy({ shape: [1, 2], data: float32(i, 1) }),
    ]);
    const dir = dirOf(Object.fromEntries(files));
    const set = await loadCalibration({ path: dir, inputs: [input([1, 2])], preprocess: {} });
    expect(set.count).toBe(8);
    expect((await written(set))[0]?.readFloatLE(7 * 8)).toBe(7);
  });

  it('with mean and scale declared are raw: they are applied, per channel, and the type follows', async () => {
    const pixels = Array.from({ length: 8 * 2 * 2 * 3 }, (_, i) => (i * 7) % 256);
    const bytes = npy({ descr: '|u1', shape: [8, 2, 2, 3], data: Uint8Array.from(pixels) });
    const set = await loadCalibration({
      path: path.join(dirOf({ 'a.npy': bytes }), 'a.npy'),
      inputs: [input([1, 2, 2, 3])],
      preprocess: { image: { mean: [1, 2, 3], scale: [0.5, 0.25, 0.125] } },
    });
    const [out] = await written(set);
    expect([0, 1, 2, 3].map((i) => out?.readFloatLE(i * 4))).toEqual([
      (0 - 1) / 2,
      (7 - 2) / 4,
      (14 - 3) / 8,
      (21 - 1) / 2,
    ]);
    expect(set.summary).toContain('mean/scale applied');
  });

  it('that look like raw images, or like prepared ones under mean and scale, are told', async () => {
    const raw = Array.from({ length: 8 * 12 }, (_, i) => (i * 5) % 256);
    const inputs = [input([1, 3, 2, 2])];
    const file = (...values: number[]): string =>
      path.join(
        dirOf({ 'a.npy': npy({ shape: [8, 3, 2, 2], data: float32(...values) }) }),
        'a.npy',
      );
    const plain = await loadCalibration({ path: file(...raw), inputs, preprocess: {} });
    expect(plain.warnings).toEqual([expect.stringContaining('raw images')]);
    const twice = await loadCalibration({
      path: file(...raw.map((value) => value / 100 - 1)),
      inputs,
      preprocess: { image: { mean: [0.5] } },
    });
    expect(twice.warnings).toEqual([expect.stringContaining('negative')]);
  });

  it('of an archive that are not inputs are told', async () => {
    const set = await loadCalibration({
      path: data('two-inputs.npz'),
      inputs: IMAGE,
      preprocess: {},
    });
    expect(set.warnings).toEqual([expect.stringContaining('ids')]);
  });
});

describe('several inputs', () => {
  const BOTH = [input([1, 3, 4, 4]), input([1, 5], 'ids', 'int64')];
  const ids = (count: number): Buffer => {
    const values = Buffer.alloc(count * 5 * 8);
    for (let i = 0; i < count * 5; i++) values.writeBigInt64LE(BigInt(i % 9), i * 8);
    return npy({ descr: '<i8', shape: [count, 5], data: values });
  };

  it('come from one archive with an array for each', async () => {
    const set = await loadCalibration({
      path: data('two-inputs.npz'),
      inputs: BOTH,
      preprocess: {},
    });
    expect(set.count).toBe(8);
    expect((await written(set)).map((bytes) => bytes.length)).toEqual([8 * 192, 8 * 40]);
  });

  it('come from a directory for each, or an array under its name', async () => {
    const images = Object.entries(pictures(8)).map(([name, bytes]) => [`image/${name}`, bytes]);
    const dir = dirOf({ ...Object.fromEntries(images), 'ids.npy': ids(8) });
    const set = await loadCalibration({ path: dir, inputs: BOTH, preprocess: {} });
    expect(set).toMatchObject({ count: 8, kind: 'images' });
    expect(set.summary).toBe(
      '8 samples; image: 4x4 RGB, values 0 to 255; ids: int64 [1, 5], taken as they are',
    );
  });

  it('come from a list with name=path words, in any order', async () => {
    const one = (i: number): Buffer => {
      const values = Buffer.alloc(40);
      values.writeBigInt64LE(BigInt(i), 0);
      return npy({ descr: '<i8', shape: [1, 5], data: values });
    };
    const lines = Array.from({ length: 8 }, (_, i) =>
      i % 2 ? `image=${i}.png ids=${i}.npy` : `ids=${i}.npy   image=${i}.png`,
    );
    const dir = dirOf({
      ...Object.fromEntries(
        lines.flatMap((_, i): [string, Uint8Array][] => [
          [`${i}.png`, picture(i)],
          [`${i}.npy`, one(i)],
        ]),
      ),
      'list.txt': lines.join('\n'),
    });
    const set = await loadCalibration({
      path: path.join(dir, 'list.txt'),
      inputs: BOTH,
      preprocess: {},
    });
    expect(set.count).toBe(8);
    expect((await written(set))[1]?.readBigInt64LE(5 * 40)).toBe(5n);
  });

  it('may repeat one input where the other differs', async () => {
    const images = Object.fromEntries(
      Object.entries(pictures(8)).map(([name, bytes]) => [`image/${name}`, bytes]),
    );
    const same = npy({ descr: '<i8', shape: [8, 5], data: new Uint8Array(8 * 40) });
    const dir = dirOf({ ...images, 'ids.npy': same });
    expect((await loadCalibration({ path: dir, inputs: BOTH, preprocess: {} })).count).toBe(8);
  });
});

describe('a list file', () => {
  it('is read in its order, relative to itself, with comments, blank lines and Windows line ends', async () => {
    const images = Object.fromEntries(
      Object.entries(pictures(8)).map(([name, bytes]) => [`my images/${name}`, bytes]),
    );
    const lines = Object.keys(images).reverse();
    const dir = dirOf({
      ...images,
      'lists/all.txt': ['# all', '', ...lines.map((l) => `../${l}`)].join('\r\n'),
    });
    const set = await loadCalibration({
      path: path.join(dir, 'lists/all.txt'),
      inputs: SMALL,
      preprocess: {},
    });
    expect(set.files).toEqual([
      path.join(dir, 'lists/all.txt'),
      ...lines.map((line) => path.join(dir, line)),
    ]);
  });
});

describe('the digest', () => {
  const copyOf = (): string => {
    const dir = tempDir();
    cpSync(data('images'), dir, { recursive: true });
    return dir;
  };
  const digest = async (change: Partial<CalibrationRequest>): Promise<string> =>
    (await loadCalibration({ ...RESIZED, ...change })).sha256;

  it('is the same for the same images in another directory, at another time', async () => {
    const dir = copyOf();
    utimesSync(path.join(dir, '3.png'), 1, 1);
    expect(await digest({ path: dir })).toBe(await digest({}));
  });

  it('is the same when what is the default is declared', async () => {
    const image = { ...RESIZED.preprocess['image'], colorOrder: 'rgb', layout: 'nchw' } as const;
    expect(await digest({ preprocess: { image } })).toBe(await digest({}));
  });

  it('is another when one pixel of one image is', async () => {
    const pixels = Array.from({ length: 48 }, (_, i) => i);
    const all = { inputs: SMALL, preprocess: {} };
    const withPixel = async (value: number): Promise<string> => {
      const changed = png({ width: 4, height: 4, pixels: pixels.with(20, value) });
      const path = dirOf({ ...pictures(8), 'z.png': changed });
      return (await loadCalibration({ ...all, path })).sha256;
    };
    expect(await withPixel(20)).toBe(await withPixel(20));
    expect(await withPixel(21)).not.toBe(await withPixel(20));
  });

  it('is another in another order', async () => {
    const dir = copyOf();
    const names = ['0.jpg', '1.png', '2.jpg', '3.png', '4.jpg', '5.png', '6.jpg', '7.png'];
    const list = (order: readonly string[]): string => {
      const file = path.join(tempDir(), 'list.txt');
      writeFileSync(file, order.map((name) => path.join(dir, name)).join('\n'));
      return file;
    };
    expect(await digest({ path: list(names) })).toBe(await digest({}));
    expect(await digest({ path: list(names.toReversed()) })).not.toBe(await digest({}));
  });

  it.each<[string, Partial<CalibrationRequest>]>([
    [
      'name',
      {
        inputs: [input([1, 3, 12, 12], 'x')],
        preprocess: { x: RESIZED.preprocess['image'] ?? {} },
      },
    ],
    ['type', { inputs: [input([1, 3, 12, 12], 'image', 'float16')] }],
    ['shape', { inputs: [input([1, 12, 12, 3])] }],
    ['mean', { preprocess: { image: { ...RESIZED.preprocess['image'], mean: [127] } } }],
    [
      'way to resize',
      { preprocess: { image: { ...RESIZED.preprocess['image'], resize: 'letterbox' } } },
    ],
    ['number of samples', { limit: 7 }],
  ])('is another for another %s', async (_what, change) => {
    expect(await digest(change)).not.toBe(await digest({}));
  });
});

it('data that changes between check and use is an error, not another calibration', async () => {
  const dir = dirOf(pictures(8));
  const set = await loadCalibration({ path: dir, inputs: SMALL, preprocess: {} });
  writeFileSync(path.join(dir, '00002.png'), picture(500));
  await expect(set.write(tempDir())).rejects.toMatchObject({ code: 'E_CALIBRATION_INVALID' });
});

it('a path that is not there is an input error', async () => {
  const request = { path: path.join(tempDir(), 'gone'), inputs: SMALL, preprocess: {} };
  await expect(loadCalibration(request)).rejects.toMatchObject({ code: 'E_INPUT' });
});

describe('generated data', () => {
  const make = (seed: number) =>
    syntheticCalibration(
      [input([1, 2]), input([1, 5], 'ids', 'int64')],
      new Map([['ids', 4]]),
      seed,
      16,
    );

  it('says that it is', async () => {
    const set = make(7);
    expect(set).toMatchObject({ kind: 'generated', synthetic: true, count: 16, files: [] });
    expect(set.warnings).toHaveLength(1);
    expect(set.summary).toContain('16 generated samples');
  });

  it('is the same for the same seed, another for another', async () => {
    expect(make(7).sha256).toBe(make(7).sha256);
    expect(make(7).sha256).not.toBe(make(8).sha256);
  });

  it('is written in the same form, indices within their table', async () => {
    const [values, ids] = await written(make(7));
    expect(values).toHaveLength(16 * 2 * 4);
    expect(ids).toHaveLength(16 * 5 * 8);
    for (let i = 0; i < 16 * 5; i++) expect(ids?.readBigInt64LE(i * 8)).toBeLessThan(4n);
  });

  it('has the digest of the same numbers in a file', async () => {
    const set = syntheticCalibration([input([1, 2])], new Map(), 7, 16);
    const [values = Buffer.alloc(0)] = await written(set);
    const dir = dirOf({ 'a.npy': npy({ shape: [16, 2], data: values }) });
    const loaded = await loadCalibration({
      path: dir,
      inputs: [input([1, 2])],
      preprocess: {},
    });
    expect(loaded.sha256).toBe(set.sha256);
    expect(createHash('sha256').update(values).digest('hex')).not.toBe(set.sha256);
  });

  it('for text cannot be made', () => {
    expect(() => syntheticCalibration([input([1], 'text', 'string')], new Map(), 1, 8)).toThrow(
      expect.objectContaining({ code: 'E_CALIBRATION_INVALID' }),
    );
  });
});
