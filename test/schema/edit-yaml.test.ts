import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { YamlChange } from '../../src/schema/edit/change.js';
import { editYaml } from '../../src/schema/edit/edit-yaml.js';

const set = (path: YamlChange['path'], value: unknown): YamlChange => ({
  kind: 'set',
  path,
  value,
});
const append = (path: YamlChange['path'], value: unknown): YamlChange => ({
  kind: 'append',
  path,
  value,
});
const remove = (...path: YamlChange['path']): YamlChange => ({ kind: 'remove', path });

type Case = readonly [title: string, before: string, change: YamlChange, after: string];

const SETS: readonly Case[] = [
  ['a word', 'a: one   # why\n', set(['a'], 'two'), 'a: two   # why\n'],
  ['a word in quotes', 'a: "1"\nb: \'2\'\n', set(['a'], '3'), 'a: "3"\nb: \'2\'\n'],
  ['a number', 'a: 1\n', set(['a'], 2), 'a: 2\n'],
  ['a new key', 'a: 1\n\n# end\n', set(['b'], 'x'), 'a: 1\nb: x\n\n# end\n'],
  ['a new key below', 'a:\n    k: v # c\n', set(['a', 'l'], 1), 'a:\n    k: v # c\n    l: 1\n'],
  ['a new map', 'a: 1\n', set(['s', 'kind'], 'rknn'), 'a: 1\ns:\n  kind: rknn\n'],
  ['a key between brackets', 'a: {k: v}\n', set(['a', 'l'], 'w'), 'a: {k: v, l: w}\n'],
  ['a key in empty brackets', 'a: {}\n', set(['a', 'l'], 'w'), 'a: {l: w}\n'],
  ['with a comma behind', 'a: [1, 2,]\n', append(['a'], 3), 'a: [1, 2, 3,]\n'],
  ['a list for lines', 'a: # c\n  - x # d\n  - y\nb: 1\n', set(['a'], ['z']), 'a: [z] # c\nb: 1\n'],
  ['a word for a map', 'a:\n  k: v\nb: 1\n', set(['a'], 'w'), 'a: w\nb: 1\n'],
  ['a list for a list', 'a: [x,  y] # c\n', set(['a'], ['z', 'q, r']), 'a: [z, "q, r"] # c\n'],
  ['a word for a block of text', 'a: |\n  x\n  y\nb: 1\n', set(['a'], 'w'), 'a: w\nb: 1\n'],
  ['a text of two lines', 'a: x\n', set(['a'], 'y\nz'), 'a: "y\\nz"\n'],
  ['behind a block of text', 'a: |\n  x\n', set(['b'], 1), 'a: |\n  x\nb: 1\n'],
  ['without a newline at the end', 'a: 1', set(['b'], 2), 'a: 1\nb: 2'],
  ['with the newlines of Windows', 'a: 1\r\nc: 3\r\n', set(['b'], 2), 'a: 1\r\nc: 3\r\nb: 2\r\n'],
  ['a key without a value', 'a:\nb: 1\n', set(['a'], 'x'), 'a: x\nb: 1\n'],
  ['in JSON', '{"a": 1}\n', set(['b'], 'x'), '{"a": 1, "b": "x"}\n'],
  [
    'in JSON with lines',
    '{\n  "a": {\n    "k": 1\n  }\n}\n',
    set(['a', 'l'], ['x']),
    '{\n  "a": {\n    "k": 1,\n    "l": ["x"]\n  }\n}\n',
  ],
  [
    'in an entry of a list',
    'd:\n- name: a   # first\n  x: 1\n-   name: b\n    x: 2\n',
    set(['d', 1, 'y'], true),
    'd:\n- name: a   # first\n  x: 1\n-   name: b\n    x: 2\n    y: true\n',
  ],
];

const APPENDS: readonly Case[] = [
  [
    'behind lines',
    'd:\n  # one\n  - name: a # x\n# end\n',
    append(['d'], { name: 'b', s: { k: 1, l: ['p', 'q'] } }),
    'd:\n  # one\n  - name: a # x\n  - name: b\n    s:\n      k: 1\n      l: [p, q]\n# end\n',
  ],
  [
    'apart where the others stand apart',
    'd:\n  - name: a\n\n  - name: b\n',
    append(['d'], { name: 'c' }),
    'd:\n  - name: a\n\n  - name: b\n\n  - name: c\n',
  ],
  ['to []', 'd: [] # none\ne: 1\n', append(['d'], { name: 'a' }), 'd: # none\n  - name: a\ne: 1\n'],
  [
    'between brackets',
    'd: [{name: a}]\n',
    append(['d'], { name: 'b' }),
    'd: [{name: a}, {name: b}]\n',
  ],
  [
    'between brackets with lines',
    'd: [\n  {name: a}, # x\n]\n',
    append(['d'], { name: 'b' }),
    'd: [\n  {name: a},\n  {name: b}, # x\n]\n',
  ],
  ['in JSON', '{"d": []}', append(['d'], { name: 'a' }), '{"d": [{"name":"a"}]}'],
];

const REMOVALS: readonly Case[] = [
  ['a key', 'a: 1\nb: 2 # c\nc: 3\n', remove('b'), 'a: 1\nc: 3\n'],
  ['a key with lines', 'a: 1\nb:\n  - x\n  - y\nc: 3\n', remove('b'), 'a: 1\nc: 3\n'],
  [
    'with the comment right above',
    'a: 1\n# b\nb: 2\n# c\nc: 3\n',
    remove('b'),
    'a: 1\n# c\nc: 3\n',
  ],
  ['not with the head of the file', '# head\na: 1\nb: 2\n', remove('a'), '# head\nb: 2\n'],
  [
    'not with a comment further out',
    'a:\n# out\n  k: 1\n  l: 2\n',
    remove('a', 'k'),
    'a:\n# out\n  l: 2\n',
  ],
  ['one of two gaps', 'a: 1\n\nb: 2\n\nc: 3\n', remove('b'), 'a: 1\n\nc: 3\n'],
  ['what holds nothing more', 'a:\n  k:\n    l: 1\nb: 2\n', remove('a', 'k', 'l'), 'b: 2\n'],
  ['between brackets', 'a: {k: 1, l: 2, m: 3}\n', remove('a', 'l'), 'a: {k: 1, m: 3}\n'],
  ['the last between brackets', 'a: {k: 1, l: 2}\n', remove('a', 'l'), 'a: {k: 1}\n'],
  [
    'the key behind a dash',
    'd:\n  - x: 1\n    name: a\n',
    remove('d', 0, 'x'),
    'd:\n  - name: a\n',
  ],
  [
    'the key behind a dash, before a comment',
    'd:\n  - x: 1\n    # the name\n    name: a\n',
    remove('d', 0, 'x'),
    'd:\n  -\n    # the name\n    name: a\n',
  ],
  [
    'an entry',
    'd:\n  # a\n  - name: a\n    x: 1\n  # b\n  - name: b\n# end\n',
    remove('d', 0),
    'd:\n  # b\n  - name: b\n# end\n',
  ],
  [
    'the only entry',
    '# h\nd: # c\n  - name: a\n# end\n',
    remove('d', 0),
    '# h\nd: [] # c\n# end\n',
  ],
  ['the only entry between brackets', 'd: [{name: a}]\n', remove('d', 0), 'd: []\n'],
  [
    'an entry of JSON',
    '{"d": [\n  {"name": "a"},\n  {"name": "b"}\n]}\n',
    remove('d', 1),
    '{"d": [\n  {"name": "a"}\n]}\n',
  ],
];

describe('a YAML document is changed in its text', () => {
  it.each(SETS)('set: %s', (_title, before, change, after) => {
    expect(editYaml(before, 'x.yaml', change)).toBe(after);
  });
  it.each(APPENDS)('append: %s', (_title, before, change, after) => {
    expect(editYaml(before, 'x.yaml', change)).toBe(after);
  });
  it.each(REMOVALS)('remove: %s', (_title, before, change, after) => {
    expect(editYaml(before, 'x.yaml', change)).toBe(after);
  });
});

it('a layout that cannot be edited is refused, not guessed at', () => {
  const before = '? a\n: 1\n? b\n: 2\n';
  expect(() => editYaml(before, 'x.yaml', remove('a'))).toThrow(
    expect.objectContaining({ code: 'E_OUTPUT', message: expect.stringContaining('x.yaml') }),
  );
});

const key = fc.constantFrom('a', 'b', 'c', 'd');
const scalar = fc.constantFrom('w', '1.17', 'q, r', '# no', 'x: y', '', 1, true, null, 'l\nm');
const value = fc.oneof(
  scalar,
  fc.array(scalar, { maxLength: 3 }),
  fc.dictionary(key, scalar, { minKeys: 1, maxKeys: 3, noNullPrototype: true }),
);

/** A document as people write one: gaps, comments, blanks, quotes. */
const document = fc
  .array(
    fc.tuple(
      key,
      fc.constantFrom(
        'w',
        '"w"  # why',
        "'w'",
        '[x,  y]',
        '{ p: 1,q: 2 }',
        '\n    p: 1 # one\n    # two\n    q: [ 1 ]',
        '\n    - p: 1\n\n    - q',
        '|\n    text\n      more\n',
        '',
      ),
      fc.constantFrom('', '\n', '\n\n', '\n# about it\n', '\n\n  # odd\n'),
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((parts) => {
    const seen = new Set<string>();
    const own = parts.filter(([name]) => !seen.has(name) && seen.add(name));
    return `# head\n${own.map(([name, text, gap]) => `${name}:${text === '' ? '' : ' '}${text}${gap}`).join('\n')}\n`;
  });

it('whatever the layout, nothing but what is meant is changed', () => {
  fc.assert(
    fc.property(document, key, fc.option(value, { nil: undefined }), (before, name, put) => {
      const data = parse(before) as Record<string, unknown>;
      const isRemoval = put === undefined;
      if (isRemoval && (!(name in data) || Object.keys(data).length === 1)) return;
      const change = isRemoval ? remove(name) : set([name], put);
      const after = editYaml(before, 'x.yaml', change);
      const { [name]: _old, ...others } = data;
      expect(parse(after)).toEqual(isRemoval ? others : { ...data, [name]: put });
      // every line of the others is still there, in its order
      const start = after.startsWith('# head\n');
      expect(start).toBe(true);
      for (const other of Object.keys(others)) {
        const part = partOf(before, other);
        expect(after).toContain(part);
      }
    }),
    { numRuns: 500 },
  );
});

/** The lines of a key at the top, without the comments and gaps behind it. */
function partOf(text: string, name: string): string {
  const lines = text.split('\n');
  const from = lines.findIndex((line) => line.startsWith(`${name}:`));
  let to = from + 1;
  while (/^ {4}/.test(lines[to] ?? '')) to++;
  return lines.slice(from, to).join('\n');
}
