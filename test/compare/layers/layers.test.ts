import { describe, expect, it } from 'vitest';
import type { OutputResult } from '../../../src/adapters/run-files.js';
import { alignByGolden, alignLayers } from '../../../src/compare/layers/align.js';
import { compareLayers } from '../../../src/compare/layers/compare-layers.js';
import { describeJump } from '../../../src/compare/layers/describe-jump.js';
import { LayerDifference } from '../../../src/compare/layers/difference.js';
import { firstJump } from '../../../src/compare/layers/first-jump.js';
import { readOthers, readReference } from '../../../src/compare/layers/tensors.js';
import { type LayerTensor, layersOf } from '../../../src/source/layers.js';

/** Numbers that are not like those of another seed. */
function noise(seed: number, length: number): number[] {
  return Array.from({ length }, (_none, at) => Math.sin(seed * 97.3 + at * 1.7) * 3);
}

function tensor(
  name: string,
  values: readonly number[],
  shape: readonly number[] = [values.length],
  dtype: OutputResult['dtype'] = 'float32',
): OutputResult {
  return { name, dtype, shapes: [shape], sample: async () => Float64Array.from(values) };
}

const STAGES = [1, 2, 3, 4].map((seed) => noise(seed, 24));
const layer = (name: string, from: string[], operator = 'Relu'): LayerTensor => ({
  name,
  operator,
  from,
  hasConstants: operator === 'Conv',
});

describe('the counterpart of a tensor, where what it is to hold is known', () => {
  const paired = async (reference: OutputResult[], golden: OutputResult[], others = golden) => {
    const layers = await readReference(reference);
    const [right, found] = [await readOthers(golden, layers), await readOthers(others, layers)];
    const pairs = alignByGolden(layers, right, found);
    return await Promise.all(
      pairs.map(async ({ reference: one, other }) => [
        one.name,
        other.name,
        (await other.result.sample(0))[0],
      ]),
    );
  };
  const [a = [], b = [], c = []] = STAGES;

  it('is found under another name and in another order, however wrong it is', async () => {
    const reference = [tensor('a', a), tensor('b', b), tensor('c', c)];
    const golden = [tensor('x', c), tensor('y', a), tensor('z', b)];
    const wrong = ['x', 'y', 'z'].map((name, at) => tensor(name, Array(24).fill(at + 100)));
    expect(await paired(reference, golden, wrong)).toEqual([
      ['a', 'y', 101],
      ['b', 'z', 102],
      ['c', 'x', 100],
    ]);
  });

  it('is none that only has its size', async () => {
    expect(await paired([tensor('a', a)], [tensor('input_int8', noise(7, 24))])).toEqual([]);
  });

  it('is the one of its name although its converter computes it otherwise', async () => {
    const named = [tensor('a', noise(7, 24)), tensor('other', a)];
    expect((await paired([tensor('a', a)], named))[0]?.slice(0, 2)).toEqual(['a', 'a']);
  });

  it('is used once', async () => {
    const reference = [tensor('a', a), tensor('same', a)];
    expect(await paired(reference, [tensor('x', a)])).toHaveLength(1);
  });
});

describe('the counterpart of a tensor', () => {
  const paired = async (others: OutputResult[]) => {
    const reference = await readReference(
      STAGES.map((values, at) => tensor(`t${at}`, values, [1, 2, 3, 4])),
    );
    return alignLayers(reference, await readOthers(others, reference)).map((pair) => [
      pair.reference.name,
      pair.other.name,
    ]);
  };

  it('is the one of its name, whatever the order', async () => {
    const others = [2, 0, 1, 3].map((at) => tensor(`t${at}`, STAGES[at] ?? [], [1, 2, 3, 4]));
    expect(await paired(others)).toEqual(['t0', 't1', 't2', 't3'].map((name) => [name, name]));
  });

  it('is found by what it holds where names are lost and layers are fused', async () => {
    const others = [0, 1, 3].map((at) => tensor(`${at + 7}`, STAGES[at] ?? [], [2, 3, 4]));
    expect(await paired(others)).toEqual([
      ['t0', '7'],
      ['t1', '8'],
      ['t3', '10'],
    ]);
  });

  it('is found by its place where what it holds is wrong', async () => {
    const others = STAGES.map((values, at) =>
      tensor(`${at}`, at < 2 ? values : noise(at + 50, 24), [2, 3, 4]),
    );
    expect(await paired(others)).toHaveLength(4);
  });

  it('is not the one of its name when a layer that was folded away left it that name', async () => {
    const [before = [], after = []] = STAGES;
    const reference = [tensor('conv', before), tensor('relu', after)];
    const others = [tensor('relu', before), tensor('quantized', after)];
    const a = await readReference(reference);
    const b = await readOthers(others, a);
    const names = alignLayers(a, b).map((pair) => [pair.reference.name, pair.other.name]);
    expect(names).toEqual([
      ['conv', 'relu'],
      ['relu', 'quantized'],
    ]);
    const kept = alignLayers(a, b, new Set(['relu'])).map(({ other }) => other.name);
    expect(kept).toContain('relu');
  });

  it('has the same number of elements', async () => {
    expect(await paired([tensor('t0', noise(1, 23))])).toEqual([]);
  });
});

it('of a tensor no more is held than says how alike two are', async () => {
  const long = tensor('long', noise(1, 100_000), [10, 10_000]);
  const [reference] = await readReference([long]);
  const [other] = await readOthers([{ ...long, shapes: [[10_000, 10]] }], [reference ?? never()]);
  const [way] = other?.ways.get('10,10000') ?? [];
  for (const held of [reference?.probe, way?.probe]) {
    expect(held?.length).toBeGreaterThan(500);
    expect(held?.length).toBeLessThan(2048);
  }
});

function never(): never {
  throw new Error('there is no such layer');
}

describe('the first layer that differs', () => {
  const at = (errors: readonly number[]) =>
    firstJump(
      errors.map((relativeError, place) => ({ name: `t${place}`, relativeError })),
      'fp32',
    )?.layer.name;

  it.each([
    ['an error that is made', [0, 1e-7, 0.3, 0.4], 't2'],
    ['one that is handed on and grows', [0.5, 0.6, 0.9], 't0'],
    ['one that is not finite', [0, Infinity, Infinity], 't1'],
    ['rounding', [1e-7, 3e-7, 9e-4], undefined],
    ['nothing', [], undefined],
  ])('with %s', (_what, errors, name) => {
    expect(at(errors)).toBe(name);
  });

  it.each([
    ['fp32', 't0'],
    ['fp16', 't1'],
    ['int8', 't2'],
  ] as const)('rounding in %s is no error', (precision, name) => {
    const errors = [5e-3, 5e-2, 0.5];
    const layers = errors.map((relativeError, place) => ({
      name: `t${place}`,
      relativeError,
      from: [],
    }));
    expect(firstJump(layers, precision)?.layer.name).toBe(name);
  });

  it('is not blamed for another branch of the graph', () => {
    const layers = [
      { name: 'wrong', relativeError: 0.5, from: [] },
      { name: 'right', relativeError: 0, from: [] },
      { name: 'sum', relativeError: 0.4, from: ['wrong', 'right'] },
    ];
    expect(firstJump(layers.slice(1), 'fp32')?.before).toBe(0);
    expect(firstJump(layers, 'fp32')?.layer.name).toBe('wrong');
  });

  it('is told with its error, and what that says', async () => {
    const graph = [layer('a', ['x'], 'Conv'), layer('b', ['a']), layer('c', ['b'], 'Softmax')];
    const names = ['a', 'b', 'c'];
    const reference = names.map((name, place) => tensor(name, STAGES[place] ?? []));
    const others = [...reference.slice(0, 2), tensor('c', noise(9, 24))];
    const { first, tensors, unmatched } = await compareLayers(
      { results: reference, graph },
      { results: others },
      { count: 1, precision: 'fp32' },
    );
    expect(first?.layer.name).toBe('c');
    expect(tensors).toHaveLength(3);
    expect(unmatched).toEqual([]);
    if (first === undefined) throw new Error('none');
    expect(describeJump(first)).toMatch(
      /^the first layer that differs is c \(Softmax\): its relative error is [\d.]+ %, what goes into it is the same; it has no weights: Softmax is computed otherwise/,
    );
  });

  it('hands on what fused tensors were computed from', async () => {
    const graph = [layer('a', ['x'], 'Conv'), layer('fused', ['a']), layer('c', ['fused'])];
    const wrong = [tensor('a', noise(9, 24)), tensor('c', noise(10, 24))];
    const reference = ['a', 'fused', 'c'].map((name, place) => tensor(name, STAGES[place] ?? []));
    const { first, unmatched } = await compareLayers(
      { results: reference, graph },
      { results: wrong },
      { count: 1, precision: 'fp32' },
    );
    expect(first?.layer).toMatchObject({ name: 'a', hasConstants: true });
    expect(unmatched).toEqual(['fused']);
  });

  it('of integers that stand for real numbers is found up to their scale', async () => {
    const [values = []] = STAGES;
    const steps = values.map((value) => Math.round(value / 0.025) + 3);
    const other = tensor('q', steps, [24], 'int8');
    const { tensors } = await compareLayers(
      { results: [tensor('t', values)] },
      { results: [other] },
      { count: 1, precision: 'int8' },
    );
    expect(tensors[0]?.relativeError).toBeLessThan(0.01);
    const clipped = tensor(
      'q',
      steps.map((step) => Math.min(step, 10)),
      [24],
      'int8',
    );
    const saturated = await compareLayers(
      { results: [tensor('t', values)] },
      { results: [clipped] },
      { count: 1, precision: 'int8' },
    );
    expect(saturated.first?.layer.name).toBe('t');
  });

  it('text, flags and empty tensors are passed over', async () => {
    const odd = [
      tensor('b', [1], [1], 'bool'),
      tensor('e', [], [0]),
      tensor('s', [], [1], 'string'),
    ];
    expect(await readReference(odd)).toEqual([]);
  });
});

describe('the difference of two tensors', () => {
  const of = (pairs: readonly (readonly [number, number])[], fitted = false) => {
    const difference = new LayerDifference(fitted);
    for (const [a, b] of pairs) difference.add(a, b);
    return difference;
  };

  it('is relative to the reference', () => {
    expect(
      of([
        [3, 3],
        [4, 5],
      ]).relativeError,
    ).toBeCloseTo(0.2);
    expect(
      of([
        [0, 0],
        [0, 0],
      ]).relativeError,
    ).toBe(0);
    expect(
      of([
        [0, 2],
        [0, 2],
      ]).relativeError,
    ).toBe(2);
    expect(of([]).relativeError).toBe(0);
  });

  it('is not finite where one of them is not', () => {
    expect(of([[1, Number.NaN]]).relativeError).toBe(Infinity);
    expect(
      of([
        [Number.NaN, Number.NaN],
        [1, 1],
      ]).relativeError,
    ).toBe(0);
    expect(of([[Infinity, -Infinity]]).relativeError).toBe(Infinity);
  });

  it('has a cosine', () => {
    expect(of([[1, -1]]).cosine).toBe(-1);
    expect(of([[0, 0]]).cosine).toBe(1);
    expect(of([[1, 0]]).cosine).toBe(0);
  });

  it('of a constant to fit is its whole spread', () => {
    expect(
      of(
        [
          [1, 5],
          [-1, 5],
        ],
        true,
      ).relativeError,
    ).toBeCloseTo(1);
    expect(
      of(
        [
          [1, 5],
          [-1, 5],
        ],
        true,
      ).maxAbs,
    ).toBeUndefined();
  });
});

describe('the layers of a graph', () => {
  const node = (opType: string, inputs: string[], outputs: string[], domain = '') => ({
    opType,
    domain,
    inputs,
    outputs,
  });

  it('come after what they are computed from, without constants', () => {
    const nodes = [
      node('Relu', ['c'], ['y']),
      node('Transpose', ['w'], ['wt']),
      node('Conv', ['x', 'wt'], ['c']),
      node('Fused', ['y', ''], ['z', ''], 'com.acme'),
    ];
    expect(layersOf(nodes, ['x'])).toEqual([
      { name: 'c', operator: 'Conv', from: ['x'], hasConstants: true },
      { name: 'y', operator: 'Relu', from: ['c'], hasConstants: false },
      { name: 'z', operator: 'com.acme.Fused', from: ['y'], hasConstants: false },
    ]);
  });

  it('that give no tensors are left out, and what follows from them is not', () => {
    const nodes = [node('SplitToSequence', ['x'], ['s']), node('SequenceAt', ['s', 'i'], ['y'])];
    expect(layersOf(nodes, ['x']).map(({ name }) => name)).toEqual(['y']);
  });

  it('in a circle, which only a damaged file has, end', () => {
    const nodes = [node('Add', ['b'], ['a']), node('Add', ['a'], ['b'])];
    expect(layersOf(nodes, ['x'])).toEqual([]);
  });
});
