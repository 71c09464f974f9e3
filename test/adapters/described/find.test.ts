import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { verifyPackage } from '../../../dist/package/verify.js';
import { findDescriptions } from '../../../src/adapters/described/find.js';
import {
  adapterFor,
  adapterIds,
  builtInAdapterIds,
  describedAdapterIds,
  loadAdapter,
} from '../../../src/adapters/registry.js';
import type { DoctorResult } from '../../../src/schema/generated/types.js';
import { expectRefusal, run, sandbox } from '../../cli/run-main.js';
import { expectValid } from '../../cli/schemas.js';
import { fixture, tempDir } from '../../support/files.js';
import { ACME, type Edits, edited, writeDescription, writeProgram } from './documents.js';

const MODEL = fixture('models/digits-cnn-static.onnx');
const SHIPPED = ['ascend-atc', 'hailo', 'qairt', 'snpe', 'tensorrt'];

let dir = '';
let project = '';
let user = '';
let before = '';

beforeEach(() => {
  dir = tempDir();
  before = process.cwd();
  process.chdir(dir);
  project = path.join(process.cwd(), 'modelconv.adapters');
  user = path.join(dir, 'config/modelconv/adapters');
  vi.stubEnv('XDG_CONFIG_HOME', path.join(dir, 'config'));
  vi.stubEnv('MODELCONV_HOME', path.join(dir, 'home'));
  vi.stubEnv('MODELCONV_ADAPTERS', undefined);
});
afterEach(() => {
  process.chdir(before);
  vi.unstubAllEnvs();
});

/** A valid description in a directory; its path. */
function describeIn(directory: string, id = 'acme', edits: Edits = {}): string {
  return writeDescription(edited(ACME, { '/id': id, ...edits }), { directory });
}

function broken(directory: string, name = 'broken.yaml'): string {
  mkdirSync(directory, { recursive: true });
  const file = path.join(directory, name);
  writeFileSync(file, 'id: broken\nfind: 1\n');
  return file;
}

function named(...directories: readonly string[]): void {
  vi.stubEnv('MODELCONV_ADAPTERS', directories.join(path.delimiter));
}

async function place(id = 'acme'): Promise<string | undefined> {
  return (await findDescriptions()).get(id);
}

describe('descriptions are found', () => {
  it('in the catalogue, in the order of their names', async () => {
    expect(await describedAdapterIds()).toEqual(SHIPPED);
  });

  it('in the directory of the project', async () => {
    expect(await place()).toBeUndefined();
    const file = describeIn(project);
    expect(await place()).toBe(file);
  });

  it('in the configuration directory of the user', async () => {
    const file = describeIn(user);
    expect(await place()).toBe(file);
  });

  it('in every directory of MODELCONV_ADAPTERS', async () => {
    const [a, b] = [path.join(dir, 'a'), path.join(dir, 'b')];
    const files = [describeIn(a, 'one'), describeIn(b, 'two')];
    named(a, b);
    expect([await place('one'), await place('two')]).toEqual(files);
  });

  it('the nearer one of a name, which hides the farther', async () => {
    const [a, b] = [path.join(dir, 'a'), path.join(dir, 'b')];
    named(b, a);
    const { href: catalogue } = new URL(
      '../../../src/adapters/described/catalogue/',
      import.meta.url,
    );
    expect(`file://${await place('tensorrt')}`).toBe(`${catalogue}tensorrt.yaml`);
    for (const directory of [user, project, a, b]) {
      const file = describeIn(directory, 'tensorrt');
      expect(await place('tensorrt')).toBe(file);
    }
    expect((await loadAdapter('tensorrt'))?.capabilities.output).toBe('acme-model');
  });

  it('the nearer one even where it is not valid: nothing falls back in silence', async () => {
    broken(project, 'tensorrt.yaml');
    await expect(loadAdapter('tensorrt')).rejects.toMatchObject({ code: 'E_ADAPTER_INVALID' });
  });

  it('before those that come with modelconv', async () => {
    describeIn(project, 'zzz');
    describeIn(user, 'aaa');
    expect(await describedAdapterIds()).toEqual(['zzz', 'aaa', ...SHIPPED]);
    expect(await adapterIds()).toEqual([...builtInAdapterIds(), 'zzz', 'aaa', ...SHIPPED]);
  });

  it('with the endings .yaml and .yml, and no other files', async () => {
    for (const name of [
      'a.yaml',
      'b.yml',
      '.c.yaml',
      'd.json',
      'e.yaml~',
      'f g.yaml',
      '-h.yaml',
      'README.md',
    ])
      broken(project, name);
    expect((await describedAdapterIds()).slice(0, -SHIPPED.length)).toEqual(['a', 'b']);
  });

  it('whatever empty and missing directories MODELCONV_ADAPTERS names', async () => {
    const file = describeIn(path.join(dir, 'a'));
    named('', path.join(dir, 'gone'), '', path.join(dir, 'a'), '');
    expect(await place()).toBe(file);
  });

  it('by a relative path, which starts at the current directory', async () => {
    describeIn(path.join(dir, 'a'));
    named('a');
    expect((await loadAdapter('acme'))?.description?.file).toBe(path.join('a', 'acme.yaml'));
  });

  it('without being opened', async () => {
    broken(project);
    expect(await describedAdapterIds()).toContain('broken');
  });

  it('and a directory that is a file is E_INPUT, with its name', async () => {
    const file = broken(dir, 'x');
    named(file);
    await expect(findDescriptions()).rejects.toMatchObject({
      code: 'E_INPUT',
      message: expect.stringContaining(file),
    });
  });
});

describe('an adapter', () => {
  it('knows the document that it is made from, and where it was tried', async () => {
    const file = describeIn(project, 'acme', { '/tried': ['4.1 on linux-x64'] });
    expect((await loadAdapter('acme'))?.description).toEqual({ file, tried: ['4.1 on linux-x64'] });
  });

  it('with code of its own has no document', async () => {
    expect((await loadAdapter('tflite'))?.description).toBeUndefined();
  });

  it.each(['gone', 'constructor', '__proto__', '../acme'])('%s is none', async (id) => {
    expect(await loadAdapter(id)).toBeUndefined();
  });

  it('serves the devices of its stack that name no converter', async () => {
    describeIn(project);
    const device = { name: 'board', stack: { kind: 'acme' } };
    expect((await adapterFor(device))?.id).toBe('acme');
    expect((await adapterFor({ ...device, formats: ['acme-model'] }))?.id).toBe('acme');
    expect(await adapterFor({ ...device, formats: ['other'] })).toBeUndefined();
  });

  it('with code of its own serves its stack before any that is described', async () => {
    describeIn(project, 'acme', { '/devices/stacks': ['tflite'] });
    expect((await adapterFor({ name: 'x', stack: { kind: 'tflite' } }))?.id).toBe('tflite');
  });
});

describe('a description named like an adapter with code of its own', () => {
  it.each(['tflite', 'onnxruntime'])('%s is refused, with the file', async (id) => {
    const file = describeIn(project, id);
    for (const work of [adapterIds, describedAdapterIds, () => loadAdapter('tensorrt')])
      await expect(work()).rejects.toMatchObject({
        code: 'E_ADAPTER_INVALID',
        message: expect.stringContaining(file),
      });
  });

  it('does not take the place of that adapter', async () => {
    describeIn(project, 'tflite');
    expect((await loadAdapter('tflite'))?.capabilities.output).toBe('tflite');
  });

  it('is told by `toolchains doctor`', async () => {
    const file = describeIn(project, 'tflite');
    expectRefusal(await run(['toolchains', 'doctor']), {
      exit: 65,
      code: 'E_ADAPTER_INVALID',
      names: [file],
    });
  });
});

describe('toolchains doctor', () => {
  beforeEach(() => {
    const program = writeProgram(path.join(dir, 'bin'), 'acmec', 'echo "acmec 4.1"');
    vi.stubEnv('MODELCONV_ACME', program);
    describeIn(project, 'acme', { '/tried': ['4.1 on linux-x64'] });
    broken(project);
  });

  it('tells what is wrong with a description, with the line, and hides no other', async () => {
    const result = await run(['toolchains', 'doctor', '--json']);
    expect(result.code).toBe(0);
    const { adapters } = expectValid('doctor-result', JSON.parse(result.stdout)) as DoctorResult;
    expect(adapters.map(({ adapter }) => adapter)).toEqual([
      ...builtInAdapterIds(),
      ...['acme', 'broken'],
      ...SHIPPED,
    ]);
    const entry = (id: string) => adapters.find(({ adapter }) => adapter === id);
    expect(entry('broken')).toEqual({
      adapter: 'broken',
      found: false,
      devices: [],
      why: expect.stringMatching(/broken\.yaml is not valid.*line 2: /),
      fix: expect.any(String),
    });
    expect(entry('acme')).toEqual({
      adapter: 'acme',
      found: true,
      tool: 'Acme Compiler',
      version: '4.1',
      path: path.join(dir, 'bin/acmec'),
      devices: [],
      description: { file: path.join(project, 'acme.yaml'), tried: ['4.1 on linux-x64'] },
    });
    expect(entry('tensorrt')).toMatchObject({
      tool: 'TensorRT trtexec',
      devices: ['jetson-nano', 'jetson-xavier', 'jetson-orin'],
      description: { tried: [] },
    });
  });

  it('says in text which document an adapter is from, and whether it was run', async () => {
    const { code, stdout } = await run(['toolchains', 'doctor', 'acme', 'tensorrt']);
    expect(code).toBe(69);
    expect(stdout).toContain(`${path.join(project, 'acme.yaml')} (run with 4.1 on linux-x64)`);
    expect(stdout).toMatch(/tensorrt\.yaml \(from documentation, not run here\)/);
    expect(stdout).not.toContain('broken');
  });

  it('says in text what is wrong with a description, and is exit 69 when it was asked', async () => {
    const { code, stdout } = await run(['toolchains', 'doctor', 'broken']);
    expect(code).toBe(69);
    expect(stdout).toMatch(/^✗ broken .*line 2: /);
  });

  it('knows described adapters by name', async () => {
    expectRefusal(await run(['toolchains', 'doctor', 'acem']), {
      exit: 64,
      code: 'E_USAGE',
      names: ['Did you mean "acme"?'],
    });
  });
});

/** A device in a file of its own; the flags that name it. */
function deviceWith(text: string): string[] {
  const file = path.join(dir, 'board.yaml');
  writeFileSync(file, `name: board\nclass: edge\n${text}`);
  return ['-d', 'board', '--devices', file];
}

describe('a conversion', () => {
  const writes = (mark: string) =>
    `[ "$1" = --version ] && { echo "acmec 4.1"; exit; }; printf '${mark}' > "$2"`;

  it.each([
    ['that is not valid', () => broken(project)],
    ['named like an adapter with code', () => describeIn(project, 'onnxruntime')],
  ])(
    'for a built-in stack reads no descriptions: one %s is in nobody’s way',
    async (_title, put) => {
      const box = sandbox();
      put();
      const output = path.join(box.out, 'a.tar');
      const result = await run(['convert', MODEL, '-d', 'onnxruntime-cpu', '-o', output]);
      expect(result).toMatchObject({ code: 0, stderr: expect.not.stringContaining('broken') });
      box.expectOnly('a.tar');
    },
  );

  it('for this machine reads no descriptions, either', async () => {
    const box = sandbox();
    broken(project);
    const output = path.join(box.out, 'a.tar');
    expect(await run(['convert', MODEL, '-d', 'local', '-o', output])).toMatchObject({ code: 0 });
  });

  it('for a device that names a described adapter uses it', async () => {
    const box = sandbox();
    describeIn(project, 'my-tool', { '/devices/stacks': ['other'] });
    broken(project);
    vi.stubEnv('MODELCONV_MY_TOOL', writeProgram(path.join(dir, 'bin'), 'acmec', writes('ACME!')));
    const device = deviceWith('stack: {kind: acme}\nconverter: {adapter: my-tool}\n');
    const output = path.join(box.out, 'a.tar');
    expect(await run(['convert', MODEL, ...device, '-o', output])).toMatchObject({ code: 0 });
    const { descriptor } = await verifyPackage(output);
    expect(descriptor.conversion?.converter).toEqual({
      adapter: 'my-tool',
      tool: 'Acme Compiler',
      version: '4.1',
      steps: [['acmec', 'source/digits-cnn-static.onnx', 'out/digits-cnn-static.acm']],
    });
    expect(descriptor.model.format).toBe('acme-model');
  });

  it('takes the options and the toolchain of the device', async () => {
    const box = sandbox();
    describeIn(project, 'my-tool', {
      '/options': { mode: { values: ['fast', 'small'] } },
      '/steps/0/args/2': '{option.mode}',
    });
    vi.stubEnv('MODELCONV_MY_TOOL', writeProgram(path.join(dir, 'bin'), 'acmec', writes('ACME!')));
    const converter = 'converter: {adapter: my-tool, options: {mode: small}}';
    const device = deviceWith(`stack: {kind: acme}\n${converter}\n`);
    const output = path.join(box.out, 'a.tar');
    expect(await run(['convert', MODEL, ...device, '-o', output])).toMatchObject({ code: 0 });
    const { descriptor } = await verifyPackage(output);
    expect(descriptor.conversion?.converter?.steps[0]?.at(-1)).toBe('small');
  });

  it('for a device that names a broken one is exit 65, with the places', async () => {
    const box = sandbox();
    const file = broken(project);
    const device = deviceWith('stack: {kind: acme}\nconverter: {adapter: broken}\n');
    const result = await run(['convert', MODEL, ...device, '-o', path.join(box.out, 'a.tar')]);
    expectRefusal(result, { exit: 65, code: 'E_ADAPTER_INVALID', names: [file, '2:7'] });
    box.expectOnly();
  });

  it('for a device that names one that is not there is exit 78, and those that are there are told', async () => {
    const box = sandbox();
    describeIn(project);
    const device = deviceWith('stack: {kind: acme}\nconverter: {adapter: my-tool}\n');
    const result = await run(['convert', MODEL, ...device, '-o', path.join(box.out, 'a.tar')]);
    expectRefusal(result, {
      exit: 78,
      code: 'E_NOT_CONVERTIBLE',
      names: ['my-tool', 'acme', 'tensorrt'],
    });
    box.expectOnly();
  });

  it('whose tool hands its source back under another name is exit 65, though no mark is described', async () => {
    const box = sandbox();
    describeIn(project, 'my-tool', { '/output/signature': undefined });
    const body = '[ "$1" = --version ] && { echo "acmec 4.1"; exit; }; cat "$1" > "$2"';
    vi.stubEnv('MODELCONV_MY_TOOL', writeProgram(path.join(dir, 'bin'), 'acmec', body));
    const device = deviceWith('stack: {kind: acme}\nconverter: {adapter: my-tool}\n');
    const result = await run(['convert', MODEL, ...device, '-o', path.join(box.out, 'a.tar')]);
    expectRefusal(result, { exit: 65, code: 'E_TOOL_OUTPUT', names: ['Acme Compiler', 'onnx'] });
    box.expectOnly();
  });
});
