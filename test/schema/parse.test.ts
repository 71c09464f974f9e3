import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ModelconvError } from '../../src/errors.js';
import { parseYaml } from '../../src/schema/parse.js';

const numRuns = Number(process.env['MODELCONV_FUZZ_RUNS'] ?? 300);
const timeout = 30_000 + numRuns * 50;

function parse(text: string): unknown {
  return parseYaml(text, 'a.yaml', 'E_DEVICE_INVALID').data;
}

function refusal(text: string): ModelconvError {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof ModelconvError) return error;
    throw error;
  }
  throw new Error('it was taken');
}

describe('a document may be', () => {
  it.each([
    ['YAML', 'a: 1\nb: [x, "y"]\n', { a: 1, b: ['x', 'y'] }],
    ['JSON', '{"a": 1, "b": ["x", "y"]}', { a: 1, b: ['x', 'y'] }],
    ['with Windows line ends', 'a: 1\r\nb: 2\r\n', { a: 1, b: 2 }],
    ['with a byte order mark', '\ufeffa: 1\n', { a: 1 }],
    ['with a comment and a document start', '# why\n---\na: 1\n', { a: 1 }],
    ['without a last line end', 'a: 1', { a: 1 }],
    ['empty', '', null],
  ])('%s', (_title, text, data) => {
    expect(parse(text)).toEqual(data);
  });

  it('100 levels deep', () => {
    expect(() => parse(`${'['.repeat(100)}${']'.repeat(100)}`)).not.toThrow();
  });
});

describe('words that old YAML turned into other values stay words', () => {
  it.each(['yes', 'no', 'on', 'off', 'y', 'n', '12:30:00', '2024-01-01', '1_000', '0b11', '<<'])(
    '%s',
    (word) => {
      expect(parse(`a: ${word}`)).toEqual({ a: word });
      expect(parse(`%YAML 1.1\n---\na: ${word}`)).toEqual({ a: word });
    },
  );
});

describe('a document is refused', () => {
  it.each([
    ['with an alias', 'a: &x [1]\nb: *x\n'],
    ['with an alias to a word', 'a: &x one\nb: *x\n'],
    ['with an alias to nothing', 'a: *x\n'],
    ['with a key twice', 'a: 1\na: 2\n'],
    ['with a key twice in JSON', '{"a": 1, "a": 2}'],
    ['of two documents', 'a: 1\n---\nb: 2\n'],
    ['with a bracket that is not closed', 'a: [1, 2\n'],
    ['with a tab as indentation', 'a:\n\tb: 1\n'],
    ['with an unknown tag', 'a: !ruby/object:File {}\n'],
    ['101 levels deep', `${'['.repeat(101)}${']'.repeat(101)}`],
    ['many levels deep in dashes', `${'- '.repeat(10_000)}1`],
    ['many levels deep in question marks', `${'? '.repeat(10_000)}1`],
    ['of more than 4 MiB', `# ${'x'.repeat(4 * 1024 * 1024)}`],
  ])('%s', (_title, text) => {
    expect(refusal(text).code).toBe('E_DEVICE_INVALID');
    expect(refusal(text).message).toContain('a.yaml');
  });

  // tags beyond the core schema give values that are no JSON: bytes, sets, maps, dates
  it.each([
    ['of bytes', '!!binary aGVsbG8='],
    ['of a set', '!!set {x, y}'],
    ['of an ordered map', '!!omap [x: 1]'],
    ['of a time', '!!timestamp 2001-12-14'],
  ])('with the tag %s', (_title, value) => {
    expect(refusal(`a: ${value}\n`).code).toBe('E_DEVICE_INVALID');
  });

  it('with every fault of its YAML at once, each with line and column', () => {
    const { faults } = refusal('a: 1\na: 2\nb: 1\nb: 2\nc: [1\n');
    expect(faults?.length).toBeGreaterThanOrEqual(3);
    expect(faults?.slice(0, 2).map(({ line, column }) => [line, column])).toEqual([
      [2, 1],
      [4, 1],
    ]);
  });
});

describe('a key that is a list or a map', () => {
  const warnings: string[] = [];
  const note = (warning: Error): void => {
    warnings.push(warning.message);
  };
  beforeEach(() => {
    warnings.length = 0;
    process.on('warning', note);
  });
  afterEach(() => {
    process.off('warning', note);
  });

  // a warning of Node.js goes to stderr, where --json puts one object
  it('makes no warning of the whole process', async () => {
    try {
      parse('? [a, b]\n: 1\n');
    } catch (error) {
      expect(error).toMatchObject({ code: 'E_DEVICE_INVALID' });
    }
    await new Promise((resolve) => setImmediate(resolve));
    expect(warnings).toEqual([]);
  });
});

describe('places', () => {
  const text = 'a:\n  b: [1, {c: 2}]\n  "d/e": 3\n? f\n: 4\n';
  const { place } = parseYaml(text, 'a.yaml', 'E_DEVICE_INVALID');

  it.each([
    [['a'], 2, 3],
    [['a', 'b'], 2, 6],
    [['a', 'b', '0'], 2, 7],
    [['a', 'b', '1', 'c'], 2, 14],
    [['a', 'd/e'], 3, 10],
    [['f'], 5, 3],
    [[], 1, 1],
  ])('of %j is line %i, column %i', (path, line, column) => {
    expect(place(path)).toEqual({ line, column });
  });

  it('of what is not there is that of what is around it', () => {
    expect(place(['a', 'b', '1', 'none', 'deeper'])).toEqual({ line: 2, column: 10 });
  });
});

describe('any text is parsed, or refused with an error made for people', () => {
  const words = fc.constantFrom(
    ...['a', '1', ': ', '- ', '? ', '\n', '  ', '\t', '[', ']', '{', '}', ',', '"', "'", '|', '>'],
    ...['&a ', '*a', '!!str ', '!x ', '#', '%YAML 1.1\n', '---\n', '...\n', '<<', '~', '\u0000'],
    ...['\ufeff', '\u2028', '\\', '!<', '!<x> ', '|+2\n', '>-\n', '0x', '.inf', '\r', '\ud800'],
  );
  const texts = [
    ['random characters', fc.string({ unit: 'binary', maxLength: 200 })],
    [
      'random bytes as text',
      fc.uint8Array({ maxLength: 200 }).map((b) => Buffer.from(b).toString()),
    ],
    ['random pieces of YAML', fc.array(words, { maxLength: 60 }).map((parts) => parts.join(''))],
    [
      'one piece of YAML many times',
      fc
        .tuple(fc.array(words, { minLength: 1, maxLength: 3 }), fc.nat({ max: 1500 }))
        .map(([parts, count]) => parts.join('').repeat(count)),
    ],
  ] as const;
  it.each(texts)('%s', { timeout }, (_title, text) => {
    const property = fc.property(text, (input) => {
      try {
        parse(input);
      } catch (error) {
        if (!(error instanceof ModelconvError)) throw error;
        expect(error.exitCode).toBe(65);
      }
    });
    fc.assert(property, { numRuns });
  });
});
