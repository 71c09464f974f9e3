import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { readHead } from '../../src/package/read.js';
import { unpackPackage } from '../../src/package/unpack.js';
import { verifyPackage } from '../../src/package/verify.js';
import { fixture, tempDir } from '../support/files.js';

const GOLDEN = readdirSync(fixture('packages')).filter((name) => name.endsWith('.tar'));

it('there is a golden package of every protocol version', () => {
  expect(GOLDEN).toEqual(['digits-cnn.modelconv-0.tar', 'digits-cnn.modelconv-1.tar']);
});

it.each(GOLDEN)('%s is read, checked and unpacked', async (name) => {
  const file = fixture(`packages/${name}`);
  const { descriptor, protocolVersion } = await readHead(file);
  expect(name).toContain(`modelconv-${protocolVersion}`);
  expect((await verifyPackage(file)).files).toBe(descriptor.files.length);
  const out = path.join(tempDir(), 'out');
  await unpackPackage(file, out, false);
  for (const { path: entry, size } of descriptor.files) {
    expect(readFileSync(path.join(out, entry)).length).toBe(size);
  }
});
