import { describe, expect, it } from 'vitest';
import { ModelconvError } from '../../src/errors.js';
import {
  fixInputs,
  fixOutputs,
  parseInputs,
  suggestInputs,
} from '../../src/request/input-shapes.js';
import type { Dtype, InputShapes, ModelTensor } from '../../src/schema/generated/types.js';

const IMAGE: ModelTensor = { name: 'image', dtype: 'float32', shape: ['batch', 3, 224, '?'] };
const MASK: ModelTensor = { name: 'mask', dtype: 'int64', shape: [1, 8] };

/** Inputs with sizes alone. */
function fixed(inputs: readonly ModelTensor[], shapes: InputShapes): ModelTensor[] {
  return fixInputs(inputs, { inputs: shapes, inputDtypes: {} });
}

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
    expect(parseInputs(words)).toEqual({ inputs: shapes, inputDtypes: {} });
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
    ['image=1:'],
    ['image=1:float'],
    ['image=1:int64:int32'],
    ['image=1:string'],
  ])('%s is refused', (...words) => {
    expect(refusal(() => parseInputs(words)).code).toBe('E_USAGE');
  });
});

describe('--input NAME=SIZES:TYPE', () => {
  it('gives the type of an input whose file has none', () => {
    expect(parseInputs(['tokens=1,64:int64', 'mask:0=1', 'x=[1]:float16'])).toEqual({
      inputs: { tokens: [1, 64], 'mask:0': [1], x: [1] },
      inputDtypes: { tokens: 'int64', x: 'float16' },
    });
  });

  it('a type that there is not is answered with the one that was meant', () => {
    expect(refusal(() => parseInputs(['tokens=1,64:int46'])).message).toContain('int64');
  });

  const SCRIPTED: ModelTensor = { name: 'x', dtype: 'unknown' };
  const TRACED: ModelTensor = { name: 'x', dtype: 'int64', exampleShape: [1, 4] };
  const FIXED: ModelTensor = { name: 'x', dtype: 'int64', shape: [1, 4] };
  const dtypeOf = (input: ModelTensor, dtype?: Dtype): Dtype | undefined =>
    fixInputs([input], {
      inputs: { x: [1, 4] },
      inputDtypes: dtype === undefined ? {} : { x: dtype },
    })[0]?.dtype;

  it.each<[string, ModelTensor, Dtype | undefined, Dtype]>([
    ['none in the file, none given: float32', SCRIPTED, undefined, 'float32'],
    ['none in the file', SCRIPTED, 'int64', 'int64'],
    ['that of an example', TRACED, undefined, 'int64'],
    ['another than that of an example', TRACED, 'int32', 'int32'],
    ['that of the file', FIXED, 'int64', 'int64'],
  ])('%s', (_what, input, given, found) => {
    expect(dtypeOf(input, given)).toBe(found);
  });

  it('another than that of the file is refused', () => {
    expect(refusal(() => dtypeOf(FIXED, 'int32'))).toMatchObject({
      code: 'E_USAGE',
      why: 'the model takes int64',
    });
  });

  it('an input whose sizes nobody gives keeps having no type', () => {
    expect(fixInputs([SCRIPTED], { inputs: {}, inputDtypes: {} })).toEqual([SCRIPTED]);
  });
});

describe('fixing the inputs of a model', () => {
  it('fills in what the model leaves open, and leaves the other inputs alone', () => {
    expect(fixed([IMAGE, MASK], { image: [1, 3, 224, 224] })).toEqual([
      { ...IMAGE, shape: [1, 3, 224, 224] },
      MASK,
    ]);
  });

  it('takes any shape for an input whose shape the model does not say', () => {
    const input: ModelTensor = { name: 'x', dtype: 'float32' };
    expect(fixed([input], { x: [2, 2] })).toEqual([{ ...input, shape: [2, 2] }]);
  });

  it.each<{ shapes: InputShapes; why: string }>([
    { shapes: { image: [1, 3, 224] }, why: 'another rank' },
    { shapes: { image: [1, 4, 224, 224] }, why: 'another size where the model has one' },
    { shapes: { imgae: [1, 3, 224, 224] }, why: 'an input that there is not' },
    { shapes: { constructor: [1] }, why: 'a name that every object has' },
  ])('refuses $why', ({ shapes }) => {
    expect(refusal(() => fixed([IMAGE, MASK], shapes)).code).toBe('E_USAGE');
  });

  it('an unknown name is answered with the one that was meant', () => {
    expect(refusal(() => fixed([IMAGE], { imgae: [1] })).message).toContain('image');
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

  it('take the sizes of a trace, and leave open what nobody knows', () => {
    const traced: ModelTensor = { name: 'x', dtype: 'float32', exampleShape: [2, 3] };
    const scripted: ModelTensor = { name: 'y', dtype: 'unknown' };
    expect(suggestInputs([traced])).toBe('fix the sizes: --input x=2,3');
    expect(suggestInputs([traced, scripted])).toBe(
      'fix the sizes with yours, such as: --input x=2,3 --input y=1,…',
    );
  });
});
