import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { encodeSample } from '../../src/calibration/encode-sample.js';
import { imageTarget } from '../../src/calibration/image-target.js';
import { imageValues } from '../../src/calibration/image-values.js';
import { decodePng } from '../../src/calibration/png.js';
import type { RawImage } from '../../src/calibration/raw-image.js';
import type { InputPreprocess } from '../../src/calibration/request.js';
import { data, expected } from './expected.js';

const invalid = { code: 'E_CALIBRATION_INVALID' };

const input = (shape: readonly number[]) => ({ name: 'x', dtype: 'float32' as const, shape });

function prepare(image: RawImage, shape: readonly number[], preprocess: InputPreprocess) {
  const target = imageTarget(input(shape), preprocess);
  return imageValues(image, target, preprocess.colorOrder === 'gray');
}

const source = decodePng(readFileSync(data('preprocess.png')));

const IMAGENET: InputPreprocess = {
  range: [0, 1],
  mean: [0.485, 0.456, 0.406],
  scale: [1 / 0.229, 1 / 0.224, 1 / 0.225],
};

describe('a 10x7 image is prepared as OpenCV and NumPy do it', () => {
  it.each<[string, number[], InputPreprocess]>([
    ['stretch down', [1, 3, 4, 5], { resize: 'stretch' }],
    ['stretch up', [1, 3, 9, 13], { resize: 'stretch' }],
    ['stretch in one axis', [1, 3, 3, 10], { resize: 'stretch', layout: 'nchw' }],
    ['letterbox wide', [1, 3, 8, 8], { resize: 'letterbox' }],
    ['letterbox tall', [1, 3, 6, 15], { resize: 'letterbox', padding: 0 }],
    ['center-crop square', [1, 3, 5, 5], { resize: 'center-crop' }],
    ['center-crop tall', [1, 3, 9, 3], { resize: 'center-crop', layout: 'nchw' }],
    ['bgr', [1, 3, 4, 5], { resize: 'stretch', colorOrder: 'bgr' }],
    ['gray', [1, 1, 4, 5], { resize: 'stretch', colorOrder: 'gray' }],
    ['imagenet', [1, 3, 4, 5], { resize: 'stretch', ...IMAGENET }],
    [
      'caffe',
      [1, 3, 4, 5],
      { resize: 'stretch', colorOrder: 'bgr', mean: [103.94, 116.78, 123.68] },
    ],
    ['nhwc', [1, 4, 5, 3], { resize: 'stretch' }],
  ])('%s', (name, shape, preprocess) => {
    const wanted = expected.preprocess[name] ?? [];
    const values = prepare(source, shape, preprocess);
    expect(values).toHaveLength(wanted.length);
    expect(wanted.length).toBeGreaterThan(0);
    for (const [i, value] of values.entries()) expect(value).toBeCloseTo(wanted[i] ?? NaN, 3);
  });
});

it('the first values are those computed by hand', () => {
  // 10 -> 5 columns: centre 0.5*2-0.5 = 0.5; 7 -> 4 rows: 0.5*1.75-0.5 = 0.375
  const at = (x: number, y: number): number => source.data[(y * 10 + x) * 3] ?? 0;
  const above = (at(0, 0) + at(1, 0)) / 2;
  const below = (at(0, 1) + at(1, 1)) / 2;
  const [first] = prepare(source, [1, 3, 4, 5], { resize: 'stretch' });
  expect(first).toBeCloseTo(above + (below - above) * 0.375, 9);
});

describe('values', () => {
  const grey = (max: number, ...pixels: number[]): RawImage => ({
    width: pixels.length,
    height: 1,
    channels: 1,
    max,
    data: max > 255 ? Uint16Array.from(pixels) : Uint8Array.from(pixels),
  });

  it('are the bytes of the image when nothing is declared', () => {
    expect([...prepare(source, [1, 7, 10, 3], {})]).toEqual([...source.data]);
  });

  it.each([
    ['1 bit', grey(1, 0, 1, 0, 1, 1), [0, 255, 0, 255, 255]],
    ['2 bits', grey(3, 0, 1, 2, 3, 3), [0, 85, 170, 255, 255]],
    [
      '16 bits, in full precision',
      grey(65535, 0, 257, 65535, 128, 1),
      [0, 1, 255, 128 / 257, 1 / 257],
    ],
  ])('of %s run from 0 to 255', (_what, image, wanted) => {
    const values = prepare(image, [1, 1, 1, 5], { layout: 'nchw' });
    for (const [i, value] of values.entries()) expect(value).toBeCloseTo(wanted[i] ?? NaN, 9);
  });

  it('run over the declared range, before mean and scale', () => {
    const image = grey(255, 0, 51, 255, 0, 0);
    const preprocess: InputPreprocess = { layout: 'nchw', range: [-1, 1], mean: [1], scale: [10] };
    const values = [...prepare(image, [1, 1, 1, 5], preprocess)];
    for (const [i, value] of values.entries())
      expect(value).toBeCloseTo([-20, -16, 0, -20, -20][i] ?? NaN, 9);
  });

  it('are left to the model where its graph subtracts and scales', () => {
    const preprocess: InputPreprocess = { ...IMAGENET, where: 'graph' };
    expect([...prepare(source, [1, 7, 10, 3], preprocess)]).toEqual([...source.data]);
  });

  it('mean and scale of one number count for all channels', () => {
    const values = prepare(source, [1, 7, 10, 3], { mean: [100], scale: [0.5] });
    expect(values[2]).toBe(((source.data[2] ?? 0) - 100) / 2);
  });

  it.each([
    ['uint8', [0.4, 0.5, 254.6], [0, 1, 255]],
    ['int8', [-128.4, -0.5, 127.4], [128, 0, 127]],
  ] as const)('of %s are rounded to the nearest', (dtype, values, bytes) => {
    expect([...encodeSample(dtype, Float64Array.from(values))]).toEqual(bytes);
  });

  it.each([
    ['uint8', -1],
    ['uint8', 255.5],
    ['int8', 128],
    ['bool', 2],
    ['int32', 2 ** 31],
  ] as const)('that %s does not have are refused, not wrapped: %d', (dtype, value) => {
    expect(() => encodeSample(dtype, Float64Array.of(value))).toThrow(
      expect.objectContaining(invalid),
    );
  });
});

describe('the layout', () => {
  it.each([
    ['channels on axis 1', [1, 3, 224, 225], {}, { layout: 'nchw', width: 225, height: 224 }],
    [
      'channels on the last axis',
      [1, 224, 225, 3],
      {},
      { layout: 'nhwc', width: 225, height: 224 },
    ],
    ['one channel', [1, 1, 28, 29], {}, { channels: 1, colorOrder: 'gray', width: 29 }],
    ['both, and nchw declared', [1, 3, 8, 3], { layout: 'nchw' }, { width: 3, height: 8 }],
    ['both, and nhwc declared', [1, 3, 8, 3], { layout: 'nhwc' }, { width: 8, height: 3 }],
  ] as const)('is read from the shape: %s', (_what, shape, preprocess, wanted) => {
    expect(imageTarget(input(shape), preprocess)).toMatchObject(wanted);
  });

  it.each([
    ['both axes may be the channels', [1, 3, 8, 3], {}, /declare the layout/],
    ['one pixel in each row, one channel', [1, 1, 28, 1], {}, /declare the layout/],
    ['no axis may be', [1, 4, 8, 8], {}, /1 or 3 channels/],
    ['the declared one does not fit', [1, 3, 8, 8], { layout: 'nhwc' }, /nhwc/],
    ['images need four axes', [3, 8, 8], {}, /3 axes/],
    ['one image is not a batch', [4, 3, 8, 8], {}, /batches of 4/],
    ['colours for one channel', [1, 1, 8, 8], { colorOrder: 'bgr' }, /bgr/],
    ['grey for three channels', [1, 3, 8, 8], { colorOrder: 'gray' }, /gray/],
    ['a mean for two channels', [1, 3, 8, 8], { mean: [1, 2] }, /2 numbers/],
  ] as const)('is an error: %s', (_what, shape, preprocess, why) => {
    expect(() => imageTarget(input(shape), preprocess as InputPreprocess)).toThrow(
      expect.objectContaining({ ...invalid, message: expect.stringMatching(why) }),
    );
  });
});

describe('an image that does not fit is refused', () => {
  const grey: RawImage = { width: 4, height: 4, channels: 1, max: 255, data: new Uint8Array(16) };
  it.each([
    ['another size, and no resizing declared', source, [1, 3, 8, 8], {}, /10x7.*8x8.*resize/],
    ['grey for colours', grey, [1, 3, 4, 4], {}, /grey/],
    ['colours for grey, and that not declared', source, [1, 1, 7, 10], {}, /colorOrder gray/],
  ] as const)('%s', (_what, image, shape, preprocess, why) => {
    expect(() => prepare(image, shape, preprocess)).toThrow(
      expect.objectContaining({ ...invalid, message: expect.stringMatching(why) }),
    );
  });
});
