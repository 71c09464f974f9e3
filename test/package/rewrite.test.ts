import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, expect, it, vi } from 'vitest';
import { renderDescriptor } from '../../src/package/descriptor.js';
import { readHead, withPackage } from '../../src/package/read.js';
import { checkRewritable, rewriteDescriptor } from '../../src/package/rewrite.js';
import { verifyPackage } from '../../src/package/verify.js';
import type { Descriptor } from '../../src/schema/generated/types.js';
import { entry } from '../support/archive.js';
import { tempDir } from '../support/files.js';
import { type Contents, descriptorOf, packContents, rawPackage } from '../support/package.js';

const CONTENTS: Contents = {
  'labels.txt': 'zero\none\n',
  'model/digits.ort': Buffer.alloc(70_000, 'weights'),
  'source/digits.onnx': Buffer.alloc(300, 'source'),
};
const CODES = (code: string) => expect.objectContaining({ code });

let dir = '';
let file = '';
beforeEach(async () => {
  dir = tempDir();
  ({ file } = await packContents(dir, CONTENTS));
});

const renamed = (descriptor: Descriptor): Descriptor => ({ ...descriptor, version: '9.9.9' });
/** Longer than the room that the first descriptor left in its last blocks. */
const longer = (descriptor: Descriptor): Descriptor => ({
  ...descriptor,
  description: 'word '.repeat(700),
});

/** Every entry but the descriptor: path, bytes, and the time in its header. */
async function entriesOf(archive: string): Promise<unknown[]> {
  const bytes = readFileSync(archive);
  return await withPackage(archive, async ({ entries }) =>
    entries.map(({ path: name, dataOffset, sizeBytes }) => ({
      name,
      bytes: bytes.subarray(dataOffset, dataOffset + sizeBytes).toString('hex'),
      mtime: bytes.toString('latin1', dataOffset - 512 + 136, dataOffset - 512 + 147),
    })),
  );
}

it.each([
  ['a word of it', renamed],
  ['its length', longer],
])('a package with %s changed is whole, and its other files are as they were', async (_, edit) => {
  const before = await entriesOf(file);
  const { descriptor } = await readHead(file);
  const output = path.join(dir, 'new.tar');
  const written = await rewriteDescriptor(file, output, edit);
  const verified = await verifyPackage(output);
  expect(verified.descriptor).toEqual(edit(descriptor));
  expect(written).toMatchObject({
    sizeBytes: readFileSync(output).length,
    descriptorSha256: verified.descriptorSha256,
  });
  expect(await entriesOf(output)).toEqual(before);
});

it('a descriptor that is not changed gives the same package, byte for byte', async () => {
  const output = path.join(dir, 'new.tar');
  await rewriteDescriptor(file, output, (descriptor) => descriptor);
  expect(readFileSync(output)).toEqual(readFileSync(file));
});

it('the data of a model still starts at a multiple of 4096', async () => {
  await rewriteDescriptor(file, file, longer);
  await withPackage(file, async ({ entries }) => {
    const model = entries.find(({ path: name }) => name.startsWith('model/'));
    expect((model?.dataOffset ?? 1) % 4096).toBe(0);
  });
});

it('the time that a package was given is kept', async () => {
  vi.stubEnv('SOURCE_DATE_EPOCH', '1700000000');
  const other = await packContents(tempDir(), CONTENTS);
  vi.unstubAllEnvs();
  const before = await entriesOf(other.file);
  const descriptorTime = readFileSync(other.file).toString('latin1', 136, 147);
  await rewriteDescriptor(other.file, other.file, renamed);
  expect(await entriesOf(other.file)).toEqual(before);
  expect(readFileSync(other.file).toString('latin1', 136, 147)).toBe(descriptorTime);
});

it('a failure leaves the package as it was, and nothing beside it', async () => {
  const before = readFileSync(file);
  const fails = (): never => {
    throw new Error('no');
  };
  await expect(rewriteDescriptor(file, file, fails)).rejects.toThrow('no');
  expect(readFileSync(file)).toEqual(before);
  expect(readdirSync(dir).sort()).toEqual(['in', 'package.tar']);
});

it('a file that was changed is found on the way, and nothing is written', async () => {
  const bytes = readFileSync(file);
  bytes[bytes.indexOf('weights') + 3] = 0x21;
  writeFileSync(file, bytes);
  const output = path.join(dir, 'new.tar');
  await expect(rewriteDescriptor(file, output, renamed)).rejects.toThrow(
    CODES('E_PACKAGE_INVALID'),
  );
  expect(readdirSync(dir)).not.toContain('new.tar');
});

it('a descriptor that does not fit the schema is not written', async () => {
  const edit = (descriptor: Descriptor): Descriptor => ({ ...descriptor, name: 'not a name' });
  await expect(rewriteDescriptor(file, file, edit)).rejects.toThrow(CODES('E_DESCRIPTOR_INVALID'));
  expect((await verifyPackage(file)).descriptor.name).toBe('digits-cnn');
});

it('a signed package is refused', async () => {
  const signed = path.join(dir, 'signed.tar');
  const model = { 'model/a.ort': 'weights' };
  const signature = entry({ name: 'signature/model.sig' }, 'signature');
  const data = entry({ name: 'model/a.ort' }, 'weights');
  writeFileSync(signed, rawPackage(descriptorOf(model), data, signature));
  const before = readFileSync(signed);
  await expect(checkRewritable(signed)).rejects.toThrow(CODES('E_USAGE'));
  await expect(rewriteDescriptor(signed, signed, renamed)).rejects.toThrow(CODES('E_USAGE'));
  expect(readFileSync(signed)).toEqual(before);
});

it('an output that is there is replaced with force alone', async () => {
  const output = path.join(dir, 'there.tar');
  writeFileSync(output, 'old');
  await expect(rewriteDescriptor(file, output, renamed, { force: false })).rejects.toThrow(
    CODES('E_OUTPUT_EXISTS'),
  );
  expect(readFileSync(output, 'utf8')).toBe('old');
});

it('a descriptor is written as every other one', async () => {
  await rewriteDescriptor(file, file, renamed);
  const { descriptor, text } = await readHead(file);
  expect(renderDescriptor(descriptor).toString()).toBe(text);
});
