import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readDeviceFile } from '../../src/device/device-file.js';
import {
  findDevice,
  type Inventory,
  loadInventory,
  resolveExtends,
} from '../../src/device/inventory.js';
import type { Device } from '../../src/schema/generated/types.js';
import { tempDir } from '../support/files.js';

const LOCAL: Device = { name: 'local', formats: ['ort'] };

beforeEach(() => {
  // nobody's own devices
  vi.stubEnv('XDG_CONFIG_HOME', path.join(tempDir(), 'none'));
  vi.stubEnv('APPDATA', path.join(tempDir(), 'none'));
});
afterEach(() => vi.unstubAllEnvs());

function fileOf(text: string, name = 'devices.yaml'): string {
  const file = path.join(tempDir(), name);
  writeFileSync(file, text);
  return file;
}

const inventoryOf = (...devices: readonly Device[]): Inventory => ({
  entries: [...devices, LOCAL].map((device) => ({ device, origin: 'file' as const })),
});

async function load(
  text: string | undefined,
  cwd: string = tempDir(),
): Promise<Inventory & { file: string | undefined }> {
  const file = text === undefined ? undefined : fileOf(text);
  return { ...(await loadInventory({ file, cwd, local: LOCAL })), file };
}

describe('a device file', () => {
  it('holds one device', async () => {
    expect(await readDeviceFile(fileOf('name: camera\nclass: edge\n'))).toEqual([
      { name: 'camera', class: 'edge' },
    ]);
  });
  it('holds a list of devices', async () => {
    const text = 'devices:\n  - name: one\n  - name: two\n';
    expect(await readDeviceFile(fileOf(text))).toEqual([{ name: 'one' }, { name: 'two' }]);
  });
  it('may say what it is', async () => {
    const head = (kind: string): string => `protocol: modelconv/1\nkind: ${kind}\n`;
    expect(await readDeviceFile(fileOf(`${head('Device')}name: one\n`))).toHaveLength(1);
    expect(await readDeviceFile(fileOf(`${head('DeviceInventory')}devices: []\n`))).toEqual([]);
  });
  it('may be JSON', async () => {
    const file = fileOf('{"devices": [{"name": "one"}]}', 'devices.json');
    expect(await readDeviceFile(file)).toEqual([{ name: 'one' }]);
  });
  it('may carry extensions', async () => {
    expect(await readDeviceFile(fileOf('name: one\nx-room: {floor: 3}\n'))).toEqual([
      { name: 'one', 'x-room': { floor: 3 } },
    ]);
  });
  it('that is not there is an input error', async () => {
    const gone = path.join(tempDir(), 'gone.yaml');
    await expect(readDeviceFile(gone)).rejects.toMatchObject({
      code: 'E_INPUT',
      message: expect.stringContaining('gone.yaml'),
    });
  });
});

describe('faults of a device file, each with its place', () => {
  it.each([
    ['a name that is no name', 'class: edge\nname: "a b"\n', [[2, 7, /"a b"/]]],
    ['a number for a name', 'name: 3588\n', [[1, 7, /quotes, "3588"/]]],
    ['no name', 'class: edge\n', [[1, 1, /"name" is missing/]]],
    ['an unknown key', 'name: a\nclas: edge\n', [[2, 7, /clas.*Did you mean "class"/]]],
    ['an unknown class', 'name: a\nclass: egde\n', [[2, 8, /Did you mean "edge"/]]],
    [
      'an unknown precision in a list',
      'name: a\nprecisions:\n  - fp32\n  - fp33\n',
      [[4, 5, /"fp33".*fp32/]],
    ],
    [
      'a stack without a kind',
      'name: a\nstack:\n  version: "1.2"\n',
      [[3, 3, /"kind" is missing/]],
    ],
    [
      'a version that is a number',
      'name: a\nstack: {kind: rknn, version: 2.3}\n',
      [[2, 30, /quotes, "2.3"/]],
    ],
    ['memory below 0', 'name: a\nmemoryBytes: -1\n', [[2, 14, /-1/]]],
    ['a format twice', 'name: a\nformats: [ort, ort]\n', [[2, 10, /duplicate/]]],
    ['an upper-case format', 'name: a\nformats: [ORT]\n', [[2, 11, /ORT/]]],
    ['a port that is none', 'name: a\nconnection: {type: ssh, port: 70000}\n', [[2, 31, /70000/]]],
    [
      'a value of an option that is a list',
      'name: a\nconverter:\n  adapter: x\n  options: {a: [1]}\n',
      [[4, 16, /\[1\]/]],
    ],
    ['another protocol', 'protocol: modelconv/2\nname: a\n', [[1, 11, /modelconv\/1/]]],
    ['another kind', 'kind: TargetModel\nname: a\n', [[1, 7, /Device/]]],
    [
      'several at once, in their order',
      'name: a\nclass: x\nextra: 1\nmemoryBytes: many\n',
      [
        [2, 8, /"x"/],
        [3, 8, /extra/],
        [4, 14, /many/],
      ],
    ],
    [
      'in the second device of a list',
      'devices:\n  - name: a\n  - name: b\n    clas: edge\n',
      [[4, 11, /clas/]],
    ],
    ['a list that is none', 'devices: none\n', [[1, 10, /array/]]],
    ['a key twice', 'name: a\nname: b\n', [[2, 1, /"name" occurs twice/]]],
    ['a mark that is never closed', 'name: "a\n', [[undefined, undefined, /quote/]]],
    ['an empty file', '', [[undefined, undefined, /object/]]],
    ['a bare list', '- name: a\n', [[1, 1, /object/]]],
  ] as const)('%s', async (_what, text, faults) => {
    const file = fileOf(text);
    await expect(readDeviceFile(file)).rejects.toMatchObject({
      code: 'E_DEVICE_INVALID',
      message: expect.stringContaining(file),
      faults: faults.map(([line, column, message]) => ({
        ...(line === undefined ? {} : { line, column }),
        message: expect.stringMatching(message),
      })),
    });
  });

  it('names that occur twice, each with the line of the later one', async () => {
    const text = 'devices:\n  - name: a\n  - name: b\n  - name: a\n  - class: edge\n    name: b\n';
    await expect(readDeviceFile(fileOf(text))).rejects.toMatchObject({
      code: 'E_DEVICE_INVALID',
      faults: [
        { line: 4, column: 11, message: expect.stringMatching(/"a".*device 1/) },
        { line: 6, column: 11, message: expect.stringMatching(/"b".*device 2/) },
      ],
    });
  });

  it('an alias is refused', async () => {
    const text = 'devices:\n  - &a {name: one}\n  - *a\n';
    await expect(readDeviceFile(fileOf(text))).rejects.toMatchObject({ code: 'E_DEVICE_INVALID' });
  });

  it('a file of more than a MiB is refused', async () => {
    const text = `name: a\n#${'x'.repeat(1024 * 1024)}\n`;
    await expect(readDeviceFile(fileOf(text))).rejects.toMatchObject({ code: 'E_DEVICE_INVALID' });
  });
});

describe('where devices come from', () => {
  it('without any file: this machine, then the built-in kinds', async () => {
    const { entries } = await load(undefined);
    expect(entries[0]).toEqual({ device: LOCAL, origin: 'probed' });
    expect(new Set(entries.slice(1).map(({ origin }) => origin))).toEqual(new Set(['built-in']));
    expect(entries.map(({ device }) => device.name)).toContain('onnxruntime-cpu');
  });

  it('the nearest definition wins: --devices, project, user, this machine, built-in', async () => {
    const cwd = tempDir();
    const config = path.join(tempDir(), 'config');
    mkdirSync(path.join(config, 'modelconv'), { recursive: true });
    vi.stubEnv('XDG_CONFIG_HOME', config);
    vi.stubEnv('APPDATA', config);
    const list = (from: string, ...names: readonly string[]): string =>
      `devices:\n${names.map((name) => `  - {name: ${name}, description: ${from}}\n`).join('')}`;
    const project = path.join(cwd, 'modelconv.devices.yaml');
    const user = path.join(config, 'modelconv', 'devices.yaml');
    writeFileSync(project, list('project', 'a', 'b', 'local'));
    writeFileSync(user, list('user', 'a', 'b', 'c', 'onnxruntime-cpu'));
    const inventory = await load(list('flag', 'a'), cwd);
    const from = (name: string): unknown => {
      const { device, origin, file } = findDevice(inventory, name);
      return [device.description, origin, file];
    };
    expect(from('a')).toEqual(['flag', 'file', inventory.file]);
    expect(from('b')).toEqual(['project', 'file', project]);
    expect(from('c')).toEqual(['user', 'file', user]);
    expect(from('local')).toEqual(['project', 'file', project]);
    expect(from('onnxruntime-cpu')).toEqual(['user', 'file', user]);
    expect(from('android-arm64')).toMatchObject([expect.any(String), 'built-in', undefined]);
  });

  it('a --devices file that is not there is an error', async () => {
    const file = path.join(tempDir(), 'gone.yaml');
    await expect(loadInventory({ file, cwd: tempDir(), local: LOCAL })).rejects.toMatchObject({
      code: 'E_INPUT',
    });
  });

  it('a fault in the project file is told, not skipped', async () => {
    const cwd = tempDir();
    writeFileSync(path.join(cwd, 'modelconv.devices.yaml'), 'devices: [{}]\n');
    await expect(load(undefined, cwd)).rejects.toMatchObject({ code: 'E_DEVICE_INVALID' });
  });

  it.each([
    ['onnxruntime-cp', 'onnxruntime-cpu'],
    ['locla', 'local'],
    ['Raspberry-Pi-5', 'raspberry-pi-5'],
  ])('the unknown device %s: the nearest name is suggested', async (wrong, right) => {
    const inventory = await load(undefined);
    expect(() => findDevice(inventory, wrong)).toThrow(
      expect.objectContaining({
        code: 'E_DEVICE_UNKNOWN',
        message: expect.stringContaining(`Did you mean "${right}"?`),
        next: expect.stringContaining('modelconv devices list'),
      }),
    );
  });

  it('a name that is like no other gets no suggestion', async () => {
    const inventory = await load(undefined);
    expect(() => findDevice(inventory, 'quite-something-else')).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('Did you mean') }),
    );
  });
});

describe('extends', () => {
  it('takes over what the device does not say itself', async () => {
    const inventory = await load('name: mine\nextends: raspberry-pi-5\nclass: terminal\n');
    const { device, origin } = findDevice(inventory, 'mine');
    expect(origin).toBe('file');
    expect(device).toMatchObject({
      name: 'mine',
      class: 'terminal',
      soc: 'BCM2712',
      formats: ['ort'],
      stack: { kind: 'onnxruntime' },
    });
    expect(device).not.toHaveProperty('extends');
  });

  it('goes over several steps, the nearest value wins', () => {
    const inventory = inventoryOf(
      { name: 'c', extends: 'b', soc: 'of c' },
      { name: 'b', extends: 'a', soc: 'of b', vendor: 'of b' },
      { name: 'a', soc: 'of a', vendor: 'of a', os: 'of a' },
    );
    expect(findDevice(inventory, 'c').device).toEqual({
      name: 'c',
      soc: 'of c',
      vendor: 'of b',
      os: 'of a',
    });
  });

  it('merges a stack of the same kind field by field', () => {
    const inventory = inventoryOf(
      { name: 'b', extends: 'a', stack: { kind: 'rknn', version: '2.3' } },
      { name: 'a', stack: { kind: 'rknn', version: '1.0', driver: '0.9' } },
    );
    expect(findDevice(inventory, 'b').device.stack).toEqual({
      kind: 'rknn',
      version: '2.3',
      driver: '0.9',
    });
  });

  it('takes a stack of another kind as a whole', () => {
    const inventory = inventoryOf(
      { name: 'b', extends: 'a', stack: { kind: 'rknn' } },
      { name: 'a', stack: { kind: 'onnxruntime', version: '1.0' } },
    );
    expect(findDevice(inventory, 'b').device.stack).toEqual({ kind: 'rknn' });
  });

  it('takes lists as a whole', () => {
    const inventory = inventoryOf(
      { name: 'b', extends: 'a', formats: ['rknn'] },
      { name: 'a', formats: ['onnx', 'ort'], precisions: ['fp32'] },
    );
    expect(findDevice(inventory, 'b').device).toMatchObject({
      formats: ['rknn'],
      precisions: ['fp32'],
    });
  });

  it('may name the built-in kind of the same name', async () => {
    const inventory = await load(
      'name: onnxruntime-cpu\nextends: onnxruntime-cpu\nstack: {kind: onnxruntime, version: "1.20"}\n',
    );
    expect(findDevice(inventory, 'onnxruntime-cpu').device).toMatchObject({
      name: 'onnxruntime-cpu',
      stack: { kind: 'onnxruntime', version: '1.20' },
      formats: ['onnx', 'ort'],
    });
  });

  it('may name this machine', async () => {
    const inventory = await load('name: mine\nextends: local\n');
    expect(findDevice(inventory, 'mine').device).toEqual({ name: 'mine', formats: ['ort'] });
  });

  it.each([
    ['of one device', [{ name: 'a', extends: 'a' }]],
    [
      'of three devices',
      [
        { name: 'a', extends: 'b' },
        { name: 'b', extends: 'c' },
        { name: 'c', extends: 'a' },
      ],
    ],
    [
      'that the device is no part of',
      [
        { name: 'a', extends: 'b' },
        { name: 'b', extends: 'c' },
        { name: 'c', extends: 'b' },
      ],
    ],
  ])('a circle %s is refused', (_what, devices) => {
    expect(() => findDevice(inventoryOf(...devices), 'a')).toThrow(
      expect.objectContaining({
        code: 'E_DEVICE_INVALID',
        why: expect.stringContaining('extends itself'),
      }),
    );
  });

  it('an unknown base is refused, and the nearest name suggested', async () => {
    const inventory = await load('name: mine\nextends: raspbery-pi-5\n');
    expect(() => findDevice(inventory, 'mine')).toThrow(
      expect.objectContaining({
        code: 'E_DEVICE_INVALID',
        message: expect.stringContaining('mine'),
        why: expect.stringMatching(/"raspbery-pi-5".*Did you mean "raspberry-pi-5"/),
      }),
    );
  });

  it('a device that is in no inventory can extend one that is', () => {
    expect(resolveExtends(inventoryOf(), { name: 'mine', extends: 'local' })).toEqual({
      name: 'mine',
      formats: ['ort'],
    });
  });

  it('leaves the inventory as it was', () => {
    const inventory = inventoryOf({ name: 'b', extends: 'local', stack: { kind: 'x' } });
    const before = structuredClone(inventory);
    findDevice(inventory, 'b');
    expect(inventory).toEqual(before);
  });
});
