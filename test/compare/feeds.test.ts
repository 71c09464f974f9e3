import { describe, expect, it } from 'vitest';
import { feedsOf, matchInputs } from '../../src/compare/feeds.js';
import type { Subject } from '../../src/compare/subject.js';
import type { ModelTensor } from '../../src/schema/generated/types.js';
import { decodeElements } from '../../src/tensor/elements.js';
import type { SampleSet } from '../../src/tensor/samples.js';
import { float32 } from '../support/npy.js';

const tensor = (name: string, shape: ModelTensor['shape']): ModelTensor => ({
  name,
  dtype: 'float32',
  ...(shape === undefined ? {} : { shape }),
});

function subject(
  inputs: readonly ModelTensor[],
  sourceNames: Record<string, string> = {},
): Subject {
  const described = inputs.map(({ name }) => ({
    name,
    dtype: 'float32',
    sourceName: sourceNames[name],
  }));
  return {
    file: 'model',
    kind: 'model',
    info: { inputs },
    ...(Object.keys(sourceNames).length === 0
      ? {}
      : { descriptor: { model: { inputs: described } } }),
  } as unknown as Subject;
}

describe('inputs of two models', () => {
  const a = tensor('a', [1, 2]);
  const b = tensor('b', [1, 2]);

  it('are matched by name, whatever their order', () => {
    const matched = matchInputs(subject([a, b]), subject([b, a]));
    expect(matched.map(({ from, to }) => [from, to.name])).toEqual([
      ['b', 'b'],
      ['a', 'a'],
    ]);
  });

  it('are matched by the source name that the descriptor tells, before their own', () => {
    const second = subject([tensor('b', [1, 2]), tensor('in1', [1, 2])], { b: 'a', in1: 'b' });
    expect(matchInputs(subject([a, b]), second).map(({ from }) => from)).toEqual(['a', 'b']);
  });

  it('are matched by place where no name is known', () => {
    const second = subject([tensor('in0', [1, 2]), tensor('in1', [1, 2])]);
    expect(matchInputs(subject([a, b]), second).map(({ from }) => from)).toEqual(['a', 'b']);
  });

  it.each([
    ['another number of inputs', [a], [a, b]],
    ['another size', [a], [tensor('a', [1, 3])]],
    ['another rank', [a], [tensor('a', [1, 2, 2])]],
    ['other sizes in another rank', [tensor('a', [1, 3, 2])], [tensor('a', [2, 3])]],
  ])('with %s are refused', (_what, first, second) => {
    expect(() => matchInputs(subject(first), subject(second))).toThrow(
      expect.objectContaining({ code: 'E_NOT_CONVERTIBLE' }),
    );
  });

  it.each([
    ['an open size', ['batch', 2], [1, 2]],
    ['an unknown shape', undefined, [1, 2]],
  ])('with %s fit', (_what, first, second) => {
    const matched = matchInputs(subject([tensor('a', first)]), subject([tensor('a', second)]));
    expect(matched[0]?.channels).toBeUndefined();
  });

  it('whose channels stand elsewhere are moved, there and back', () => {
    const [nchw, nhwc] = [
      subject([tensor('a', [1, 3, 4, 2])]),
      subject([tensor('a', [1, 4, 2, 3])]),
    ];
    const data = float32(...Array.from({ length: 48 }, (_none, at) => at));
    const first = { name: 'a', dtype: 'float32' as const, shape: [1, 3, 4, 2], data };
    const samples: SampleSet = { kind: 'user', count: 2, inputs: [first] };
    const moved = feedsOf(samples, matchInputs(nchw, nhwc), false);
    expect(moved.inputs[0]?.shape).toEqual([1, 4, 2, 3]);
    // channel 1 at the first place
    expect(moved.inputs[0]?.data.readFloatLE(4)).toBe(8);
    const back = feedsOf(moved, matchInputs(nhwc, nchw), false);
    expect(back.inputs[0]).toEqual(first);
  });

  it('of one channel are given in the shape that each takes', () => {
    const [nchw, nhwc] = [
      subject([tensor('a', [1, 1, 2, 2])]),
      subject([tensor('a', [1, 2, 2, 1])]),
    ];
    const inputs = [
      { name: 'a', dtype: 'float32' as const, shape: [1, 2, 2, 1], data: float32(1, 2, 3, 4) },
    ];
    const [fed] = feedsOf(
      { kind: 'user', count: 1, inputs },
      matchInputs(nhwc, nchw),
      false,
    ).inputs;
    expect(fed).toMatchObject({ shape: [1, 1, 2, 2], data: inputs[0]?.data });
  });

  it('that have no axis for the batch get samples without it, and the other way round', () => {
    const [image, chw] = [tensor('a', [1, 3, 4, 2]), tensor('a', [3, 4, 2])];
    for (const [first, second] of [
      [image, chw],
      [chw, image],
    ] as const) {
      const matched = matchInputs(subject([first]), subject([second]));
      const data = float32(...Array.from({ length: 24 }, (_none, at) => at));
      const shape = first.shape as number[];
      const samples: SampleSet = {
        kind: 'user',
        count: 1,
        inputs: [{ name: 'a', dtype: 'float32', shape, data }],
      };
      const [fed] = feedsOf(samples, matched, false).inputs;
      expect(fed?.shape).toEqual(second.shape);
      expect(fed?.data.equals(data)).toBe(true);
    }
  });

  it('whose channels moved last get samples with the channels last', () => {
    const first = subject([tensor('image', [1, 2, 1, 3])]);
    const second = subject([tensor('image', [1, 1, 3, 2])]);
    const samples: SampleSet = {
      kind: 'user',
      count: 2,
      inputs: [
        { ...tensor('image', undefined), shape: [1, 2, 1, 3], data: float32(...Array(12).keys()) },
      ],
    };
    const [fed] = feedsOf(samples, matchInputs(first, second), false).inputs;
    expect(fed?.shape).toEqual([1, 1, 3, 2]);
    expect([...decodeElements('float32', fed?.data ?? Buffer.alloc(0))]).toEqual([
      ...[0, 3, 1, 4, 2, 5],
      ...[6, 9, 7, 10, 8, 11],
    ]);
  });

  it('keep the names of the samples unless the runtime goes by its own', () => {
    const matched = matchInputs(subject([a]), subject([tensor('in0', [1, 2])]));
    const samples: SampleSet = {
      kind: 'user',
      count: 1,
      inputs: [{ ...a, shape: [1, 2], data: float32(1, 2) }],
    };
    expect(feedsOf(samples, matched, false).inputs[0]?.name).toBe('a');
    expect(feedsOf(samples, matched, true).inputs[0]?.name).toBe('in0');
  });
});
