import { describe, expect, it } from 'vitest';
import { ModelconvError } from '../../src/errors.js';
import { parsePreprocess, preprocessOf } from '../../src/request/preprocess.js';
import type { ModelTensor } from '../../src/schema/generated/types.js';

const INPUTS: readonly ModelTensor[] = [
  { name: 'left', dtype: 'float32', shape: [1, 3, 8, 8] },
  { name: 'right', dtype: 'float32', shape: [1, 3, 8, 8] },
];

describe('preprocessing by flags', () => {
  it('holds for every input', () => {
    const declared = parsePreprocess({ mean: '1,2.5,-3', scale: '0.1', colorOrder: 'bgr' });
    expect(declared).toEqual({ '*': { mean: [1, 2.5, -3], scale: [0.1], colorOrder: 'bgr' } });
    expect(preprocessOf(INPUTS, declared ?? {})).toEqual({
      left: { mean: [1, 2.5, -3], scale: [0.1], colorOrder: 'bgr' },
      right: { mean: [1, 2.5, -3], scale: [0.1], colorOrder: 'bgr' },
    });
  });

  it('is nothing when no flag is given', () => {
    expect(parsePreprocess({})).toBeUndefined();
    expect(preprocessOf(INPUTS, {})).toEqual({});
  });

  it.each(['', 'a', '1,,2', '1,NaN', 'Infinity'])('--mean %j is refused', (mean) => {
    expect(() => parsePreprocess({ mean })).toThrow(ModelconvError);
  });
});

describe('range and padding by flags', () => {
  it('are part of the preprocessing', () => {
    expect(parsePreprocess({ range: '0,1', padding: 0 })).toEqual({
      '*': { range: [0, 1], padding: 0 },
    });
    expect(parsePreprocess({ range: '-1, 1' })).toEqual({ '*': { range: [-1, 1] } });
  });

  it.each(['', '1', '0,1,2', '1,0', '1,1', 'a,b', '0,Infinity', ','])(
    '--range %j is refused',
    (range) => {
      expect(() => parsePreprocess({ range })).toThrow(ModelconvError);
    },
  );
});

describe('preprocessing by input', () => {
  it('what an input says of its own goes before what holds for all', () => {
    const declared = { '*': { mean: [1], resize: 'none' }, right: { mean: [2] } } as const;
    expect(
      preprocessOf(
        INPUTS,
        structuredClone(declared) as unknown as Parameters<typeof preprocessOf>[1],
      ),
    ).toEqual({
      left: { mean: [1], resize: 'none' },
      right: { mean: [2], resize: 'none' },
    });
  });

  it('an input that there is not is refused with the one that was meant', () => {
    expect(() => preprocessOf(INPUTS, { lfet: { mean: [1] } })).toThrow(/left/);
  });

  // packed as it stands, every device would do it
  it.each([
    ['a scale that leaves nothing', { scale: [1, 0, 1] }, /scale of 0/],
    ['no number', { mean: [] }, /mean has no number/],
    ['more numbers than channels', { mean: [1, 2, 3, 4] }, /mean has 4 numbers/],
    ['a range that ends before it starts', { range: [1, 0] }, /least and then the greatest/],
  ] as const)('%s is refused', (_what, declared, why) => {
    expect(() => preprocessOf(INPUTS, structuredClone({ '*': declared }) as never)).toThrow(
      expect.objectContaining({ code: 'E_USAGE', why: expect.stringMatching(why) }),
    );
  });

  it('may have one number for each channel of an axis that is open, and the batch is none', () => {
    const input = (shape: NonNullable<ModelTensor['shape']>): ModelTensor[] => [
      { name: 'x', dtype: 'float32', shape },
    ];
    const declared = { x: { mean: [1, 2] } };
    expect(preprocessOf(input([1, 'channels', 8, 8]), declared)).toEqual(declared);
    expect(preprocessOf(input([2, 8, 8]), declared)).toEqual(declared);
    expect(() => preprocessOf(input(['batch', 1, 8, 8]), declared)).toThrow(ModelconvError);
  });
});
