import { describe, expect, it } from 'vitest';
import type { OutputMetrics } from '../../src/schema/generated/types.js';
import { coarser, parseTolerance, toleranceFor, violations } from '../../src/tensor/tolerance.js';

const metrics = (own: Partial<OutputMetrics> = {}): OutputMetrics => ({
  elements: 10,
  maxAbs: 0.001,
  maxRel: 0.001,
  rmse: 0.0005,
  cosine: 0.9999,
  ...own,
});

describe('--tolerance', () => {
  it.each([
    ['cosine=0.999', { cosine: 0.999 }],
    ['maxAbs=1e-3', { maxAbs: 0.001 }],
    [
      'cosine=0.99,maxAbs=1,maxRel=0.5,rmse=0.1,snrDb=20,top1=1',
      { cosine: 0.99, maxAbs: 1, maxRel: 0.5, rmse: 0.1, snrDb: 20, top1: 1 },
    ],
    [' cosine = 0.9 , top1 = 0 ', { cosine: 0.9, top1: 0 }],
    ['snrDb=-3', { snrDb: -3 }],
    ['cosine=-1', { cosine: -1 }],
  ])('%s', (text, tolerance) => {
    expect(parseTolerance(text)).toEqual(tolerance);
  });

  it.each([
    '',
    'cosine',
    'cosine=',
    '=1',
    'cosine=high',
    'cosine=NaN',
    'maxAbs=Infinity',
    'cosine=0.9,',
    'cosine=0.9;maxAbs=1',
    'cosine=0.9=5',
    'x-mine=1',
    'Cosine=0.9',
    'constructor=1',
  ])('%j is a usage error', (text) => {
    expect(() => parseTolerance(text)).toThrow(
      expect.objectContaining({ code: 'E_USAGE', next: expect.stringContaining('cosine') }),
    );
  });

  it.each([
    'cosine=2',
    'cosine=-1.1',
    'maxAbs=-1',
    'maxRel=-0.1',
    'rmse=-1',
    'top1=1.5',
    'top1=-1',
  ])('%s lies outside what the schema allows: a usage error', (text) => {
    expect(() => parseTolerance(text)).toThrow(expect.objectContaining({ code: 'E_USAGE' }));
  });

  it.each([
    ['cosin=0.9', 'cosine'],
    ['maxabs=1', 'maxAbs'],
    ['top-1=1', 'top1'],
    ['snrdb=1', 'snrDb'],
  ])('%s: the right name is suggested', (text, name) => {
    expect(() => parseTolerance(text)).toThrow(`Did you mean "${name}"?`);
  });
});

describe('the bounds of a precision', () => {
  it.each([
    ['fp64', { cosine: 0.9999, maxRel: 1e-3 }],
    ['fp32', { cosine: 0.9999, maxRel: 1e-3 }],
    ['fp16', { cosine: 0.999, maxRel: 2e-2 }],
    ['bf16', { cosine: 0.995, maxRel: 6e-2 }],
    ['int16', { cosine: 0.999, maxRel: 2e-2 }],
    ['int8', { cosine: 0.99 }],
    ['int4', { cosine: 0.95 }],
    ['mixed', { cosine: 0.99 }],
  ] as const)('%s', (precision, tolerance) => {
    expect(toleranceFor(precision)).toEqual(tolerance);
  });

  it('give way to own ones, one by one', () => {
    expect(toleranceFor('fp32', { cosine: 0.5, maxAbs: 1 })).toEqual({
      cosine: 0.5,
      maxRel: 1e-3,
      maxAbs: 1,
    });
    expect(toleranceFor('fp32')).toEqual({ cosine: 0.9999, maxRel: 1e-3 });
  });
});

it.each([
  ['int8', 'fp32', 'int8'],
  ['fp32', 'int8', 'int8'],
  ['fp16', 'int4', 'int4'],
  [undefined, 'fp16', 'fp16'],
  [undefined, undefined, 'fp32'],
] as const)('of %s and %s the bounds are those of %s', (a, b, wider) => {
  expect(coarser(a, b)).toBe(wider);
});

describe('violations', () => {
  it('differences of up to 1e-7 break no relative bound: numbers that cancel out leave rounding alone', () => {
    const opposite = { cosine: -1, maxRel: 2, snrDb: -6 };
    const bounds = { ...toleranceFor('fp32'), snrDb: 40 };
    expect(violations(metrics({ ...opposite, maxAbs: 3e-8 }), bounds)).toEqual([]);
    expect(violations(metrics({ ...opposite, maxAbs: 1.1e-7 }), bounds)).toHaveLength(3);
    expect(violations(metrics({ ...opposite, maxAbs: 3e-8, nonFinite: 1 }), bounds)).toHaveLength(
      1,
    );
    expect(violations(metrics({ maxAbs: 3e-8 }), { maxAbs: 1e-9 })).toHaveLength(1);
  });

  it('an output at its bounds meets them', () => {
    const found = violations(metrics({ snrDb: 20, top1Agreement: 0.9 }), {
      cosine: 0.9999,
      maxAbs: 0.001,
      maxRel: 0.001,
      rmse: 0.0005,
      snrDb: 20,
      top1: 0.9,
    });
    expect(found).toEqual([]);
  });

  it.each([
    ['cosine', metrics({ cosine: 0.98 }), { cosine: 0.99 }],
    ['maxAbs', metrics({ maxAbs: 2 }), { maxAbs: 1 }],
    ['maxRel', metrics({ maxRel: 2 }), { maxRel: 1 }],
    ['rmse', metrics({ rmse: 0.2 }), { rmse: 0.1 }],
    ['snrDb', metrics({ snrDb: 19 }), { snrDb: 20 }],
    ['top1', metrics({ top1Agreement: 0.5 }), { top1: 0.9 }],
  ])('%s beyond its bound is one, with both numbers', (name, output, tolerance) => {
    const found = violations(output, tolerance);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(name);
    expect(found[0]).toContain(String(Object.values(tolerance)[0]));
  });

  it.each([
    ['cosine', metrics({ cosine: Number.NaN }), { cosine: -1 }],
    ['maxAbs', metrics({ maxAbs: Number.NaN }), { maxAbs: 1e9 }],
    ['maxRel', metrics({ maxRel: Number.NaN }), { maxRel: 1e9 }],
    ['rmse', metrics({ rmse: Number.NaN }), { rmse: 1e9 }],
    ['snrDb', metrics({ snrDb: Number.NaN }), { snrDb: -1e9 }],
    ['top1', metrics({ top1Agreement: Number.NaN }), { top1: 0 }],
    ['an endless difference', metrics({ maxAbs: Infinity }), { maxAbs: 1e9 }],
  ])('%s that is no number is one', (_name, output, tolerance) => {
    expect(violations(output, tolerance)).toHaveLength(1);
  });

  it('elements that are NaN on one side only are one, whatever the bounds', () => {
    expect(violations(metrics({ nonFinite: 3 }), {})).toEqual([expect.stringContaining('3')]);
  });

  it('all of them are told at once', () => {
    expect(
      violations(metrics({ nonFinite: 1, cosine: 0 }), toleranceFor('fp32', { maxAbs: 0 })),
    ).toHaveLength(3);
  });

  it('where nothing differs, the signal to noise ratio is met', () => {
    expect(violations(metrics({ maxAbs: 0, maxRel: 0, cosine: 1 }), { snrDb: 60 })).toEqual([]);
  });
});
