import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Adapter } from '../../src/adapters/contract.js';
import { main } from '../../src/cli/program.js';
import { withLock } from '../../src/host/lock.js';
import type {
  DoctorResult,
  ToolchainsInstallResult,
  ToolchainsListResult,
} from '../../src/schema/generated/types.js';
import { findPythonTool, type PythonToolchain } from '../../src/toolchain/python-toolchain.js';
import { tempDir } from '../support/files.js';
import { writeInstalled } from '../toolchain/environments.js';
import { fakeToolchain } from '../toolchain/wheels.js';
import { expectRefusal, jsonResult, type RunResult } from './run-main.js';
import { expectValid } from './schemas.js';

// adapters of the tests' own: their wheels are made here
const fakes = vi.hoisted(() => ({ adapters: [] as Adapter[] }));

vi.mock('../../src/adapters/registry.js', () => ({
  builtInAdapterIds: () => fakes.adapters.map(({ id }) => id),
  adapterIds: async () => fakes.adapters.map(({ id }) => id),
  loadAdapter: async (id: string) => fakes.adapters.find((adapter) => adapter.id === id),
  serves: ({ capabilities }: Adapter, { stack }: { stack?: { kind: string } }) =>
    capabilities.stacks.includes(stack?.kind ?? ''),
}));

const HERE = `${process.platform}-${process.arch}`;

function adapterOf(toolchain: PythonToolchain, stacks: string[], hosts: string[]): Adapter {
  const adapter: Pick<Adapter, 'id' | 'toolchain' | 'detect'> = {
    id: toolchain.name,
    toolchain,
    detect: async (wish) => {
      const detection = await findPythonTool(toolchain, wish);
      if (!detection.found) return detection;
      const { version, directory, python } = detection.installation;
      const launcher = { command: [python] as const };
      return {
        found: true,
        toolchain: { tool: toolchain.tool, version, path: directory, launcher },
      };
    },
  };
  return { ...adapter, capabilities: { stacks, hosts } } as unknown as Adapter;
}

/** A tool that comes with modelconv. */
const BUNDLED = {
  id: 'bundled',
  capabilities: { stacks: [], hosts: [HERE] },
  detect: async () => ({
    found: true,
    toolchain: { tool: 'bundled-node', version: '1.0', path: '/modules/bundled', launcher: {} },
  }),
} as unknown as Adapter;

/** A tool that comes with modelconv, and one to install that quantizes for it. */
function splitAdapter(): Adapter {
  const [, acme] = fakes.adapters;
  const detect: Adapter['detect'] = async (wish) => {
    const detection = await acme?.detect(wish);
    return wish?.quantizes === true && detection?.found === false
      ? detection
      : await BUNDLED.detect();
  };
  return { ...BUNDLED, ...acme, id: 'split', detect } as unknown as Adapter;
}

async function examined(...names: readonly string[]): Promise<DoctorResult['adapters']> {
  const { stdout } = await toolchains('doctor', ...names, '--json');
  return expectValid('doctor-result', JSON.parse(stdout) as DoctorResult).adapters;
}

let dir = '';
let home = '';

beforeEach(() => {
  dir = tempDir();
  home = path.join(dir, 'home');
  vi.stubEnv('MODELCONV_HOME', home);
  vi.stubEnv('XDG_CONFIG_HOME', path.join(dir, 'config'));
  const acme = fakeToolchain(dir, [{ version: '2.1.0' }, { version: '2.0.3' }, { version: '1.5' }]);
  const far = fakeToolchain(dir, [{ version: '9.0' }], 'far');
  fakes.adapters = [
    BUNDLED,
    adapterOf(acme.toolchain, ['onnxruntime'], [HERE]),
    adapterOf(far.toolchain, [], ['plan9-mips']),
  ];
});

afterEach(() => {
  vi.unstubAllEnvs();
});

async function toolchains(...args: readonly string[]): Promise<RunResult> {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await main(['toolchains', ...args], {
    stdout: { write: (text) => out.push(text) },
    stderr: { write: (text) => err.push(text) },
    env: {},
    cwd: dir,
    signal: new AbortController().signal,
  });
  return { code, stdout: out.join(''), stderr: err.join('') };
}

function writeConfig(text: string): void {
  const config = path.join(dir, 'config', 'modelconv');
  mkdirSync(config, { recursive: true });
  writeFileSync(path.join(config, 'toolchains.yaml'), text);
}

describe('toolchains install', () => {
  it('installs offline from a directory, prints the path, and one line per phase on stderr', {
    timeout: 120_000,
  }, async () => {
    const installed = await toolchains('install', 'acme@2.0', '--find-links', 'wheels', '--no-uv');
    expect(installed).toMatchObject({
      code: 0,
      stdout: `${path.join(home, 'toolchains', 'acme', '2.0.3')}\n`,
    });
    const phases = installed.stderr.trimEnd().split('\n');
    expect(phases.map((line) => /^ ✓ (\w+)/.exec(line)?.[1])).toEqual([
      'python',
      'environment',
      'download',
      'install',
      'check',
      'installed',
    ]);
    expect(phases.at(-1)).toContain('Apache-2.0');
    const again = await toolchains('install', 'acme@2.0.3', '--json');
    const report = jsonResult(again, 'toolchains-install-result') as ToolchainsInstallResult;
    expect(report).toMatchObject({
      name: 'acme',
      version: '2.0.3',
      installedWith: 'pip',
      alreadyInstalled: true,
    });
  });

  it('tells its steps as events with --progress json', async () => {
    writeInstalled(home, 'acme', '2.1.0');
    const words = ['install', 'acme@2.1.0', '--progress', 'json', '--json'];
    const { code, stderr } = await toolchains(...words);
    expect(code).toBe(0);
    const told = stderr.trimEnd().split('\n');
    for (const line of told) expectValid('progress-event', JSON.parse(line));
    expect(JSON.parse(told.at(-1) ?? '')).toMatchObject({ event: 'done', step: 'present' });
  });

  it('is quiet when told to be', async () => {
    writeInstalled(home, 'acme', '2.1.0');
    const result = await toolchains('install', 'acme@2.1.0', '-q');
    expect(result).toMatchObject({ code: 0, stdout: expect.stringContaining('2.1.0') });
    expect(result.stderr).not.toContain('✓');
  });

  it.each([
    ['acmee', /Did you mean "acme"/],
    ['bundled', /there already/],
    ['acme@', /no version/],
    ['acme@3', /2\.1\.0, 2\.0\.3, 1\.5/],
  ])('%s is a usage error', async (word, said) => {
    const result = await toolchains('install', word);
    expectRefusal(result, { exit: 64, code: 'E_USAGE' });
    expect(result.stderr).toMatch(said);
  });

  it('with a Python that will not do is exit 69', async () => {
    const result = await toolchains('install', 'acme', '--python', process.execPath);
    expectRefusal(result, {
      exit: 69,
      code: 'E_TOOL_MISSING',
      names: ['acme 2.1.0', process.execPath, '--python'],
    });
  });
});

describe('toolchains list', () => {
  it('prints a row for each installation, and what could be installed', async () => {
    const own = writeInstalled(path.join(dir, 'own'), 'acme', '1.9');
    writeInstalled(home, 'acme', '2.0.3');
    vi.stubEnv('MODELCONV_ACME', own);
    const { code, stdout, stderr } = await toolchains('list');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [head, ...rows] = stdout.trimEnd().split('\n');
    expect(head).toMatch(/^NAME +VERSION +FOUND +PYTHON/);
    expect(rows[0]).toMatch(/^acme +1\.9 +environment variable +\S+\/bin\/python +2\.1\.0, 1\.5$/);
    expect(rows[1]).toMatch(/^acme +2\.0\.3 +installed +\S+\/bin\/python$/);
    expect(rows[2]).toMatch(/^far +- +- +- +9\.0$/);
  });

  it('--json tells every installation and release, with the command that installs it', async () => {
    const directory = writeInstalled(home, 'acme', '2.0.3');
    const result = jsonResult(await toolchains('list', '--json'), 'toolchains-list-result');
    const { home: place, toolchains: entries } = result as ToolchainsListResult;
    expect(place).toBe(path.join(home, 'toolchains'));
    expect(entries.map(({ name }) => name)).toEqual(['acme', 'far']);
    expect(entries[0]?.installations).toEqual([
      {
        origin: 'installed',
        version: '2.0.3',
        path: directory,
        python: path.join(directory, 'bin', 'python'),
      },
    ]);
    expect(entries[0]?.releases).toEqual([
      expect.objectContaining({
        version: '2.1.0',
        installed: false,
        install: 'modelconv toolchains install acme@2.1.0',
      }),
      expect.objectContaining({ version: '2.0.3', installed: true }),
      expect.objectContaining({ version: '1.5', installed: false }),
    ]);
  });

  it('tells what is wrong with a place that you named, and names that mean nothing', async () => {
    writeConfig('acme: /nowhere/acme\nacmee: /x\n');
    const { toolchains: entries, warnings } = JSON.parse(
      (await toolchains('list', '--json')).stdout,
    ) as ToolchainsListResult;
    expect(entries[0]?.problem).toContain('/nowhere/acme');
    expect(warnings).toEqual([expect.stringMatching(/"acmee".*Did you mean "acme"/)]);
    const table = await toolchains('list');
    expect(table.stderr).toContain('warning:');
    expect(table.stdout).toContain('/nowhere/acme');
  });
});

describe('toolchains remove', () => {
  it('removes one version, and all of them with --all', async () => {
    for (const version of ['2.0.3', '2.1.0', '1.5']) writeInstalled(home, 'acme', version);
    expect(await toolchains('remove', 'acme@1')).toEqual({
      code: 0,
      stdout: 'acme@1.5\n',
      stderr: '',
    });
    const several = await toolchains('remove', 'acme@2');
    expectRefusal(several, { exit: 64, code: 'E_USAGE', names: ['2.0.3, 2.1.0', '--all'] });
    const both = await toolchains('remove', 'acme@2.1.0', '--all');
    expectRefusal(both, { exit: 64, code: 'E_USAGE' });
    const rest = await toolchains('remove', 'acme', '--all', '--json');
    expect(jsonResult(rest, 'toolchains-remove-result')).toEqual({
      name: 'acme',
      removed: ['2.0.3', '2.1.0'],
    });
  });

  it('leaves tools of your own alone', async () => {
    const own = writeInstalled(path.join(dir, 'own'), 'acme', '1.9');
    vi.stubEnv('MODELCONV_ACME', own);
    expectRefusal(await toolchains('remove', 'acme@1.9'), {
      exit: 69,
      code: 'E_TOOL_MISSING',
      names: [own],
    });
    expect((await toolchains('list')).stdout).toContain('1.9');
  });
});

describe('toolchains doctor', () => {
  it('tells of every adapter what is found, for which devices, and the command that puts it right', async () => {
    const result = await toolchains('doctor', '--json');
    const { adapters } = jsonResult(result, 'doctor-result') as DoctorResult;
    expect(adapters).toEqual([
      {
        adapter: 'bundled',
        found: true,
        tool: 'bundled-node',
        version: '1.0',
        path: '/modules/bundled',
        devices: [],
      },
      {
        adapter: 'acme',
        found: false,
        tool: 'ACME SDK',
        devices: expect.arrayContaining(['onnxruntime-cpu', 'raspberry-pi-4']),
        why: expect.stringContaining('not installed'),
        fix: 'modelconv toolchains install acme@2.1.0',
      },
      {
        adapter: 'far',
        found: false,
        tool: 'FAR SDK',
        devices: [],
        why: `it does not run on ${HERE}`,
        fix: expect.stringContaining('plan9-mips'),
      },
    ]);
  });

  it('prints the same for people', async () => {
    const directory = writeInstalled(home, 'acme', '2.0.3');
    const { code, stdout } = await toolchains('doctor');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^✓ bundled {2}bundled-node 1\.0$/m);
    expect(stdout).toMatch(/^✓ acme {5}ACME SDK 2\.0\.3 {2}\(installed\)$/m);
    expect(stdout).toContain(`in: ${directory}`);
    expect(stdout).toMatch(/^✗ far/m);
  });

  it('tells of every version side by side, the one in use first', async () => {
    const used = writeInstalled(home, 'acme', '2.1.0');
    const other = writeInstalled(home, 'acme', '1.5');
    const [entry] = await examined('acme');
    expect(entry).toMatchObject({ version: '2.1.0', path: used });
    expect(entry?.installations?.map(({ version, path: place }) => [version, place])).toEqual([
      ['2.1.0', used],
      ['1.5', other],
    ]);
    const { stdout } = await toolchains('doctor', 'acme');
    expect(stdout).toContain(`also: 1.5  (installed)  ${other}`);
    expect(stdout).not.toContain('also: 2.1.0');
  });

  it('tells of an interrupted install, with the command that finishes it', async () => {
    writeInstalled(home, 'acme', '2.1.0');
    mkdirSync(path.join(home, 'toolchains/acme/2.0.3/lib'), { recursive: true });
    mkdirSync(path.join(home, 'toolchains/acme/.1.5.work'), { recursive: true });
    mkdirSync(path.join(home, 'toolchains/acme/.0.8.work'), { recursive: true });
    mkdirSync(path.join(home, 'toolchains/acme/0.9'), { recursive: true });
    const [entry] = await examined('acme');
    expect(entry?.incomplete).toEqual([
      // no lock that this modelconv has
      { version: '0.9', fix: 'modelconv toolchains remove acme@0.9' },
      { version: '1.5', fix: 'modelconv toolchains install acme@1.5' },
      { version: '2.0.3', fix: 'modelconv toolchains install acme@2.0.3' },
    ]);
    const { code, stdout } = await toolchains('doctor', 'acme');
    expect(code).toBe(0);
    expect(stdout).toMatch(/incomplete: 2\.0\.3\n +fix: modelconv toolchains install acme@2\.0\.3/);
  });

  it('tells of no install that runs right now', async () => {
    mkdirSync(path.join(home, 'toolchains/acme/2.0.3'), { recursive: true });
    const lock = path.join(home, 'toolchains/acme/.2.0.3.lock');
    const [entry] = await withLock(lock, 'acme', async () => await examined('acme'));
    expect(entry?.incomplete).toBeUndefined();
    expect((await examined('acme'))[0]?.incomplete).toHaveLength(1);
  });

  it('tells of the tool that int8 alone needs', async () => {
    fakes.adapters = [splitAdapter()];
    const missing = {
      tool: 'ACME SDK',
      found: false,
      fix: 'modelconv toolchains install acme@2.1.0',
    };
    const [without] = await examined('split');
    expect(without).toMatchObject({ found: true, tool: 'bundled-node', quantizer: missing });
    const printed = await toolchains('doctor', 'split');
    expect(printed.code).toBe(0);
    expect(printed.stdout).toMatch(
      /int8: .*not installed.*\n +fix: modelconv toolchains install acme/,
    );
    const directory = writeInstalled(home, 'acme', '2.1.0');
    const [found] = await examined('split');
    expect(found?.quantizer).toEqual({
      tool: 'ACME SDK',
      found: true,
      version: '2.1.0',
      path: directory,
    });
    expect((await toolchains('doctor')).stdout).toContain(`int8: ACME SDK 2.1.0 in ${directory}`);
  });

  it('is exit 69 when one that is named cannot be used, 0 otherwise', async () => {
    expect((await toolchains('doctor')).code).toBe(0);
    expect((await toolchains('doctor', 'bundled')).code).toBe(0);
    const named = await toolchains('doctor', 'bundled', 'acme', '--json');
    expect(named.code).toBe(69);
    expect(
      expectValid('doctor-result', JSON.parse(named.stdout) as DoctorResult).adapters,
    ).toHaveLength(2);
  });

  it('an environment of which a part is gone is not there, and the command puts it right', async () => {
    const directory = writeInstalled(home, 'acme', '2.1.0');
    rmSync(path.join(directory, 'lib/python3.11/site-packages/acme_sdk'), { recursive: true });
    const { code, stdout } = await toolchains('doctor', 'acme');
    expect(code).toBe(69);
    expect(stdout).toMatch(/acme 2\.1\.0 in .* is damaged: it has no acme_sdk/);
    expect(stdout).toContain('modelconv toolchains install acme@2.1.0');
    expect((await toolchains('list')).stdout).toContain('is damaged');
  });

  it('an unknown name is exit 64', async () => {
    expectRefusal(await toolchains('doctor', 'acmee'), {
      exit: 64,
      code: 'E_USAGE',
      names: ['Did you mean "acme"'],
    });
  });

  it('a toolchains.yaml that is not valid is what is to be put right', async () => {
    writeConfig('acme: 3\n');
    const { adapters } = JSON.parse((await toolchains('doctor', '--json')).stdout) as DoctorResult;
    expect(adapters[1]).toMatchObject({
      found: false,
      fix: expect.stringContaining('toolchains.yaml'),
    });
    expectRefusal(await toolchains('list'), { exit: 65, code: 'E_CONFIG_INVALID' });
  });
});

it('toolchains alone prints its help and is exit 64', async () => {
  const result = await toolchains();
  expect(result).toMatchObject({ code: 64, stdout: '' });
  for (const word of ['install', 'list', 'remove', 'doctor']) expect(result.stderr).toContain(word);
});
