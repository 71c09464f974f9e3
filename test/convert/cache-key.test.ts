import {
  appendFileSync,
  cpSync,
  mkdirSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { beforeEach, expect, it, vi } from 'vitest';
import { expectConversion } from '../../src/convert/cached.js';
import type { CheckedRequest } from '../../src/request/checked-request.js';
import type { Device } from '../../src/schema/generated/types.js';
import { probeModel } from '../../src/source/probe.js';
import { ownCache } from '../support/cache.js';
import { fixture, tempDir } from '../support/files.js';

let dir = '';
let request: CheckedRequest;

const RUNTIME = fixture('../node_modules/onnxruntime-node');

beforeEach(() => {
  ownCache();
  dir = tempDir();
  // a runtime of the user's own, of which everything but the libraries is a copy
  cpSync(RUNTIME, path.join(dir, 'runtime'), {
    recursive: true,
    filter: (file) => !file.endsWith(`${path.sep}bin`),
  });
  const platform = `bin/napi-v6/${process.platform}/${process.arch}`;
  mkdirSync(path.join(dir, 'runtime', platform), { recursive: true });
  writeFileSync(path.join(dir, 'runtime', platform, 'onnxruntime_binding.node'), '');
  vi.stubEnv('MODELCONV_ONNXRUNTIME', path.join(dir, 'runtime'));
  cpSync(fixture('models/digits-cnn-external'), path.join(dir, 'model'), { recursive: true });
  for (const place of ['calib', 'samples', 'eval/0', 'truth']) {
    mkdirSync(path.join(dir, place), { recursive: true });
    for (const name of ['a.npy', 'b.npy']) writeFileSync(path.join(dir, place, name), name);
  }
  request = {
    source: path.join(dir, 'model/digits-cnn.onnx'),
    framework: undefined,
    device: DEVICE,
    output: path.join(dir, 'out.tar'),
    name: 'digits',
    version: '1.0.0',
    license: undefined,
    description: undefined,
    precision: undefined,
    inputs: {},
    inputDtypes: {},
    calibration: { path: path.join(dir, 'calib'), samples: undefined },
    preprocess: {},
    truth: { sample: path.join(dir, 'truth') },
    toolchain: undefined,
    askedToolchain: undefined,
    embed: false,
    packageSource: 'reference',
    verify: {
      enabled: true,
      samples: path.join(dir, 'samples'),
      seed: 1,
      tolerance: undefined,
    },
    eval: {
      path: path.join(dir, 'eval'),
      output: undefined,
      samples: undefined,
      maxDrop: undefined,
    },
    options: {},
    timeoutMs: 1000,
    report: undefined,
    layers: false,
    reads: [],
  };
});

const DEVICE: Device = {
  name: 'box',
  class: 'edge',
  arch: 'x64',
  os: 'linux',
  memoryBytes: 1e9,
  stack: { kind: 'onnxruntime', version: '1.30.0' },
  formats: ['ort'],
  converter: { adapter: 'onnxruntime' },
};

async function key(change: Partial<CheckedRequest> = {}): Promise<string | undefined> {
  const changed = { ...request, ...change };
  const expected = await expectConversion(changed, await probeModel(changed.source), true);
  return expected?.cached?.key;
}

async function expectKey(isSame: boolean, after: () => Promise<string | undefined>): Promise<void> {
  const before = await key();
  expect(before).toMatch(/^[0-9a-f]{64}$/);
  const now = await after();
  expect(now).toMatch(/^[0-9a-f]{64}$/);
  expect(now === before).toBe(isSame);
}

const verify = (change: Partial<CheckedRequest['verify']>): Partial<CheckedRequest> => ({
  verify: { ...request.verify, ...change },
});
const evaluated = (
  change: Partial<NonNullable<CheckedRequest['eval']>>,
): Partial<CheckedRequest> => ({
  eval: {
    path: path.join(dir, 'eval'),
    output: undefined,
    samples: undefined,
    maxDrop: undefined,
    ...change,
  },
});
const device = (change: Partial<Device>): Partial<CheckedRequest> => ({
  device: { ...DEVICE, ...change },
});

it.each<[what: string, change: () => Partial<CheckedRequest>]>([
  ['name', () => ({ name: 'other' })],
  ['version', () => ({ version: '1.0.1' })],
  ['license', () => ({ license: 'MIT' })],
  ['description', () => ({ description: 'reads digits' })],
  ['framework', () => ({ framework: { name: 'pytorch' } })],
  ['precision', () => ({ precision: 'fp32' })],
  ['shape of an input', () => ({ inputs: { image: [1, 1, 8, 8] } })],
  ['type of an input', () => ({ inputDtypes: { image: 'float32' } })],
  ['preprocessing', () => ({ preprocess: { '*': { mean: [1] } } })],
  ['an option', () => ({ options: { optimization: 'basic' } })],
  ['embedding', () => ({ embed: true })],
  ['including the source', () => ({ packageSource: 'include' })],
  [
    'the number of calibration samples',
    () => ({ calibration: { path: path.join(dir, 'calib'), samples: 9 } }),
  ],
  ['generated calibration data', () => ({ calibration: { synthetic: true, samples: undefined } })],
  ['no calibration data', () => ({ calibration: undefined })],
  ['no check', () => verify({ enabled: false })],
  ['no samples', () => verify({ samples: undefined })],
  ['the seed', () => verify({ seed: 2 })],
  ['the tolerance', () => verify({ tolerance: { cosine: 0.9 } })],
  ['no evaluation', () => ({ eval: undefined })],
  ['the output that is scored', () => evaluated({ output: 'logits' })],
  ['the number of labelled samples', () => evaluated({ samples: 5 })],
  ['the drop that is allowed', () => evaluated({ maxDrop: 0.1 })],
  ['no truth', () => ({ truth: undefined })],
  ['the name of the device', () => device({ name: 'box-2' })],
  ['the memory of the device', () => device({ memoryBytes: 2e9 })],
  [
    'the runtime of the device',
    () => device({ stack: { kind: 'onnxruntime', version: '1.20.0' } }),
  ],
  ['what the device takes', () => device({ precisions: ['fp32'] })],
])('%s changes the key', async (_what, change) => {
  await expectKey(false, async () => await key(change()));
});

it.each<[what: string, change: () => void]>([
  ['the source', () => appendFileSync(request.source, Buffer.from('\u0012\u0001x'))],
  ['a part of it', () => appendFileSync(path.join(dir, 'model/digits-cnn.weights'), '!')],
  ['calibration data', () => appendFileSync(path.join(dir, 'calib/a.npy'), '!')],
  ['the number of calibration files', () => writeFileSync(path.join(dir, 'calib/c.npy'), 'c')],
  [
    'the order of calibration files',
    () => renameSync(path.join(dir, 'calib/a.npy'), path.join(dir, 'calib/z.npy')),
  ],
  ['samples', () => appendFileSync(path.join(dir, 'samples/a.npy'), '!')],
  ['evaluation data', () => appendFileSync(path.join(dir, 'eval/0/a.npy'), '!')],
  ['the truth', () => appendFileSync(path.join(dir, 'truth/a.npy'), '!')],
  ['the tool', () => utimesSync(path.join(dir, 'runtime/package.json'), 1, 1)],
  ['another tool', () => vi.stubEnv('MODELCONV_ONNXRUNTIME', RUNTIME)],
  ['the time in the package', () => vi.stubEnv('SOURCE_DATE_EPOCH', '1')],
  ['where libraries are found', () => vi.stubEnv('LD_LIBRARY_PATH', '/opt/lib')],
])('%s changes the key when its content does', async (_what, change) => {
  await expectKey(false, async () => {
    change();
    return await key();
  });
});

it.each<[what: string, change: () => Partial<CheckedRequest>]>([
  ['the output', () => ({ output: path.join(dir, 'other.tar') })],
  ['the time that a step may take', () => ({ timeoutMs: 5 })],
  ['the report', () => ({ report: path.join(dir, 'report.html') })],
  ['what the device is called for people', () => device({ description: 'my box' })],
  ['how the user named the tool', () => ({ askedToolchain: '1.30' })],
  [
    'the order of the fields of a device',
    () => device(Object.fromEntries(Object.entries(DEVICE).reverse())),
  ],
])('%s does not change the key', async (_what, change) => {
  await expectKey(true, async () => await key(change()));
});

it.each([
  ['model', 'source'],
  ['calib', 'calibration'],
  ['samples', 'samples'],
  ['eval', 'eval'],
  ['truth', 'truth'],
])('where %s lies does not change the key', async (place) => {
  await expectKey(true, async () => {
    renameSync(path.join(dir, place), path.join(dir, 'moved'));
    const text = JSON.stringify(request).replaceAll(path.join(dir, place), path.join(dir, 'moved'));
    return await key(JSON.parse(text) as CheckedRequest);
  });
});

it('a list file and the files that it lists change the key', async () => {
  const list = path.join(dir, 'list.txt');
  writeFileSync(list, 'calib/a.npy\ncalib/b.npy\n');
  const calibration = { path: list, samples: undefined };
  const before = await key({ calibration });
  appendFileSync(path.join(dir, 'calib/b.npy'), '!');
  const changed = await key({ calibration });
  writeFileSync(list, 'calib/b.npy\ncalib/a.npy\n');
  expect(new Set([before, changed, await key({ calibration })]).size).toBe(3);
});

it('a conversion that cannot be planned has no key', async () => {
  expect(await key({ calibration: undefined, options: { optimization: 'wrong' } })).toBeUndefined();
  rmSync(path.join(dir, 'calib'), { recursive: true });
  expect(await key()).toBeUndefined();
});
