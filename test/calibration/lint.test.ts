import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadCalibration } from '../../src/calibration/load.js';
import type { CalibrationRequest } from '../../src/calibration/request.js';
import type { Fault, ModelconvError } from '../../src/errors.js';
import type { ModelTensor } from '../../src/schema/generated/types.js';
import { tempDir } from '../support/files.js';
import { float32, npy } from '../support/npy.js';
import { zip } from '../support/zip.js';
import { data } from './expected.js';
import { picture, png } from './png-file.js';

const input = (
  shape: readonly (number | string)[],
  name = 'image',
  dtype: ModelTensor['dtype'] = 'float32',
): ModelTensor => ({ name, dtype, shape: [...shape] });

const IMAGE = [input([1, 3, 4, 4])];
const ROW = [input([1, 2])];

function dirOf(files: Readonly<Record<string, Uint8Array | string>>): string {
  const dir = tempDir();
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(dir, name)), { recursive: true });
    writeFileSync(path.join(dir, name), content);
  }
  return dir;
}

function pictures(count: number): Record<string, Uint8Array> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`${i}.png`, picture(i)]));
}

const rows = (...values: number[]): Buffer =>
  npy({ shape: [values.length / 2, 2], data: float32(...values) });
const counted = (samples: number): number[] => Array.from({ length: samples * 2 }, (_, i) => i / 4);

/** All that is wrong with a set; the test fails when nothing is. */
async function failure(
  request: Partial<CalibrationRequest> & { path: string },
): Promise<ModelconvError> {
  return await loadCalibration({ inputs: IMAGE, preprocess: {}, ...request }).then(
    () => {
      throw new Error('no fault was found');
    },
    (error: ModelconvError) => {
      expect(error.code).toBe('E_CALIBRATION_INVALID');
      expect(error.exitCode).toBe(65);
      return error;
    },
  );
}

async function faultsOf(request: Parameters<typeof failure>[0]): Promise<readonly Fault[]> {
  return (await failure(request)).faults ?? [];
}

const about = (name: string, why: RegExp | string) => ({
  path: expect.stringContaining(name),
  message: typeof why === 'string' ? expect.stringContaining(why) : expect.stringMatching(why),
});

describe('one file among good images is a fault that names it', () => {
  it.each([
    ['of another size', 'z.png', picture(99, 5, 4), /5x4.*4x4/],
    [
      'that is grey',
      'z.png',
      png({ width: 4, height: 4, colorType: 0, pixels: [...Array(16).keys()] }),
      /grey/,
    ],
    ['that is truncated', 'z.png', picture(99).subarray(0, 60), /truncated/],
    [
      'that is a truncated JPEG',
      'z.jpg',
      readFileSync(data('jpeg/420.jpg')).subarray(0, 900),
      /truncated/,
    ],
    ['that is empty', 'z.png', '', /empty/],
    ['that is something else under this name', 'z.png', 'GIF89a', /neither a PNG nor a JPEG/],
    ['of another kind', 'z.webp', 'RIFF', /not a file that is read/],
    ['that is text', 'labels.csv', 'a,b', /not a file that is read/],
    [
      'that is one colour',
      'z.png',
      png({ width: 4, height: 4, pixels: Array(48).fill(7) }),
      /all its pixels are the same/,
    ],
    ['that is there twice', 'z.png', picture(3), /same data as .*3\.png/],
    ['in a directory', 'more/z.png', picture(99), /directories are not searched/],
  ])('%s', async (_what, name, bytes, why) => {
    const dir = dirOf({ ...pictures(8), [name]: bytes });
    expect(await faultsOf({ path: dir })).toEqual([about(name.split('/')[0] ?? '', why)]);
  });

  it('that is a link to nowhere', async () => {
    const dir = dirOf(pictures(8));
    symlinkSync(path.join(dir, 'gone.png'), path.join(dir, 'z.png'));
    expect(await faultsOf({ path: dir })).toEqual([about('z.png', 'no such file')]);
  });

  it('that is an array', async () => {
    const dir = dirOf({ ...pictures(8), 'a.npy': rows(1, 2) });
    expect(await faultsOf({ path: dir })).toEqual([
      about('input image', /8 of its 9 files are images/),
    ]);
  });
});

describe('all faults of a set are told at once', () => {
  it('in one error', async () => {
    const dir = dirOf({
      ...pictures(5),
      'a.txt': '',
      'b.png': picture(9, 5, 5),
      'c.png': picture(2),
    });
    const faults = await faultsOf({ path: dir });
    expect(faults).toHaveLength(4);
    expect(faults).toEqual(
      expect.arrayContaining([
        about('a.txt', 'not a file'),
        about(dir, '7 samples, at least 8'),
        about('b.png', '5x5'),
        about('c.png', 'same data'),
      ]),
    );
  });

  it('the first 50 are listed, the others counted', async () => {
    const files = Array.from({ length: 60 }, (_, i): [string, string] => [`${i}.gif`, 'x']);
    const error = await failure({ path: dirOf({ ...pictures(8), ...Object.fromEntries(files) }) });
    expect(error.faults).toHaveLength(50);
    expect(error.why).toBe('60 faults, the first 50 are listed');
  });

  it('names with control characters cannot write to the terminal', async () => {
    const dir = dirOf({ ...pictures(8), 'a\u001b[31m.gif': 'x' });
    const [fault] = await faultsOf({ path: dir });
    expect(fault?.path).toMatch(/a\?\[31m\.gif$/);
  });
});

describe('the number of samples', () => {
  it('must be 8 at least', async () => {
    const dir = dirOf(pictures(7));
    expect(await faultsOf({ path: dir })).toEqual([about(dir, '7 samples, at least 8')]);
    expect(
      (await loadCalibration({ path: dir, inputs: IMAGE, preprocess: {}, leastSamples: 7 })).count,
    ).toBe(7);
  });

  it('may be less when so few are asked for', async () => {
    const request = { path: dirOf(pictures(7)), inputs: IMAGE, preprocess: {}, limit: 2 };
    expect((await loadCalibration(request)).count).toBe(2);
  });

  it('of an empty directory is a fault', async () => {
    expect(await faultsOf({ path: tempDir() })).toEqual([
      expect.objectContaining({ message: expect.stringContaining('0 samples') }),
    ]);
  });

  it('must be the same for every input', async () => {
    const dir = dirOf({ 'a.npy': rows(...counted(9)), 'b.npy': rows(...counted(10)) });
    const inputs = [input([1, 2], 'a'), input([1, 2], 'b')];
    expect(await faultsOf({ path: dir, inputs })).toEqual([about(dir, 'a 9, b 10')]);
  });

  it.each([0, -1, 1.5])('cannot be limited to %d', async (limit) => {
    expect(await faultsOf({ path: dirOf(pictures(8)), limit })).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ message: expect.stringContaining(`${limit}`) }),
      ]),
    );
  });
});

describe('an array that does not fit is a fault', () => {
  const good = counted(8);
  it.each([
    ['another shape', npy({ shape: [8, 3], data: float32(...counted(12)) }), /\[8, 3\].*\[1, 2\]/],
    ['no batch axis', npy({ shape: [2], data: float32(1, 2) }), /array\[None\]/],
    [
      'another type',
      npy({ descr: '<f8', shape: [8, 2], data: new Uint8Array(128) }),
      /astype\('float32'\)/,
    ],
    ['Fortran order', npy({ shape: [8, 2], data: float32(...good), fortran: true }), /Fortran/],
    [
      'big-endian numbers',
      npy({ descr: '>f4', shape: [8, 2], data: float32(...good) }),
      /big-endian \(>f4\).*astype\('<f4'\)/,
    ],
    [
      'a data type of Python objects',
      npy({ descr: '|O', shape: [8, 2], data: float32(...good) }),
      /\|O/,
    ],
    ['a truncated file', npy({ shape: [9, 2], data: float32(...good) }), /truncated: 64 of 72/],
    ['no samples', npy({ shape: [0, 2] }), /no sample/],
    ['a damaged header', npy({ header: '{' }), /header is damaged/],
    ['something else', Buffer.from('hello'), /not a \.npy array/],
    ['not a number', rows(...good.with(5, Number.NaN)), /sample 3 of .*NaN/],
    ['infinity', rows(...good.with(0, -Infinity)), /sample 1 of .*-Infinity/],
    [
      'the same sample twice',
      rows(...good.with(14, 0).with(15, 0.25)),
      /sample 8 of .*same data as sample 1 of/,
    ],
  ])('%s', async (_what, bytes, why) => {
    const file = path.join(dirOf({ 'a.npy': bytes }), 'a.npy');
    expect(await faultsOf({ path: file, inputs: ROW })).toEqual([about('a.npy', why)]);
  });

  it('a file of one sample is not named in the fault as well', async () => {
    const bytes = rows(1, Number.NaN);
    const files = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`${i}.npy`, rows(i, 1)]));
    const [fault] = await faultsOf({ path: dirOf({ ...files, 'n.npy': bytes }), inputs: ROW });
    expect(fault).toEqual({ path: expect.stringMatching(/n\.npy$/), message: 'it holds NaN' });
  });

  it('rows that do not fill its batches', async () => {
    const file = path.join(dirOf({ 'a.npy': rows(...counted(33)) }), 'a.npy');
    expect(await faultsOf({ path: file, inputs: [input([2, 2])] })).toEqual([
      about('a.npy', 'batches of 2'),
    ]);
    const even = path.join(dirOf({ 'a.npy': rows(...counted(32)) }), 'a.npy');
    expect(
      (await loadCalibration({ path: even, inputs: [input([2, 2])], preprocess: {} })).count,
    ).toBe(16);
  });

  const stored = readFileSync(data('stored.npz'));
  const flipped = Buffer.from(stored);
  flipped.writeUInt8((flipped[700] ?? 0) ^ 1, 700);
  const deflated = readFileSync(data('deflated.npz'));
  const spoilt = Buffer.from(deflated);
  spoilt.fill(0xff, 300, 340);
  // NumPy takes the last, other readers the first
  const twice = zip([1, 2].map((value) => ({ name: 'x.npy', data: rows(value, value) })));
  it.each([
    ['cut off', stored.subarray(0, 800), /truncated or damaged/],
    ['with a flipped bit', flipped, /checksum/],
    ['that cannot be unpacked', spoilt, /damaged/],
    ['that is no archive', Buffer.from('hello'), /damaged/],
    ['with two arrays of one name', twice, /x twice/],
  ])('an archive %s', async (_what, bytes, why) => {
    const file = path.join(dirOf({ 'a.npz': bytes }), 'a.npz');
    expect(await faultsOf({ path: file })).toEqual([about('a.npz', why)]);
  });

  it('an archive without the array of an input', async () => {
    const inputs = [input([1, 3, 4, 4]), input([1, 5], 'tokens', 'int64')];
    expect(await faultsOf({ path: data('two-inputs.npz'), inputs })).toEqual([
      about('two-inputs.npz', 'no array tokens, but image, ids'),
    ]);
  });
});

describe('values that cannot be meant', () => {
  it('everything is 0', async () => {
    const file = path.join(
      dirOf({ 'a.npy': npy({ shape: [8, 2], data: new Uint8Array(64) }) }),
      'a.npy',
    );
    expect(await faultsOf({ path: file, inputs: ROW })).toEqual(
      expect.arrayContaining([about('input image', 'is 0')]),
    );
  });

  it('numbers beyond 10000', async () => {
    const file = path.join(dirOf({ 'a.npy': rows(...counted(8).with(3, -20_000)) }), 'a.npy');
    expect(await faultsOf({ path: file, inputs: ROW })).toEqual([about('input image', '-20000')]);
  });

  it('integers may be large: they are indices', async () => {
    const values = Buffer.alloc(8 * 2 * 4);
    for (let i = 0; i < 16; i++) values.writeInt32LE(30_000 + i, i * 4);
    const dir = dirOf({ 'a.npy': npy({ descr: '<i4', shape: [8, 2], data: values }) });
    const inputs = [input([1, 2], 'ids', 'int32')];
    expect((await loadCalibration({ path: dir, inputs, preprocess: {} })).count).toBe(8);
  });

  it.each([
    ['mean for 0 to 1 on 0 to 255', { mean: [0.485, 0.456, 0.406] }, /--range 0,1/],
    ['scale for 0 to 1 on 0 to 255', { scale: [4.37, 4.46, 4.44] }, /--range 0,1/],
    [
      'mean for 0 to 255 on 0 to 1',
      { mean: [123.7, 116.3, 103.5], range: [0, 1] },
      /outside the range/,
    ],
    ['a scale of 0', { scale: [0] }, /scale of 0/],
    ['a range upside down', { range: [1, 0] }, /least and then/],
    ['a mean that is no number', { mean: [Number.NaN] }, /finite/],
  ] as const)('%s', async (_what, image, why) => {
    const faults = await faultsOf({
      path: dirOf(pictures(8)),
      preprocess: { image } as unknown as CalibrationRequest['preprocess'],
    });
    expect(faults).toEqual(expect.arrayContaining([about('input image', why)]));
  });

  it.each([
    [
      'ImageNet on 0 to 1',
      { range: [0, 1], mean: [0.485, 0.456, 0.406], scale: [4.37, 4.46, 4.44] },
    ],
    ['ImageNet on 0 to 255', { mean: [123.675, 116.28, 103.53], scale: [0.0171, 0.0175, 0.0174] }],
    ['-1 to 1', { mean: [127.5], scale: [1 / 127.5] }],
    ['0 to 1', { scale: [1 / 255] }],
  ])('but not %s', async (_what, image) => {
    const preprocess = { image } as unknown as CalibrationRequest['preprocess'];
    const set = await loadCalibration({ path: dirOf(pictures(8)), inputs: IMAGE, preprocess });
    expect(set.warnings).toEqual([]);
  });

  it('pixels that do not fit the type of the input', async () => {
    const inputs = [input([1, 3, 4, 4], 'image', 'int8')];
    const faults = await faultsOf({ path: dirOf(pictures(8)), inputs });
    expect(faults[0]).toEqual(about('0.png', 'int8'));
    const preprocess = { image: { mean: [128] } };
    expect((await loadCalibration({ path: dirOf(pictures(8)), inputs, preprocess })).count).toBe(8);
  });
});

describe('the model', () => {
  it.each([
    ['an open shape', input(['n', 3, 4, 4]), /not fixed: \[n, 3, 4, 4\]/],
    ['text', input([1, 3], 'image', 'string'), /string/],
    ['no colour channels', input([1, 5, 4, 4]), /1 or 3 channels/],
    ['an ambiguous layout', input([1, 3, 4, 3]), /declare the layout/],
  ])('with %s cannot be given images', async (_what, tensor, why) => {
    expect(await faultsOf({ path: dirOf(pictures(8)), inputs: [tensor] })).toEqual([
      about('input image', why),
    ]);
  });

  it('must have the inputs that preprocessing is declared for', async () => {
    const preprocess = { imgae: {} };
    expect(await faultsOf({ path: dirOf(pictures(8)), preprocess })).toEqual([
      about('input imgae', 'no such input'),
    ]);
  });
});

describe('a line of a list', () => {
  const listed = (lines: readonly string[], inputs = IMAGE) => {
    const dir = dirOf({ ...pictures(8), 'list.txt': lines.join('\n'), 'notes.md': '' });
    return faultsOf({ path: path.join(dir, 'list.txt'), inputs });
  };
  const all = Array.from({ length: 8 }, (_, i) => `${i}.png`);

  it.each([
    ['gone.png', /gone\.png is not there/],
    ['notes.md', /not a file that is read/],
    ['0.png 1.png', /not there/],
    ['0.png', /it names .*0\.png again \(line 1\)/],
  ])('that reads "%s" is a fault', async (line, why) => {
    const [fault] = await listed([...all, line]);
    expect(fault?.message).toMatch(why);
  });

  it('that does not resolve is told with its number, blank lines and comments counted', async () => {
    expect(await listed(['# set', '', ...all, 'gone.png', 'away.png'])).toEqual([
      { ...about('list.txt', 'gone.png'), line: 11, column: 1 },
      { ...about('list.txt', 'away.png'), line: 12, column: 1 },
    ]);
  });

  it('that repeats data is told with its number, and that of the other', async () => {
    const dir = dirOf({ ...pictures(8), 'copy.png': picture(3) });
    writeFileSync(path.join(dir, 'list.txt'), ['# set', ...all, 'copy.png', '1.png'].join('\n'));
    expect(await faultsOf({ path: path.join(dir, 'list.txt') })).toEqual([
      {
        ...about('list.txt', /copy\.png holds the same data as .*3\.png \(line 5\)/),
        line: 10,
        column: 1,
      },
      { ...about('list.txt', /it names .*1\.png again \(line 3\)/), line: 11, column: 1 },
    ]);
  });

  const TWO = [input([1, 3, 4, 4], 'left'), input([1, 3, 4, 4], 'right')];
  it.each([
    ['one input is missing', 'left=0.png'],
    ['one is there twice', 'left=0.png left=1.png right=2.png'],
    ['the inputs are not named', '0.png 1.png'],
    ['something stands before them', 'x left=0.png right=1.png'],
  ])('for two inputs is a fault when %s', async (_what, line) => {
    const faults = await listed([line], TWO);
    expect(faults).toContainEqual({
      ...about('list.txt', 'left=PATH right=PATH'),
      line: 1,
      column: 1,
    });
  });

  it('may have spaces in a path', async () => {
    const dir = dirOf(
      Object.fromEntries(
        Object.entries(pictures(16)).map(([name, bytes]) => [`my pictures/${name}`, bytes]),
      ),
    );
    const lines = Array.from(
      { length: 8 },
      (_, i) => `left=my pictures/${i}.png right=my pictures/${i + 8}.png`,
    );
    writeFileSync(path.join(dir, 'list.txt'), lines.join('\n'));
    const set = await loadCalibration({
      path: path.join(dir, 'list.txt'),
      inputs: TWO,
      preprocess: {},
    });
    expect(set.count).toBe(8);
  });

  it('cannot be read from a list that is not text', async () => {
    const dir = dirOf({ 'list.txt': Buffer.from([0xff, 0xfe, 0x00]) });
    await failure({ path: path.join(dir, 'list.txt') });
  });
});

it('a file for several inputs must say which one it is for', async () => {
  const inputs = [input([1, 2], 'a'), input([1, 2], 'b')];
  const dir = dirOf({
    'a.npy': rows(...counted(8)),
    'b.npy': rows(...counted(8)),
    'c.npy': rows(1, 2),
  });
  expect(await faultsOf({ path: dir, inputs })).toEqual([
    about('c.npy', 'which input it is for: a, b'),
  ]);
});
