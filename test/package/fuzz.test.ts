import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ModelconvError } from '../../src/errors.js';
import { readHead } from '../../src/package/read.js';
import { decodeHeader, decodePax } from '../../src/package/ustar.js';
import { verifyPackage } from '../../src/package/verify.js';
import { BLOCK, header, record, withChecksum } from '../support/archive.js';
import { packContents } from '../support/package.js';

/** More runs find more: MODELCONV_FUZZ_RUNS=100000. */
const numRuns = Number(process.env['MODELCONV_FUZZ_RUNS'] ?? 300);
const timeout = 30_000 + numRuns * 50;

let dir: string;
let valid: Buffer;

beforeAll(async () => {
  dir = mkdtempSync(path.join(tmpdir(), 'mc-test-'));
  const contents = { 'labels.txt': 'a', 'model/größe.bin': 'w'.repeat(600), 'source/a': 's' };
  const { file } = await packContents(dir, contents);
  valid = readFileSync(file);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Anything but an answer or an error made for people is a bug. */
async function expectHandled(bytes: Uint8Array): Promise<void> {
  const file = path.join(dir, 'fuzzed.tar');
  writeFileSync(file, bytes);
  for (const read of [verifyPackage, readHead]) {
    const error: unknown = await read(file).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (error === undefined) continue;
    if (!(error instanceof ModelconvError)) throw error;
    expect([65, 66]).toContain(error.exitCode);
  }
}

interface Edit {
  readonly kind: 'set' | 'delete' | 'insert' | 'copy';
  readonly at: number;
  readonly length: number;
  readonly value: number;
}

const edit: fc.Arbitrary<Edit> = fc.record({
  kind: fc.constantFrom('set', 'delete', 'insert', 'copy'),
  at: fc.nat({ max: 20_000 }),
  length: fc.oneof(fc.nat({ max: 16 }), fc.constantFrom(BLOCK, 2 * BLOCK, 4096)),
  value: fc.nat({ max: 255 }),
});

function apply(bytes: Buffer, { kind, at, length, value }: Edit): Buffer {
  const start = at % (bytes.length + 1);
  const [before, after] = [bytes.subarray(0, start), bytes.subarray(start)];
  const filled = Buffer.alloc(length, value);
  if (kind === 'insert') return Buffer.concat([before, filled, after]);
  if (kind === 'delete') return Buffer.concat([before, after.subarray(length)]);
  const other = kind === 'copy' ? bytes.subarray(0, length) : filled;
  return Buffer.concat([before, other, after.subarray(length)]);
}

/** Make the checksums right again, so that the bytes behind them are looked at. */
function repaired(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  for (let at = 0; at + BLOCK <= copy.length; at += BLOCK)
    if (copy.toString('latin1', at + 257, at + 262) === 'ustar')
      withChecksum(copy.subarray(at, at + BLOCK));
  return copy;
}

describe('a reader answers, or fails with an error made for people, on', () => {
  it('random bytes', { timeout }, async () => {
    const property = fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), expectHandled);
    await fc.assert(property, { numRuns });
  });

  it('a header, and random bytes behind it', { timeout }, async () => {
    const property = fc.asyncProperty(
      fc.uint8Array({ maxLength: 2000 }),
      fc.nat({ max: 3000 }),
      async (bytes, size) =>
        await expectHandled(Buffer.concat([header({ name: 'modelconv.yaml', size }), bytes])),
    );
    await fc.assert(property, { numRuns });
  });

  it('a package that was changed at random', { timeout }, async () => {
    const edits = fc.array(edit, { minLength: 1, maxLength: 5 });
    const property = fc.asyncProperty(edits, fc.boolean(), async (changes, repair) => {
      const changed = changes.reduce(apply, valid);
      await expectHandled(repair ? repaired(changed) : changed);
    });
    await fc.assert(property, { numRuns });
  });

  it('a package with other bytes in a header whose checksum is right', { timeout }, async () => {
    const property = fc.asyncProperty(
      fc.nat({ max: 12 }),
      fc.nat({ max: BLOCK - 1 }),
      fc.uint8Array({ minLength: 1, maxLength: 20 }),
      async (block, at, bytes) => {
        const changed = Buffer.from(valid);
        changed.set(bytes.subarray(0, BLOCK - at), block * BLOCK + at);
        await expectHandled(repaired(changed));
      },
    );
    await fc.assert(property, { numRuns });
  });
});

describe('decodePax', () => {
  const KEYS = [
    'path',
    'size',
    'comment',
    'mtime',
    'atime',
    'ctime',
    'uid',
    'gid',
    'uname',
    'gname',
  ];

  it('gives back every set of records that was written', () => {
    const value = fc.string({ unit: 'binary', maxLength: 200 });
    const records = fc.dictionary(fc.constantFrom(...KEYS), value, { noNullPrototype: true });
    const property = fc.property(records, (wanted) => {
      const body = Object.entries(wanted).map(([key, text]) => record(key, text));
      expect(Object.fromEntries(decodePax(Buffer.concat(body), 'a.tar'))).toEqual(wanted);
    });
    fc.assert(property, { numRuns });
  });

  it('takes random bytes for records, or refuses them', () => {
    const chunk = fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
      fc.constantFrom(...KEYS, 'linkpath', '').map((key) => record(key, 'x')),
      fc.stringMatching(/^\d{1,12} [a-z]{0,6}=?[a-z]{0,6}\n?$/).map((text) => Buffer.from(text)),
    );
    const property = fc.property(fc.array(chunk, { maxLength: 6 }), (chunks) => {
      try {
        for (const key of decodePax(Buffer.concat(chunks), 'a.tar').keys())
          expect(KEYS).toContain(key);
      } catch (error) {
        expect(error).toMatchObject({ code: 'E_PACKAGE_INVALID' });
      }
    });
    fc.assert(property, { numRuns: numRuns * 5 });
  });
});

it('decodeHeader gives a size that is a whole number, or refuses the header', () => {
  const field = fc.oneof(
    fc.uint8Array({ minLength: 12, maxLength: 12 }),
    fc.string({ unit: fc.constantFrom(...'01789 -+.x\u0000'), maxLength: 12 }),
  );
  const property = fc.property(field, (size) => {
    try {
      const { sizeBytes } = decodeHeader(header({ size }), 'a.tar', 0);
      expect(Number.isSafeInteger(sizeBytes) && sizeBytes >= 0).toBe(true);
    } catch (error) {
      expect(error).toMatchObject({ code: 'E_PACKAGE_INVALID' });
    }
  });
  fc.assert(property, { numRuns: numRuns * 5 });
});
