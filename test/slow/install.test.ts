import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ModelconvError } from '../../src/errors.js';
import { installToolchain } from '../../src/toolchain/install.js';
import { findPythonTool, listPythonTools } from '../../src/toolchain/python-toolchain.js';
import { removeToolchain } from '../../src/toolchain/remove.js';
import { whileInUse } from '../../src/toolchain/use.js';
import { which } from '../../src/toolchain/which.js';
import { isAlive, survivors } from '../conformance/processes.js';
import { tempDir } from '../support/files.js';
import { processorTime } from '../support/processor-time.js';
import { writeScript } from '../toolchain/environments.js';
import { bundleChild, startInstall } from '../toolchain/kill-install.js';
import { ANY_PYTHON, type FakeToolchain, fakeToolchain } from '../toolchain/wheels.js';

// making an environment with pip takes seconds, more on a machine that is busy
const SLOW = 180_000;

let dir = '';
let home = '';

beforeEach(() => {
  dir = tempDir();
  // spaces and letters that are not ASCII
  home = path.join(dir, 'däta of me');
  vi.stubEnv('MODELCONV_HOME', home);
  vi.stubEnv('XDG_CONFIG_HOME', path.join(dir, 'config'));
  vi.stubEnv('MODELCONV_PYTHON', '');
});

afterEach(() => {
  vi.unstubAllEnvs();
});

async function install(
  { toolchain, wheels }: FakeToolchain,
  more: Partial<Parameters<typeof installToolchain>[0]> = {},
): ReturnType<typeof installToolchain> {
  return await installToolchain({ toolchain, findLinks: wheels, noUv: true, ...more });
}

async function failureOf(running: Promise<unknown>): Promise<ModelconvError> {
  const error: unknown = await running.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ModelconvError)) throw new Error(`no ModelconvError: ${String(error)}`);
  return error;
}

async function expectNothing({ toolchain }: FakeToolchain): Promise<void> {
  expect(await listPythonTools(toolchain)).toEqual([]);
  expect(await findPythonTool(toolchain)).toMatchObject({ found: false });
}

describe('installing with pip', () => {
  it('several versions live side by side, whatever Python and pip settings the user has, until they are removed', {
    timeout: SLOW,
  }, async () => {
    for (const name of ['PYTHONPATH', 'PYTHONHOME', 'PIP_TARGET', 'PIP_PREFIX', 'PIP_USER'])
      vi.stubEnv(name, path.join(dir, 'nowhere'));
    const core = { name: 'acme-core', version: '1.0' };
    const fake = fakeToolchain(dir, [
      { version: '2.0', others: [core], imports: ['acme_sdk', 'acme_core'] },
      { version: '1.5' },
    ]);
    const newest = await install(fake);
    expect(newest).toMatchObject({
      alreadyInstalled: false,
      installedWith: 'pip',
      installation: { version: '2.0', origin: 'installed' },
    });
    const older = await install(fake, { version: '1' });
    expect(older.installation.version).toBe('1.5');

    const found = await listPythonTools(fake.toolchain);
    expect(found.map(({ version }) => version)).toEqual(['2.0', '1.5']);
    expect(existsSync(path.join(newest.installation.binDir, 'acme-sdkc'))).toBe(true);
    expect(existsSync(path.join(dir, 'nowhere'))).toBe(false);
    // the wheels are not kept, the log is
    const root = path.join(home, 'toolchains', 'acme');
    expect(readdirSync(root).sort()).toEqual(['1.5', '2.0']);
    const log = readFileSync(path.join(root, '2.0', 'install.log'), 'utf8');
    expect(log).toContain('Successfully installed acme-core-1.0 acme-sdk-2.0');

    // again: at once, and nothing is touched
    const elapsedMs = processorTime();
    expect(await install(fake, { findLinks: '/nowhere' })).toEqual({
      ...newest,
      alreadyInstalled: true,
    });
    expect(elapsedMs()).toBeLessThan(500);
    // a lock that has changed since is told
    writeFileSync(new URL(fake.toolchain.releases[0]?.lock ?? ''), '# other\n');
    expect((await install(fake)).warnings).toEqual([expect.stringContaining('--reinstall')]);

    await expect(removeToolchain(fake.toolchain, {})).rejects.toMatchObject({ code: 'E_USAGE' });
    expect(await removeToolchain(fake.toolchain, { version: '1' })).toEqual(['1.5']);
    expect(await listPythonTools(fake.toolchain)).toHaveLength(1);
    expect(await removeToolchain(fake.toolchain, { all: true })).toEqual(['2.0']);
    expect(readdirSync(root)).toEqual([]);
    const none = await failureOf(removeToolchain(fake.toolchain, { all: true }));
    expect(none.code).toBe('E_TOOL_MISSING');
  });

  it('a wheel that is not the one of the lock is refused, by name', { timeout: SLOW }, async () => {
    const fake = fakeToolchain(dir, [
      {
        version: '2.0',
        changeLock: (lock) => lock.replace(/sha256:\S+/, `sha256:${'0'.repeat(64)}`),
      },
    ]);
    const error = await failureOf(install(fake));
    expect(error.code).toBe('E_TOOL_FAILED');
    expect(error.message).toMatch(/refused.*acme-sdk/);
    expect(error.logFile).toBe(path.join(home, 'toolchains', 'acme', '2.0', 'install.log'));
    await expectNothing(fake);
  });

  it('a wheel that is missing is named, and what was there is not fetched again', {
    timeout: SLOW,
  }, async () => {
    const others = ['b', 'c', 'd', 'e'].map((name) => ({ name: `acme-${name}`, version: '1.0' }));
    const fake = fakeToolchain(dir, [{ version: '2.0', others }]);
    const last = path.join(fake.wheels, 'acme_e-1.0-py3-none-any.whl');
    const bytes = readFileSync(last);
    rmSync(last);
    const error = await failureOf(install(fake));
    expect(error.code).toBe('E_TOOL_FAILED');
    expect(error.message).toContain('acme-e==1.0');
    expect(error.logTail).toContain('acme-e');
    await expectNothing(fake);

    // now nothing but the missing one can be had
    for (const file of readdirSync(fake.wheels)) rmSync(path.join(fake.wheels, file));
    writeFileSync(last, bytes);
    const said: string[] = [];
    const done = (name: string, detail: string): void => void said.push(`${name}: ${detail}`);
    await install(fake, { progress: { start: () => {}, done, warn: () => {} } });
    expect(said.map((line) => line.split(':')[0])).toEqual([
      'python',
      'environment',
      'download',
      'install',
      'check',
    ]);
    expect(said).toContain('download: 5 packages, 4 of them fetched before');
    expect(said.find((line) => line.startsWith('install'))).toContain('Successfully installed');
  });

  it('what does not load is not installed, and a torch for CUDA says what to do', {
    timeout: SLOW,
  }, async () => {
    const code =
      'raise ImportError("libcudart.so.12: cannot open shared object file: No such file or directory")\n';
    const fake = fakeToolchain(dir, [{ version: '2.0', code }]);
    const error = await failureOf(install(fake));
    expect(error.code).toBe('E_TOOL_FAILED');
    expect(error.why).toMatch(/CUDA.*libcudart/);
    expect(error.next).toMatch(/--extra-index-url.*--find-links/);
    await expectNothing(fake);
    // nothing is thrown away: people may look
    expect(existsSync(path.join(home, 'toolchains', 'acme', '2.0', 'bin', 'python'))).toBe(true);
  });
});

describe('installing again', () => {
  it('keeps what works until the new one does, and takes it away then', {
    timeout: SLOW,
  }, async () => {
    const fake = fakeToolchain(dir, [{ version: '2.0' }]);
    const { installation: first } = await install(fake);
    const root = path.join(home, 'toolchains', 'acme');
    const empty = path.join(dir, 'empty');
    mkdirSync(empty);
    const error = await failureOf(install(fake, { reinstall: true, findLinks: empty }));
    expect(error.code).toBe('E_TOOL_FAILED');
    expect(await findPythonTool(fake.toolchain)).toEqual({ found: true, installation: first });

    const { installation: second } = await install(fake, { reinstall: true });
    expect(second.directory).toBe(path.join(root, '2.0~2'));
    expect(await listPythonTools(fake.toolchain)).toEqual([second]);
    expect(readdirSync(root)).toEqual(['2.0~2']);

    await whileInUse([{ environment: second.directory }], async () => {
      const busy = await failureOf(install(fake, { reinstall: true }));
      expect(busy.code).toBe('E_BUSY');
    });
    const { installation: third } = await install(fake, { reinstall: true });
    expect(third).toEqual(first);
    expect(readdirSync(root)).toEqual(['2.0']);
    expect(await removeToolchain(fake.toolchain, {})).toEqual(['2.0']);
  });

  it('puts a damaged one right, without being told to', { timeout: SLOW }, async () => {
    const fake = fakeToolchain(dir, [{ version: '2.0' }]);
    const { installation } = await install(fake);
    rmSync(path.join(installation.sitePackages, 'acme_sdk'), { recursive: true });
    await expectNothing(fake);
    expect(await install(fake)).toMatchObject({ alreadyInstalled: false, installation });
  });
});

describe('an install that is ended', () => {
  it('by SIGKILL, at any moment, leaves nothing that looks installed and does not work, and the next one succeeds', {
    timeout: SLOW,
  }, async () => {
    const fake = fakeToolchain(dir, [{ version: '2.0' }]);
    const script = await bundleChild(dir);
    for (const delayMs of [150, 500, 1200, 2500, 5000]) {
      const { child, ended } = startInstall(script, fake);
      await Promise.race([sleep(delayMs), ended]);
      child.kill('SIGKILL');
      await ended;
      // one that was faster is complete
      const [found] = await listPythonTools(fake.toolchain);
      if (found !== undefined) {
        expect(existsSync(path.join(found.binDir, 'acme-sdkc'))).toBe(true);
        await removeToolchain(fake.toolchain, { all: true });
      }
    }
    await install(fake);
    expect(await findPythonTool(fake.toolchain)).toMatchObject({ found: true });
    expect(readdirSync(path.join(home, 'toolchains', 'acme'))).toEqual(['2.0']);
  });

  it.runIf(process.platform === 'linux')(
    'by SIGKILL does not go on behind the back of the next one',
    { timeout: SLOW },
    async () => {
      const fake = fakeToolchain(dir, [{ version: '2.0' }]);
      const facts = {
        python: path.join(dir, 'python'),
        version: '3.11.7',
        implementation: 'cpython',
        freeThreaded: false,
        venv: true,
        ensurepip: true,
      };
      const pidFile = path.join(dir, 'pid');
      // answers what it is; asked to make an environment, it takes forever
      const python = writeScript(
        path.join(dir, 'python'),
        `if [ "$2" = -c ]; then printf '%s' '${JSON.stringify(facts)}' > "$4"; exit 0; fi\necho $$ > '${pidFile}.new'; mv '${pidFile}.new' '${pidFile}'\nexec sleep 600\n`,
      );
      const { child, ended } = startInstall(await bundleChild(dir), fake, python);
      while (!existsSync(pidFile)) await sleep(20);
      child.kill('SIGKILL');
      await ended;
      const orphan = Number(readFileSync(pidFile, 'utf8'));
      expect(isAlive(orphan)).toBe(true);
      await install(fake);
      expect(await survivors([orphan])).toEqual([]);
      expect(await findPythonTool(fake.toolchain)).toMatchObject({ found: true });
    },
  );

  it('by the user fails with the reason that the signal carries, and is not installed', {
    timeout: SLOW,
  }, async () => {
    const fake = fakeToolchain(dir, [{ version: '2.0' }]);
    const controller = new AbortController();
    const start = (name: string): void => {
      if (name === 'environment')
        setTimeout(
          () => controller.abort(new ModelconvError('E_INTERRUPTED', { what: 'interrupted' })),
          50,
        );
    };
    const progress = { start, done: () => {}, warn: () => {} };
    const error = await failureOf(install(fake, { signal: controller.signal, progress }));
    expect(error.code).toBe('E_INTERRUPTED');
    await expectNothing(fake);
    expect(readdirSync(path.join(home, 'toolchains', 'acme'))).not.toContain('.2.0.lock');
  });
});

describe('an install that cannot be', () => {
  it('for want of a fitting Python says which would do and what was found', async () => {
    const fake = fakeToolchain(dir, [{ version: '2.0', python: ['3.99', '3.98'] }]);
    const error = await failureOf(install(fake));
    expect(error.code).toBe('E_TOOL_MISSING');
    expect(error.message).toContain('Python 3.99 or 3.98');
    expect(error.next).toContain('--python PATH');
    await expectNothing(fake);
  });

  it('with the Python that was named says which it is', async () => {
    const fake = fakeToolchain(dir, [{ version: '2.0', python: ['3.99'] }]);
    const python = (await which('python3')) ?? '';
    const error = await failureOf(install(fake, { python }));
    expect(error.code).toBe('E_TOOL_MISSING');
    expect(error.message).toContain(python);
    expect(error.why).toMatch(/is Python 3\.\d+\.\d+/);
    const gone = await failureOf(install(fake, { python: path.join(dir, 'gone') }));
    expect(gone.why).toContain('gone does not run');
  });

  it('from a directory that is not there is refused before anything is made', async () => {
    const fake = fakeToolchain(dir, [{ version: '2.0' }]);
    for (const findLinks of [
      path.join(dir, 'gone'),
      new URL(fake.toolchain.releases[0]?.lock ?? '').pathname,
    ]) {
      const error = await failureOf(install(fake, { findLinks }));
      expect(error).toMatchObject({ code: 'E_INPUT', exitCode: 66 });
      expect(error.message).toContain(findLinks);
    }
    expect(existsSync(path.join(home, 'toolchains', 'acme'))).toBe(false);
  });

  it('for want of room says how much is needed, before anything is made', async () => {
    const fake = fakeToolchain(dir, [{ version: '2.0', sizeBytes: 1e18 }]);
    const error = await failureOf(install(fake));
    expect(error.code).toBe('E_OUTPUT');
    expect(error.message).toContain('2000000 TB');
    expect(readdirSync(path.join(home, 'toolchains', 'acme'))).toEqual([]);
  });

  it('of a release that there is not lists those that there are', async () => {
    const fake = fakeToolchain(dir, [{ version: '2.10' }, { version: '2.1' }]);
    for (const version of ['3', '2.', '2.11', '2.10.0.1', '1'])
      expect(await failureOf(install(fake, { version })), version).toMatchObject({
        code: 'E_USAGE',
        why: 'it knows: 2.10, 2.1',
      });
  });
});

describe('installing with uv', () => {
  const uv = process.env['PATH']?.split(':').find((entry) => existsSync(path.join(entry, 'uv')));

  it.skipIf(uv === undefined)(
    'installs the same, and refuses what is missing or not of the lock (needs uv on PATH)',
    { timeout: SLOW },
    async () => {
      const fake = fakeToolchain(dir, [
        { version: '2.0' },
        {
          version: '1.9',
          changeLock: (lock) => lock.replace(/sha256:\S+/, `sha256:${'0'.repeat(64)}`),
        },
        { version: '1.8', others: [{ name: 'acme-gone', version: '1.0' }] },
      ]);
      rmSync(path.join(fake.wheels, 'acme_gone-1.0-py3-none-any.whl'));
      expect(await install(fake, { noUv: false })).toMatchObject({ installedWith: 'uv' });
      const changed = await failureOf(install(fake, { noUv: false, version: '1.9' }));
      expect(changed.message).toMatch(/refused.*acme-sdk/);
      const missing = await failureOf(install(fake, { noUv: false, version: '1.8' }));
      expect(missing.message).toContain('acme-gone');
      expect(await listPythonTools(fake.toolchain)).toHaveLength(1);
    },
  );
});

it('the fake tool fits a Python of this machine', async () => {
  const { findBasePython } = await import('../../src/toolchain/base-python.js');
  const python = await findBasePython({ label: 'test', versions: ANY_PYTHON, needsPip: true });
  expect(ANY_PYTHON).toContain(python.version.split('.').slice(0, 2).join('.'));
});
