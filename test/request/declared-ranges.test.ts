import { describe, expect, it } from 'vitest';
import { inputRanges } from '../../src/request/declared-ranges.js';
import type { ModelTensor, Preprocess, Quantization } from '../../src/schema/generated/types.js';
import { decodeElements } from '../../src/tensor/elements.js';
import { generateSamples } from '../../src/tensor/generate.js';

const IMAGE: ModelTensor = { name: 'image', dtype: 'float32', shape: [1, 3, 8, 8] };

describe('what an image gives the source', () => {
  it.each<[string, Preprocess, [number, number] | undefined]>([
    ['colours alone: bytes', { colorOrder: 'bgr' }, [0, 255]],
    ['a range', { range: [-1, 1] }, [-1, 1]],
    ['one mean and one scale', { mean: [127.5], scale: [2] }, [-255, 255]],
    ['one for each channel', { range: [0, 1], mean: [0.5, 0, 0.25], scale: [2, 4, 1] }, [-1, 4]],
    ['a scale that turns it around', { mean: [1], scale: [-1] }, [-254, 1]],
    ['what the graph does is its own', { mean: [9], scale: [9], where: 'graph' }, [0, 255]],
    ['what the NPU does the source does not', { mean: [5], where: 'npu' }, [-5, 250]],
    ['where its channels stand says nothing of values', { layout: 'nchw' }, undefined],
  ])('%s', (_title, preprocess, range) => {
    expect(inputRanges({ inputs: [IMAGE] }, { '*': preprocess }).get('image')).toEqual(range);
  });
});

it('generated images fill the range that is declared, and other inputs stay as they are', () => {
  const inputs: ModelTensor[] = [IMAGE, { name: 'mask', dtype: 'bool', shape: [1, 64] }];
  const ranges = inputRanges({ inputs }, { image: { range: [0, 255] } });
  const [image, mask] = generateSamples(inputs, new Map(), 1, 8, ranges).inputs.map((one) =>
    decodeElements(one.dtype, one.data),
  );
  const values = [...(image ?? [])];
  expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
  expect(Math.min(...values)).toBeLessThan(2);
  expect(Math.max(...values)).toBeLessThanOrEqual(255);
  expect(Math.max(...values)).toBeGreaterThan(253);
  expect(new Set(mask)).toEqual(new Set([0, 1]));
});

describe('what a quantized input holds', () => {
  const tensors: NonNullable<Quantization['tensors']> = {
    image: { dtype: 'int8', scale: [0.5], zeroPoint: [-128] },
  };
  const quantization: Quantization = { type: 'int8', tensors };

  it('is where its scale and zero point end', () => {
    const ranges = inputRanges({ inputs: [IMAGE], quantization }, {});
    expect(ranges.get('image')).toEqual([0, 127.5]);
  });

  it('stands behind what is declared', () => {
    const ranges = inputRanges({ inputs: [IMAGE], quantization }, { image: { range: [0, 1] } });
    expect(ranges.get('image')).toEqual([0, 1]);
  });

  it.each<[string, NonNullable<Quantization['tensors']>]>([
    ['another tensor', { weight: { dtype: 'int8', scale: [1] } }],
    ['several scales', { image: { dtype: 'int8', scale: [1, 2] } }],
    ['no scale', { image: { dtype: 'int8' } }],
  ])('is not known of %s', (_title, others) => {
    const info = { inputs: [IMAGE], quantization: { ...quantization, tensors: others } };
    expect(inputRanges(info, {}).size).toBe(0);
  });
});
