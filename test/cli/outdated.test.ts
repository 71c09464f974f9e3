import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import type { OutdatedResult } from '../../src/schema/generated/types.js';
import { fixture } from '../support/files.js';
import { edit, madeWith, packed } from '../upgrade/older.js';
import { expectRefusal, jsonResult, run, sandbox } from './run-main.js';

const DRAFT = fixture('packages/digits-cnn.modelconv-0.tar');
const FLEET =
  'devices:\n  - {name: door, stack: {kind: onnxruntime, version: "1.2"}, formats: [ort]}\n  - {name: gate, stack: {kind: onnxruntime, version: "1.20"}, formats: [ort]}\n';

/** A directory of models: one is current, one has an older tool, one an older protocol, and one no device that takes it. */
async function models() {
  const box = sandbox();
  const file = await packed(box.out, []);
  const deep = path.join(box.out, 'deep');
  mkdirSync(deep);
  const [tool, draft, door] = ['tool.tar', 'draft.tar', 'door.tar'].map((name) =>
    path.join(deep, name),
  ) as [string, string, string];
  copyFileSync(file, tool);
  await madeWith(tool, '1.20.0');
  copyFileSync(DRAFT, draft);
  copyFileSync(file, door);
  await edit(door, (descriptor) => ({ ...descriptor, device: { name: 'door' } }));
  const fleet = path.join(box.dir, 'fleet.yaml');
  writeFileSync(fleet, FLEET);
  return { ...box, file, tool, draft, door, fleet };
}

async function outdated(...words: string[]): Promise<OutdatedResult> {
  return jsonResult(
    await run(['outdated', ...words, '--json']),
    'outdated-result',
  ) as OutdatedResult;
}

it('lists below a directory what moved on, why, and the command that mends it', async () => {
  const { out, tool, draft, door, fleet, file } = await models();
  writeFileSync(path.join(out, 'other.tar'), 'no package');
  writeFileSync(path.join(out, 'notes.txt'), 'no package');
  const { packages, unreadable } = await outdated(out, '--devices', fleet);
  expect(
    packages.map(({ path: name, outdated: is, reasons }) => [
      name,
      is,
      reasons.map(({ code }) => code),
    ]),
  ).toEqual([
    [door, true, ['STACK_VERSION']],
    [draft, true, ['PROTOCOL']],
    [tool, true, ['TOOLCHAIN']],
    [file, false, []],
  ]);
  expect(packages[0]?.next).toBe(`modelconv upgrade ${door}`);
  expect(unreadable).toMatchObject([
    { path: path.join(out, 'other.tar'), code: 'E_PACKAGE_INVALID' },
  ]);
  const text = await run(['outdated', out, '--devices', fleet]);
  expect(text.code).toBe(0);
  expect(text.stdout).toMatch(/3 outdated, 1 current, 1 unreadable\n$/);
  expect(text.stdout).toContain(`next: modelconv upgrade ${draft}`);
});

it('looks at the packages of one device alone with -d', async () => {
  const { out, door, fleet } = await models();
  const { packages } = await outdated(out, '-d', 'door', '--devices', fleet);
  expect(packages.map(({ path: name }) => name)).toEqual([door]);
  expectRefusal(await run(['outdated', out, '-d', 'dor', '--devices', fleet]), {
    exit: 64,
    code: 'E_DEVICE_UNKNOWN',
  });
});

it('ends with 2 under --exit-code when something is outdated, and with 0 when nothing is', async () => {
  const { file, tool } = await models();
  expect((await run(['outdated', file, tool])).code).toBe(0);
  expect(await run(['outdated', file, tool, '--exit-code', '-q'])).toEqual({
    code: 2,
    stdout: '',
    stderr: '',
  });
  expect((await run(['outdated', file, '--exit-code'])).code).toBe(0);
});

it('a file that is named has to be a package', async () => {
  expectRefusal(await run(['outdated', fixture('models/digits-cnn.onnx')]), {
    exit: 65,
    code: 'E_PACKAGE_INVALID',
  });
  expectRefusal(await run(['outdated', 'nowhere']), { exit: 66, code: 'E_INPUT' });
  expect((await run(['outdated'])).code).toBe(64);
});
