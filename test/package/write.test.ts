import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { renderDescriptor } from '../../src/package/descriptor.js';
import { verifyPackage } from '../../src/package/verify.js';
import { type PackInput, writePackage } from '../../src/package/write.js';
import { tempDir } from '../support/files.js';
import { DRAFT, inputsIn, packContents, sha256 } from '../support/package.js';

const OLD = 'the old output';

/** Write over an old package, which must stay. */
async function refused(inputs: readonly PackInput[], draft = DRAFT): Promise<unknown> {
  const dir = tempDir();
  const output = path.join(dir, 'p.tar');
  writeFileSync(output, OLD);
  const error = await writePackage(output, draft, inputs).catch((thrown: unknown) => thrown);
  expect(readFileSync(output, 'utf8')).toBe(OLD);
  expect(readdirSync(dir)).toEqual(['p.tar']);
  return error;
}

describe('nothing is packed', () => {
  it.each([
    ['that leads out', '../evil'],
    ['that is absolute', '/evil'],
    ['that is empty', ''],
    ['with a backslash', 'model\\evil'],
    ['with a colon', 'C:evil'],
    ['with a line end', 'model/a\nb'],
    ['of more than 1024 bytes', 'é/'.repeat(400)],
    ['at the place of signatures', 'signature/a'],
    ['of the descriptor', 'modelconv.yaml'],
    ['of the descriptor in capitals', 'MODELCONV.YAML'],
  ])('under a path %s', async (_title, name) => {
    expect(await refused(inputsIn(tempDir(), { [name]: 'x' }))).toMatchObject({ code: 'E_USAGE' });
  });

  // UTF-8 has no half of a surrogate pair: the archive gets another name than the descriptor
  it('under a path that UTF-8 cannot hold', async () => {
    const dir = tempDir();
    const packed = packContents(dir, { 'model/\ud800': 'x' });
    await expect(packed).rejects.toMatchObject({ code: 'E_USAGE' });
  });

  it.each([
    ['of the same name', 'model/a', 'model/a'],
    ['that differ in case', 'model/a', 'model/A'],
    ['that differ in the Unicode form', 'model/\u00e9', 'model/e\u0301'],
    ['of which one lies below the other', 'model/a', 'model/a/b'],
  ])('when there are two files %s', async (_title, first, second) => {
    const inputs = [first, second].flatMap((name, i) =>
      inputsIn(path.join(tempDir(), String(i)), { [name]: 'x' }),
    );
    expect(await refused(inputs)).toMatchObject({ code: 'E_USAGE' });
  });

  it('when a file is missing', async () => {
    const [input] = inputsIn(tempDir(), { 'model/a': 'x' });
    const file = path.join(tempDir(), 'none');
    expect(await refused([{ ...(input as PackInput), file }])).toMatchObject({ code: 'E_INPUT' });
  });

  it('when a file is a directory', async () => {
    const [input] = inputsIn(tempDir(), { 'model/a': 'x' });
    const error = await refused([{ ...(input as PackInput), file: tempDir() }]);
    expect(error).toMatchObject({ code: 'E_INPUT' });
  });

  it('when a file does not have the digest that it must have', async () => {
    const inputs = inputsIn(tempDir(), { 'model/a': 'x' });
    const wrong = inputs.map((input) => ({ ...input, expectedSha256: sha256('y') }));
    expect(await refused(wrong)).toMatchObject({ code: 'E_DESCRIPTOR_INVALID' });
    const right = inputs.map((input) => ({ ...input, expectedSha256: sha256('x') }));
    await writePackage(path.join(tempDir(), 'p.tar'), DRAFT, right);
  });

  it('when the descriptor does not fit its schema', async () => {
    const error = await refused([], { ...DRAFT, name: 'not a name' });
    expect(error).toMatchObject({ code: 'E_DESCRIPTOR_INVALID' });
  });

  it('when it is given up', async () => {
    const dir = tempDir();
    const inputs = inputsIn(path.join(dir, 'in'), { 'model/a': 'x' });
    const output = path.join(dir, 'p.tar');
    const options = { signal: AbortSignal.abort() };
    await expect(writePackage(output, DRAFT, inputs, options)).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(readdirSync(dir)).toEqual(['in']);
  });
});

describe('a descriptor', () => {
  const withNotes = (length: number): typeof DRAFT =>
    ({ ...DRAFT, 'x-notes': 'n'.repeat(length) }) as typeof DRAFT;
  const rest = renderDescriptor({ ...withNotes(1), files: [] }).length - 1;

  it('of 256 KiB is packed and read', async () => {
    const { file } = await packContents(tempDir(), {}, withNotes(256 * 1024 - rest));
    expect(await verifyPackage(file)).toMatchObject({ files: 0 });
  });

  it('of one byte more is refused, and nothing is written', async () => {
    const dir = tempDir();
    const packed = packContents(dir, {}, withNotes(256 * 1024 - rest + 1));
    await expect(packed).rejects.toMatchObject({ code: 'E_DESCRIPTOR_INVALID' });
    expect(existsSync(path.join(dir, 'package.tar'))).toBe(false);
  });

  it('is the same whatever the order of its keys', () => {
    const shuffled = Object.fromEntries(Object.entries(DRAFT).reverse()) as unknown as typeof DRAFT;
    expect(renderDescriptor({ ...shuffled, files: [] })).toEqual(
      renderDescriptor({ ...DRAFT, files: [] }),
    );
  });

  it('starts with the protocol, and holds no alias where two values are the same object', () => {
    const shape = [1, 28, 28];
    const tensor = { name: 'x', dtype: 'float32' as const, shape };
    const model = { ...DRAFT.model, inputs: [tensor], outputs: [tensor] };
    const text = renderDescriptor({ ...DRAFT, model, files: [] }).toString();
    expect(text.split('\n')[0]).toBe('protocol: modelconv/1');
    expect(text).not.toMatch(/[&*]a\d/);
  });
});

it('two hard links to one file are packed as two files', async () => {
  const dir = tempDir();
  mkdirSync(path.join(dir, 'in'));
  const [first, second] = [path.join(dir, 'in', 'a'), path.join(dir, 'in', 'b')];
  writeFileSync(first, 'same');
  linkSync(first, second);
  const inputs = [first, second].map((file): PackInput => {
    const name = `model/${path.basename(file)}`;
    return { path: name, role: 'model', mediaType: 'application/octet-stream', file };
  });
  const output = path.join(dir, 'p.tar');
  await writePackage(output, DRAFT, inputs);
  expect(await verifyPackage(output)).toMatchObject({ files: 2 });
});
