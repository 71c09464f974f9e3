import { describe, expect, it } from 'vitest';
import { fillTemplate, parseTemplate } from '../../../src/adapters/described/template.js';

describe('a template is taken apart', () => {
  it.each([
    ['', []],
    ['--fast', [{ text: '--fast' }]],
    ['{source}', [{ name: 'source' }]],
    ['--onnx={source}', [{ text: '--onnx=' }, { name: 'source' }]],
    ['{a}{b}', [{ name: 'a' }, { name: 'b' }]],
    [
      '{input.name}:{input.sizes}',
      [{ name: 'input.name' }, { text: ':' }, { name: 'input.sizes' }],
    ],
    ['{}', [{ name: '' }]],
    ['{{}}', [{ text: '{' }, { text: '}' }]],
    ['{{source}}', [{ text: '{' }, { text: 'source' }, { text: '}' }]],
    ['{{{source}}}', [{ text: '{' }, { name: 'source' }, { text: '}' }]],
    ['a\nb', [{ text: 'a\nb' }]],
  ])('%j', (template, pieces) => {
    expect(parseTemplate(template)).toEqual(pieces);
  });

  it.each(['{', '}', 'a{', 'a}', '{source', 'source}', '{so{urce}', '{{{', '}}}', '{ {source}'])(
    'the brace of %j that stands alone is a syntax error',
    (template) => {
      expect(() => parseTemplate(template)).toThrow(SyntaxError);
    },
  );
});

describe('a template is filled in', () => {
  const values = new Map([
    ['source', 'source/model.onnx'],
    ['name', '{source}'],
    ['empty', ''],
    ['price', '$1 $& $$'],
  ]);

  it.each([
    ['--onnx={source}', '--onnx=source/model.onnx'],
    ['{source}{source}', 'source/model.onnxsource/model.onnx'],
    ['[{empty}]', '[]'],
    ['{{source}}', '{source}'],
    ['{{{source}}}', '{source/model.onnx}'],
    ['}}{{', '}{'],
  ])('%j gives %j', (template, filled) => {
    expect(fillTemplate(template, values)).toBe(filled);
  });

  it('a value that holds braces is not filled in again', () => {
    expect(fillTemplate('out/{name}.bin', values)).toBe('out/{source}.bin');
  });

  it('a value that looks like a group of a replacement stays as it is', () => {
    expect(fillTemplate('{price}', values)).toBe('$1 $& $$');
  });

  it('a name without a value is an error, and never an empty word', () => {
    expect(() => fillTemplate('{target}', values)).toThrow('{target}');
  });

  it('names of what every object has stand for nothing', () => {
    expect(() => fillTemplate('{constructor}', values)).toThrow('{constructor}');
  });
});
