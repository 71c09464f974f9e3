import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { readDescription } from '../../../src/adapters/described/read.js';
import { versionOf } from '../../../src/adapters/described/version.js';
import type { DescribedVersion } from '../../../src/schema/generated/types.js';
import { tempDir } from '../../support/files.js';
import { writeProgram } from './documents.js';

const CATALOGUE = new URL('../../../src/adapters/described/catalogue/', import.meta.url);

/** What a program that does this says of its version. */
async function printedBy(body: string, version: DescribedVersion, env = {}) {
  const program = writeProgram(tempDir(), 'acmec', body);
  return await versionOf(version, program, env);
}

/** How a shipped description tells versions. */
async function shipped(id: string): Promise<DescribedVersion> {
  const { find } = await readDescription(fileURLToPath(new URL(`${id}.yaml`, CATALOGUE)));
  return find.version;
}

function write(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}

const ASKED: DescribedVersion = {
  args: ['--version'],
  patterns: ['acmec (\\d+(?:\\.\\d+)*)', '^v(\\d)(\\d\\d)?$'],
};

type Patterns = NonNullable<DescribedVersion['patterns']>;

afterEach(() => {
  vi.useRealTimers();
});

describe('the version that a program prints', () => {
  it.each([
    ['on stdout', 'echo "acmec 4.1.2"'],
    ['on stderr', 'echo "acmec 4.1.2" >&2'],
    ['among other lines', 'echo "Copyright 2019"; echo "This is acmec 4.1.2, build 77"; echo end'],
    ['and fails', 'echo "acmec 4.1.2"; exit 3'],
    ['and crashes', 'echo "acmec 4.1.2"; kill -SEGV $$'],
    ['when it is asked with these words', '[ "$*" = --version ] && echo "acmec 4.1.2"'],
    ['with ends of lines as on Windows', 'printf "acmec 4.1.2\\r\\n"'],
    ['after both streams said much', 'yes x | head -n 5000 >&2; echo "acmec 4.1.2"'],
  ])('%s is read', async (_title, body) => {
    expect(await printedBy(body, ASKED)).toEqual({ version: '4.1.2' });
  });

  it('is that of the first pattern that is found, wherever in the text', async () => {
    expect(await printedBy('echo v123; echo "acmec 9"', ASKED)).toEqual({ version: '9' });
  });

  it('is that of a later pattern where the first is not found', async () => {
    expect(await printedBy('echo v123', ASKED)).toEqual({ version: '1.23' });
  });

  it('has no part for a group that took nothing', async () => {
    expect(await printedBy('echo v8', ASKED)).toEqual({ version: '8' });
  });

  it('loses leading zeros, but not a zero', async () => {
    const patterns: Patterns = ['(\\d\\d)(\\d\\d)(\\d\\d)'];
    expect(await printedBy('echo 100300', { args: [], patterns })).toEqual({ version: '10.3.0' });
  });

  it('is asked for with the variables that are passed on', async () => {
    const body = 'echo "acmec $ACME_VERSION"';
    expect(await printedBy(body, ASKED, { ACME_VERSION: '7.7' })).toEqual({ version: '7.7' });
  });

  it.each([
    ['nothing', 'exit 0'],
    ['something else', 'echo "Acme Compiler"'],
    ['what a descriptor cannot hold', 'echo "acmec 4 (beta)"'],
  ])('is not told by a program that prints %s', async (_title, body) => {
    const patterns: Patterns = ['acmec (\\d .*)'];
    expect(await printedBy(body, { args: [], patterns })).toEqual({
      why: expect.stringContaining('acmec'),
    });
  });

  it('is looked for in a later pattern where the first gives what is no version', async () => {
    const patterns: Patterns = ['acmec (.*)', 'acmec (\\d+)'];
    expect(await printedBy('echo "acmec 4 (beta)"', { args: [], patterns })).toEqual({
      version: '4',
    });
  });

  it('that cannot be told comes with the last line, and how the program ended', async () => {
    expect(await printedBy('echo first; echo "no licence"; exit 7', ASKED)).toEqual({
      why: expect.stringMatching(/no licence.*exit status 7/),
    });
  });

  it('that cannot be told drives no terminal', async () => {
    const { why = '' } = (await printedBy('printf "\\033[31mred\\007\\n"', ASKED)) as {
      why?: string;
    };
    expect(why).toContain('red');
    expect(why).not.toMatch(/[\u0000-\u001f]/);
  });

  it('is not told by what is no program at all', async () => {
    const file = path.join(tempDir(), 'acmec');
    writeFileSync(file, '#!/not/there\n', { mode: 0o755 });
    expect(await versionOf(ASKED, file, {})).toEqual({ why: expect.stringContaining('ENOENT') });
  });

  it('is not waited for longer than a minute', async () => {
    const started = path.join(tempDir(), 'started');
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const answer = printedBy(`: > '${started}'; exec sleep 1000`, ASKED);
    while (!existsSync(started)) await new Promise((resolve) => setImmediate(resolve));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await answer).toEqual({ why: expect.stringContaining('60 s') });
  });

  it('is asked for in a directory of its own, with nothing on stdin', async () => {
    const out = path.join(tempDir(), 'out');
    const body = `{ pwd; cat; : > litter; } > '${out}'; echo "acmec 1"`;
    expect(await printedBy(body, ASKED)).toEqual({ version: '1' });
    const directory = readFileSync(out, 'utf8').trim();
    expect(path.isAbsolute(directory)).toBe(true);
    expect(existsSync(directory)).toBe(false);
  });
});

describe('the version that stands in a file', () => {
  /** A program in bin/ of a directory with these files; nothing may start it. */
  async function foundIn(files: Readonly<Record<string, string>>, version: DescribedVersion) {
    const directory = tempDir();
    for (const [name, text] of Object.entries(files)) write(path.join(directory, name), text);
    const program = writeProgram(path.join(directory, 'bin'), 'acmec', `: > '${directory}/ran'`);
    const answer = await versionOf(version, program, {});
    expect(existsSync(path.join(directory, 'ran'))).toBe(false);
    return answer;
  }

  const ONE: DescribedVersion = { file: '../VERSION', patterns: ['^version: (.+)$'] };

  it('is read, and the program is not started', async () => {
    expect(await foundIn({ VERSION: 'name: acme\nversion: 4.1.RC2\n' }, ONE)).toEqual({
      version: '4.1.RC2',
    });
  });

  it('is read beside the real program where a link leads to it', async () => {
    const directory = tempDir();
    write(path.join(directory, 'sdk/VERSION'), 'version: 4.1\n');
    const real = writeProgram(path.join(directory, 'sdk/bin'), 'acmec', '');
    const link = path.join(directory, 'acmec');
    symlinkSync(real, link);
    expect(await versionOf(ONE, link, {})).toEqual({ version: '4.1' });
  });

  it.each([
    ['is not there', {}],
    ['is empty', { VERSION: '' }],
    ['is a directory', { 'VERSION/x': '' }],
    ['is larger than any such file', { VERSION: `version: 1\n${'x'.repeat(1024 * 1024)}` }],
  ])('is not told by a file that %s, and the file is named', async (_title, files) => {
    expect(await foundIn(files, ONE)).toEqual({ why: expect.stringContaining('../VERSION') });
  });

  it('is not told by a file that says something else', async () => {
    expect(await foundIn({ VERSION: 'acme' }, ONE)).toEqual({
      why: expect.stringContaining('VERSION'),
    });
  });

  const SEVERAL: DescribedVersion = { files: ['../a', '../b'], patterns: ['v(.+)'] };

  it.each([
    ['the first', { a: 'v1', b: 'v2' }, '1'],
    ['the second where the first is not there', { b: 'v2' }, '2'],
    ['the second where the first is empty', { a: '', b: 'v2' }, '2'],
  ])('of several is %s', async (_title, files, version) => {
    expect(await foundIn(files as Record<string, string>, SEVERAL)).toEqual({ version });
  });

  it('of several is not looked for behind the first that is there', async () => {
    expect(await foundIn({ a: 'acme', b: 'v2' }, SEVERAL)).toEqual({
      why: expect.stringContaining('/a '),
    });
  });

  it('of several that are not there is not told, and all are named', async () => {
    expect(await foundIn({}, SEVERAL)).toEqual({
      why: expect.stringMatching(/\.\.\/a.*\.\.\/b/),
    });
  });
});

describe('the version of a Python distribution', () => {
  const DISTRIBUTION: DescribedVersion = { distribution: 'acme-sdk' };

  /** A program in an environment with these distributions; its Python knows of none. */
  function environment(...distributions: readonly string[]): string {
    const directory = tempDir();
    writeProgram(path.join(directory, 'bin'), 'python', 'exit 1');
    write(path.join(directory, 'pyvenv.cfg'), 'version = 3.10.12\n');
    const packages = path.join(directory, 'lib/python3.10/site-packages');
    for (const name of distributions)
      write(path.join(packages, `${name}.dist-info/METADATA`), 'Metadata-Version: 2.1\n');
    return writeProgram(path.join(directory, 'bin'), 'acmec', `: > '${directory}/ran'`);
  }

  it.each(['acme_sdk-3.31.0', 'Acme.SDK-3.31.0', 'acme-sdk-3.31.0'])(
    'is read from its metadata: %s',
    async (name) => {
      expect(await versionOf(DISTRIBUTION, environment(name, 'numpy-2.0.0'), {})).toEqual({
        version: '3.31.0',
      });
    },
  );

  it('is that of the environment that a link leads to', async () => {
    const link = path.join(tempDir(), 'acmec');
    symlinkSync(environment('acme_sdk-4.0'), link);
    expect(await versionOf(DISTRIBUTION, link, {})).toEqual({ version: '4.0' });
  });

  it('is not told where the environment has another distribution', async () => {
    expect(await versionOf(DISTRIBUTION, environment('acme_sdk_runtime-4.0'), {})).toEqual({
      why: expect.stringContaining('acme-sdk'),
    });
  });

  it('is not told for a program that stands in no environment', async () => {
    const program = writeProgram(path.join(tempDir(), 'bin'), 'acmec', '');
    expect(await versionOf(DISTRIBUTION, program, {})).toEqual({
      why: expect.stringContaining('acme-sdk'),
    });
  });
});

describe('the shipped descriptions tell versions', () => {
  it.each([
    ['101300', '10.13.0'],
    ['100001', '10.0.1'],
    ['101601', '10.16.1'],
    ['110000', '11.0.0'],
    ['8601', '8.6.1'],
    ['8502', '8.5.2'],
  ])('of trtexec v%s: %s', async (number, version) => {
    const line = `&&&& RUNNING TensorRT.trtexec [TensorRT v${number}] [b35] # trtexec --help`;
    const body = `[ "$*" = --help ] || exit 9; echo '${line}'; echo '  --onnx=<file>'; exit 1`;
    expect(await printedBy(body, await shipped('tensorrt'))).toEqual({ version });
  });

  it.each([
    ['version: 2.39.0.250926', '2.39.0.250926'],
    ['version: "2.28.0.241029"', '2.28.0.241029'],
    ["version: '2.10.0'", '2.10.0'],
  ])('of an SDK of Qualcomm with %s', async (row, version) => {
    for (const id of ['qairt', 'snpe']) {
      const directory = tempDir();
      write(path.join(directory, 'sdk.yaml'), `product: x\n${row}\n`);
      const bin = path.join(directory, 'bin/x86_64-linux-clang');
      const program = writeProgram(bin, 'converter', 'exit 1');
      expect(await versionOf(await shipped(id), program, {})).toEqual({ version });
    }
  });

  it.each([
    ['x86_64-linux/bin', 'x86_64-linux/ascend_toolkit_install.info', 'version=8.0.1', '8.0.1'],
    [
      'aarch64-linux/bin',
      'aarch64-linux/ascend_toolkit_install.info',
      'version=8.0.RC2',
      '8.0.RC2',
    ],
    ['compiler/bin', 'x86_64-linux/ascend_toolkit_install.info', 'version=7.0.0', '7.0.0'],
    ['compiler/bin', 'aarch64-linux/ascend_toolkit_install.info', 'version=7.0.0', '7.0.0'],
    ['compiler/bin', 'compiler/version.info', 'Version=6.4.12.1.241', '6.4.12.1.241'],
  ])('of atc in %s with %s', async (bin, file, row, version) => {
    const directory = tempDir();
    write(
      path.join(directory, file),
      `package_name=Ascend-cann-toolkit\n${row}\ninnerversion=V100R1\n`,
    );
    const program = writeProgram(path.join(directory, bin), 'atc', 'exit 1');
    expect(await versionOf(await shipped('ascend-atc'), program, {})).toEqual({ version });
  });
});
