import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { boundOf, type RuntimeBound } from '../../src/device/runtime-fit.js';
import {
  findPythonTool,
  listPythonTools,
  type PythonDetection,
  surveyPythonTools,
  type ToolchainWish,
} from '../../src/toolchain/python-toolchain.js';
import { expectValid } from '../cli/schemas.js';
import { tempDir } from '../support/files.js';
import { writeEnvironment, writeInstalled, writeScript } from './environments.js';
import { type FakeToolchain, fakeToolchain } from './wheels.js';

let dir = '';
let home = '';
let fake: FakeToolchain;

beforeEach(() => {
  dir = tempDir();
  home = path.join(dir, 'data');
  vi.stubEnv('MODELCONV_HOME', home);
  vi.stubEnv('XDG_CONFIG_HOME', path.join(dir, 'config'));
  vi.stubEnv('PATH', '/usr/bin:/bin');
  vi.stubEnv('MODELCONV_ACME', '');
  const imports = ['acme_sdk.api', '_core'];
  fake = fakeToolchain(dir, [
    { version: '3.0.1', imports },
    { version: '2.5.0' },
    { version: '2.4.0' },
  ]);
});

afterEach(() => {
  vi.unstubAllEnvs();
});

const find = async (wish?: ToolchainWish): Promise<PythonDetection> =>
  await findPythonTool(fake.toolchain, wish);

/** A device with this version of a runtime that takes no newer converter. */
function runtime(version: string): RuntimeBound {
  const bound = boundOf({ kind: 'mnn', version });
  if (bound === undefined) throw new Error('mnn has no rule');
  return bound;
}

function writeConfig(text: string): string {
  const file = path.join(dir, 'config', 'modelconv', 'toolchains.yaml');
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

const environment = (name: string, version: string): string =>
  writeEnvironment(path.join(dir, name), 'acme-sdk', version);

/** An environment with the tool's executable, on PATH through a link, as pipx makes it. */
function putOnPath(name: string, version: string): string {
  const directory = environment(name, version);
  const links = path.join(dir, `${name}-links`);
  writeScript(path.join(directory, 'bin', 'acme-sdkc'), 'exit 1\n', path.join(links, 'acme-sdkc'));
  vi.stubEnv('PATH', `${links}:${process.env['PATH']}`);
  return directory;
}

describe('a tool that is nowhere', () => {
  it('is not found, with the command that installs the newest release', async () => {
    expect(await find()).toEqual({
      found: false,
      why: expect.stringContaining('ACME SDK is not installed'),
      install: 'modelconv toolchains install acme@3.0.1',
      others: [],
    });
    expect(await listPythonTools(fake.toolchain)).toEqual([]);
  });

  it('is not found, with the command that installs the release that is asked for', async () => {
    expect(await find({ version: '2.5.0' })).toMatchObject({
      install: 'modelconv toolchains install acme@2.5.0',
    });
    expect(await find({ bound: runtime('2.9') })).toMatchObject({
      install: 'modelconv toolchains install acme@2.5.0',
    });
  });

  it('that no release is of the version that is asked for comes with the commands that make an environment', async () => {
    vi.stubEnv('MODELCONV_PYTHON', '');
    const detection = await find({ version: '9.9' });
    const [commands = '', other] = detection.found ? [] : detection.install.split('; or ');
    expect(commands).toMatch(
      /^\S*python3\S* -m venv (\S+9\.9) && \1\/bin\/pip install "acme-sdk==9\.9\.\*" && export MODELCONV_ACME=\1$/,
    );
    expect(other).toContain('3.0.1, 2.5.0, 2.4.0');
  });

  it('for a runtime that is older than every release comes with commands or a newer runtime, and names no release', async () => {
    const detection = await find({ bound: runtime('2.3.1') });
    const install = detection.found ? '' : detection.install;
    expect(install).toMatch(
      /pip install "acme-sdk<2\.4" && .*; or update mnn on the device to 2\.4 or newer$/,
    );
    expect(install).not.toMatch(/3\.0\.1|2\.5/);
    const both = await find({ version: '2', bound: runtime('2.3') });
    expect(!both.found && both.install).toContain('"acme-sdk==2.*,<2.4"');
    expect(!both.found && both.install).not.toContain('3.0.1');
  });

  it('and that the package index does not have is said to be the vendor’s, or not at all', async () => {
    const unlocked = { python: ['3.11'], beside: ['numpy'], oldest: '2.1' };
    fake = { ...fake, toolchain: { ...fake.toolchain, unlocked } };
    const byPip = await find({ bound: runtime('2.1') });
    expect(!byPip.found && byPip.install).toContain('pip install "acme-sdk<2.2" "numpy"');
    expect(await find({ bound: runtime('2.0') })).toMatchObject({
      install: 'update mnn on the device to 2.4 or newer',
    });
    const olderFrom = 'https://example.org/old';
    fake = { ...fake, toolchain: { ...fake.toolchain, unlocked: { ...unlocked, olderFrom } } };
    const elsewhere = await find({ bound: runtime('2.0') });
    expect(!elsewhere.found && elsewhere.install).toMatch(
      /^get ACME SDK 2\.0 or older from https:\/\/example\.org\/old.*MODELCONV_ACME; or update mnn/,
    );
  });
});

describe('a tool that is installed', () => {
  it('is found without starting anything, the newest version first', async () => {
    // versions are numbers: 10 comes after 9
    for (const version of ['2.9.0', '2.10.0', '2.2.0']) writeInstalled(home, 'acme', version);
    const found = await listPythonTools(fake.toolchain);
    expect(found.map(({ version }) => version)).toEqual(['2.10.0', '2.9.0', '2.2.0']);
    const directory = path.join(home, 'toolchains', 'acme', '2.10.0');
    expect(await find()).toEqual({
      found: true,
      installation: {
        origin: 'installed',
        version: '2.10.0',
        directory,
        python: path.join(directory, 'bin', 'python'),
        sitePackages: path.join(directory, 'lib', 'python3.11', 'site-packages'),
        binDir: path.join(directory, 'bin'),
      },
    });
  });

  it('is found in the version that is asked for, however many parts it is written with', async () => {
    for (const version of ['3.0.1', '2.5.0']) writeInstalled(home, 'acme', version);
    for (const version of ['2.5.0', '2.5'])
      expect(await find({ version })).toMatchObject({ installation: { version: '2.5.0' } });
    expect(await find({ bound: runtime('2.9') })).toMatchObject({
      installation: { version: '2.5.0' },
    });
  });

  it('is named when it is not the version that is asked for', async () => {
    writeInstalled(home, 'acme', '3.0.1');
    const detection = await find({ version: '2.5.0' });
    expect(detection).toMatchObject({
      found: false,
      install: 'modelconv toolchains install acme@2.5.0',
    });
    expect(!detection.found && detection.why).toMatch(/2\.5\.0 is asked for.*3\.0\.1 in \//);
  });

  it('is not one without its manifest, with a damaged one, or with that of another', async () => {
    const manifest = path.join(writeInstalled(home, 'acme', '3.0.1'), 'modelconv-toolchain.json');
    expect(await find()).toMatchObject({ found: true });
    for (const text of ['', '{"kind": "Toolchain"', '{}', 'null', '[]']) {
      writeFileSync(manifest, text);
      expect(await find(), text).toMatchObject({ found: false });
    }
    rmSync(manifest);
    expect(await find()).toMatchObject({ found: false });
  });

  it.each([
    ['acme_sdk', 'acme_sdk.api'],
    ['acme_sdk/api', 'acme_sdk.api'],
    ['_core.cpython-311-x86_64-linux-gnu.so', '_core'],
    ['acme_sdk-3.0.1.dist-info', 'metadata of acme-sdk'],
  ])('is not one without its %s, and says so', async (gone, named) => {
    const directory = writeInstalled(home, 'acme', '3.0.1');
    expect(await find()).toMatchObject({ found: true });
    rmSync(path.join(directory, 'lib/python3.11/site-packages', gone), { recursive: true });
    const detection = await find();
    expect(detection).toMatchObject({
      found: false,
      install: 'modelconv toolchains install acme@3.0.1',
    });
    const said = `acme 3.0.1 in ${directory} is damaged: it has no ${named}`;
    expect(!detection.found && detection.why).toContain(said);
    expect((await surveyPythonTools(fake.toolchain)).problem).toBe(said);
  });

  it('is found in its second place, where it was installed again', async () => {
    const second = writeInstalled(home, 'acme', '3.0.1', '3.0.1~2');
    expect(await find()).toMatchObject({
      installation: { version: '3.0.1', directory: second },
    });
    const first = writeInstalled(home, 'acme', '3.0.1');
    expect(await listPythonTools(fake.toolchain)).toMatchObject([{ directory: first }]);
  });

  it('is not one after it was moved: its scripts name the old place', async () => {
    writeInstalled(home, 'acme', '3.0.1');
    vi.stubEnv('MODELCONV_HOME', path.join(dir, 'moved'));
    renameSync(home, path.join(dir, 'moved'));
    expect(await find()).toMatchObject({ found: false });
  });

  it('is one when its directory is reached through a link', async () => {
    writeInstalled(home, 'acme', '3.0.1');
    symlinkSync(home, path.join(dir, 'link'));
    vi.stubEnv('MODELCONV_HOME', path.join(dir, 'link'));
    expect(await find()).toMatchObject({ found: true });
  });

  it('is not one when the Python that it was made with is gone', async () => {
    const python = path.join(writeInstalled(home, 'acme', '3.0.1'), 'bin', 'python');
    rmSync(python);
    symlinkSync(path.join(dir, 'gone'), python);
    expect(await find()).toMatchObject({ found: false });
  });
});

describe('a tool of your own', () => {
  it('is used before an installed one: toolchains.yaml, then the variable, then PATH', async () => {
    writeInstalled(home, 'acme', '3.0.1');
    const found = async (): Promise<unknown> => {
      const detection = await find();
      return detection.found && [detection.installation.origin, detection.installation.version];
    };
    putOnPath('on path', '1.3');
    expect(await found()).toEqual(['path', '1.3']);
    vi.stubEnv('MODELCONV_ACME', environment('by variable', '1.2'));
    expect(await found()).toEqual(['environment', '1.2']);
    writeConfig(`acme: ${environment('in config', '1.1')}\n`);
    expect(await found()).toEqual(['config', '1.1']);
    expect((await listPythonTools(fake.toolchain)).map(({ version }) => version)).toEqual([
      '1.1',
      '1.2',
      '1.3',
      '3.0.1',
    ]);
  });

  it('is passed over for another that has the version that is asked for', async () => {
    vi.stubEnv('MODELCONV_ACME', environment('old', '1.2'));
    putOnPath('newer', '2.5.0');
    expect(await find({ version: '2.5.0' })).toMatchObject({ installation: { origin: 'path' } });
    expect(await find({ bound: runtime('1.1') })).toMatchObject({
      found: false,
      why: expect.stringMatching(/fits: 1\.2 in .*, 2\.5\.0 in /),
      others: ['1.2', '2.5.0'],
    });
  });

  it('may be named by its Python, or in another spelling of its distribution', async () => {
    const directory = writeEnvironment(path.join(dir, 'a b ü'), 'ACME.sdk', '1.2+local');
    vi.stubEnv('MODELCONV_ACME', path.join(directory, 'bin', 'python'));
    expect(await find()).toMatchObject({ installation: { version: '1.2+local', directory } });
  });

  it('is an answer, never passed over, when the variable leads nowhere; what is to be done is to unset it', async () => {
    writeInstalled(home, 'acme', '3.0.1');
    const gone = path.join(dir, 'gone');
    const empty = path.join(dir, 'empty');
    mkdirSync(empty);
    const other = writeEnvironment(path.join(dir, 'other'), 'another-sdk', '1.0');
    for (const place of [gone, empty, other]) {
      vi.stubEnv('MODELCONV_ACME', place);
      const detection = await find();
      expect(!detection.found && detection.why).toContain(`MODELCONV_ACME=${place}`);
      // installing it would change nothing
      expect(!detection.found && detection.install).toBe(
        'unset MODELCONV_ACME, or let it name a Python with ACME SDK',
      );
    }
    const older = await find({ version: '2.5' });
    expect(!older.found && older.install).toMatch(
      /^unset MODELCONV_ACME.*; without it: modelconv toolchains install acme@2\.5\.0$/,
    );
  });

  it('is an answer, never passed over, when toolchains.yaml leads nowhere; its line is to be taken out', async () => {
    putOnPath('on path', '1.3');
    const file = writeConfig('acme: ../gone\n');
    const detection = await find();
    expect(!detection.found && detection.why).toContain(file);
    expect(!detection.found && detection.why).toContain(path.join(dir, 'config', 'gone'));
    expect(!detection.found && detection.install).toContain(`take the line "acme:" out of ${file}`);
  });

  it('is asked for its version where its packages lie elsewhere, as those of a system do', async () => {
    const elsewhere = path.join(dir, 'dist-packages');
    const prefix = path.join(dir, 'usr');
    const answer = { version: '1.4', sitePackages: elsewhere, python: '/p', directory: prefix };
    // called with: -I -c SCRIPT ANSWER DISTRIBUTION
    const script = `[ "$5" = acme-sdk ] && printf '%s' '${JSON.stringify(answer)}' > "$4"\n`;
    vi.stubEnv('MODELCONV_ACME', writeScript(path.join(prefix, 'bin', 'python'), script));
    expect(await find()).toMatchObject({
      installation: { origin: 'environment', version: '1.4', sitePackages: elsewhere },
    });
  });

  it('is not taken from packages that stand beside a link to another Python', async () => {
    const place = environment('local', '1.2');
    rmSync(path.join(place, 'pyvenv.cfg'));
    rmSync(path.join(place, 'bin', 'python'));
    writeScript(path.join(dir, 'real', 'python'), 'exit 1\n', path.join(place, 'bin', 'python'));
    vi.stubEnv('MODELCONV_ACME', place);
    expect(await find()).toMatchObject({ found: false });
  });

  it('whose executable has no Python beside it is named when nothing else is found', async () => {
    writeScript(path.join(dir, 'bin', 'acme-sdkc'), 'exit 0\n');
    vi.stubEnv('PATH', `${path.join(dir, 'bin')}:/usr/bin:/bin`);
    const detection = await find();
    expect(!detection.found && detection.why).toContain(path.join(dir, 'bin', 'acme-sdkc'));
  });
});

describe('toolchains.yaml', () => {
  const GOOD = ['', '# nothing yet\n', 'acme: /a\n', 'x-mine: {a: 1}\n', '{acme: ~/b, other: c}\n'];
  const BAD = ['- acme\n', 'acme: 3\n', 'acme: [/a, /b]\n', 'acme: ""\n', '"a b": /a\n', 'text\n'];

  it.each(GOOD)('%j is read', async (text) => {
    writeConfig(text);
    await expect(listPythonTools(fake.toolchain)).resolves.toEqual([]);
  });

  it.each(BAD)('%j is refused', async (text) => {
    const file = writeConfig(text);
    await expect(find()).rejects.toMatchObject({
      code: 'E_CONFIG_INVALID',
      message: expect.stringContaining(file),
    });
  });

  it('is refused with the line and column of every fault', async () => {
    writeConfig('acme: /a\nother: 3\nthird: [1]\n');
    await expect(find()).rejects.toMatchObject({
      faults: [{ line: 2 }, { line: 3 }],
    });
  });

  it('fits its schema exactly when it is read', async () => {
    const { parse } = await import('yaml');
    // an empty document is no object, and is read all the same
    for (const text of GOOD.slice(2)) expectValid('toolchains', parse(text) as unknown);
    for (const text of BAD)
      expect(() => expectValid('toolchains', parse(text) as unknown), text).toThrow();
  });
});
