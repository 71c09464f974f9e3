import { describe, expect, it } from 'vitest';
import { mapModel, unmapped } from '../../src/convert/describe-tensors.js';
import { droppedTensors, type MapEvidence, mapTensors } from '../../src/convert/io-map.js';
import { axesByShape, axesInOrder, movedLayout } from '../../src/convert/tensor-axes.js';
import type { ModelInfo, ModelTensor } from '../../src/schema/generated/types.js';
import { IMAGE_JOB } from '../support/jobs.js';

const tensor = (
  name: string,
  shape?: ModelTensor['shape'],
  more: Partial<ModelTensor> = {},
): ModelTensor => ({
  name,
  dtype: 'float32',
  ...(shape === undefined ? {} : { shape }),
  ...more,
});

const UNRUN: MapEvidence = { isProven: false, areShapesRead: true };
const RUN: MapEvidence = { isProven: true, areShapesRead: true };

describe('axes that follow from two shapes alone', () => {
  it.each([
    ['all sizes differ', [1, 3, 8, 10], [1, 8, 10, 3], [0, 2, 3, 1]],
    ['nothing has moved', [1, 3, 8, 10], [1, 3, 8, 10], [0, 1, 2, 3]],
    ['the batch axis is gone', [1, 3, 8, 10], [3, 8, 10], [1, 2, 3]],
    ['an axis of size 1 is new', [10], [1, 10], [null, 0]],
    ['one axis alone is longer than 1', [1, 1, 1, 8], [1, 8, 1, 1], [0, 3, 1, 2]],
    ['a named size is the same in both', ['batch', 3, 8], ['batch', 8, 3], [0, 2, 1]],
    ['a scalar is one', [], [1], [null]],
  ])('are known where %s', (_what, from, to, axes) => {
    expect(axesByShape(from, to)).toEqual(axes);
  });

  it.each([
    ['two sizes are the same: they may be swapped', [1, 3, 8, 8], [1, 8, 8, 3]],
    ['two sizes are the same and stand where they stood', [1, 3, 8, 8], [1, 3, 8, 8]],
    ['a size is another', [1, 3, 8], [1, 3, 9]],
    ['axes were made one', [1, 3, 8], [1, 24]],
    ['a size is open in one', ['batch', 3, 8], [1, 3, 8]],
  ])('are not known where %s', (_what, from, to) => {
    expect(axesByShape(from, to)).toBeUndefined();
  });
});

describe('axes in the order that they have', () => {
  it.each([
    ['an open size', ['batch', 3, 8, 8], [2, 3, 8, 8], [0, 1, 2, 3]],
    ['equal sizes', [1, 8, 8, 8], [1, 8, 8, 8], [0, 1, 2, 3]],
    ['no batch axis', [1, 3, 8, 8], [3, 8, 8], [1, 2, 3]],
  ])('go with %s', (_what, from, to, axes) => {
    expect(axesInOrder(from, to)).toEqual(axes);
  });

  it('do not go with another order of sizes', () => {
    expect(axesInOrder([1, 3, 8, 8], [1, 8, 8, 3])).toBeUndefined();
  });
});

it.each([
  ['NCHW', [0, 2, 3, 1], 'NHWC'],
  ['NCHW', [1, 2, 3], 'CHW'],
  ['NHWC', [0, 3, 1, 2], 'NCHW'],
])('letters of %s move with the axes %j to %s', (layout, axes, moved) => {
  expect(movedLayout(layout, axes)).toBe(moved);
});

it('an axis that the source does not have has no letter', () => {
  expect(movedLayout('HW', [null, 0, 1])).toBeUndefined();
});

describe('outputs of a converted model', () => {
  const boxes = tensor('boxes', [1, 100, 4]);
  const scores = tensor('scores', [1, 100, 80]);

  it('that come in another order are known by their names', () => {
    const mapped = mapTensors([boxes, scores], [scores, boxes], UNRUN);
    expect(mapped.map(({ sourceName, source }) => [sourceName, source?.index])).toEqual([
      ['scores', 1],
      ['boxes', 0],
    ]);
    expect(mapped[0]?.source).toMatchObject({ matchedBy: 'name' });
  });

  it('that come in another order with other names are known by what the file says', () => {
    const converted = [
      tensor('out0', [100, 80], { sourceName: 'scores', sourceAxes: [1, 2] }),
      tensor('out1', [100, 4], { sourceName: 'boxes', sourceAxes: [1, 2] }),
    ];
    expect(mapTensors([boxes, scores], converted, UNRUN)).toMatchObject([
      {
        sourceName: 'scores',
        source: {
          index: 1,
          shape: [1, 100, 80],
          axes: [1, 2],
          axesFrom: 'file',
          matchedBy: 'file',
        },
      },
      { sourceName: 'boxes', source: { index: 0, matchedBy: 'file' } },
    ]);
  });

  it('that come in another order with other names are known by shapes that only one can have', () => {
    const converted = [tensor('out0', [1, 80, 100]), tensor('out1', [1, 4, 100])];
    const mapped = mapTensors([boxes, scores], converted, UNRUN);
    expect(mapped).toMatchObject([
      { sourceName: 'scores', source: { index: 1, matchedBy: 'shape', axes: [0, 2, 1] } },
      { sourceName: 'boxes', source: { index: 0, matchedBy: 'shape', axes: [0, 2, 1] } },
    ]);
  });

  it('with other names and shapes that both can have are taken by place, and it says so', () => {
    const [left, right] = [tensor('left', [1, 5]), tensor('right', [1, 5])];
    const mapped = mapTensors([left, right], [tensor('x', [1, 5]), tensor('y', [1, 5])], UNRUN);
    expect(mapped).toMatchObject([
      { sourceName: 'left', source: { matchedBy: 'place' } },
      { sourceName: 'right', source: { matchedBy: 'place' } },
    ]);
  });

  it('are those that gave the same in the parity check, whatever they are called', () => {
    const pairs = [
      { source: 'boxes', converted: 'y', isTransposed: false },
      { source: 'scores', converted: 'x', isTransposed: false },
    ];
    const converted = [tensor('x', [1, 100, 80]), tensor('y', [1, 100, 4])];
    expect(mapTensors([boxes, scores], converted, { ...RUN, pairs })).toMatchObject([
      { sourceName: 'scores', source: { index: 1, matchedBy: 'parity', axesFrom: 'parity' } },
      { sourceName: 'boxes', source: { index: 0, matchedBy: 'parity' } },
    ]);
  });

  it('that the parity check found channels last are so', () => {
    const map = tensor('map', [1, 8, 8, 8], { layout: 'NCHW' });
    const pairs = [{ source: 'map', converted: 'map', isTransposed: true }];
    const [mapped] = mapTensors([map], [tensor('map', [1, 8, 8, 8])], { ...RUN, pairs });
    expect(mapped).toMatchObject({
      layout: 'NHWC',
      source: { axes: [0, 2, 3, 1], axesFrom: 'parity' },
    });
  });

  it('of which the file gives another number are not taken by place', () => {
    const mapped = mapTensors([boxes, scores], [tensor('x', [1, 100, 4])], UNRUN);
    expect(mapped).toEqual([{ tensor: tensor('x', [1, 100, 4]) }]);
  });
});

describe('what was done to the axes of an input', () => {
  const photo = tensor('photo', [1, 3, 8, 8], { layout: 'NCHW' });

  it('is not known where sizes repeat and nothing was run', () => {
    const [mapped] = mapTensors([photo], [tensor('photo', [1, 3, 8, 8])], UNRUN);
    expect(mapped?.source).toEqual({ index: 0, matchedBy: 'name' });
    expect(mapped).not.toHaveProperty('layout');
  });

  it('is nothing where the model, fed so, gives what the source gives', () => {
    const [mapped] = mapTensors([photo], [tensor('x', [1, 3, 8, 8], { dtype: 'float16' })], RUN);
    expect(mapped).toMatchObject({
      sourceName: 'photo',
      layout: 'NCHW',
      source: { dtype: 'float32', axes: [0, 1, 2, 3], axesFrom: 'parity', matchedBy: 'only' },
    });
  });

  it('does not follow from shapes that were taken from the source', () => {
    const evidence = { isProven: false, areShapesRead: false };
    const wide = tensor('photo', [1, 3, 8, 10]);
    const [mapped] = mapTensors([wide], [wide], evidence);
    expect(mapped?.source).toEqual({ index: 0, matchedBy: 'name' });
  });

  it('is known for a source without shapes by the sizes that it was converted with', () => {
    const fixed = [tensor('x', [1, 3, 8, 8])];
    const [mapped] = mapTensors([tensor('x')], fixed, { ...RUN, fixed });
    expect(mapped?.source).toMatchObject({ axes: [0, 1, 2, 3], axesFrom: 'parity' });
    const blob = tensor('in0', [3, 8, 8], { sourceName: 'x', sourceAxes: [1, 2, 3] });
    const [squeezed] = mapTensors([tensor('x')], [blob], { ...RUN, fixed });
    expect(squeezed?.source).toMatchObject({ shape: [1, 3, 8, 8] });
  });
});

it('inputs that are gone are told, but not while one of those that are left is unknown', () => {
  const source = [tensor('a', [1]), tensor('unused', [2]), tensor('b', [3])];
  const mapped = mapTensors(source, [tensor('b', [3]), tensor('a', [1])], UNRUN);
  expect(droppedTensors(source, mapped)).toEqual(['unused']);
  const unknown = mapTensors(source, [tensor('x', [1]), tensor('a', [1])], UNRUN);
  expect(droppedTensors(source, unknown)).toEqual([]);
});

describe('the map of a conversion', () => {
  const facts = { inputs: 'read', outputs: 'read' } as const;
  const model = (inputs: ModelTensor[], outputs: ModelTensor[]): ModelInfo => ({
    ...IMAGE_JOB.source.info,
    inputs,
    outputs,
    facts,
  });
  const request = { inputs: {}, inputDtypes: {}, preprocess: {} };
  const source = model(
    [tensor('photo', ['batch', 3, 8, 8], { layout: 'NCHW' })],
    [tensor('map', ['batch', 4, 8, 8])],
  );

  it('of a source that is packed as it is maps every tensor to itself', () => {
    const mapped = mapModel({ request, source, made: [], pairs: undefined });
    expect(mapped.inputs).toMatchObject([
      {
        sourceName: 'photo',
        layout: 'NCHW',
        source: { index: 0, axes: [0, 1, 2, 3], axesFrom: 'same', matchedBy: 'same' },
      },
    ]);
  });

  it('through two converters joins what both did, and is as sure as the less sure of them', () => {
    const between = model(
      [tensor('photo', [1, 8, 8, 3], { sourceAxes: [0, 2, 3, 1], layout: 'NHWC' })],
      [tensor('map', [1, 8, 8, 4], { sourceAxes: [0, 2, 3, 1] })],
    );
    const last = model(
      [tensor('in0', [8, 8, 3], { sourceAxes: [1, 2, 3] })],
      [tensor('y', [1, 9])],
    );
    const mapped = mapModel({ request, source, made: [between, last], pairs: undefined });
    expect(mapped.inputs).toMatchObject([
      {
        sourceName: 'photo',
        layout: 'HWC',
        source: {
          index: 0,
          shape: ['batch', 3, 8, 8],
          axes: [2, 3, 1],
          axesFrom: 'file',
          matchedBy: 'only',
        },
      },
    ]);
    expect(mapped.outputs[0]?.source).not.toHaveProperty('axes');
  });

  it('takes the layout that is declared for an image', () => {
    const plain = model([tensor('photo', [1, 8, 8, 3])], source.outputs);
    const declared = { ...request, preprocess: { photo: { layout: 'nhwc' } } } as const;
    const mapped = mapModel({ request: declared, source: plain, made: [plain], pairs: [] });
    expect(mapped.inputs).toMatchObject([{ layout: 'NHWC' }]);
  });

  it('of a file alone is what the file says', () => {
    const mapped = unmapped(model([tensor('in0', [3], { sourceName: 'x' })], []));
    expect(mapped.inputs).toEqual([
      {
        tensor: tensor('in0', [3], { sourceName: 'x' }),
        sourceName: 'x',
        source: { matchedBy: 'file' },
      },
    ]);
  });
});
