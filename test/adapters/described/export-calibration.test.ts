import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { exportStep } from '../../../src/adapters/described/export-plan.js';
import type { RunSpec } from '../../../src/adapters/run-files.js';
import type { DescribedCalibration, Dtype } from '../../../src/schema/generated/types.js';
import { tempDir } from '../../support/files.js';
import { IMAGE_JOB } from '../../support/jobs.js';
import { float32, npy } from '../../support/npy.js';

const PROGRAM = fileURLToPath(
  new URL('../../../dist/adapters/described/export-calibration.js', import.meta.url),
);

interface Input {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** All samples, one after the other. */
  readonly data: Uint8Array;
}

/** A work directory with calibration data as the pipeline writes it. */
function workDir(count: number, inputs: readonly Input[]): string {
  const dir = tempDir();
  mkdirSync(path.join(dir, 'calibration'));
  const spec: RunSpec = {
    count,
    inputs: inputs.map(({ name, dtype, shape }, index) => ({
      name,
      dtype,
      shape,
      file: `calibration/${index}.bin`,
    })),
    models: [],
  };
  for (const [index, { data }] of inputs.entries())
    writeFileSync(path.join(dir, `calibration/${index}.bin`), data);
  writeFileSync(path.join(dir, 'calibration/spec.json'), JSON.stringify(spec));
  return dir;
}

/** The words that a plan has for this form. */
function words(calibration: DescribedCalibration): readonly string[] {
  return exportStep(calibration, IMAGE_JOB, 'calibration/spec.json').args;
}

/** Every exported file, by its name. */
function exported(calibration: DescribedCalibration, dir: string): Record<string, Buffer> {
  execFileSync(process.execPath, [PROGRAM, ...words(calibration)], { cwd: dir });
  const directory = path.join(dir, 'calibration/exported');
  return Object.fromEntries(
    readdirSync(directory)
      .sort()
      .map((name) => [name, readFileSync(path.join(directory, name))]),
  );
}

function refused(calibration: DescribedCalibration, dir: string): string {
  const { status, stderr } = spawnSync(process.execPath, [PROGRAM, ...words(calibration)], {
    cwd: dir,
    encoding: 'utf8',
  });
  expect(status).not.toBe(0);
  return stderr;
}

const bytes = (...values: readonly number[]): Buffer => Buffer.from(values);

/** Two samples of one channel pair, 2 x 2: the channels are told apart by their tens. */
const PLANES: Input = {
  name: 'image',
  dtype: 'uint8',
  shape: [1, 2, 2, 2],
  data: bytes(10, 11, 12, 13, 20, 21, 22, 23, 110, 111, 112, 113, 120, 121, 122, 123),
};
const FLOATS: Input = { ...PLANES, dtype: 'float32', data: float32(...PLANES.data) };
const TOKENS: Input = {
  name: 'tokens',
  dtype: 'int16',
  shape: [1, 2],
  data: bytes(1, 0, 2, 0, 3, 0, 4, 0),
};

const LAST = [
  bytes(10, 20, 11, 21, 12, 22, 13, 23),
  bytes(110, 120, 111, 121, 112, 122, 113, 123),
] as const;

describe('raw-list', () => {
  it('is one raw file for each sample, and a list of them', () => {
    expect(exported({ form: 'raw-list' }, workDir(2, [PLANES]))).toEqual({
      '0-0.raw': PLANES.data.subarray(0, 8),
      '1-0.raw': PLANES.data.subarray(8),
      'list.txt': Buffer.from('calibration/exported/0-0.raw\ncalibration/exported/1-0.raw\n'),
    });
  });

  it('names inputs in its entries, one line for each sample', () => {
    const form = { form: 'raw-list', entry: '{input.name}:={file}' } as const;
    const files = exported(form, workDir(2, [PLANES, TOKENS]));
    expect(Object.keys(files)).toEqual(['0-0.raw', '0-1.raw', '1-0.raw', '1-1.raw', 'list.txt']);
    expect(files['1-1.raw']).toEqual(bytes(3, 0, 4, 0));
    expect(files['list.txt']?.toString()).toBe(
      'image:=calibration/exported/0-0.raw tokens:=calibration/exported/0-1.raw\n' +
        'image:=calibration/exported/1-0.raw tokens:=calibration/exported/1-1.raw\n',
    );
  });

  it('has the separator of the description between its entries', () => {
    const form = { form: 'raw-list', entry: '<{file}>', separator: ';;' } as const;
    expect(exported(form, workDir(1, [PLANES, TOKENS]))['list.txt']?.toString()).toBe(
      '<calibration/exported/0-0.raw>;;<calibration/exported/0-1.raw>\n',
    );
  });

  it('keeps braces of a name, and braces that are meant', () => {
    const form = { form: 'raw-list', entry: '{{{input.name}}}' } as const;
    const odd = { ...TOKENS, name: '{file}' };
    expect(exported(form, workDir(1, [odd]))['list.txt']?.toString()).toBe('{{file}}\n');
  });

  it.each([
    ['uint8', PLANES, LAST],
    ['float32', FLOATS, LAST.map((sample) => float32(...sample))],
  ] as const)('with nhwc has the channels last, byte for byte: %s', (_dtype, input, samples) => {
    const files = exported({ form: 'raw-list', layout: 'nhwc' }, workDir(2, [input]));
    expect([files['0-0.raw'], files['1-0.raw']]).toEqual(samples);
  });

  it('with nhwc moves each of several images in one sample', () => {
    const batch: Input = { ...PLANES, shape: [2, 2, 2, 2] };
    const files = exported({ form: 'raw-list', layout: 'nhwc' }, workDir(1, [batch]));
    expect(files['0-0.raw']).toEqual(Buffer.concat(LAST));
  });

  it('with nhwc leaves what has not four axes as it is', () => {
    const files = exported({ form: 'raw-list', layout: 'nhwc' }, workDir(2, [TOKENS]));
    expect(files['0-0.raw']).toEqual(bytes(1, 0, 2, 0));
  });

  it('with as-model leaves images as they are', () => {
    const files = exported({ form: 'raw-list', layout: 'as-model' }, workDir(2, [FLOATS]));
    expect(files['0-0.raw']).toEqual(FLOATS.data.subarray(0, 32));
  });
});

describe('npy-list', () => {
  it('is one .npy file for each sample and input, and a list of them', () => {
    const files = exported({ form: 'npy-list' }, workDir(2, [FLOATS, TOKENS]));
    expect(files).toEqual({
      '0-0.npy': npy({ descr: '<f4', shape: [1, 2, 2, 2], data: FLOATS.data.subarray(0, 32) }),
      '0-1.npy': npy({ descr: '<i2', shape: [1, 2], data: bytes(1, 0, 2, 0) }),
      '1-0.npy': npy({ descr: '<f4', shape: [1, 2, 2, 2], data: FLOATS.data.subarray(32) }),
      '1-1.npy': npy({ descr: '<i2', shape: [1, 2], data: bytes(3, 0, 4, 0) }),
      'list.txt': expect.any(Buffer),
    });
    expect(files['list.txt']?.toString()).toBe(
      'calibration/exported/0-0.npy calibration/exported/0-1.npy\n' +
        'calibration/exported/1-0.npy calibration/exported/1-1.npy\n',
    );
  });

  it('with nhwc says the shape that the data has now', () => {
    const wide: Input = { ...PLANES, shape: [1, 2, 1, 4] };
    const files = exported({ form: 'npy-list', layout: 'nhwc' }, workDir(2, [wide]));
    expect(files['0-0.npy']).toEqual(npy({ descr: '|u1', shape: [1, 1, 4, 2], data: LAST[0] }));
  });
});

describe('npy', () => {
  it('is all samples of the only input along its first axis', () => {
    expect(exported({ form: 'npy' }, workDir(2, [FLOATS]))).toEqual({
      'samples.npy': npy({ descr: '<f4', shape: [2, 2, 2, 2], data: FLOATS.data }),
    });
  });

  it('with nhwc has the channels last', () => {
    expect(exported({ form: 'npy', layout: 'nhwc' }, workDir(2, [PLANES]))).toEqual({
      'samples.npy': npy({ descr: '|u1', shape: [2, 2, 2, 2], data: Buffer.concat(LAST) }),
    });
  });

  it('counts every image where a sample has several', () => {
    const batch: Input = { ...TOKENS, shape: [2, 1] };
    expect(exported({ form: 'npy' }, workDir(2, [batch]))).toEqual({
      'samples.npy': npy({ descr: '<i2', shape: [4, 1], data: TOKENS.data }),
    });
  });

  it('refuses two inputs', () => {
    expect(refused({ form: 'npy' }, workDir(2, [PLANES, TOKENS]))).toContain('2');
  });

  it('refuses a type that NumPy does not have', () => {
    const odd: Input = { ...PLANES, dtype: 'bfloat16', shape: [1, 2, 2, 1] };
    expect(refused({ form: 'npy' }, workDir(2, [odd]))).toContain('bfloat16');
  });
});

it.each(['raw-list', 'npy'] as const)(
  'data that is too short for %s is refused by name',
  (form) => {
    const dir = workDir(2, [{ ...PLANES, data: PLANES.data.subarray(0, 15) }]);
    expect(refused({ form }, dir)).toContain('calibration/0.bin is too short');
  },
);

it('a data file that is not there is refused by name', () => {
  const dir = workDir(1, [PLANES]);
  writeFileSync(
    path.join(dir, 'calibration/spec.json'),
    readFileSync(path.join(dir, 'calibration/spec.json'), 'utf8').replace('0.bin', 'gone.bin'),
  );
  expect(refused({ form: 'raw-list' }, dir)).toContain('gone.bin');
});
