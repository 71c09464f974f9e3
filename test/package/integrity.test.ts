import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { withPackage } from '../../src/package/read.js';
import { verifyPackage } from '../../src/package/verify.js';
import { BLOCK, END, entry } from '../support/archive.js';
import { tempDir } from '../support/files.js';
import { descriptorOf, packContents, rawPackage, sha256 } from '../support/package.js';

const CONTENTS = { 'labels.txt': 'a\nb\n', 'model/a.bin': 'w'.repeat(700) };

interface Layout {
  readonly bytes: Buffer;
  /** Start and end of each part. */
  readonly parts: Readonly<Record<string, readonly [start: number, end: number]>>;
}

async function layout(): Promise<Layout> {
  const { file, sizeBytes } = await packContents(tempDir(), CONTENTS);
  return await withPackage(file, async ({ text, entries }) => {
    const [labels, model] = entries;
    if (labels === undefined || model === undefined) throw new Error('two files were packed');
    const labelsEnd = labels.dataOffset + BLOCK;
    const bytes = readFileSync(file);
    return {
      bytes,
      parts: {
        'the header of the descriptor': [0, BLOCK],
        'the list of files': [
          BLOCK + text.indexOf('files:'),
          BLOCK + text.indexOf('\n', text.lastIndexOf('sha256')),
        ],
        'the header of a small file': [labels.dataOffset - BLOCK, labels.dataOffset],
        'the data of a small file': [labels.dataOffset, labels.dataOffset + labels.sizeBytes],
        'the extended header of the model': [labelsEnd, labelsEnd + BLOCK],
        'the header of the model': [model.dataOffset - BLOCK, model.dataOffset],
        'the data of the model': [model.dataOffset, model.dataOffset + model.sizeBytes],
        'the end mark': [sizeBytes - 2 * BLOCK, sizeBytes],
      },
    };
  });
}

/** Offsets of the bytes that say path, size and digest of a file, in the text of a list of files. */
function meaningful(bytes: Buffer, start: number, end: number): number[] {
  const text = bytes.toString('latin1', start, end);
  const values = text.matchAll(/(?<=(?:path: |size: |sha256: "))[^"\n]+/g);
  return [...values].flatMap((value) =>
    Array.from({ length: value[0].length }, (_, i) => start + value.index + i),
  );
}

describe('one flipped bit is noticed in every byte of', () => {
  const names = [
    'the header of the descriptor',
    'the list of files',
    'the header of a small file',
    'the data of a small file',
    'the extended header of the model',
    'the header of the model',
    'the data of the model',
    'the end mark',
  ];
  for (const name of names) {
    it(name, async () => {
      const { bytes, parts } = await layout();
      const [start, end] = parts[name] ?? [0, 0];
      expect(end).toBeGreaterThan(start);
      const offsets =
        name === 'the list of files'
          ? meaningful(bytes, start, end)
          : Array.from({ length: end - start }, (_, i) => start + i);
      const file = path.join(tempDir(), 'flipped.tar');
      const unnoticed: number[] = [];
      // every third byte and the last: the others are alike
      for (const offset of offsets.filter((_, i) => i % 3 === 0 || i === offsets.length - 1)) {
        const flipped = Buffer.from(bytes);
        flipped[offset] = (flipped[offset] ?? 0) ^ 1;
        writeFileSync(file, flipped);
        const outcome = await verifyPackage(file).catch((error: unknown) => error);
        const code = (outcome as { code?: string }).code ?? '';
        if (!['E_PACKAGE_INVALID', 'E_DESCRIPTOR_INVALID'].includes(code)) unnoticed.push(offset);
      }
      expect(unnoticed).toEqual([]);
    });
  }
});

describe('a refusal names', () => {
  async function whyOf(bytes: Uint8Array): Promise<string> {
    const file = path.join(tempDir(), 'a.tar');
    writeFileSync(file, bytes);
    const error: unknown = await verifyPackage(file).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'E_PACKAGE_INVALID',
      message: expect.stringContaining(file),
    });
    return (error as { why: string }).why;
  }

  it('every file that is missing, not listed, or of another size, at once', async () => {
    const descriptor = descriptorOf({ 'model/a': 'a', 'model/b': 'b', 'model/c': 'c' });
    const why = await whyOf(
      rawPackage(
        descriptor,
        entry({ name: 'model/a' }, 'aa'),
        entry({ name: 'model/d' }, 'd'),
        entry({ name: 'model/e' }, 'e'),
      ),
    );
    for (const name of ['model/a', 'model/b', 'model/c', 'model/d', 'model/e'])
      expect(why).toContain(`"${name}"`);
  });

  it('both digests when the content was changed', async () => {
    const why = await whyOf(
      rawPackage(descriptorOf({ 'model/a': 'a' }), entry({ name: 'model/a' }, 'b')),
    );
    expect(why).toContain(sha256('a'));
    expect(why).toContain(sha256('b'));
  });

  it('a bounded number of files, however many there are', async () => {
    const extra = Array.from({ length: 5000 }, (_, i) => entry({ name: `labels/${i}` }));
    expect((await whyOf(rawPackage(descriptorOf({}), ...extra))).length).toBeLessThan(5000);
  });
});

it('the digest of a descriptor is that of its bytes, also with a byte order mark', async () => {
  const descriptor = Buffer.concat([Buffer.from('\ufeff'), descriptorOf({})]);
  const file = path.join(tempDir(), 'a.tar');
  writeFileSync(file, Buffer.concat([entry({ name: 'modelconv.yaml' }, descriptor), END]));
  expect((await verifyPackage(file)).descriptorSha256).toBe(sha256(descriptor));
});
