import { appendFileSync, mkdirSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, expect, it, vi } from 'vitest';
import { stampTool } from '../../src/toolchain/stamp.js';
import { tempDir } from '../support/files.js';
import { writeEnvironment, writeInstalled, writeManifest } from './environments.js';

let dir = '';

beforeEach(() => {
  dir = tempDir();
  vi.stubEnv('MODELCONV_HOME', dir);
  return () => vi.unstubAllEnvs();
});

/** A tool whose program is the Python of an environment. */
function pythonTool(environment: string): Parameters<typeof stampTool>[0] {
  const command = [path.join(environment, 'bin/python'), 'driver.py'] as const;
  return { tool: 'acme', version: '1.0', path: environment, launcher: { command, environment } };
}

async function differs(
  tool: Parameters<typeof stampTool>[0],
  change: () => void,
): Promise<boolean> {
  const before = JSON.stringify((await stampTool(tool)).identity);
  change();
  return JSON.stringify((await stampTool(tool)).identity) !== before;
}

it('what modelconv installed is stamped by its manifest, wherever it lies', async () => {
  const environment = writeInstalled(dir, 'acme', '1.0');
  const stamp = await stampTool(pythonTool(environment));
  expect(stamp.files).toEqual([path.join(environment, 'modelconv-toolchain.json')]);
  const second = writeInstalled(dir, 'acme', '1.0', '1.0~2');
  expect((await stampTool(pythonTool(second))).identity).toEqual(stamp.identity);
});

it('an installation from another lock has another stamp', async () => {
  const environment = writeInstalled(dir, 'acme', '1.0');
  const manifest = path.join(environment, 'modelconv-toolchain.json');
  const changed = { name: 'acme', version: '1.0', lockSha256: '1'.repeat(64) };
  const relock = (): void => writeFileSync(manifest, JSON.stringify(changed));
  expect(await differs(pythonTool(environment), relock)).toBe(true);
  const again = (): void => writeManifest(environment, 'acme', '1.0');
  again();
  // written once more with the same content
  expect(await differs(pythonTool(environment), again)).toBe(false);
});

it.each<[what: string, change: (environment: string) => void]>([
  ['its program is written', (place) => appendFileSync(path.join(place, 'bin/python'), '!')],
  ['a package is installed', (place) => mkdirSync(path.join(place, PACKAGES, 'numpy'))],
])('the stamp of an environment of the user changes when %s', async (_what, change) => {
  const environment = writeEnvironment(path.join(dir, 'venv'), 'acme', '1.0');
  // a time that no change of this test can have
  utimesSync(path.join(environment, PACKAGES), 1, 1);
  expect(await differs(pythonTool(environment), () => change(environment))).toBe(true);
});

const PACKAGES = 'lib/python3.11/site-packages';

it('a program on PATH is stamped by place, size and time, with what it is told', async () => {
  const file = path.join(dir, 'acmec');
  writeFileSync(file, '#!/bin/sh\n');
  const tool = { tool: 'acme', version: '1', path: file, launcher: { command: [file] as const } };
  expect((await stampTool(tool)).files).toEqual([file]);
  expect(await differs(tool, () => {})).toBe(false);
  expect(await differs(tool, () => utimesSync(file, 1, 1))).toBe(true);
  const told = { ...tool, launcher: { ...tool.launcher, env: { ACME_ROOT: '/opt' } } };
  expect((await stampTool(told)).identity).not.toEqual((await stampTool(tool)).identity);
  renameSync(file, `${file}-2`);
  const moved = { ...tool, path: `${file}-2`, launcher: { command: [`${file}-2`] as const } };
  expect((await stampTool(moved)).identity).not.toEqual((await stampTool(tool)).identity);
});

it('an npm package is stamped by its package.json, and not by the Node.js that runs it', async () => {
  writeFileSync(path.join(dir, 'package.json'), '{}');
  const command = [process.execPath, 'driver.js', dir] as const;
  const tool = { tool: 'acme', version: '1', path: dir, launcher: { command } };
  expect((await stampTool(tool)).files).toEqual([path.join(dir, 'package.json')]);
});
