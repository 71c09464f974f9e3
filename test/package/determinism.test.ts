import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { verifyPackage } from '../../src/package/verify.js';
import { type PackInput, writePackage } from '../../src/package/write.js';
import { cli } from '../support/cli.js';
import { tempDir } from '../support/files.js';
import { DRAFT, inputsIn, packContents, sha256 } from '../support/package.js';

const CONTENTS = {
  'labels.txt': 'a\nb\n',
  'model/a.bin': 'weights',
  'model/größe.bin': 'more',
  'source/a.onnx': 'source',
};

beforeEach(() => {
  vi.stubEnv('SOURCE_DATE_EPOCH', undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

async function bytesOf(inputs: readonly PackInput[]): Promise<string> {
  const file = path.join(tempDir(), 'p.tar');
  await writePackage(file, DRAFT, inputs);
  return sha256(readFileSync(file));
}

function inputs(): PackInput[] {
  return inputsIn(tempDir(), CONTENTS);
}

describe('the bytes of a package do not depend on', () => {
  it('the time and the place', async () => {
    expect(await bytesOf(inputs())).toBe(await bytesOf(inputs()));
  });

  it('the order of the files', async () => {
    expect(await bytesOf(inputs().reverse())).toBe(await bytesOf(inputs()));
  });

  it('mode and time of the files', async () => {
    const other = inputs();
    for (const { file } of other) {
      chmodSync(file, 0o755);
      utimesSync(file, 1_000_000_000, 1_600_000_000);
    }
    expect(await bytesOf(other)).toBe(await bytesOf(inputs()));
  });

  it('the umask', async () => {
    const usual = await bytesOf(inputs());
    const before = process.umask(0o077);
    onTestFinished(() => {
      process.umask(before);
    });
    expect(await bytesOf(inputs())).toBe(usual);
  });

  it('time zone, language, user and umask of the whole program', async () => {
    const dir = tempDir();
    writeFileSync(path.join(dir, 'a.bin'), 'weights');
    const model = '{format: raw, type: float, inputs: [], outputs: []}';
    writeFileSync(
      path.join(dir, 'd.yaml'),
      `name: a\nversion: "1"\nmodel: ${model}\nsoftware: {stack: {kind: none}}\n`,
    );
    const args = ['pack', 'a.bin', '--descriptor', 'd.yaml', '-q', '-o'];
    const environments = [
      { TZ: 'UTC', LC_ALL: 'C', USER: 'one', HOSTNAME: 'one' },
      { TZ: 'Pacific/Kiritimati', LC_ALL: 'tr_TR.UTF-8', USER: 'two', HOSTNAME: 'two' },
    ];
    const digests: string[] = [];
    for (const [i, env] of environments.entries()) {
      const before = process.umask(i === 0 ? 0o022 : 0o077);
      const result = await cli([...args, `${i}.tar`], { cwd: dir, env });
      process.umask(before);
      expect(result).toMatchObject({ code: 0 });
      digests.push(sha256(readFileSync(path.join(dir, `${i}.tar`))));
    }
    expect(digests[1]).toBe(digests[0]);
  });
});

describe('a package', () => {
  it('takes the permissions that the umask leaves, as every file that a user makes', async () => {
    const before = process.umask(0o027);
    onTestFinished(() => {
      process.umask(before);
    });
    const { file } = await packContents(tempDir(), CONTENTS);
    expect(statSync(file).mode & 0o777).toBe(0o640);
  });

  it('holds no name of this machine, no user, no directory', async () => {
    const dir = tempDir();
    const { file } = await packContents(dir, CONTENTS);
    const text = readFileSync(file, 'latin1');
    for (const word of [dir, path.basename(dir), 'input-0']) expect(text).not.toContain(word);
  });
});

describe('SOURCE_DATE_EPOCH', () => {
  /** Times of all entries, as tar shows them. */
  function times(file: string): string[] {
    const script =
      'import sys, tarfile; print(*[m.mtime for m in tarfile.open(sys.argv[1]).getmembers()])';
    const out = execFileSync('python3', ['-c', script, file], { encoding: 'utf8' });
    return out.trim().split(' ');
  }

  it.each([
    ['not set', undefined, 0],
    ['empty', '', 0],
    ['0', '0', 0],
    ['a time', '1700000000', 1_700_000_000],
    ['the last that a header holds', '8589934591', 8_589_934_591],
  ])('%s gives every entry that time', async (_title, epoch, expected) => {
    vi.stubEnv('SOURCE_DATE_EPOCH', epoch);
    const { file } = await packContents(tempDir(), CONTENTS);
    expect(times(file)).toEqual(Array(5).fill(String(expected)));
    expect(await verifyPackage(file)).toMatchObject({ files: 4 });
  });

  it('does not change where data lie', async () => {
    const sizes: number[] = [];
    for (const epoch of ['0', '8589934591']) {
      vi.stubEnv('SOURCE_DATE_EPOCH', epoch);
      sizes.push((await packContents(tempDir(), CONTENTS)).sizeBytes);
    }
    expect(sizes[1]).toBe(sizes[0]);
  });

  it.each(['yesterday', '-1', '1.5', '1e9', ' 1', '0x1', '999999999999'])(
    '%j is refused, and nothing is written',
    async (epoch) => {
      vi.stubEnv('SOURCE_DATE_EPOCH', epoch);
      const dir = tempDir();
      await expect(packContents(dir, CONTENTS)).rejects.toMatchObject({ code: 'E_USAGE' });
      expect(() => statSync(path.join(dir, 'package.tar'))).toThrow('ENOENT');
    },
  );

  // beyond 8589934591 s the descriptor would get an extended header, which a reader refuses
  it.each(['8589934592', '99999999999'])(
    '%s, which no header holds, is refused or gives a package that can be read',
    async (epoch) => {
      vi.stubEnv('SOURCE_DATE_EPOCH', epoch);
      const packed = await packContents(tempDir(), CONTENTS).catch((error: unknown) => error);
      if (packed instanceof Error) expect(packed).toMatchObject({ code: 'E_USAGE' });
      else expect(await verifyPackage((packed as { file: string }).file)).toBeDefined();
    },
  );
});
