import { execFileSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import * as tar from 'tar';
import { describe, expect, it } from 'vitest';
import { withInput } from '../../src/host/files.js';
import { entryHeader } from '../../src/package/headers.js';
import { type Entry, scanEntries } from '../../src/package/scan.js';
import { BLOCK, entry, header, pax } from '../support/archive.js';
import { tempDir } from '../support/files.js';
import { type Contents, descriptorOf, packContents, sha256 } from '../support/package.js';

const CONTENTS: Contents = {
  'labels.txt': 'a\nb\n',
  'model/a.bin': 'aligned',
  'model/empty.bin': '',
  [`model/${'d'.repeat(90)}/${'e'.repeat(60)}.bin`]: 'over 100 bytes',
  [`model/${Array(20).fill('g'.repeat(40)).join('/')}`]: 'needs an extended path',
  'model/größe/重み.bin': 'not ASCII',
  'model/z.bin': Buffer.alloc(70_000, 'z'),
  'source/a.onnx': 'source',
};

const LIST_IN_PYTHON = `
import hashlib, json, sys, tarfile
with tarfile.open(sys.argv[1]) as archive:
    print(json.dumps([
        [m.name, m.size, m.isreg(), m.mode, m.uid, m.gid, m.uname, m.gname, m.mtime, m.offset_data,
         hashlib.sha256(archive.extractfile(m).read()).hexdigest() if m.size < 2**30 else ""]
        for m in archive.getmembers()]))
`;

function run(file: string, ...args: readonly string[]): string {
  const env = { ...process.env, LC_ALL: 'C.UTF-8' };
  return execFileSync(file, [...args], { encoding: 'utf8', env });
}

function isMissing(file: string): boolean {
  try {
    run(file, '--version');
    return false;
  } catch {
    return true;
  }
}

async function scan(file: string): Promise<Entry[]> {
  return await withInput(file, async (handle, sizeBytes) => {
    const found: Entry[] = [];
    for await (const item of scanEntries({ file, handle, sizeBytes })) found.push(item);
    return found;
  });
}

/** Names in archive order and the digests of their contents. */
type Listing = readonly (readonly [name: string, digest: string])[];

async function packed(dir: string): Promise<{ file: string; expected: Listing }> {
  const { file, descriptor, descriptorSha256 } = await packContents(dir, CONTENTS);
  const files = descriptor.files.map((item) => [item.path, item.sha256] as const);
  return { file, expected: [['modelconv.yaml', descriptorSha256], ...files] };
}

describe.skipIf(isMissing('tar'))('GNU tar', () => {
  it('lists and unpacks a package, and has nothing to complain of', async () => {
    const dir = tempDir();
    const { file, expected } = await packed(dir);
    expect(run('tar', '--quoting-style=literal', '-tf', file).trimEnd().split('\n')).toEqual(
      expected.map(([name]) => name),
    );
    const target = path.join(dir, 'out');
    mkdirSync(target);
    expect(run('sh', '-c', 'tar -xf "$1" -C "$2" 2>&1', 'sh', file, target)).toBe('');
    for (const [name, digest] of expected)
      expect(sha256(readFileSync(path.join(target, name))), name).toBe(digest);
  });
});

describe.skipIf(isMissing('python3'))('tarfile of Python', () => {
  it('reads the same entries, at the same places, without a trace of the machine', async () => {
    const { file, expected } = await packed(tempDir());
    const found = JSON.parse(run('python3', '-c', LIST_IN_PYTHON, file)) as unknown[][];
    const places = (await scan(file)).map(({ dataOffset }) => dataOffset);
    expect(found.map((member) => [member[0], member[10]])).toEqual(expected);
    expect(found.map((member) => member[9])).toEqual(places);
    for (const member of found) expect(member.slice(2, 9)).toEqual([true, 0o644, 0, 0, '', '', 0]);
  });
});

describe('node-tar', () => {
  it('reads the same entries', async () => {
    const { file, expected } = await packed(tempDir());
    const found: Promise<[string, string]>[] = [];
    await tar.list({
      file,
      strict: true,
      onReadEntry: (item) => {
        found.push(item.concat().then((data) => [item.path, sha256(data)]));
      },
    });
    expect(await Promise.all(found)).toEqual(expected);
  });
});

describe('an entry of more than 8 GiB', () => {
  const SIZE = 9 * 1024 ** 3 + 5;
  const NAME = 'model/weights.bin';
  let file: string;
  let dataOffset: number;

  /** A package whose data are a hole in the file. */
  function sparse(name: string, head: Buffer, sizeBytes: number): string {
    const target = path.join(tempDir(), name);
    const fd = openSync(target, 'w');
    writeSync(fd, head);
    ftruncateSync(fd, head.length + Math.ceil(sizeBytes / BLOCK) * BLOCK + 2 * BLOCK);
    closeSync(fd);
    return target;
  }

  const descriptor = entry({ name: 'modelconv.yaml' }, descriptorOf({}));

  function large(): void {
    const head = Buffer.concat([
      descriptor,
      entryHeader({ path: NAME, sizeBytes: SIZE, mtime: 0 }, descriptor.length),
    ]);
    dataOffset = head.length;
    file = sparse('large.tar', head, SIZE);
  }

  it('has its size in an extended header, and is found without reading it', async () => {
    large();
    expect(dataOffset % 4096).toBe(0);
    expect((await scan(file))[1]).toEqual({ path: NAME, sizeBytes: SIZE, dataOffset });
  });

  it.skipIf(isMissing('python3'))('is read by tarfile of Python', () => {
    large();
    const found = JSON.parse(run('python3', '-c', LIST_IN_PYTHON, file)) as unknown[][];
    expect(found.map((member) => [member[0], member[1]])[1]).toEqual([NAME, SIZE]);
    expect(found[1]?.[9]).toBe(dataOffset);
  });

  it.skipIf(isMissing('tar'))('is read by GNU tar', () => {
    large();
    expect(run('tar', '-tvf', file)).toContain(` ${SIZE} `);
  });

  it('that is cut off is refused', async () => {
    const head = Buffer.concat([
      descriptor,
      entryHeader({ path: NAME, sizeBytes: SIZE, mtime: 0 }, descriptor.length),
    ]);
    await expect(scan(sparse('cut.tar', head, SIZE - 5 * BLOCK))).rejects.toMatchObject({
      code: 'E_PACKAGE_INVALID',
    });
  });

  // a program that does not know extended headers goes on after 512 bytes, another one after 9 GiB
  it('whose header says another size that it could hold is refused', async () => {
    const head = Buffer.concat([
      descriptor,
      pax([['size', String(SIZE)]]),
      header({ name: NAME, size: 512 }),
    ]);
    await expect(scan(sparse('two-sizes.tar', head, SIZE))).rejects.toMatchObject({
      code: 'E_PACKAGE_INVALID',
    });
  });
});
