import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseFramework, parseOptions } from '../../src/request/options.js';

describe('--option', () => {
  it.each<[string[], Record<string, string>]>([
    [[], {}],
    [['level=1'], { level: '1' }],
    [['a=1', 'b=2'], { a: '1', b: '2' }],
    [['a=x=y'], { a: 'x=y' }],
    [['a='], { a: '' }],
    [['a= b '], { a: ' b ' }],
    [['a=1', 'a=2'], { a: '2' }],
    [['fast=true'], { fast: 'true' }],
    [['Graph.opt_level-2=all'], { 'Graph.opt_level-2': 'all' }],
    [['constructor=1'], { constructor: '1' }],
  ])('%j', (pairs, options) => {
    expect(parseOptions(pairs)).toEqual(options);
  });

  it.each([
    '',
    'level',
    '=1',
    ' a=1',
    '1st=a',
    'a b=1',
    '__proto__=1',
    'ä=1',
    `${'k'.repeat(65)}=1`,
  ])('%j is a usage error that shows it', (pair) => {
    expect(() => parseOptions(['good=1', pair])).toThrow(
      expect.objectContaining({
        code: 'E_USAGE',
        message: expect.stringContaining(JSON.stringify(pair)),
        next: expect.stringContaining('KEY=VALUE'),
      }),
    );
  });

  it('any value is taken as it is', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        expect(parseOptions([`key=${value}`])).toEqual({ key: value });
      }),
    );
  });
});

describe('--framework', () => {
  it.each([
    ['pytorch@2.13.0', { name: 'pytorch', version: '2.13.0' }],
    ['pytorch', { name: 'pytorch' }],
    ['scikit-learn@1.7.0rc1', { name: 'scikit-learn', version: '1.7.0rc1' }],
    ['tf@2.13+cuda', { name: 'tf', version: '2.13+cuda' }],
  ])('%s', (text, framework) => {
    expect(parseFramework(text)).toEqual(framework);
  });

  it.each([
    '',
    '@2.0',
    'pytorch@',
    'a@b@c',
    'py torch@2',
    'pytorch@ 2',
    'pytorch@-1',
    `${'n'.repeat(65)}@1`,
    'a@1\n',
  ])('%j is a usage error', (text) => {
    expect(() => parseFramework(text)).toThrow(
      expect.objectContaining({
        code: 'E_USAGE',
        next: expect.stringContaining('NAME@VERSION'),
      }),
    );
  });
});
