import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { withInput } from '../../src/host/files.js';
import { readHead } from '../../src/package/read.js';
import { type Entry, scanEntries } from '../../src/package/scan.js';
import { unpackPackage } from '../../src/package/unpack.js';
import { verifyPackage } from '../../src/package/verify.js';
import { BLOCK, entry, header, pax } from '../support/archive.js';
import { tempDir } from '../support/files.js';
import { descriptorOf, packContents, rawPackage } from '../support/package.js';
import { processorTime } from '../support/processor-time.js';
import { HOSTILE, UNSPOILT } from './hostile-archives.js';

const LIMIT_MS = 2000;

interface Sandbox {
  readonly file: string;
  readonly target: string;
  /** Fails when anything was written but the archive. */
  expectUntouched(): void;
}

function sandbox(bytes: Uint8Array): Sandbox {
  const dir = tempDir();
  const file = path.join(dir, 'evil.tar');
  const parent = path.join(dir, 'a', 'b');
  writeFileSync(file, bytes);
  mkdirSync(parent, { recursive: true });
  return {
    file,
    target: path.join(parent, 'target'),
    expectUntouched: () => {
      expect(readdirSync(dir, { recursive: true }).sort()).toEqual(['a', 'a/b', 'evil.tar']);
      expect(existsSync('/tmp/modelconv-evil')).toBe(false);
    },
  };
}

async function scan(file: string): Promise<Entry[]> {
  return await withInput(file, async (handle, sizeBytes) => {
    const found: Entry[] = [];
    for await (const item of scanEntries({ file, handle, sizeBytes })) found.push(item);
    return found;
  });
}

/** Both ways of reading the whole package refuse it, in time, and leave nothing behind. */
async function expectRefused(box: Sandbox, code: string, limitMs = LIMIT_MS): Promise<void> {
  const refusal = { name: 'ModelconvError', code };
  const readers = [() => verifyPackage(box.file), () => unpackPackage(box.file, box.target, false)];
  for (const read of readers) {
    const elapsedMs = processorTime();
    await expect(read()).rejects.toMatchObject(refusal);
    expect(elapsedMs()).toBeLessThan(limitMs);
    box.expectUntouched();
  }
}

describe('a package is refused that has', () => {
  for (const { title, place, code, bytes } of HOSTILE) {
    it(title, async () => {
      const box = sandbox(bytes());
      await expectRefused(box, code);
      // the check that is meant, and not one that happens to come first
      if (place === 'archive') await expect(scan(box.file)).rejects.toMatchObject({ code });
      if (place === 'descriptor') await expect(readHead(box.file)).rejects.toMatchObject({ code });
      if (place !== 'agreement') return;
      expect((await scan(box.file)).length).toBeGreaterThan(0);
      expect((await readHead(box.file)).descriptor.name).toBe('digits-cnn');
    });
  }

  // refused, but only after several seconds: each of its headers is one read
  it('100 001 entries', { timeout: 60_000 }, async () => {
    const headers = Array.from({ length: 100_000 }, (_, i) => header({ name: `labels/${i}` }));
    await expectRefused(sandbox(rawPackage(descriptorOf({}), ...headers)), 'E_PACKAGE_INVALID');
  });

  it('250 entries 500 directories deep', { timeout: 60_000 }, async () => {
    const deep = Array.from({ length: 250 }, (_, i) =>
      Buffer.concat([pax([['path', `${i}/${'a/'.repeat(500)}b`]]), header()]),
    );
    await expectRefused(sandbox(rawPackage(descriptorOf({}), ...deep)), 'E_PACKAGE_INVALID', 1000);
  });

  const text = descriptorOf({}).toString();
  const list = (count: number, item: (i: number) => string): string =>
    Array.from({ length: count }, (_, i) => item(i)).join(', ');
  const SLOW: readonly (readonly [title: string, descriptor: string])[] = [
    ['6000 unknown keys', text + list(6000, (i) => `k${i}: 1`).replaceAll(', ', '\n')],
    [
      '12 000 files that are numbers',
      text.replace('files: []', `files: [${list(12_000, () => '1')}]`),
    ],
    [
      '12 000 keys in one map, one of them twice',
      `${text}x-a: {${list(12_000, (i) => `k${i}: 1`)}, k0: 1}`,
    ],
  ];
  for (const [title, descriptor] of SLOW) {
    it(`a descriptor with ${title}`, { timeout: 60_000 }, async () => {
      await expectRefused(sandbox(rawPackage(descriptor)), 'E_DESCRIPTOR_INVALID', 1000);
    });
  }

  it('a descriptor of 10 000 pairs of brackets', async () => {
    const box = sandbox(rawPackage(`${text}x-a: ${'[]'.repeat(10_000)}\n`));
    await expectRefused(box, 'E_DESCRIPTOR_INVALID');
  });
});

describe('the same package unspoilt', () => {
  it('is taken', async () => {
    const { file, target } = sandbox(UNSPOILT);
    expect(await verifyPackage(file)).toMatchObject({ files: 1 });
    expect(await unpackPackage(file, target, false)).toEqual(['modelconv.yaml', 'model/a.bin']);
  });

  it('is taken when a tar program filled its last record of 10 KiB', async () => {
    const filled = Buffer.concat([UNSPOILT, Buffer.alloc(10_240 - (UNSPOILT.length % 10_240))]);
    expect(await verifyPackage(sandbox(filled).file)).toMatchObject({ files: 1 });
  });

  it('is taken with headers of GNU tar, and with the old type of regular files', async () => {
    const data = { 'model/a.bin': 'aaaa', 'model/b.bin': 'bbbb' };
    const bytes = rawPackage(
      descriptorOf(data),
      entry({ name: 'model/a.bin', magic: 'ustar  \u0000' }, 'aaaa'),
      entry({ name: 'model/b.bin', type: '\u0000' }, 'bbbb'),
    );
    expect(await verifyPackage(sandbox(bytes).file)).toMatchObject({ files: 2 });
  });

  it('is taken with signatures behind its files', async () => {
    const signed = rawPackage(
      descriptorOf({ 'model/a.bin': 'aaaa' }),
      entry({ name: 'model/a.bin' }, 'aaaa'),
      entry({ name: 'signature/one' }, '1'),
      entry({ name: 'signature/two' }, '2'),
    );
    expect(await verifyPackage(sandbox(signed).file)).toMatchObject({ files: 1 });
  });
});

it('a package cut off at the end of any block, or in the middle of it, is refused', async () => {
  const dir = tempDir();
  const whole = await packContents(dir, { 'labels.txt': 'a\nb\n', 'model/a.bin': 'x'.repeat(700) });
  const bytes = readFileSync(whole.file);
  expect(bytes.length % BLOCK).toBe(0);
  const cut = path.join(dir, 'cut.tar');
  for (let length = 0; length < bytes.length; length += BLOCK / 2) {
    writeFileSync(cut, bytes.subarray(0, length));
    await expect(verifyPackage(cut), `cut at ${length}`).rejects.toMatchObject({
      code: 'E_PACKAGE_INVALID',
    });
  }
});
