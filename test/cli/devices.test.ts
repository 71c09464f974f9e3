import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import type { DeviceEntry, DevicesListResult } from '../../dist/schema/generated/types.js';
import { expectRefusal, jsonResult, run, sandbox } from './run-main.js';
import { expectValid } from './schemas.js';

const MINE =
  'devices:\n  - {name: my-board, extends: raspberry-pi-4, stack: {kind: onnxruntime, version: "1.17"}}\n';

describe('devices', () => {
  it('list prints a row per device that -d can name', async () => {
    const { code, stdout, stderr } = await run(['devices', 'list'], { cwd: sandbox().dir });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [head, ...rows] = stdout.trimEnd().split('\n');
    expect(head).toMatch(/^NAME +CLASS/);
    expect(rows.map((row) => row.split(/\s/)[0])).toEqual(
      expect.arrayContaining(['local', 'onnxruntime-cpu', 'raspberry-pi-4', 'android-arm64']),
    );
  });

  it('list of what is built in fits into 80 columns', async () => {
    const { stdout } = await run(['devices', 'list', '--origin', 'built-in'], {
      cwd: sandbox().dir,
    });
    const lines = stdout.trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(50);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it.each([
    ['--class', 'cloud', ({ device }: DeviceEntry) => device.class === 'cloud'],
    ['--format', 'rknn', ({ device }: DeviceEntry) => device.formats?.includes('rknn') === true],
    ['--origin', 'file', ({ origin }: DeviceEntry) => origin === 'file'],
  ])('list %s %s lists those alone', async (flag, value, isMeant) => {
    const box = sandbox();
    writeFileSync(path.join(box.dir, 'modelconv.devices.yaml'), MINE);
    const all = async (...words: string[]): Promise<DeviceEntry[]> => {
      const result = await run(['devices', 'list', ...words, '--json'], { cwd: box.dir });
      return (jsonResult(result, 'devices-list-result') as DevicesListResult).devices;
    };
    const wanted = (await all()).filter(isMeant);
    expect(wanted.length).toBeGreaterThan(0);
    expect(await all(flag, value)).toEqual(wanted);
  });

  it('list refuses an origin that there is not', async () => {
    const result = await run(['devices', 'list', '--origin', 'elsewhere']);
    expect(result).toMatchObject({ code: 64, stdout: '' });
    expect(result.stderr).toContain('built-in');
  });

  it('list --json --devices FILE puts the devices of the file first', async () => {
    const box = sandbox();
    const file = path.join(box.dir, 'd.yaml');
    writeFileSync(file, MINE);
    const result = await run(['devices', 'list', '--devices', file, '--json'], { cwd: box.dir });
    const { devices } = jsonResult(result, 'devices-list-result') as DevicesListResult;
    expect(devices[0]).toMatchObject({
      origin: 'file',
      file,
      device: { name: 'my-board', soc: 'BCM2711', stack: { version: '1.17' } },
    });
    expect(devices.find(({ device }) => device.name === 'local')?.origin).toBe('probed');
  });

  it('a project file and a file of the user are found by themselves, the project first', async () => {
    const box = sandbox();
    writeFileSync(path.join(box.dir, 'modelconv.devices.yaml'), MINE);
    const config = path.join(box.dir, 'modelconv');
    const { mkdirSync } = await import('node:fs');
    mkdirSync(config);
    writeFileSync(
      path.join(config, 'devices.yaml'),
      'devices: [{name: my-board, extends: ios-arm64}, {name: other, extends: ios-arm64}]\n',
    );
    vi.stubEnv('XDG_CONFIG_HOME', box.dir);
    const show = async (name: string): Promise<DeviceEntry> =>
      jsonResult(
        await run(['devices', 'show', name, '--json'], { cwd: box.dir }),
        'device-result',
      ) as DeviceEntry;
    expect((await show('my-board')).device.soc).toBe('BCM2711');
    expect((await show('other')).device.os).toBe('ios');
  });

  it('show prints a device as YAML that is a device file itself', async () => {
    const box = sandbox();
    const result = await run(['devices', 'show', 'raspberry-pi-4'], { cwd: box.dir });
    expect(result).toMatchObject({ code: 0, stderr: '' });
    const device = expectValid('device', parse(result.stdout) as unknown);
    expect(device).toMatchObject({ name: 'raspberry-pi-4', formats: ['ort'] });
    const file = path.join(box.dir, 'pi.yaml');
    writeFileSync(file, result.stdout);
    const again = await run(['devices', 'show', 'raspberry-pi-4', '--devices', file], {
      cwd: box.dir,
    });
    expect(again.stdout).toBe(result.stdout);
  });

  it('probe prints this machine, with the version of the runtime', async () => {
    const entry = jsonResult(await run(['devices', 'probe', '--json']), 'device-result');
    expect(entry).toMatchObject({
      origin: 'probed',
      device: {
        name: 'local',
        arch: process.arch,
        os: process.platform,
        stack: { kind: 'onnxruntime', version: expect.stringMatching(/^\d+\.\d+\.\d+/) },
      },
    });
    const yaml = parse((await run(['devices', 'probe'])).stdout) as unknown;
    expect(expectValid('device', yaml)).toEqual((entry as DeviceEntry).device);
  });

  it('an unknown name is exit 64 with the nearest one', async () => {
    expectRefusal(await run(['devices', 'show', 'rasberry-pi-4']), {
      exit: 64,
      code: 'E_DEVICE_UNKNOWN',
      names: ['rasberry-pi-4', 'Did you mean "raspberry-pi-4"', 'modelconv devices list'],
    });
  });

  it('devices alone prints its help on stderr and is exit 64', async () => {
    const result = await run(['devices']);
    expect(result).toMatchObject({ code: 64, stdout: '' });
    expect(result.stderr).toContain('list');
  });
});
