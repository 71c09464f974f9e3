import { describe, expect, it } from 'vitest';
import { ModelconvError } from '../../src/errors.js';
import {
  fixInputs,
  fixOutputs,
  parseInputShapes,
  suggestInputs,
} from '../../src/request/input-shapes.js';
import type { InputShapes, ModelTensor } from '../../src/schema/generated/types.js';

const IMAGE: ModelTensor = { name: 'image', dtype: 'float32', shape: ['batch', 3, 224, '?'] };
const MASK: ModelTensor = { name: 'mask', dtype: 'int64', shape: [1, 8] };

function refusal(work: () => unknown): ModelconvError {
  try {
    work();
  } catch (error) {
    if (error instanceof ModelconvError) return error;
  }
  throw new Error('it was not refused');
}

describe('--input NAME=SIZES', () => {
  it.each([
    { words: ['image=1,3,224,224'], shapes: { image: [1, 3, 224, 224] } },
    { words: ['image=[1,3]', 'mask=1'], shapes: { image: [1, 3], mask: [1] } },
    { words: ['a=b=1,2'], shapes: { 'a=b': [1, 2] } },
    { words: ['image:0= 1, 2'], shapes: { 'image:0': [1, 2] } },
  ])('$words is understood', ({ words, shapes }) => {
    expect(parseInputShapes(words)).toEqual(shapes);
  });

  it.each([
    ['image'],
    ['=1,2'],
    ['image='],
    ['image=1,0'],
    ['image=1,-1'],
    ['image=1,x'],
    ['image=1.5'],
    ['image=1,,2'],
    ['image=1,9999999999'],
    ['image=1', 'image=2'],
  ])('%s is refused', (...words) => {
    expect(refusal(() => parseInputShapes(words)).code).toBe('E_USAGE');
  });
});

describe('fixing the inputs of a model', () => {
  it('fills in what the model leaves open, and leaves the other inputs alone', () => {
    expect(fixInputs([IMAGE, MASK], { image: [1, 3, 224, 224] })).toEqual([
      { ...IMAGE, shape: [1, 3, 224, 224] },
      MASK,
    ]);
  });

  it('takes any shape for an input whose shape the model does not say', () => {
    const input: ModelTensor = { name: 'x', dtype: 'float32' };
    expect(fixInputs([input], { x: [2, 2] })).toEqual([{ ...input, shape: [2, 2] }]);
  });

  it.each<{ shapes: InputShapes; why: string }>([
    { shapes: { image: [1, 3, 224] }, why: 'another rank' },
    { shapes: { image: [1, 4, 224, 224] }, why: 'another size where the model has one' },
    { shapes: { imgae: [1, 3, 224, 224] }, why: 'an input that there is not' },
    { shapes: { constructor: [1] }, why: 'a name that every object has' },
  ])('refuses $why', ({ shapes }) => {
    expect(refusal(() => fixInputs([IMAGE, MASK], shapes)).code).toBe('E_USAGE');
  });

  it('an unknown name is answered with the one that was meant', () => {
    expect(refusal(() => fixInputs([IMAGE], { imgae: [1] })).message).toContain('image');
  });
});

describe('what would fix a model', () => {
  it.each<{ inputs: ModelTensor[]; said: string; why: string }>([
    {
      why: 'an open batch is 1',
      inputs: [{ ...IMAGE, shape: ['batch', 3, 224, 224] }, MASK],
      said: 'fix the sizes: --input image=1,3,224,224',
    },
    {
      why: 'an open height and width are an example, never 1',
      inputs: [{ ...IMAGE, shape: ['n', 3, 'h', 'w'] }],
      said: 'fix the sizes with yours, such as: --input image=1,3,224,224',
    },
    {
      why: 'the length of a sequence is an example',
      inputs: [{ ...MASK, shape: ['batch', 'length'] }],
      said: 'fix the sizes with yours, such as: --input mask=1,128',
    },
    {
      why: 'of an unknown rank no size is known',
      inputs: [{ name: 'x', dtype: 'float32' }],
      said: 'fix the sizes with yours, such as: --input x=1,…',
    },
  ])('$why', ({ inputs, said }) => {
    expect(suggestInputs(inputs)).toBe(said);
  });
});

describe('the outputs of a model whose inputs are fixed', () => {
  const output = (...shape: (number | string)[]): ModelTensor => ({
    name: 'y',
    dtype: 'float32',
    shape,
  });

  it('have the sizes that they share with an input by name', () => {
    const model = { inputs: [IMAGE, MASK], outputs: [output('batch', 10), output(1, 'rows')] };
    expect(fixOutputs(model, { image: [2, 3, 224, 8] }).map(({ shape }) => shape)).toEqual([
      [2, 10],
      [1, 'rows'],
    ]);
  });

  it('keep what has no name, and what no input fixes', () => {
    const model = { inputs: [IMAGE], outputs: [output('?', 'batch'), MASK] };
    expect(fixOutputs(model, {})).toEqual(model.outputs);
    expect(fixOutputs(model, { image: [1, 3, 224, 8] })[0]?.shape).toEqual(['?', 1]);
  });
});
