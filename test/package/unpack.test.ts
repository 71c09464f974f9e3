import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { unpackPackage } from '../../src/package/unpack.js';
import { entry } from '../support/archive.js';
import { tempDir } from '../support/files.js';
import { descriptorOf, packContents, rawPackage } from '../support/package.js';

const CONTENTS = { 'labels.txt': 'a', 'model/deep/a.bin': 'aaaa' };
const ALL = ['labels.txt', 'model', 'model/deep', 'model/deep/a.bin', 'modelconv.yaml'];

interface Place {
  readonly file: string;
  readonly parent: string;
  readonly target: string;
}

async function place(): Promise<Place> {
  const dir = tempDir();
  const parent = path.join(dir, 'parent');
  mkdirSync(parent);
  const { file } = await packContents(dir, CONTENTS);
  return { file, parent, target: path.join(parent, 'target') };
}

function tree(dir: string): string[] {
  return readdirSync(dir, { recursive: true }).map(String).sort();
}

function damage(file: string): void {
  const bytes = readFileSync(file);
  const at = bytes.lastIndexOf('aaaa');
  bytes[at] = 0x62;
  writeFileSync(file, bytes);
}

function oldDirectory(target: string): void {
  mkdirSync(path.join(target, 'old'), { recursive: true });
  writeFileSync(path.join(target, 'old', 'mine.txt'), 'mine');
}

describe('unpack writes', () => {
  it('to a directory that is not there yet', async () => {
    const { file, parent, target } = await place();
    await unpackPackage(file, target, false);
    expect(tree(parent)).toEqual(['target', ...ALL.map((name) => `target/${name}`)]);
  });

  it('to an empty directory, and to a relative path', async () => {
    const { file, target } = await place();
    mkdirSync(target);
    await unpackPackage(file, path.relative(process.cwd(), target), false);
    expect(tree(target)).toEqual(ALL);
  });

  it('signatures, too, and lists them before the files that have digests', async () => {
    const { target } = await place();
    const file = path.join(tempDir(), 'signed.tar');
    writeFileSync(
      file,
      rawPackage(
        descriptorOf({ 'model/a': 'a' }),
        entry({ name: 'model/a' }, 'a'),
        entry({ name: 'signature/one' }, 'signed'),
      ),
    );
    const names = await unpackPackage(file, target, false);
    expect(names).toEqual(['modelconv.yaml', 'signature/one', 'model/a']);
    expect(readFileSync(path.join(target, 'signature/one'), 'utf8')).toBe('signed');
  });

  it('with the permissions that the umask leaves, whatever the archive says', async () => {
    const { target } = await place();
    const file = path.join(tempDir(), 'modes.tar');
    const data = { 'model/a': 'a' };
    writeFileSync(
      file,
      rawPackage(descriptorOf(data), entry({ name: 'model/a', mode: 0o4777 }, 'a')),
    );
    const before = process.umask(0o027);
    onTestFinished(() => {
      process.umask(before);
    });
    await unpackPackage(file, target, false);
    expect(statSync(path.join(target, 'model/a')).mode & 0o7777).toBe(0o640);
    expect(statSync(path.join(target, 'model')).mode & 0o777).toBe(0o750);
    expect(statSync(target).mode & 0o777).toBe(0o750);
  });
});

describe('unpack --force', () => {
  it('replaces the old directory as a whole', async () => {
    const { file, parent, target } = await place();
    oldDirectory(target);
    await unpackPackage(file, target, true);
    expect(tree(target)).toEqual(ALL);
    expect(readdirSync(parent)).toEqual(['target']);
  });

  it('keeps the old directory when a digest is wrong', async () => {
    const { file, parent, target } = await place();
    oldDirectory(target);
    damage(file);
    await expect(unpackPackage(file, target, true)).rejects.toMatchObject({
      code: 'E_PACKAGE_INVALID',
    });
    expect(tree(parent)).toEqual(['target', 'target/old', 'target/old/mine.txt']);
  });

  it('keeps the old directory when it is given up', async () => {
    const { file, parent, target } = await place();
    oldDirectory(target);
    await expect(unpackPackage(file, target, true, AbortSignal.abort())).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(tree(parent)).toEqual(['target', 'target/old', 'target/old/mine.txt']);
  });

  it('refuses the directory that holds the package, also through a symbolic link', async () => {
    const { file, parent } = await place();
    const link = path.join(parent, 'link');
    symlinkSync(path.dirname(file), link);
    for (const target of [path.dirname(file), link])
      await expect(unpackPackage(file, target, true)).rejects.toMatchObject({ code: 'E_OUTPUT' });
    expect(existsSync(file)).toBe(true);
  });
});

describe('unpack refuses', () => {
  const TARGETS: readonly (readonly [
    title: string,
    code: string,
    make: (place: Place) => string,
    force: boolean,
  ])[] = [
    [
      'a directory that is not empty, without --force',
      'E_OUTPUT_EXISTS',
      ({ target }) => {
        oldDirectory(target);
        return target;
      },
      false,
    ],
    [
      'a file in place of the directory',
      'E_OUTPUT',
      ({ target }) => {
        writeFileSync(target, 'mine');
        return target;
      },
      true,
    ],
    [
      'a symbolic link in place of the directory',
      'E_OUTPUT',
      ({ parent, target }) => {
        mkdirSync(path.join(parent, 'real'));
        symlinkSync('real', target);
        return target;
      },
      true,
    ],
    ['a directory whose parent is missing', 'E_OUTPUT', ({ target }) => `${target}/a/b`, false],
    [
      'a directory below a file',
      'E_OUTPUT',
      ({ target }) => {
        writeFileSync(target, 'mine');
        return `${target}/a`;
      },
      false,
    ],
  ];
  for (const [title, code, make, force] of TARGETS) {
    it(title, async () => {
      const box = await place();
      const target = make(box);
      const before = tree(box.parent);
      await expect(unpackPackage(box.file, target, force)).rejects.toMatchObject({ code });
      expect(tree(box.parent)).toEqual(before);
    });
  }

  it('a package that is missing', async () => {
    const { parent, target } = await place();
    const missing = path.join(parent, 'none.tar');
    await expect(unpackPackage(missing, target, false)).rejects.toMatchObject({ code: 'E_INPUT' });
    expect(readdirSync(parent)).toEqual([]);
  });
});
