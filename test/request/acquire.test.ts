import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Inventory } from '../../src/device/inventory.js';
import { acquireRequests, nameFrom } from '../../src/request/acquire.js';
import type { RequestFlags } from '../../src/request/flags.js';
import type { ConversionRequest, Device } from '../../src/schema/generated/types.js';
import { tempDir } from '../support/files.js';

const DEVICES: readonly Device[] = [
  { name: 'local', formats: ['ort'] },
  { name: 'camera', extends: 'local', class: 'edge' },
  {
    name: 'board',
    converter: { adapter: 'acme', options: { level: 1, keep: 'device', only: 'device' } },
  },
];
const INVENTORY: Inventory = {
  entries: DEVICES.map((device) => ({ device, origin: 'file' as const })),
};

const FLAGS: RequestFlags = { model: 'm.onnx', devices: ['local'], output: 'out.tar' };

const acquire = (flags: RequestFlags, document?: ConversionRequest) =>
  acquireRequests(flags, document, INVENTORY);
const outputsOf = async (flags: RequestFlags): Promise<string[]> =>
  (await acquire({ ...FLAGS, ...flags })).map(({ output }) => output);

/** A document that says everything. */
const DOCUMENT: ConversionRequest = {
  source: { path: 'doc.onnx', framework: { name: 'keras', version: '3' } },
  device: 'board',
  output: 'doc.tar',
  name: 'doc-name',
  version: '2.0.0',
  license: 'MIT',
  description: 'from the document',
  precision: 'int8',
  inputs: { image: [1, 1, 8, 8] },
  inputDtypes: { image: 'float32' },
  calibration: { path: 'calib', samples: 50 },
  preprocess: { '*': { mean: [1], scale: [2] }, image: { colorOrder: 'gray' } },
  toolchain: '2026.4',
  embed: true,
  packageSource: 'include',
  verify: { enabled: false, samples: 'doc.npy', seed: 5, tolerance: { cosine: 0.5, maxAbs: 1 } },
  options: { level: 2, keep: 'document' },
  timeoutSeconds: 60,
};

describe('flags over document over defaults', () => {
  it('defaults fill in what nobody says', async () => {
    expect(await acquire(FLAGS)).toEqual([
      {
        source: 'm.onnx',
        framework: undefined,
        device: DEVICES[0],
        output: 'out.tar',
        name: 'm',
        version: '1.0.0',
        license: undefined,
        description: undefined,
        precision: undefined,
        inputs: {},
        inputDtypes: {},
        calibration: undefined,
        preprocess: {},
        toolchain: undefined,
        askedToolchain: undefined,
        embed: false,
        packageSource: 'reference',
        verify: { enabled: true, samples: undefined, seed: 20_240_229, tolerance: undefined },
        options: {},
        timeoutMs: 1_800_000,
        layers: false,
        reads: [],
      },
    ]);
  });

  it('a document alone says it all', async () => {
    expect(await acquire({}, DOCUMENT)).toEqual([
      {
        source: 'doc.onnx',
        framework: { name: 'keras', version: '3' },
        device: DEVICES[2],
        output: 'doc.tar',
        name: 'doc-name',
        version: '2.0.0',
        license: 'MIT',
        description: 'from the document',
        precision: 'int8',
        inputs: { image: [1, 1, 8, 8] },
        inputDtypes: { image: 'float32' },
        calibration: { path: 'calib', samples: 50 },
        preprocess: { '*': { mean: [1], scale: [2] }, image: { colorOrder: 'gray' } },
        toolchain: '2026.4',
        askedToolchain: '2026.4',
        embed: true,
        packageSource: 'include',
        verify: {
          enabled: false,
          samples: 'doc.npy',
          seed: 5,
          tolerance: { cosine: 0.5, maxAbs: 1 },
        },
        options: { level: 2, keep: 'document', only: 'device' },
        timeoutMs: 60_000,
        layers: false,
        reads: ['calib', 'doc.npy'],
      },
    ]);
  });

  it.each<[string, RequestFlags, object]>([
    ['model', { model: 'flag.onnx' }, { source: 'flag.onnx' }],
    ['device', { devices: ['local'] }, { device: DEVICES[0] }],
    ['output', { output: 'flag.tar' }, { output: 'flag.tar' }],
    ['name', { name: 'flag-name' }, { name: 'flag-name' }],
    ['version', { version: '3' }, { version: '3' }],
    ['framework', { framework: { name: 'jax' } }, { framework: { name: 'jax' } }],
    ['precision', { precision: 'fp16' }, { precision: 'fp16' }],
    ['inputs', { inputs: { mask: [1] } }, { inputs: { image: [1, 1, 8, 8], mask: [1] } }],
    [
      'types of inputs',
      { inputDtypes: { mask: 'bool' } },
      { inputDtypes: { image: 'float32', mask: 'bool' } },
    ],
    ['calibration', { calibration: 'other' }, { calibration: { path: 'other', samples: 50 } }],
    [
      'calibration with generated numbers',
      { calibration: 'synthetic' },
      { calibration: { synthetic: true, samples: 50 } },
    ],
    [
      'calibration samples',
      { calibrationSamples: 7 },
      { calibration: { path: 'calib', samples: 7 } },
    ],
    [
      'preprocess',
      { preprocess: { '*': { mean: [3] } } },
      { preprocess: { '*': { mean: [3], scale: [2] }, image: { mean: [3], colorOrder: 'gray' } } },
    ],
    ['toolchain', { toolchains: ['2025'] }, { toolchain: '2025', askedToolchain: '2025' }],
    ['embedding', { embed: false }, { embed: false }],
    ['source', { packageSource: 'reference' }, { packageSource: 'reference' }],
    ['check', { verify: true }, { verify: { enabled: true } }],
    ['samples', { samples: 'flag.npy' }, { verify: { samples: 'flag.npy' } }],
    ['seed 0', { seed: 0 }, { verify: { seed: 0 } }],
    [
      'tolerance',
      { tolerance: { cosine: 0.9 } },
      { verify: { tolerance: { cosine: 0.9, maxAbs: 1 } } },
    ],
    ['options', { options: { level: '3' } }, { options: { level: '3', keep: 'document' } }],
    ['timeout', { timeoutSeconds: 0.5 }, { timeoutMs: 500 }],
  ])('the flag for %s wins over the document', async (_what, flags, expected) => {
    const [request, ...others] = await acquire(flags, DOCUMENT);
    expect(others).toEqual([]);
    expect(request).toMatchObject(expected);
  });

  it('layers come with a report beside the output, unless a place for it is named', async () => {
    const checked = { ...DOCUMENT, verify: {} };
    const reportOf = async (flags: RequestFlags) => (await acquire(flags, checked))[0]?.report;
    const output = 'dir/a.tar';
    expect(await reportOf({ output })).toBeUndefined();
    expect(await reportOf({ output, layers: true })).toBe('dir/a.tar.parity.html');
    expect(await reportOf({ output, layers: true, report: 'r.html' })).toBe('r.html');
  });

  it('layers are refused where the document leaves the check out', async () => {
    await expect(acquire({ layers: true }, DOCUMENT)).rejects.toMatchObject({ code: 'E_USAGE' });
    const [request] = await acquire({ layers: true, verify: true }, DOCUMENT);
    expect(request?.layers).toBe(true);
  });

  it('the name comes from the model of the flag, where nobody gives one', async () => {
    const { name: _left, ...unnamed } = DOCUMENT;
    const [request] = await acquire({ model: 'dir/flag.onnx' }, unnamed);
    expect(request?.name).toBe('flag');
  });

  it('options of the device give way to the document, and that to the flags', async () => {
    const [request] = await acquire({ options: { keep: 'flag' } }, DOCUMENT);
    expect(request?.options).toEqual({ level: 2, keep: 'flag', only: 'device' });
  });
});

describe('what is missing is named', () => {
  it.each<[string, RequestFlags]>([
    ['model', { devices: ['local'], output: 'o' }],
    ['device', { model: 'm.onnx', output: 'o' }],
    ['device', { model: 'm.onnx', output: 'o', devices: [] }],
    ['output', { model: 'm.onnx', devices: ['local'] }],
  ])('the %s', async (what, flags) => {
    await expect(acquire(flags)).rejects.toMatchObject({
      code: 'E_USAGE',
      message: expect.stringContaining(what),
      next: expect.stringMatching(/\S/),
    });
  });
});

describe('flags that cannot be', () => {
  it.each<[string, RequestFlags]>([
    ['a name with a slash', { name: 'a/b' }],
    ['a name that starts with a dot', { name: '.hidden' }],
    ['an empty name', { name: '' }],
    ['a name of 129 letters', { name: 'a'.repeat(129) }],
    ['a name of two lines', { name: 'a\nb' }],
    ['a name with a line break after it', { name: 'a\n' }],
    ['a version with a space', { version: '1 0' }],
    ['an empty version', { version: '' }],
    ['samples for a check that is left out', { verify: false, samples: 'a.npy' }],
    ['a tolerance for a check that is left out', { verify: false, tolerance: { cosine: 1 } }],
  ])('%s is a usage error', async (_what, flags) => {
    await expect(acquire({ ...FLAGS, ...flags })).rejects.toMatchObject({ code: 'E_USAGE' });
  });

  it('--no-verify may stand against the samples of a document', async () => {
    const document: ConversionRequest = { verify: { samples: 'a.npy' } };
    const [request] = await acquire({ ...FLAGS, verify: false }, document);
    expect(request?.verify.enabled).toBe(false);
  });
});

describe('devices', () => {
  it('several give one request each, in their order', async () => {
    const requests = await acquire({ ...FLAGS, devices: ['board', 'local'] });
    expect(requests.map(({ device }) => device.name)).toEqual(['board', 'local']);
  });

  it('the device and the devices of a document all count', async () => {
    const document: ConversionRequest = { device: 'board', devices: ['local', 'camera'] };
    const requests = await acquire({ model: 'm.onnx', output: 'o' }, document);
    expect(requests.map(({ device }) => device.name)).toEqual(['board', 'local', 'camera']);
  });

  it('what a device extends is filled in', async () => {
    const [request] = await acquire({ ...FLAGS, devices: ['camera'] });
    expect(request?.device).toEqual({ name: 'camera', class: 'edge', formats: ['ort'] });
  });

  it('a device may stand in the document itself', async () => {
    const document: ConversionRequest = { device: { name: 'mine', extends: 'camera' } };
    const [request] = await acquire({ model: 'm.onnx', output: 'o' }, document);
    expect(request?.device).toEqual({ name: 'mine', class: 'edge', formats: ['ort'] });
  });

  it.each<[string, RequestFlags, ConversionRequest]>([
    ['by two flags', { devices: ['local', 'local'] }, {}],
    ['in a document', {}, { device: 'local', devices: ['board', 'local'] }],
    ['inline and by name', {}, { device: { name: 'board' }, devices: ['board'] }],
  ])('a device named twice %s is a usage error', async (_how, flags, document) => {
    await expect(
      acquire({ model: 'm.onnx', output: 'o', ...flags }, document),
    ).rejects.toMatchObject({
      code: 'E_USAGE',
      message: expect.stringMatching(/local|board/),
    });
  });

  it('an unknown device gets a suggestion', async () => {
    await expect(acquire({ ...FLAGS, devices: ['locale'] })).rejects.toMatchObject({
      code: 'E_DEVICE_UNKNOWN',
      message: expect.stringContaining('"local"'),
    });
  });

  describe('by the path of a device file', () => {
    const fileOf = (text: string, name = 'dev.yaml'): string => {
      const file = path.join(tempDir(), name);
      writeFileSync(file, text);
      return file;
    };

    it.each(['dev.yaml', 'dev.yml', 'dev.json', 'dev'])('%s', async (name) => {
      const file = fileOf('{"name": "mine", "extends": "local"}', name);
      const [request] = await acquire({ ...FLAGS, devices: [file] });
      expect(request?.device).toEqual({ name: 'mine', formats: ['ort'] });
    });

    it('a file of several devices is a usage error that names the way', async () => {
      const file = fileOf('devices: [{name: a}, {name: b}]');
      await expect(acquire({ ...FLAGS, devices: [file] })).rejects.toMatchObject({
        code: 'E_USAGE',
        next: expect.stringContaining(`--devices ${file} -d NAME`),
      });
    });

    it('a list of one device is that device', async () => {
      const [request] = await acquire({ ...FLAGS, devices: [fileOf('devices: [{name: a}]')] });
      expect(request?.device.name).toBe('a');
    });

    it('a file that is not there is an input error', async () => {
      const gone = path.join(tempDir(), 'gone.yaml');
      await expect(acquire({ ...FLAGS, devices: [gone] })).rejects.toMatchObject({
        code: 'E_INPUT',
      });
    });
  });
});

describe('where the package goes', () => {
  it('one device: the output itself', async () => {
    expect(await outputsOf({ output: 'out.tar' })).toEqual(['out.tar']);
    expect(await outputsOf({ output: 'no-extension' })).toEqual(['no-extension']);
  });

  it('several devices: a file for each in the output', async () => {
    expect(await outputsOf({ output: 'out', devices: ['local', 'board'] })).toEqual([
      path.join('out', 'm.local.tar'),
      path.join('out', 'm.board.tar'),
    ]);
  });

  it('an output that ends with a slash is a directory', async () => {
    expect(await outputsOf({ output: 'out/' })).toEqual([path.join('out', 'm.local.tar')]);
  });

  it('an output that is a directory is one', async () => {
    const dir = tempDir();
    mkdirSync(path.join(dir, 'x.tar'));
    const output = path.join(dir, 'x.tar');
    expect(await outputsOf({ output, name: 'n' })).toEqual([path.join(output, 'n.local.tar')]);
  });
});

describe('a name from a file name', () => {
  it.each([
    ['digits-cnn.onnx', 'digits-cnn'],
    ['/a/b/digits.v2.onnx', 'digits.v2'],
    ['no-extension', 'no-extension'],
    ['my model (1).onnx', 'my-model-1'],
    ['größe.onnx', 'gro-e'],
    ['模型.onnx', 'model'],
    ['.hidden.onnx', 'hidden'],
    ['--flag.onnx', 'flag'],
    ['_private.onnx', 'private'],
    ['.onnx', 'model'],
    ['...', 'model'],
    ['', 'model'],
    [`${'a'.repeat(300)}.onnx`, 'a'.repeat(128)],
  ])('%j gives %j', (file, name) => {
    expect(nameFrom(file)).toBe(name);
  });

  it('always fits the pattern of names', () => {
    const pattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary', maxLength: 300 }),
          fc.string({
            unit: fc.constantFrom('.', '-', '_', '/', ' ', 'a', 'ü', '\n'),
            maxLength: 20,
          }),
        ),
        (file) => {
          expect(nameFrom(file)).toMatch(pattern);
          expect(nameFrom(`${file}.onnx`)).toMatch(pattern);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('calibration and toolchain', () => {
  it('a number of samples without data is refused', async () => {
    await expect(acquire({ ...FLAGS, calibrationSamples: 5 })).rejects.toMatchObject({
      code: 'E_USAGE',
    });
  });

  it('a document that asks for data and for generated numbers is refused', async () => {
    await expect(
      acquire(FLAGS, { calibration: { path: 'calib', synthetic: true } }),
    ).rejects.toMatchObject({ code: 'E_USAGE' });
  });

  it.each([
    { toolchain: 'rknn@2.3.2', version: '2.3.2' },
    { toolchain: '2.3.2', version: '2.3.2' },
    { toolchain: 'rknn', version: undefined },
  ])(
    'converter.toolchain $toolchain of a device asks for $version',
    async ({ toolchain, version }) => {
      const device = { name: 'cam', converter: { adapter: 'rknn', toolchain } };
      const [request] = await acquire({ model: 'm.onnx', output: 'o.tar' }, {
        device,
      } as ConversionRequest);
      expect(request?.toolchain).toBe(version);
    },
  );

  it('converter.toolchain of another tool is refused', async () => {
    const device = { name: 'cam', converter: { adapter: 'rknn', toolchain: 'openvino@2026.4.1' } };
    await expect(
      acquire({ model: 'm.onnx', output: 'o.tar' }, { device } as ConversionRequest),
    ).rejects.toMatchObject({ code: 'E_DEVICE_INVALID' });
  });
});
