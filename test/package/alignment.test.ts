import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entryHeader } from '../../src/package/headers.js';
import { withPackage } from '../../src/package/read.js';
import { decodeHeader, decodePax } from '../../src/package/ustar.js';
import { BLOCK } from '../support/archive.js';
import { tempDir } from '../support/files.js';
import { type Contents, packContents } from '../support/package.js';

const CONTENTS: Contents = {
  'labels.txt': 'a',
  'model/a.bin': 'aligned',
  'model/b.bin': 'x'.repeat(513),
  'model/empty.bin': '',
  [`model/${'d'.repeat(90)}/${'e'.repeat(60)}.bin`]: 'over 100 bytes',
  [`model/${'f'.repeat(200)}.bin`]: 'a part over 155 bytes',
  [`model/${Array(20).fill('g'.repeat(40)).join('/')}`]: 'needs an extended path',
  'model/größe/重み.bin': 'not ASCII',
  'model/with space.bin': 'a space',
  'model/z.bin': 'z'.repeat(100_000),
  'source/a.onnx': 'source',
};

it('data of every file below model/ starts at a multiple of 4096, and is what was packed', async () => {
  const { file } = await packContents(tempDir(), CONTENTS);
  const bytes = readFileSync(file);
  const entries = await withPackage(file, async (opened) => opened.entries);
  expect(entries).toHaveLength(Object.keys(CONTENTS).length);
  for (const { path, dataOffset, sizeBytes } of entries) {
    if (path.startsWith('model/')) expect(dataOffset % 4096, path).toBe(0);
    expect(bytes.toString('utf8', dataOffset, dataOffset + sizeBytes)).toBe(CONTENTS[path]);
  }
});

it('small files and the source are not padded', async () => {
  const { file, sizeBytes } = await packContents(tempDir(), {
    'labels.txt': 'a',
    'source/a.onnx': 'source',
  });
  const entries = await withPackage(file, async (opened) => opened.entries);
  expect(entries.map(({ dataOffset }) => dataOffset)).toEqual([
    sizeBytes - 6 * BLOCK + BLOCK,
    sizeBytes - 4 * BLOCK + BLOCK,
  ]);
});

describe('a header', () => {
  const name = fc.oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 250 }),
    fc.string({ unit: fc.constantFrom('a', '/', 'é'), minLength: 1, maxLength: 500 }),
  );
  const size = fc.oneof(fc.nat(), fc.integer({ min: 8 * 1024 ** 3 - 2, max: 8 * 1024 ** 3 + 2 }));
  const blocks = fc.nat({ max: 20 });

  /** Path and size as our strict reader has them. */
  function decode(bytes: Buffer): { path: string; sizeBytes: number; dataOffset: number } {
    const first = decodeHeader(bytes.subarray(0, BLOCK), 'a.tar', 0);
    if (first.type === 'file') return { ...first, dataOffset: BLOCK };
    const body = bytes.subarray(BLOCK, BLOCK + first.sizeBytes);
    const pax = decodePax(body, 'a.tar');
    const at = BLOCK + Math.ceil(first.sizeBytes / BLOCK) * BLOCK;
    const last = decodeHeader(bytes.subarray(at, at + BLOCK), 'a.tar', at);
    return {
      path: pax.get('path') ?? last.path,
      sizeBytes: Number(pax.get('size') ?? last.sizeBytes),
      dataOffset: at + BLOCK,
    };
  }

  it('says the path and size that it was made for, whatever they are', () => {
    const property = fc.property(name, size, blocks, (label, sizeBytes, block) => {
      for (const path of [`model/${label}`, label]) {
        const bytes = entryHeader({ path, sizeBytes, mtime: 0 }, block * BLOCK);
        expect(decode(bytes)).toMatchObject({ path, sizeBytes, dataOffset: bytes.length });
      }
    });
    fc.assert(property, { numRuns: 500 });
  });

  it('below model/ ends at a multiple of 4096, after at most 4096 bytes more than it needs', () => {
    const property = fc.property(name, blocks, (label, block) => {
      const entry = { path: `model/${label}`, sizeBytes: 1, mtime: 0 };
      const { length } = entryHeader(entry, block * BLOCK);
      expect((block * BLOCK + length) % 4096).toBe(0);
      const bare = entryHeader({ ...entry, path: `other/${label}` }, block * BLOCK);
      expect(length).toBeLessThan(bare.length + 4096 + 2 * BLOCK);
    });
    fc.assert(property, { numRuns: 500 });
  });
});
