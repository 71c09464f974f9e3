import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type NpyArray, readNpy } from '../../src/tensor/npy.js';
import { fixture, tempDir } from '../support/files.js';
import { float32, npy } from '../support/npy.js';

const invalid = { code: 'E_SAMPLES_INVALID' };
const RUNS = Number(process.env['MODELCONV_FUZZ_RUNS'] ?? 300);

async function read(bytes: Uint8Array): Promise<NpyArray> {
  const file = path.join(tempDir(), 'array.npy');
  writeFileSync(file, bytes);
  return await readNpy(file);
}

describe('what is read', () => {
  it.each([1, 2, 3])('version %i.0', async (version) => {
    const data = float32(1, 2, 3, 4, 5, 6);
    expect(await read(npy({ shape: [2, 3], data, version }))).toEqual({
      dtype: 'float32',
      shape: [2, 3],
      data,
    });
  });

  it.each([
    ['<f8', 'float64', 8],
    ['<f4', 'float32', 4],
    ['<f2', 'float16', 2],
    ['<i8', 'int64', 8],
    ['<i4', 'int32', 4],
    ['<i2', 'int16', 2],
    ['|i1', 'int8', 1],
    ['<u8', 'uint64', 8],
    ['<u4', 'uint32', 4],
    ['<u2', 'uint16', 2],
    ['|u1', 'uint8', 1],
    ['|b1', 'bool', 1],
  ])('%s is %s', async (descr, dtype, bytes) => {
    const data = Buffer.from(Array.from({ length: 3 * bytes }, (_, i) => i));
    expect(await read(npy({ descr, shape: [3], data }))).toEqual({ dtype, shape: [3], data });
  });

  it('a scalar', async () => {
    const data = float32(7);
    expect(await read(npy({ shape: [], data }))).toEqual({ dtype: 'float32', shape: [], data });
  });

  it('an array without elements', async () => {
    expect(await read(npy({ shape: [0, 3] }))).toMatchObject({
      shape: [0, 3],
      data: Buffer.alloc(0),
    });
  });

  it('bytes after the array are left alone', async () => {
    const data = float32(1, 2);
    const bytes = Buffer.concat([npy({ shape: [2], data }), Buffer.from('more')]);
    expect((await read(bytes)).data).toEqual(data);
  });

  it('a list in Fortran order, which is the same as in C order', async () => {
    const data = float32(1, 2);
    expect((await read(npy({ shape: [2], data, fortran: true }))).data).toEqual(data);
  });

  it('the fixtures', async () => {
    expect(await readNpy(fixture('data/digits-test-tokens.npy'))).toMatchObject({ dtype: 'int64' });
    expect(await readNpy(fixture('data/digits-test.npy'))).toMatchObject({ dtype: 'float32' });
  });
});

describe('what is refused', () => {
  const data = new Uint8Array(64);
  it.each([
    ['big-endian numbers', npy({ descr: '>f4', shape: [2], data })],
    ['objects', npy({ descr: '|O', shape: [2], data })],
    ['text', npy({ descr: '<U5', shape: [2], data })],
    ['complex numbers', npy({ descr: '<c8', shape: [2], data })],
    ['dates', npy({ descr: '<M8[ns]', shape: [2], data })],
    ['a type that is a name of JavaScript', npy({ descr: 'constructor', shape: [2], data })],
    ['a type that is another name of JavaScript', npy({ descr: '__proto__', shape: [2], data })],
    [
      'records',
      npy({
        header: "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }",
        data,
      }),
    ],
    ['Fortran order', npy({ shape: [2, 3], data, fortran: true })],
    ['too little data', npy({ shape: [17], data })],
    ['no data', npy({ shape: [1] })],
    ['a negative size', npy({ shape: [-1], data })],
    ['a size that is no whole number', npy({ shape: [1.5], data })],
    ['a size beyond 2^53', npy({ shape: [2 ** 60], data })],
    ['sizes whose product overflows', npy({ shape: [2 ** 40, 2 ** 40], data })],
    [
      'a size of 0 beside sizes whose product is endless',
      npy({ shape: [...Array<number>(20).fill(2 ** 53 - 1), 0], data }),
    ],
    ['a header without a type', npy({ header: "{'fortran_order': False, 'shape': ()}", data })],
    ['a header without an order', npy({ header: "{'descr': '<f4', 'shape': ()}", data })],
    ['a header without a shape', npy({ header: "{'descr': '<f4', 'fortran_order': False}", data })],
    ['a header of garbage', npy({ header: '\u0000\uffff{{{', data })],
    ['an empty header', npy({ header: '', data })],
    ['a version of the future', npy({ shape: [2], data, version: 4 })],
    ['an empty file', Buffer.alloc(0)],
    ['the mark alone', Buffer.from('\u0093NUMPY', 'latin1')],
    ['the mark and a version', Buffer.from('\u0093NUMPY\u0001\0', 'latin1')],
    ['a header longer than the file', npy({ shape: [2] }).subarray(0, 40)],
    ['a header length of 4 GiB', npy({ version: 2 }).fill(0xff, 8, 12)],
    ['another kind of file', Buffer.from('PK\u0003\u0004 and so on, long enough')],
  ])('%s', async (_what, bytes) => {
    await expect(read(bytes)).rejects.toMatchObject({
      ...invalid,
      message: expect.stringContaining('array.npy'),
    });
  });

  it('a file that is not there', async () => {
    await expect(readNpy(path.join(tempDir(), 'gone.npy'))).rejects.toMatchObject({
      code: 'E_INPUT',
    });
  });

  it('an array cut off at any byte', async () => {
    const whole = npy({ shape: [2, 2], data: float32(1, 2, 3, 4) });
    const file = path.join(tempDir(), 'cut.npy');
    for (let length = 0; length < whole.length; length++) {
      writeFileSync(file, whole.subarray(0, length));
      await expect(readNpy(file), `${length} bytes`).rejects.toMatchObject(invalid);
    }
  });

  it('the error says how much data is missing', async () => {
    await expect(read(npy({ shape: [4], data: float32(1, 2) }))).rejects.toMatchObject({
      why: expect.stringMatching(/has 8 bytes.*needs 16/),
    });
  });
});

it('a changed header is refused or read, never anything else', async () => {
  const whole = npy({ shape: [2, 2], data: float32(1, 2, 3, 4) });
  const file = path.join(tempDir(), 'changed.npy');
  const change = fc.tuple(fc.nat(127), fc.oneof(fc.nat(255), fc.constantFrom(48, 57, 44, 40, 39)));
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), async (changes) => {
      const bytes = Buffer.from(whole);
      for (const [at, value] of changes) bytes[at] = value;
      writeFileSync(file, bytes);
      await readNpy(file).catch((error: unknown) => expect(error).toMatchObject(invalid));
    }),
    { numRuns: RUNS },
  );
});

const hasNumpy = spawnSync('python3', ['-c', 'import numpy']).status === 0;

describe.skipIf(!hasNumpy)('files that NumPy itself wrote (skipped without NumPy)', () => {
  const python = (code: string, dir: string): void => {
    const { status, stderr } = spawnSync('python3', ['-c', `import numpy as np\n${code}`], {
      cwd: dir,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(stderr);
  };

  it('every type and version', async () => {
    const dir = tempDir();
    const dtypes =
      'float64 float32 float16 int64 int32 int16 int8 uint64 uint32 uint16 uint8 bool'.split(' ');
    python(
      `for t in '${dtypes.join(' ')}'.split():
    np.save(t, (np.arange(6) % 2).astype(t).reshape(1, 2, 3))
    (np.arange(6) % 2).astype(t).tofile(t + '.raw')
for v in (1, 2, 3):
    with open(f'v{v}.npy', 'wb') as f: np.lib.format.write_array(f, np.arange(3, dtype='i4'), (v, 0))
np.save('scalar', np.float32(1.5))
np.save('empty', np.zeros((0, 4), 'f4'))`,
      dir,
    );
    const { readFileSync } = await import('node:fs');
    for (const dtype of dtypes) {
      expect(await readNpy(path.join(dir, `${dtype}.npy`))).toEqual({
        dtype,
        shape: [1, 2, 3],
        data: readFileSync(path.join(dir, `${dtype}.raw`)),
      });
    }
    for (const version of [1, 2, 3]) {
      expect(await readNpy(path.join(dir, `v${version}.npy`))).toMatchObject({
        dtype: 'int32',
        shape: [3],
      });
    }
    expect(await readNpy(path.join(dir, 'scalar.npy'))).toMatchObject({
      shape: [],
      data: float32(1.5),
    });
    expect(await readNpy(path.join(dir, 'empty.npy'))).toMatchObject({ shape: [0, 4] });
  });

  it('what it writes and we do not take is refused', async () => {
    const dir = tempDir();
    python(
      `np.save('fortran', np.asfortranarray(np.ones((2, 3), 'f4')))
np.save('big', np.ones(3, '>f4'))
np.save('object', np.array([{}], dtype=object), allow_pickle=True)
np.save('record', np.zeros(2, [('a', 'f4')]))
np.save('text', np.array(['a']))
np.savez('many', a=np.ones(2))`,
      dir,
    );
    for (const name of [
      'fortran.npy',
      'big.npy',
      'object.npy',
      'record.npy',
      'text.npy',
      'many.npz',
    ])
      await expect(readNpy(path.join(dir, name)), name).rejects.toMatchObject(invalid);
  });
});
