import { execFile } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { TEXT_FIELDS } from '../../src/device/edit/assignment.js';
import type { DeviceEditResult } from '../../src/schema/generated/types.js';
import {
  expectRefusal,
  jsonResult,
  type RunResult,
  run,
  type Sandbox,
  sandbox,
} from './run-main.js';

const FLEET = `# The cameras of the house.   Ask Kim before you change one.
devices:

  # at the gate,
  # 2nd pole
  - name: gate      # replaced in May
    extends: rk3588
    stack: { kind: rknn,   version: "2.3.2" }
    x-room: {floor: 3}

  - {name: door, extends: gate}   # short

# the end
`;

let box: Sandbox;
let file: string;
beforeEach(() => {
  box = sandbox();
  file = path.join(box.dir, 'modelconv.devices.yaml');
  vi.stubEnv('XDG_CONFIG_HOME', path.join(box.dir, 'config'));
  vi.stubEnv('APPDATA', path.join(box.dir, 'config'));
});

const devices = async (...words: string[]): Promise<RunResult> =>
  await run(['devices', ...words], { cwd: box.dir });
const edited = async (...words: string[]): Promise<DeviceEditResult> =>
  jsonResult(await devices(...words, '--json'), 'device-edit-result') as DeviceEditResult;
const text = (): string => readFileSync(file, 'utf8');

/** The lines of one text that the other does not have, both ways. */
function changedLines(before: string, after: string): { gone: string[]; new: string[] } {
  const [old, now] = [before.split('\n'), after.split('\n')];
  return {
    gone: old.filter((line) => !now.includes(line)),
    new: now.filter((line) => !old.includes(line)),
  };
}

describe('devices add', () => {
  it('makes the file of the project, with a line that says what it is', async () => {
    const words = ['add', 'gate', '--extends', 'rk3588', '--class', 'terminal', '--soc', 'rk3588s'];
    const more = ['--stack', 'rknn@2.3.2', '--memory', '512MiB', '--set', 'formats=[rknn]'];
    const result = await devices(...words, ...more);
    expect(result).toMatchObject({ code: 0, stdout: '' });
    expect(result.stderr).toContain('added');
    expect(text()).toMatch(/^# Devices .*\ndevices:\n {2}- name: gate\n/);
    expect(parse(text())).toEqual({
      devices: [
        {
          name: 'gate',
          extends: 'rk3588',
          class: 'terminal',
          soc: 'rk3588s',
          stack: { kind: 'rknn', version: '2.3.2' },
          memoryBytes: 536_870_912,
          formats: ['rknn'],
        },
      ],
    });
  });

  it('adds to a file that is there, and touches nothing of it', async () => {
    writeFileSync(file, FLEET);
    const { created, written, device } = await edited('add', 'hall', '--extends', 'door');
    expect({ created, written, soc: device?.soc }).toEqual({
      created: false,
      written: true,
      soc: 'rk3588',
    });
    expect(changedLines(FLEET, text())).toEqual({
      gone: [],
      new: ['  - name: hall', '    extends: door'],
    });
  });

  it('takes the stack that is inherited when only its version is set', async () => {
    const words = ['add', 'gate', '--extends', 'rk3588', '--set', 'stack.version=2.3'];
    expect((await edited(...words)).device?.stack).toMatchObject({ kind: 'rknn', version: '2.3' });
  });

  it.each([
    ['--to', 'other.yaml'],
    ['--devices', 'new.yaml'],
  ])('%s names the file', async (flag, name) => {
    const other = path.join(box.dir, name);
    await devices('add', 'gate', '--extends', 'rk3588', flag, other);
    expect(parse(readFileSync(other, 'utf8'))).toEqual({
      devices: [{ name: 'gate', extends: 'rk3588' }],
    });
    expect(existsSync(file)).toBe(false);
  });

  it('--user is the file in the configuration directory, which is made', async () => {
    const { file: place } = await edited('add', 'gate', '--extends', 'rk3588', '--user');
    expect(place.startsWith(path.join(box.dir, 'config'))).toBe(true);
    const shown = await devices('show', 'gate');
    expect(shown.stdout).toContain('name: gate');
  });

  it('writes JSON into a .json file', async () => {
    const other = path.join(box.dir, 'fleet.json');
    for (const name of ['a', 'b']) await devices('add', name, '--extends', 'rk3588', '--to', other);
    expect(JSON.parse(readFileSync(other, 'utf8'))).toEqual({
      devices: ['a', 'b'].map((name) => ({ name, extends: 'rk3588' })),
    });
  });

  it('warns of a version that is not known, and of a name that is taken', async () => {
    const { warnings } = await edited(
      'add',
      'rk3588',
      '--extends',
      'rk3588',
      '--stack',
      'rknn@9.9',
    );
    expect(warnings).toEqual([
      expect.stringContaining('hides'),
      expect.stringMatching(/rknn 9\.9.*https:/),
    ]);
    const { stderr, code } = await devices('show', 'rk3588');
    expect({ stderr, code }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/^warning: .*9\.9/),
    });
    const shown = jsonResult(await devices('show', 'rk3588', '--json'), 'device-result');
    expect(shown).toMatchObject({ warnings: [expect.stringContaining('9.9')] });
  });

  it.each([
    [['gate'], 64, 'E_USAGE', ['--extends']],
    [['gate', '--extends', 'rk3589'], 65, 'E_DEVICE_INVALID', ['Did you mean "rk3588"']],
    [['gate', '--extends', 'gate'], 65, 'E_DEVICE_INVALID', ['gate']],
    [['a b', '--extends', 'rk3588'], 65, 'E_DEVICE_INVALID', ['a b']],
    [['gate', '--extends', 'rk3588', '--memory', 'much'], 64, 'E_USAGE', ['--memory']],
    [['gate', '--extends', 'rk3588', '--set', 'soc'], 64, 'E_USAGE', ['KEY=VALUE']],
    [['gate', '--extends', 'rk3588', '--set', '.=1'], 64, 'E_USAGE', ['no such field']],
    [['gate', '--extends', 'rk3588', '--set', 'formats=['], 64, 'E_USAGE', ['formats']],
    [['gate', '--extends', 'rk3588', '--class', 'x'], 64, 'E_USAGE', ['terminal']],
    [['gate', '--extends', 'rk3588', '--to', 'a', '--user'], 64, 'E_USAGE', ['--user']],
  ])('refuses %j and writes nothing', async (words, exit, code, names) => {
    expectRefusal(await devices('add', ...words), { exit, code, names });
    expect(readdirSync(box.dir).sort()).toEqual(['out', 'tmp']);
  });

  it('refuses a name that the file has already, and a file that is one device', async () => {
    writeFileSync(file, FLEET);
    const twice = await devices('add', 'gate', '--extends', 'rk3588');
    expectRefusal(twice, { exit: 64, code: 'E_USAGE', names: ['devices edit gate'] });
    const single = path.join(box.dir, 'one.yaml');
    writeFileSync(single, 'name: one\nextends: rk3588\n');
    const second = await devices('add', 'two', '--extends', 'rk3588', '--to', single);
    expectRefusal(second, { exit: 64, code: 'E_USAGE', names: ['one.yaml'] });
    expect(text()).toBe(FLEET);
  });

  it('refuses a directory that is not there', async () => {
    const far = path.join(box.dir, 'far', 'x.yaml');
    const result = await devices('add', 'gate', '--extends', 'rk3588', '--to', far);
    expectRefusal(result, { exit: 73, code: 'E_OUTPUT', names: ['mkdir -p'] });
  });
});

describe('devices edit', () => {
  beforeEach(() => writeFileSync(file, FLEET));

  it('changes what is named, and every other line stays byte for byte', async () => {
    const words = ['edit', 'gate', '--set', 'stack.version=2.3.0', '--set', 'x-room.floor=4'];
    await devices(...words, '--set', 'memoryBytes=1024');
    expect(changedLines(FLEET, text())).toEqual({
      gone: ['    stack: { kind: rknn,   version: "2.3.2" }', '    x-room: {floor: 3}'],
      new: [
        '    stack: { kind: rknn,   version: 2.3.0 }',
        '    x-room: {floor: 4}',
        '    memoryBytes: 1024',
      ],
    });
  });

  it('--unset takes a field away', async () => {
    const { device } = await edited('edit', 'gate', '--unset', 'stack', '--unset', 'x-room');
    expect(device?.stack?.version).toBeUndefined();
    expect(changedLines(FLEET, text()).new).toEqual([]);
  });

  it('text fields take what looks like something else', async () => {
    const sets = ['stack.version=2.3', 'description=Door: left', 'vendor=true', 'soc="3588"'];
    const { device } = await edited('edit', 'door', ...sets.flatMap((set) => ['--set', set]));
    expect(device).toMatchObject({
      stack: { kind: 'rknn', version: '2.3' },
      description: 'Door: left',
      vendor: 'true',
      soc: '3588',
    });
  });

  it('names of options may hold dots', async () => {
    const sets = ['converter.adapter=rknn', 'converter.options.a.b=1'];
    const { device } = await edited('edit', 'door', ...sets.flatMap((set) => ['--set', set]));
    expect(device?.converter).toEqual({ adapter: 'rknn', options: { 'a.b': 1 } });
  });

  it('another name, which nobody else may depend on', async () => {
    expect((await edited('edit', 'door', '--set', 'name=side')).device?.name).toBe('side');
    expectRefusal(await devices('edit', 'gate', '--set', 'name=front'), {
      exit: 65,
      code: 'E_DEVICE_INVALID',
      names: ['gate'],
    });
  });

  it('what is so already is not written again', async () => {
    const before = statSync(file).mtimeMs;
    expect(await edited('edit', 'gate', '--set', 'extends=rk3588')).toMatchObject({
      written: false,
    });
    expect(statSync(file).mtimeMs).toBe(before);
    const { stderr } = await devices('edit', 'gate', '--set', 'extends=rk3588');
    expect(stderr).toBe('nothing to change: it is so already\n');
    expect((await devices('edit', 'gate', '--set', 'extends=rk3588', '-q')).stderr).toBe('');
  });

  it('--dry-run prints the file as it would be, and writes nothing', async () => {
    const { stdout, code } = await devices('edit', 'gate', '--set', 'soc=rk3588s', '-n');
    expect(code).toBe(0);
    expect(changedLines(FLEET, stdout)).toEqual({ gone: [], new: ['    soc: rk3588s'] });
    const dry = await edited('edit', 'gate', '--set', 'soc=rk3588s', '--dry-run');
    expect(dry).toMatchObject({ written: false, text: stdout });
    expect(text()).toBe(FLEET);
  });

  it('the nearest definition is the one that is changed; --user means the other', async () => {
    mkdirSync(path.join(box.dir, 'config', 'modelconv'), { recursive: true });
    const own = path.join(box.dir, 'config', 'modelconv', 'devices.yaml');
    const mine = 'devices: [{name: gate, extends: rk3566}]\n';
    writeFileSync(own, mine);
    await devices('edit', 'gate', '--set', 'soc=a');
    expect(readFileSync(own, 'utf8')).toBe(mine);
    await devices('edit', 'gate', '--set', 'soc=b', '--user');
    expect(readFileSync(own, 'utf8')).toBe('devices: [{name: gate, extends: rk3566, soc: b}]\n');
    const near = path.join(box.dir, 'near.yaml');
    writeFileSync(near, mine);
    expect((await edited('edit', 'gate', '--set', 'soc=c', '--devices', near)).file).toBe(near);
    const none = await devices('edit', 'door', '--set', 'soc=d', '--user');
    expectRefusal(none, { exit: 64, code: 'E_USAGE', names: ['--user'] });
  });

  it('a file of one device', async () => {
    const one = path.join(box.dir, 'one.yaml');
    writeFileSync(one, '# head\nname: one\nextends: rk3588\n');
    await devices('edit', 'one', '--set', 'soc=x', '--unset', 'extends', '--devices', one);
    expect(readFileSync(one, 'utf8')).toBe('# head\nname: one\nsoc: x\n');
  });

  it('a link keeps leading to its file, and the mode of the file stays', async () => {
    const link = path.join(box.dir, 'link.yaml');
    symlinkSync(file, link);
    chmodSync(file, 0o640);
    await devices('edit', 'gate', '--set', 'soc=x', '--devices', link);
    expect(text()).toContain('soc: x');
    expect(statSync(file).mode & 0o777).toBe(0o640);
  });

  it.each([
    [['rk3588', '--set', 'soc=x'], 64, 'E_USAGE', ['devices add NAME --extends rk3588']],
    [['local', '--set', 'soc=x'], 64, 'E_USAGE', ['devices probe --save']],
    [['gata', '--set', 'soc=x'], 64, 'E_DEVICE_UNKNOWN', ['Did you mean "gate"']],
    [['gate'], 64, 'E_USAGE', ['--set KEY=VALUE']],
    [['gate', '--set', 'clas=edge'], 65, 'E_DEVICE_INVALID', ['Did you mean "class"']],
    [['gate', '--set', 'memoryBytes=much'], 65, 'E_DEVICE_INVALID', ['much']],
    [['gate', '--set', 'extends=door'], 65, 'E_DEVICE_INVALID', ['extends itself']],
    [['gate', '--set', 'extends=nothing'], 65, 'E_DEVICE_INVALID', ['nothing']],
    [['gate', '--set', 'name=door'], 65, 'E_DEVICE_INVALID', ['door']],
    [['gate', '--unset', 'name'], 65, 'E_DEVICE_INVALID', ['"name" is missing']],
    [['gate', '--unset', 'soc'], 64, 'E_USAGE', ['devices show gate']],
    [['gate', '--set', 'extends.x=1'], 64, 'E_USAGE', ['one value']],
  ])('refuses %j and leaves the file alone', async (words, exit, code, names) => {
    expectRefusal(await devices('edit', ...words), { exit, code, names });
    expect(text()).toBe(FLEET);
    expect(readdirSync(box.dir).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('a file that is not valid is refused and left alone', async () => {
    const bad = `${FLEET}clas: edge\n`;
    writeFileSync(file, bad);
    const other = path.join(box.dir, 'other.yaml');
    writeFileSync(other, bad);
    for (const words of [
      ['edit', 'gate', '--set', 'soc=x'],
      ['remove', 'door'],
      ['add', 'x', '--extends', 'rk3588'],
    ])
      expectRefusal(await devices(...words), {
        exit: 65,
        code: 'E_DEVICE_INVALID',
        names: ['clas'],
      });
    const added = await devices('add', 'x', '--extends', 'rk3588', '--to', other);
    expectRefusal(added, { exit: 65, code: 'E_DEVICE_INVALID', names: ['clas'] });
    expect([text(), readFileSync(other, 'utf8')]).toEqual([bad, bad]);
  });
});

describe('devices remove', () => {
  beforeEach(() => writeFileSync(file, FLEET));

  it('takes the device away, and leaves the rest', async () => {
    expect(await edited('remove', 'door')).toMatchObject({ action: 'remove', written: true });
    expect(changedLines(FLEET, text())).toEqual({
      gone: ['  - {name: door, extends: gate}   # short'],
      new: [],
    });
  });

  it('refuses one that another extends, by name; --force removes it all the same', async () => {
    const result = await devices('remove', 'gate');
    expectRefusal(result, { exit: 64, code: 'E_USAGE', names: ['door', '--force'] });
    expect(text()).toBe(FLEET);
    const { warnings } = await edited('remove', 'gate', '--force');
    expect(warnings).toEqual([expect.stringContaining('door')]);
    expect(text()).not.toContain('2nd pole');
  });

  it('the last one leaves an empty list, and a file of one device is not emptied', async () => {
    for (const name of ['door', 'gate']) await devices('remove', name);
    expect(parse(text())).toEqual({ devices: [] });
    const one = path.join(box.dir, 'one.yaml');
    writeFileSync(one, 'name: one\n');
    const result = await devices('remove', 'one', '--devices', one);
    expectRefusal(result, { exit: 64, code: 'E_USAGE', names: [`rm "${one}"`] });
  });

  it('a built-in kind is not removed', async () => {
    expectRefusal(await devices('remove', 'rk3588'), { exit: 64, code: 'E_USAGE' });
  });
});

describe('devices probe', () => {
  it('--name gives the device another name', async () => {
    const { stdout } = await devices('probe', '--name', 'workbench');
    expect(parse(stdout)).toMatchObject({ name: 'workbench', arch: process.arch });
  });

  it.each([['--save'], ['--to'], ['--user']])('%s keeps this machine as a device', async (flag) => {
    const place = path.join(box.dir, 'to.yaml');
    const words = ['probe', '--name', 'workbench', flag, ...(flag === '--to' ? [place] : [])];
    const result = await edited(...words);
    const shown = await devices('show', 'workbench', '--devices', result.file, '--json');
    expect(jsonResult(shown, 'device-result')).toMatchObject({
      origin: 'file',
      device: { os: process.platform },
    });
  });

  it('--dry-run shows it, and saving asks for a name', async () => {
    const { stdout } = await devices('probe', '--name', 'workbench', '-n');
    expect(parse(stdout)).toMatchObject({ devices: [{ name: 'workbench' }] });
    expect(existsSync(file)).toBe(false);
    expectRefusal(await devices('probe', '--save'), {
      exit: 64,
      code: 'E_USAGE',
      names: ['--name'],
    });
  });
});

describe('several who edit at once', () => {
  const program = fileURLToPath(new URL('../../bin/modelconv.js', import.meta.url));

  it('lose no edit', async () => {
    writeFileSync(file, FLEET);
    const names = Array.from({ length: 6 }, (_, index) => `camera-${index}`);
    await Promise.all(
      names.map((name) =>
        promisify(execFile)(
          process.execPath,
          [program, 'devices', 'add', name, '--extends', 'rk3588'],
          { cwd: box.dir, env: { ...process.env, XDG_CONFIG_HOME: path.join(box.dir, 'config') } },
        ),
      ),
    );
    const { devices: all } = parse(text()) as { devices: { name: string }[] };
    expect(all.map(({ name }) => name).sort()).toEqual([...names, 'door', 'gate'].sort());
    expect(changedLines(FLEET, text()).gone).toEqual([]);
    expect(readdirSync(box.dir).filter((name) => name.startsWith('.'))).toEqual([]);
  });
});

it('the fields that hold text are those of the schema', () => {
  const schema = JSON.parse(
    readFileSync(new URL('../../schemas/device.schema.json', import.meta.url), 'utf8'),
  ) as Field;
  expect([...TEXT_FIELDS].sort()).toEqual(textFields(schema).sort());
});

interface Field {
  readonly type?: string;
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Field>>;
}

/** Dotted names of the fields that hold text; of what is referred to, options alone are none. */
function textFields({ properties = {} }: Field, above = ''): string[] {
  return Object.entries(properties).flatMap(([key, field]) => {
    const isText =
      field.type === 'string' || (field.$ref !== undefined && !/options$/.test(field.$ref));
    return isText ? [above + key] : textFields(field, `${above}${key}.`);
  });
}

it('a byte order mark and the newlines of Windows stay', async () => {
  const before = `\uFEFF${FLEET.replaceAll('\n', '\r\n')}`;
  writeFileSync(file, before);
  await edited('add', 'yard', '--extends', 'rk3566');
  expect(text().startsWith('\uFEFF# The cameras')).toBe(true);
  await edited('remove', 'yard');
  expect(text()).toBe(before);
});
