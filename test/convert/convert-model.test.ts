import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { convertModel } from '../../dist/convert/convert.js';
import { loadInventory } from '../../dist/device/inventory.js';
import { probeLocal } from '../../dist/device/local.js';
import { ModelconvError } from '../../dist/errors.js';
import type { Progress } from '../../dist/host/progress.js';
import { verifyPackage } from '../../dist/package/verify.js';
import { acquireRequests } from '../../dist/request/acquire.js';
import type { CheckedRequest } from '../../dist/request/checked-request.js';
import { sandbox } from '../cli/run-main.js';
import { fixture } from '../support/files.js';

const CNN = fixture('models/digits-cnn.onnx');

async function requestFor(output: string, source = CNN): Promise<CheckedRequest> {
  const inventory = await loadInventory({ cwd: '/', local: await probeLocal('1.30.0') });
  const [request] = await acquireRequests(
    { model: source, devices: ['local'], output },
    undefined,
    inventory,
  );
  if (request === undefined) throw new Error('no request');
  return request;
}

/** Progress that calls back when a step begins or ends. */
function watch(on: (event: string) => void): Progress {
  return {
    start: (name) => on(`start ${name}`),
    done: (name) => on(`done ${name}`),
    warn: (message) => on(`warn ${message}`),
  };
}

it('the steps are told in their order', async () => {
  const box = sandbox();
  const events: string[] = [];
  const progress = watch((event) => events.push(event));
  const request = await requestFor(path.join(box.out, 'a.tar'));
  const outcome = await convertModel(request, { progress, force: false });
  expect(events).toEqual([
    ...['start source', 'done source', 'start convert', 'done convert'],
    ...['start parity', 'done parity', 'start package', 'done package'],
  ]);
  expect(outcome).toMatchObject({ status: 'converted', package: request.output });
  await verifyPackage(request.output);
  box.expectOnly('a.tar');
});

const MOMENTS = [
  'start source',
  'done source',
  'start convert',
  'done convert',
  'start parity',
  'done parity',
  'start package',
];
for (const moment of MOMENTS) {
  it(`an abort at "${moment}" leaves the old output and nothing else`, async () => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    writeFileSync(output, 'the old one');
    const controller = new AbortController();
    const reason = new ModelconvError('E_INTERRUPTED', { what: 'interrupted' });
    const progress = watch((event) => {
      if (event === moment) controller.abort(reason);
    });
    const request = await requestFor(output);
    const { signal } = controller;
    await expect(convertModel(request, { progress, force: true, signal })).rejects.toBe(reason);
    expect(readFileSync(output, 'utf8')).toBe('the old one');
    box.expectOnly('a.tar');
  });
}

it('a source that changes while it is converted does not mix two models in one package', async () => {
  const box = sandbox();
  const source = path.join(box.dir, 'm.onnx');
  copyFileSync(CNN, source);
  const request = await requestFor(path.join(box.out, 'a.tar'), source);
  const progress = watch((event) => {
    // the converter has been started on the copy by now
    if (event === 'done convert') copyFileSync(fixture('models/digits-transformer.onnx'), source);
  });
  const { descriptor } = await convertModel(request, { progress, force: false });
  expect(descriptor?.conversion?.source.size).toBe(readFileSync(CNN).length);
  expect(descriptor?.verification?.passed).toBe(true);
});

it('two conversions at once do not get into the way of each other', async () => {
  const box = sandbox();
  const names = ['a.tar', 'b.tar', 'c.tar'];
  const progress = watch(() => {});
  await Promise.all(
    names.map(async (name) =>
      convertModel(await requestFor(path.join(box.out, name)), { progress, force: false }),
    ),
  );
  const [first, ...others] = names.map((name) => readFileSync(path.join(box.out, name)));
  for (const other of others) expect(first?.equals(other)).toBe(true);
  box.expectOnly(...names);
});

it('two conversions at once to the same output leave one whole package', async () => {
  const box = sandbox();
  const output = path.join(box.out, 'a.tar');
  const request = await requestFor(output);
  const progress = watch(() => {});
  await Promise.all([0, 1].map(() => convertModel(request, { progress, force: true })));
  await verifyPackage(output);
  expect(existsSync(output)).toBe(true);
  expect(readdirSync(box.out)).toEqual(['a.tar']);
});
