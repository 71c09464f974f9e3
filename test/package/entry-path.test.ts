import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldedPath, PathSet, pathFault } from '../../src/package/entry-path.js';
import { checkDocument } from '../../src/schema/check.js';
import { DRAFT, listed } from '../support/package.js';

const runs = { numRuns: Number(process.env['MODELCONV_FUZZ_RUNS'] ?? 500) };

const part = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.constantFrom('', '.', '..', 'a', 'A', '...', 'C:', '\\', 'a\\..', '\u0000', 'é', 'e\u0301'),
);
const anyPath = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('/'));

describe('a path without a fault', () => {
  it('stays below any directory, on POSIX and on Windows', () => {
    const property = fc.property(anyPath, (name) => {
      fc.pre(pathFault(name) === undefined);
      expect(path.posix.join('/base', name)).toBe(`/base/${name}`);
      expect(path.posix.resolve('/base', name)).toBe(`/base/${name}`);
      const windows = path.win32.resolve('C:\\base', name);
      expect(windows).toBe(`C:\\base\\${name.replaceAll('/', '\\')}`);
    });
    fc.assert(property, runs);
  });

  it('is what the schema of the descriptor takes, too', async () => {
    const property = fc.asyncProperty(anyPath, async (name) => {
      const files = [listed(name, '')];
      const taken = await checkDocument('descriptor', { ...DRAFT, files }, 'd').then(
        () => true,
        () => false,
      );
      // the schema knows patterns, not what is half a character
      if (!name.includes('\ufffd')) expect(taken).toBe(pathFault(name) === undefined);
    });
    await fc.assert(property, runs);
  });

  it.each(['a.', 'a ', 'model/..', 'CON', 'model/nul.txt', 'Com1', 'a/lpt9/b'])(
    'is not %j, which Windows takes for something else',
    (name) => {
      expect(pathFault(name)).toBeDefined();
    },
  );

  it('has no part of more than 255 bytes, and at most 1024 bytes in 32 parts', () => {
    expect(pathFault('x'.repeat(255))).toBeUndefined();
    expect(pathFault('x'.repeat(256))).toBeDefined();
    expect(pathFault('é'.repeat(128))).toBeDefined();
    const parts = `${'x'.repeat(203)}/`;
    expect(pathFault(`${parts.repeat(5)}abcd`)).toBeUndefined();
    expect(pathFault(`${parts.repeat(5)}abcde`)).toBeDefined();
    expect(pathFault(`${'a/'.repeat(31)}a`)).toBeUndefined();
    expect(pathFault(`${'a/'.repeat(32)}a`)).toBeDefined();
  });

  it('may hold what is harmless on every system', () => {
    for (const name of [
      'a b',
      '..a',
      'a..b',
      'console',
      '.hidden',
      'größe',
      '重み',
      "it's",
      'a,b;c',
      '😀',
    ])
      expect(pathFault(name), name).toBeUndefined();
  });
});

describe('the folded form of a path', () => {
  it('is the same for every case and Unicode form of every letter', () => {
    const different: string[] = [];
    for (let code = 0; code < 0x1_f000; code += code < 0x3000 || code > 0xf900 ? 1 : 7) {
      if (code >= 0xd800 && code < 0xe000) continue;
      const letter = String.fromCodePoint(code);
      const folded = foldedPath(letter);
      const forms = [folded, letter.toLowerCase(), letter.toUpperCase(), letter.normalize('NFD')];
      if (forms.some((form) => foldedPath(form) !== folded)) different.push(code.toString(16));
    }
    expect(different).toEqual([]);
  });

  it('does not change when it is folded again', () => {
    const property = fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (text) => {
      expect(foldedPath(foldedPath(text))).toBe(foldedPath(text));
    });
    fc.assert(property, runs);
  });
});

describe('a set of paths', () => {
  const name = fc
    .array(fc.constantFrom('a', 'A', 'b', 'é', 'É', 'e\u0301'), { minLength: 1, maxLength: 3 })
    .map((parts) => parts.join('/'));
  const names = fc.array(name, { maxLength: 8 });

  it('takes exactly those of which none is, or lies below, another one where case does not count', () => {
    const property = fc.property(names, (paths) => {
      const set = new PathSet();
      const taken: string[] = [];
      for (const added of paths) {
        const folded = foldedPath(added);
        const conflict = taken.some(
          (other) =>
            other === folded || other.startsWith(`${folded}/`) || folded.startsWith(`${other}/`),
        );
        const fault = set.add(added);
        if (conflict) {
          // what was refused may leave its directories behind; nothing is added after a refusal
          expect(fault).toBeDefined();
          return;
        }
        expect(fault).toBeUndefined();
        taken.push(folded);
      }
    });
    fc.assert(property, runs);
  });
});
