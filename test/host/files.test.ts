import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  CHUNK_BYTES,
  copyReadOnly,
  hashFile,
  openInput,
  readChunks,
  readSmallText,
  withInput,
  writeFully,
} from '../../src/host/files.js';
import { checkOutput, unfinishedOutputs, writeAtomically } from '../../src/host/outputs.js';
import { openScratchDirs, withScratchDir } from '../../src/host/temp.js';
import { tempDir } from '../support/files.js';
import { sha256 } from '../support/package.js';

const fifo = (file: string): void => {
  execFileSync('sh', ['-c', 'mkfifo "$1"', 'sh', file]);
};

describe('writeAtomically', () => {
  it('replaces the old file by the new one, and gives back the result', async () => {
    const dir = tempDir();
    const file = path.join(dir, 'a');
    writeFileSync(file, 'old, and longer');
    const result = await writeAtomically(file, async (handle) => {
      await writeFully(handle, Buffer.from('new'), 0);
      expect(readFileSync(file, 'utf8')).toBe('old, and longer');
      expect(unfinishedOutputs()).toEqual([expect.stringContaining(dir)]);
      return 7;
    });
    expect(result).toBe(7);
    expect(readFileSync(file, 'utf8')).toBe('new');
    expect(readdirSync(dir)).toEqual(['a']);
    expect(unfinishedOutputs()).toEqual([]);
  });

  it('keeps the old file and leaves nothing behind when writing fails', async () => {
    const dir = tempDir();
    const file = path.join(dir, 'a');
    writeFileSync(file, 'old');
    const failed = writeAtomically(file, async (handle) => {
      await writeFully(handle, Buffer.from('half'), 0);
      throw new RangeError('no more');
    });
    await expect(failed).rejects.toThrow(RangeError);
    expect(readFileSync(file, 'utf8')).toBe('old');
    expect(readdirSync(dir)).toEqual(['a']);
    expect(unfinishedOutputs()).toEqual([]);
  });

  it.each(['ENOSPC', 'EDQUOT', 'EIO'])('%s while writing is E_OUTPUT', async (code) => {
    const dir = tempDir();
    const failed = writeAtomically(path.join(dir, 'a'), async () => {
      throw Object.assign(new Error(code), { code });
    });
    await expect(failed).rejects.toMatchObject({ code: 'E_OUTPUT' });
    expect(readdirSync(dir)).toEqual([]);
  });

  it.each([
    ['in a directory that is missing', (dir: string) => path.join(dir, 'none', 'a')],
    [
      'below a file',
      (dir: string) => {
        writeFileSync(path.join(dir, 'file'), '');
        return path.join(dir, 'file', 'a');
      },
    ],
    ['with a name that is too long', (dir: string) => path.join(dir, 'x'.repeat(300))],
  ])('a file %s is E_OUTPUT', async (_title, make) => {
    const dir = tempDir();
    const before = readdirSync(dir);
    const file = make(dir);
    await expect(writeAtomically(file, async () => 1)).rejects.toMatchObject({ code: 'E_OUTPUT' });
    expect(readdirSync(dir).filter((name) => name !== 'file')).toEqual(before);
  });

  it('a directory in place of the file is E_OUTPUT', async () => {
    const dir = tempDir();
    const failed = writeAtomically(dir, async () => 1);
    await expect(failed).rejects.toMatchObject({ code: 'E_OUTPUT' });
  });

  it('replaces a symbolic link, and leaves alone what it points to', async () => {
    const dir = tempDir();
    const [real, link] = [path.join(dir, 'real'), path.join(dir, 'link')];
    writeFileSync(real, 'old');
    symlinkSync('real', link);
    await writeAtomically(link, async (handle) => {
      await writeFully(handle, Buffer.from('new'), 0);
    });
    expect(lstatSync(link).isSymbolicLink()).toBe(false);
    expect([readFileSync(real, 'utf8'), readFileSync(link, 'utf8')]).toEqual(['old', 'new']);
  });

  it('several at once in one directory do not disturb each other', async () => {
    const dir = tempDir();
    const names = Array.from({ length: 20 }, (_, i) => `${i}`);
    await Promise.all(
      names.map((name) =>
        writeAtomically(path.join(dir, name), async (handle) => {
          await writeFully(handle, Buffer.from(name), 0);
        }),
      ),
    );
    for (const name of names) expect(readFileSync(path.join(dir, name), 'utf8')).toBe(name);
    expect(readdirSync(dir)).toHaveLength(20);
  });
});

describe('checkOutput', () => {
  const ENTRIES: readonly (readonly [
    title: string,
    code: string,
    make: (input: string, output: string) => void,
    force: boolean,
  ])[] = [
    ['a hard link to the input', 'E_OUTPUT', (input, output) => linkSync(input, output), true],
    [
      'a symbolic link to the input',
      'E_OUTPUT',
      (input, output) => symlinkSync(input, output),
      true,
    ],
    ['a directory', 'E_OUTPUT', (_input, output) => mkdirSync(output), true],
    ['a FIFO', 'E_OUTPUT', (_input, output) => fifo(output), true],
    [
      'a file without force',
      'E_OUTPUT_EXISTS',
      (_input, output) => writeFileSync(output, ''),
      false,
    ],
    [
      'a dangling symbolic link without force',
      'E_OUTPUT_EXISTS',
      (_input, output) => symlinkSync('nowhere', output),
      false,
    ],
  ];
  for (const [title, code, make, force] of ENTRIES) {
    it(`refuses ${title}`, async () => {
      const dir = tempDir();
      const [input, output] = [path.join(dir, 'in'), path.join(dir, 'out')];
      writeFileSync(input, 'input');
      make(input, output);
      await expect(checkOutput(output, [input], force)).rejects.toMatchObject({ code });
    });
  }

  it('refuses the input itself, however it is written', async () => {
    const dir = tempDir();
    const input = path.join(dir, 'in');
    writeFileSync(input, 'input');
    symlinkSync(dir, path.join(dir, 'same'));
    const spellings = [
      input,
      `${dir}/./in`,
      `${dir}/same/in`,
      `${dir}/same/same/../in`,
      path.relative(process.cwd(), input),
    ];
    for (const output of spellings)
      await expect(checkOutput(output, [input], true), output).rejects.toMatchObject({
        code: 'E_OUTPUT',
      });
  });

  it('refuses a directory that is missing, and says how to make it', async () => {
    const output = path.join(tempDir(), 'none', 'a.tar');
    await expect(checkOutput(output, [], false)).rejects.toMatchObject({
      code: 'E_OUTPUT',
      next: `mkdir -p ${path.dirname(output)}`,
    });
  });

  it('takes a new file, and with force one that is there', async () => {
    const dir = tempDir();
    const [input, output] = [path.join(dir, 'in'), path.join(dir, 'out')];
    writeFileSync(input, 'input');
    await checkOutput(output, [input], false);
    writeFileSync(output, 'old');
    await checkOutput(output, [input], true);
    expect(readFileSync(output, 'utf8')).toBe('old');
  });
});

describe('openInput', () => {
  it.each([
    ['a file that is missing', () => undefined],
    ['a directory', (file: string) => mkdirSync(file)],
    ['a FIFO, at once', fifo],
    ['a dangling symbolic link', (file: string) => symlinkSync('nowhere', file)],
    ['a symbolic link to itself', (file: string) => symlinkSync('input', file)],
    ['a symbolic link to a device', (file: string) => symlinkSync('/dev/zero', file)],
  ])('refuses %s with E_INPUT', async (_title, make: (file: string) => void) => {
    const file = path.join(tempDir(), 'input');
    make(file);
    await expect(openInput(file)).rejects.toMatchObject({
      code: 'E_INPUT',
      message: expect.stringContaining(file),
    });
  });

  it('refuses a name with NUL and a name below a file', async () => {
    const file = path.join(tempDir(), 'a');
    writeFileSync(file, '');
    for (const name of [`${file}/b`, 'a\u0000b'])
      await expect(openInput(name)).rejects.toMatchObject({ code: 'E_INPUT' });
  });

  it('follows a symbolic link to a file', async () => {
    const dir = tempDir();
    writeFileSync(path.join(dir, 'real'), 'four');
    symlinkSync('real', path.join(dir, 'link'));
    expect(await withInput(path.join(dir, 'link'), async (_handle, size) => size)).toBe(4);
  });
});

describe('readChunks', () => {
  const SIZE = 2 * CHUNK_BYTES + 12_345;

  async function collect(file: string, start: number, end: number): Promise<Buffer> {
    return await withInput(file, async (handle) => {
      const parts: Buffer[] = [];
      for await (const chunk of readChunks(handle, start, end)) {
        expect(chunk.length).toBeLessThanOrEqual(CHUNK_BYTES);
        parts.push(Buffer.from(chunk));
      }
      return Buffer.concat(parts);
    });
  }

  it('gives every range of a file as it is', async () => {
    const file = path.join(tempDir(), 'a');
    const bytes = randomBytes(SIZE);
    writeFileSync(file, bytes);
    const edges = fc.constantFrom(0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, SIZE);
    const offset = fc.oneof(edges, fc.nat({ max: SIZE }));
    const property = fc.asyncProperty(offset, offset, async (a, b) => {
      const [start, end] = [Math.min(a, b), Math.max(a, b)];
      expect((await collect(file, start, end)).equals(bytes.subarray(start, end))).toBe(true);
    });
    await fc.assert(property, { numRuns: 30 });
  });

  it('fails when the file ends before the range', async () => {
    const file = path.join(tempDir(), 'a');
    writeFileSync(file, 'four');
    await expect(collect(file, 0, 5)).rejects.toThrow(RangeError);
    await expect(collect(file, 10, 12)).rejects.toThrow(RangeError);
  });

  it('may be left before the end', async () => {
    const file = path.join(tempDir(), 'a');
    writeFileSync(file, Buffer.alloc(SIZE, 1));
    const first = await withInput(file, async (handle) => {
      for await (const chunk of readChunks(handle, 0, SIZE)) return chunk.length;
      return 0;
    });
    expect(first).toBe(CHUNK_BYTES);
  });
});

describe('other readers', () => {
  it('hashFile gives size and digest', async () => {
    const file = path.join(tempDir(), 'a');
    writeFileSync(file, 'abc');
    expect(await hashFile(file)).toEqual({ sizeBytes: 3, sha256: sha256('abc') });
  });

  it('readSmallText refuses a file over its limit, and reads one at its limit', async () => {
    const file = path.join(tempDir(), 'a');
    writeFileSync(file, 'ü');
    expect(await readSmallText(file, 2, 'E_USAGE')).toBe('ü');
    await expect(readSmallText(file, 1, 'E_USAGE')).rejects.toMatchObject({ code: 'E_USAGE' });
  });

  it('copyReadOnly makes a copy that cannot be written by accident, and leaves the original', async () => {
    const dir = tempDir();
    const [from, to] = [path.join(dir, 'a'), path.join(dir, 'deep', 'b')];
    writeFileSync(from, 'abc', { mode: 0o644 });
    await copyReadOnly(from, to);
    expect(readFileSync(to, 'utf8')).toBe('abc');
    expect(statSync(to).mode & 0o777).toBe(0o444);
    expect(statSync(from).mode & 0o777).toBe(0o644);
    expect(statSync(to).ino).not.toBe(statSync(from).ino);
  });
});

describe('withScratchDir', () => {
  it('is private, and is removed after success and after failure', async () => {
    const parent = tempDir();
    const seen: string[] = [];
    const use = async (dir: string): Promise<void> => {
      seen.push(dir);
      expect(statSync(dir).mode & 0o777).toBe(0o700);
      expect(openScratchDirs()).toContain(dir);
      writeFileSync(path.join(dir, 'a'), '');
    };
    await withScratchDir(use, parent);
    const failed = withScratchDir(async (dir) => {
      await use(dir);
      throw new RangeError('no');
    }, parent);
    await expect(failed).rejects.toThrow(RangeError);
    expect(new Set(seen).size).toBe(2);
    for (const dir of seen) expect(existsSync(dir)).toBe(false);
    expect(openScratchDirs()).toEqual([]);
  });

  it('that cannot be made among the temporary files is E_OUTPUT, and names the place', async () => {
    const parent = path.join(tempDir(), 'none');
    vi.stubEnv('TMPDIR', parent);
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    await expect(withScratchDir(async () => 1)).rejects.toMatchObject({
      code: 'E_OUTPUT',
      message: expect.stringContaining(parent),
    });
  });

  it('that cannot be made beside an output fails as the system says, for the caller to name', async () => {
    const parent = path.join(tempDir(), 'none');
    await expect(withScratchDir(async () => 1, parent)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
