import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DetectWish } from '../../../src/adapters/contract.js';
import { describedAdapter } from '../../../src/adapters/described/adapter.js';
import { variableOf } from '../../../src/adapters/described/detect.js';
import { readDescription } from '../../../src/adapters/described/read.js';
import { loadAdapter } from '../../../src/adapters/registry.js';
import type { AdapterDescription } from '../../../src/schema/generated/types.js';
import { tempDir } from '../../support/files.js';
import { ACME, type Edits, edited, writeProgram } from './documents.js';

let dir = '';
const SYSTEM_PATH = process.env['PATH'] ?? '';

beforeEach(() => {
  dir = tempDir();
  vi.stubEnv('PATH', path.join(dir, 'nothing'));
  vi.stubEnv('MODELCONV_ACME', undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

function described(edits: Edits = {}): AdapterDescription {
  return edited(ACME, edits) as unknown as AdapterDescription;
}

async function detect(edits: Edits = {}, wish?: DetectWish) {
  return await describedAdapter(described(edits), 'acme.yaml').detect(wish);
}

/** A program in a directory below that of the test, which prints this version. */
function install(directory: string, version = '4.1', name = 'acmec'): string {
  return writeProgram(path.join(dir, directory), name, `echo "acmec ${version}"`);
}

function onPath(...directories: readonly string[]): void {
  vi.stubEnv('PATH', directories.map((one) => path.resolve(dir, one)).join(path.delimiter));
}

describe('the variable of a tool', () => {
  it.each([
    ['acme', 'MODELCONV_ACME'],
    ['ascend-atc', 'MODELCONV_ASCEND_ATC'],
    ['My.tool_2', 'MODELCONV_MY_TOOL_2'],
  ])('of %s is %s', (id, variable) => {
    expect(variableOf(described({ '/id': id }))).toBe(variable);
  });

  it('is another one where the description says so', () => {
    expect(variableOf(described({ '/find/variable': 'ACME_HOME' }))).toBe('ACME_HOME');
  });
});

describe('a tool on PATH', () => {
  it('is found with its version, its place and what starts it', async () => {
    const program = install('bin');
    onPath('bin');
    expect(await detect()).toEqual({
      found: true,
      toolchain: {
        tool: 'Acme Compiler',
        version: '4.1',
        path: program,
        launcher: {
          command: [program],
          binDir: path.join(dir, 'bin'),
          programs: {
            acmec: [program],
            'modelconv-calibration': [
              process.execPath,
              expect.stringMatching(/described[\\/]export-calibration\.js$/),
            ],
          },
          env: {},
        },
      },
    });
  });

  it('that is not there is told with the name of the program and the variable', async () => {
    expect(await detect()).toEqual({
      found: false,
      tool: 'Acme Compiler',
      why: expect.stringMatching(/acmec.*MODELCONV_ACME/),
      install: 'install the Acme SDK',
    });
  });

  it('is not a file that cannot be started', async () => {
    chmodSync(install('bin'), 0o644);
    onPath('bin');
    expect(await detect()).toMatchObject({ found: false });
  });

  it('is not a directory of the name', async () => {
    mkdirSync(path.join(dir, 'bin/acmec'), { recursive: true });
    onPath('bin');
    expect(await detect()).toMatchObject({ found: false });
  });

  it('is not looked for in the current directory', async () => {
    install('.');
    vi.stubEnv('PATH', `.${path.delimiter}`);
    const before = process.cwd();
    process.chdir(dir);
    try {
      expect(await detect()).toMatchObject({ found: false });
    } finally {
      process.chdir(before);
    }
  });

  it('is the first that is there', async () => {
    install('a', '1.0');
    install('b', '2.0');
    onPath('a', 'b');
    expect(await detect()).toMatchObject({ toolchain: { version: '1.0' } });
  });

  it('is a later one where the first does not satisfy the wish', async () => {
    install('a', '1.0');
    install('b', '2.0');
    onPath('a', 'b');
    expect(await detect({}, { version: '2.0' })).toMatchObject({
      toolchain: { version: '2.0', path: path.join(dir, 'b/acmec') },
    });
  });

  it('is a later one where the first is another program of the same name', async () => {
    writeProgram(path.join(dir, 'a'), 'acmec', 'echo "an aquarium control"');
    install('b', '2.0');
    onPath('a', 'b');
    expect(await detect()).toMatchObject({ toolchain: { version: '2.0' } });
  });

  it('whose version cannot be told is not found, and the program is named', async () => {
    const program = writeProgram(path.join(dir, 'bin'), 'acmec', 'exit 1');
    onPath('bin');
    expect(await detect()).toMatchObject({
      found: false,
      why: expect.stringContaining(program),
      install: 'install the Acme SDK',
    });
  });
});

describe('a tool that the variable names', () => {
  const named = (place: string) => vi.stubEnv('MODELCONV_ACME', place);

  it.each([
    ['the program', 'sdk/bin/acmec', 'sdk/bin'],
    ['the directory of the program', 'sdk/bin', 'sdk/bin'],
    ['the directory around bin', 'sdk', 'sdk/bin'],
    ['a directory with a slash at the end', 'sdk/', 'sdk/bin'],
  ])('by %s is found', async (_title, place, directory) => {
    const program = install(directory);
    named(`${dir}/${place}`);
    expect(await detect()).toMatchObject({ found: true, toolchain: { path: program } });
  });

  it('may have another name', async () => {
    const wrapper = install('x', '4.1', 'acmec-in-docker.sh');
    named(wrapper);
    expect(await detect()).toMatchObject({ toolchain: { path: wrapper } });
  });

  it('counts before what is on PATH', async () => {
    install('path', '1.0');
    onPath('path');
    install('own', '2.0');
    named(path.join(dir, 'own'));
    expect(await detect()).toMatchObject({ toolchain: { version: '2.0' } });
  });

  it.each(['nothing-there', 'empty', 'empty/file'])(
    'by %s is none, and what is on PATH is not taken in its place',
    async (place) => {
      install('path');
      onPath('path');
      mkdirSync(path.join(dir, 'empty'));
      writeFileSync(path.join(dir, 'empty/file'), 'text');
      named(path.join(dir, place));
      expect(await detect()).toMatchObject({
        found: false,
        why: expect.stringContaining(`MODELCONV_ACME=${path.join(dir, place)}`),
      });
    },
  );

  it('that does not satisfy the wish is not passed over', async () => {
    install('path', '2.0');
    onPath('path');
    named(install('own', '1.0'));
    expect(await detect({}, { version: '2.0' })).toMatchObject({
      found: false,
      why: expect.stringMatching(/1\.0.*2\.0 is asked for/),
    });
  });

  it('is looked for on PATH while the variable is empty', async () => {
    install('path');
    onPath('path');
    named('');
    expect(await detect()).toMatchObject({ found: true });
  });

  it('by a relative path starts at the current directory', async () => {
    install('sdk/bin');
    named(path.relative(process.cwd(), path.join(dir, 'sdk')));
    expect(await detect()).toMatchObject({
      toolchain: { path: path.join(dir, 'sdk/bin/acmec') },
    });
  });

  it('is looked for in the directories of the description, in their order', async () => {
    const edits = { '/find/directories': ['tools/b', 'tools/a'] };
    install('sdk/tools/a', '1.0');
    named(path.join(dir, 'sdk'));
    expect(await detect(edits)).toMatchObject({ toolchain: { version: '1.0' } });
    install('sdk/tools/b', '2.0');
    expect(await detect(edits)).toMatchObject({ toolchain: { version: '2.0' } });
  });

  it('is not looked for in bin where the description has other directories', async () => {
    install('sdk/bin');
    named(path.join(dir, 'sdk'));
    expect(await detect({ '/find/directories': ['tools'] })).toMatchObject({ found: false });
  });
});

describe('further programs of a tool', () => {
  const TWO = {
    '/find/programs': [
      { name: 'compiler', file: 'acmec' },
      { name: 'quantizer', file: 'acme-quant' },
    ],
  };

  it('stand beside the first', async () => {
    const [first, second] = [install('a'), install('a', '', 'acme-quant')];
    install('b', '', 'acme-quant');
    onPath('b', 'a');
    expect(await detect(TWO)).toMatchObject({
      toolchain: { launcher: { programs: { compiler: [first], quantizer: [second] } } },
    });
  });

  it('stand on PATH where they are not beside it', async () => {
    install('a');
    const second = install('b', '', 'acme-quant');
    onPath('a', 'b');
    expect(await detect(TWO)).toMatchObject({
      toolchain: { launcher: { programs: { quantizer: [second] } } },
    });
  });

  it('that are nowhere are missed by name, and the tool is not found', async () => {
    const first = install('a');
    onPath('a');
    expect(await detect(TWO)).toEqual({
      found: false,
      tool: 'Acme Compiler',
      why: expect.stringMatching(new RegExp(`^acme-quant .*${first}`)),
      install: 'install the Acme SDK',
    });
  });
});

describe('what is asked for', () => {
  beforeEach(() => {
    install('bin', '4.1.2');
    onPath('bin');
  });

  it.each(['4', '4.1', '4.1.2', '4.1.2.0'])('%s is satisfied by 4.1.2', async (version) => {
    expect(await detect({}, { version })).toMatchObject({ found: true });
  });

  it.each(['4.1.3', '4.10', '41', '5'])('%s is not, and both are told', async (version) => {
    expect(await detect({}, { version })).toMatchObject({
      found: false,
      why: expect.stringMatching(new RegExp(`4\\.1\\.2.*${version} is asked for`)),
    });
  });

  const boundAt = (runtime: string) => {
    const rule = {
      stack: 'acme',
      parts: 2,
      relation: 'not-newer',
      rule: 'r',
      source: 's',
    } as const;
    return { stack: 'acme', runtime, rule };
  };

  it('a version that does not fit the device is not found, and the one that would is named', async () => {
    expect(await detect({}, { bound: boundAt('4.0') })).toMatchObject({
      found: false,
      why: expect.stringContaining('does not fit'),
      install: expect.stringMatching(/4\.0 or older.*update acme on the device to 4\.1 or newer/),
    });
  });

  it('a version that fits the device is found', async () => {
    expect(await detect({}, { bound: boundAt('4.1') })).toMatchObject({ found: true });
  });
});

describe('the environment of the user', () => {
  /** Variables that the program sees when it is asked for its version. */
  async function seen(passEnvironment: readonly string[] | undefined) {
    vi.stubEnv('PATH', `${path.join(dir, 'bin')}${path.delimiter}${SYSTEM_PATH}`);
    const out = path.join(dir, 'env.json');
    const dump = 'fs.writeFileSync(process.argv[1], JSON.stringify(process.env))';
    writeProgram(
      path.join(dir, 'bin'),
      'acmec',
      `'${process.execPath}' -e '${dump}' '${out}'; echo "acmec 1"`,
    );
    const detection = await detect({ '/find/passEnvironment': passEnvironment });
    if (!detection.found) throw new Error(detection.why);
    return {
      env: JSON.parse(readFileSync(out, 'utf8')) as Record<string, string>,
      launcher: detection.toolchain.launcher,
    };
  }

  beforeEach(() => {
    vi.stubEnv('ACME_LICENSE', 'a=b c');
    vi.stubEnv('ACME_SECRET', 's');
    vi.stubEnv('ACME_EMPTY', '');
    vi.stubEnv('ACME_UNSET', undefined);
  });

  it('is kept from a tool that needs nothing of it', async () => {
    const { env, launcher } = await seen(undefined);
    expect(Object.keys(env).filter((name) => name.startsWith('ACME_'))).toEqual([]);
    expect(env['HOME']).not.toBe(process.env['HOME']);
    expect(launcher.env).toEqual({});
  });

  it('is passed on in exactly the variables that are named and set', async () => {
    const { env: without } = await seen([]);
    const { env, launcher } = await seen(['ACME_LICENSE', 'ACME_EMPTY', 'ACME_UNSET']);
    const more = Object.keys(env).filter((name) => without[name] === undefined);
    expect(more.sort()).toEqual(['ACME_EMPTY', 'ACME_LICENSE']);
    expect(env).toMatchObject({ ACME_LICENSE: 'a=b c', ACME_EMPTY: '' });
    // what the steps of a conversion get
    expect(launcher.env).toEqual({ ACME_LICENSE: 'a=b c', ACME_EMPTY: '' });
  });
});

describe('the shipped descriptions', () => {
  it.each(['ascend-atc', 'hailo', 'qairt', 'snpe', 'tensorrt'])(
    '%s that is not installed is not found, with a way to get it',
    async (id) => {
      const adapter = await loadAdapter(id);
      const file = adapter?.description?.file ?? '';
      const { tool, find } = await readDescription(file);
      expect(await adapter?.detect()).toEqual({
        found: false,
        tool,
        why: expect.stringContaining(find.programs[0].file),
        install: find.install,
      });
    },
  );

  /** An environment with `hailo`, and these distributions. */
  function hailoWith(directory: string, ...distributions: readonly string[]): string {
    const root = path.join(dir, directory);
    writeProgram(path.join(root, 'bin'), 'python', 'exit 1');
    writeFileSync(path.join(root, 'pyvenv.cfg'), 'version = 3.10.12\n');
    for (const name of distributions) {
      const info = path.join(root, 'lib/python3.10/site-packages', `${name}.dist-info`);
      mkdirSync(info, { recursive: true });
      writeFileSync(path.join(info, 'METADATA'), 'Metadata-Version: 2.1\n');
    }
    return writeProgram(path.join(root, 'bin'), 'hailo', `: > '${dir}/ran'`);
  }

  it('the program hailo of HailoRT alone is not the compiler', async () => {
    writeProgram(path.join(dir, 'usr/bin'), 'hailo', `: > '${dir}/ran'`);
    onPath('usr/bin');
    const adapter = await loadAdapter('hailo');
    expect(await adapter?.detect()).toMatchObject({
      found: false,
      why: expect.stringContaining('hailo-dataflow-compiler'),
      install: expect.stringContaining('MODELCONV_HAILO'),
    });
    expect(existsSync(path.join(dir, 'ran'))).toBe(false);
  });

  it('HailoRT in an environment of its own is not the compiler', async () => {
    hailoWith('hailort', 'hailort-4.20.0');
    onPath('hailort/bin');
    expect(await (await loadAdapter('hailo'))?.detect()).toMatchObject({ found: false });
  });

  it('the compiler is found behind HailoRT on PATH', async () => {
    hailoWith('hailort', 'hailort-4.20.0');
    const program = hailoWith('dfc', 'hailort-4.20.0', 'hailo_dataflow_compiler-3.31.0');
    onPath('hailort/bin', 'dfc/bin');
    expect(await (await loadAdapter('hailo'))?.detect()).toMatchObject({
      toolchain: { version: '3.31.0', path: program },
    });
  });

  it('Qualcomm tools are found by the directory of the SDK, though links name them', async () => {
    const sdk = path.join(dir, 'qairt/2.39.0');
    const bin = path.join(sdk, 'bin/x86_64-linux-clang');
    for (const name of ['qairt-converter', 'qairt-quantizer']) writeProgram(bin, name, 'exit 1');
    writeFileSync(path.join(sdk, 'sdk.yaml'), 'version: 2.39.0.250926\n');
    symlinkSync(sdk, path.join(dir, 'latest'));
    vi.stubEnv('MODELCONV_QAIRT', path.join(dir, 'latest'));
    expect(await (await loadAdapter('qairt'))?.detect()).toMatchObject({
      toolchain: {
        version: '2.39.0.250926',
        path: path.join(dir, 'latest/bin/x86_64-linux-clang/qairt-converter'),
      },
    });
  });

  it('half an SDK of Qualcomm is not found', async () => {
    writeProgram(path.join(dir, 'bin'), 'qairt-converter', 'exit 1');
    onPath('bin');
    expect(await (await loadAdapter('qairt'))?.detect()).toMatchObject({
      found: false,
      why: expect.stringContaining('qairt-quantizer'),
    });
  });
});
