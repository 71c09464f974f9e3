import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readHead, tryReadHead, withPackage } from '../../src/package/read.js';
import { unpackPackage } from '../../src/package/unpack.js';
import { verifyPackage } from '../../src/package/verify.js';
import type { Descriptor } from '../../src/schema/generated/types.js';
import { tempDir } from '../support/files.js';
import { type Contents, DRAFT, listed, packContents, sha256 } from '../support/package.js';

const CONTENTS: Contents = {
  'source/digits.onnx': randomBytes(3000),
  'model/weights.bin': randomBytes(1_500_000),
  'model/b/deep/graph.xml': '<net/>',
  'model/empty.bin': '',
  'model/a.ort': randomBytes(4096),
  'labels.txt': 'zero\none\n',
  'report/parity.json': '{}',
};

async function entriesOf(file: string): Promise<string[]> {
  return await withPackage(file, async ({ entries, unlisted }) =>
    [...unlisted, ...entries].map((entry) => entry.path),
  );
}

it('what is packed is verified and unpacked as it was', async () => {
  const dir = tempDir();
  const packed = await packContents(dir, CONTENTS);
  expect(await verifyPackage(packed.file)).toEqual({
    descriptor: packed.descriptor,
    sizeBytes: packed.sizeBytes,
    descriptorSha256: packed.descriptorSha256,
    files: 7,
  });
  const target = path.join(dir, 'unpacked');
  const names = await unpackPackage(packed.file, target, false);
  expect(names.sort()).toEqual(['modelconv.yaml', ...Object.keys(CONTENTS)].sort());
  for (const [name, data] of Object.entries(CONTENTS))
    expect(readFileSync(path.join(target, name)).equals(Buffer.from(data as string)), name).toBe(
      true,
    );
  const descriptor = readFileSync(path.join(target, 'modelconv.yaml'));
  expect(sha256(descriptor)).toBe(packed.descriptorSha256);
  expect((await readHead(packed.file)).text).toBe(descriptor.toString());
  expect(statSync(packed.file).size).toBe(packed.sizeBytes);
  expect(readdirSync(dir).sort()).toEqual(['in', 'package.tar', 'unpacked']);
});

it('the descriptor comes first, then small files, the model, and the source last', async () => {
  const { file, descriptor } = await packContents(tempDir(), CONTENTS);
  const order = [
    'labels.txt',
    'report/parity.json',
    'model/a.ort',
    'model/b/deep/graph.xml',
    'model/empty.bin',
    'model/weights.bin',
    'source/digits.onnx',
  ];
  expect(await entriesOf(file)).toEqual(['modelconv.yaml', ...order]);
  expect(descriptor.files.map((entry) => entry.path)).toEqual(order);
});

it('files are ordered by their bytes, not by a language', async () => {
  const names = ['model/Z', 'model/a', 'model/é', 'model/ｂｃ', 'model/𝒹', 'model/B', 'model/0'];
  const { file } = await packContents(
    tempDir(),
    Object.fromEntries(names.map((name) => [name, name])),
  );
  const found = (await entriesOf(file)).slice(1);
  expect(found).toEqual(found.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
  expect(found.toSorted()).toEqual(names.toSorted());
});

it('the descriptor lists path, role, size, digest and media type of every file', async () => {
  const contents = { 'labels.txt': 'a', 'model/a.ort': 'bb', 'source/a.onnx': 'ccc' };
  const { descriptor } = await packContents(tempDir(), contents);
  expect(descriptor.files).toEqual(
    Object.entries(contents).map(([name, data]) => listed(name, data)),
  );
  expect(descriptor.files.map(({ role, mediaType }) => [role, mediaType])).toEqual([
    ['document', 'text/plain'],
    ['model', 'application/octet-stream'],
    ['source', 'application/octet-stream'],
  ]);
});

it('a package of the descriptor alone is a package', async () => {
  const { file } = await packContents(tempDir(), {});
  expect(await verifyPackage(file)).toMatchObject({ files: 0 });
});

it('reading the head needs nothing of what follows the descriptor', async () => {
  const dir = tempDir();
  const { file, descriptor } = await packContents(dir, CONTENTS);
  const cut = path.join(dir, 'cut.tar');
  writeFileSync(cut, readFileSync(file).subarray(0, 65_536));
  expect((await readHead(cut)).descriptor).toEqual(descriptor);
});

it('a descriptor longer than the first read is read whole', async () => {
  const { file } = await packContents(tempDir(), CONTENTS, {
    ...DRAFT,
    'x-notes': 'n'.repeat(200_000),
  } as typeof DRAFT);
  const { descriptor, text } = await readHead(file);
  expect(text.length).toBeGreaterThan(200_000);
  expect(descriptor).toMatchObject({ 'x-notes': 'n'.repeat(200_000) });
});

it('a file that is no archive has no head, and is not refused as one', async () => {
  const file = path.join(tempDir(), 'model.onnx');
  writeFileSync(file, randomBytes(1000));
  expect(await tryReadHead(file)).toBeUndefined();
  writeFileSync(file, '');
  expect(await tryReadHead(file)).toBeUndefined();
});

const TEXT = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }),
  fc.string({
    unit: fc.constantFrom(...'"\'#:-?[]{}&*!|>%@`,\\~=<. \t\n\r\u0085\u2028\ufeff0e1'),
    minLength: 1,
    maxLength: 40,
  }),
);

it('any text in a descriptor comes back as it was', async () => {
  const dir = tempDir();
  const property = fc.asyncProperty(TEXT, TEXT, async (description, argument) => {
    const draft: Omit<Descriptor, 'files'> = {
      ...DRAFT,
      description,
      model: {
        ...DRAFT.model,
        outputs: [{ name: argument, dtype: 'float32', labels: [description, argument] }],
      },
    };
    const packed = await packContents(dir, { 'model/a': 'x' }, draft);
    const { descriptor } = await readHead(packed.file);
    expect(descriptor).toEqual(packed.descriptor);
    expect(descriptor.description).toBe(description);
  });
  await fc.assert(property, { numRuns: 100 });
});

// the YAML writer leaves out the quotes that it needs in a list on one line
it('a label that starts with a question mark and a line end comes back as it was', async () => {
  const outputs = [{ name: 'y', dtype: 'float32' as const, labels: ['?\nb'] }];
  const draft = { ...DRAFT, model: { ...DRAFT.model, outputs } };
  const { file } = await packContents(tempDir(), { 'model/a': 'x' }, draft);
  expect((await readHead(file)).descriptor.model.outputs).toEqual(outputs);
});

// the reader counts brackets and leading spaces of the text, also where they are only text
it.each([
  ['200 opening brackets', '['.repeat(200)],
  ['a line that starts with 600 spaces', `a\n${' '.repeat(600)}b`],
  ['a line of 300 dashes', `a\n${'- '.repeat(300)}b`],
])('a description with %s comes back as it was', async (_title, description) => {
  const { file } = await packContents(tempDir(), { 'model/a': 'x' }, { ...DRAFT, description });
  expect((await readHead(file)).descriptor.description).toBe(description);
});

// the YAML writer loses blanks of such texts when it writes them as a block
it.each([' \n', '  \n  \n', 'a\n b\n', ' a\nb', '\t\n', 'a\n \n'])(
  'the text %j comes back as it was',
  async (description) => {
    const { file } = await packContents(tempDir(), { 'model/a': 'x' }, { ...DRAFT, description });
    expect((await readHead(file)).descriptor.description).toBe(description);
  },
);
