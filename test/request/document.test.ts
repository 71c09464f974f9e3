import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Inventory } from '../../src/device/inventory.js';
import { acquireRequests } from '../../src/request/acquire.js';
import { readRequestFile } from '../../src/request/request-file.js';
import { tempDir } from '../support/files.js';

const INVENTORY: Inventory = { entries: [{ device: { name: 'local' }, origin: 'probed' }] };

function requestFile(text: string, dir: string = tempDir()): string {
  const file = path.join(dir, 'request.yaml');
  writeFileSync(file, text);
  return file;
}

describe('paths of a request document are relative to the document', () => {
  it('source, samples and output', async () => {
    const dir = tempDir();
    const request = await readRequestFile(
      requestFile(
        'source: {path: models/m.onnx}\noutput: ../out.tar\nverify: {samples: data/x.npy, seed: 3}\n',
        dir,
      ),
    );
    expect(request).toEqual({
      source: { path: path.join(dir, 'models', 'm.onnx') },
      output: path.join(path.dirname(dir), 'out.tar'),
      verify: { samples: path.join(dir, 'data', 'x.npy'), seed: 3 },
    });
  });

  it('a document that is named relatively gives relative paths', async () => {
    const dir = tempDir();
    const file = path.relative(process.cwd(), requestFile('source: {path: m.onnx}\n', dir));
    const request = await readRequestFile(file);
    expect(request.source?.path).toBe(path.join(path.dirname(file), 'm.onnx'));
  });

  it('absolute paths stay', async () => {
    const absolute = path.resolve('/models/m.onnx');
    const request = await readRequestFile(
      requestFile(JSON.stringify({ source: { path: absolute }, output: absolute })),
    );
    expect([request.source?.path, request.output]).toEqual([absolute, absolute]);
  });

  it('an output that ends with a slash stays a directory', async () => {
    const dir = tempDir();
    const request = await readRequestFile(
      requestFile('source: {path: m.onnx}\ndevice: local\noutput: packages/\n', dir),
    );
    const [checked] = await acquireRequests({}, request, INVENTORY);
    expect(checked?.output).toBe(path.join(dir, 'packages', 'm.local.tar'));
  });

  it.each(['device: sub/cam.yaml', 'device: ./cam.yaml', 'devices: [cam.yaml]'])(
    'a device file: %s',
    async (line) => {
      const dir = tempDir();
      mkdirSync(path.join(dir, 'sub'));
      for (const name of ['cam.yaml', 'sub/cam.yaml'])
        writeFileSync(path.join(dir, name), 'name: cam\nextends: local\n');
      const file = requestFile(`source: {path: m.onnx}\noutput: o.tar\n${line}\n`, dir);
      const requests = await acquireRequests({}, await readRequestFile(file), INVENTORY);
      expect(requests.map(({ device }) => device.name)).toEqual(['cam']);
    },
  );

  it('the name of a device stays a name', async () => {
    const request = await readRequestFile(requestFile('device: local\ndevices: [other]\n'));
    expect(request).toEqual({ device: 'local', devices: ['other'] });
  });
});

it('a whole request with a device of its own is read', async () => {
  const dir = tempDir();
  const text = `
protocol: modelconv/1
kind: ConversionRequest
source:
  path: m.onnx
  framework: {name: pytorch, version: "2.13.0"}
device:
  name: camera
  extends: local
  stack: {kind: onnxruntime, version: "1.20"}
output: camera.tar
name: digits
version: "1.2.0"
license: Apache-2.0
precision: fp32
packageSource: include
verify: {enabled: true, tolerance: {cosine: 0.99}}
options: {optimization: basic, threads: 2, fast: true}
timeoutSeconds: 90
x-ticket: 12
`;
  const request = await readRequestFile(requestFile(text, dir));
  const [checked] = await acquireRequests({}, request, INVENTORY);
  expect(checked).toMatchObject({
    source: path.join(dir, 'm.onnx'),
    framework: { name: 'pytorch', version: '2.13.0' },
    device: { name: 'camera', stack: { kind: 'onnxruntime', version: '1.20' } },
    output: path.join(dir, 'camera.tar'),
    name: 'digits',
    version: '1.2.0',
    verify: { enabled: true, tolerance: { cosine: 0.99 } },
    options: { optimization: 'basic', threads: 2, fast: true },
    timeoutMs: 90_000,
  });
});

describe('faults of a request document, each with its place', () => {
  it.each([
    ['an unknown key', 'device: local\ndevise: x\n', [[2, 9, /devise.*Did you mean "device"/]]],
    ['a source without a path', 'source: {}\n', [[1, 9, /"path" is missing/]]],
    ['a version that is a number', 'version: 1.2\n', [[1, 10, /quotes, "1.2"/]]],
    ['an unknown precision', 'precision: fp23\n', [[1, 12, /Did you mean/]]],
    ['a device that is a number', 'device: 5\n', [[1, 9, /5/]]],
    ['a fault inside a device', 'device:\n  name: a\n  memoryBytes: -1\n', [[3, 16, /-1/]]],
    ['no devices', 'devices: []\n', [[1, 10, /fewer/]]],
    ['a time of 0', 'timeoutSeconds: 0\n', [[1, 17, /0/]]],
    ['a seed beyond 32 bits', 'verify: {seed: 4294967296}\n', [[1, 16, /4294967296/]]],
    ['a cosine beyond 1', 'verify: {tolerance: {cosine: 2}}\n', [[1, 30, /2/]]],
    ['an option that starts with a digit', 'options: {1st: a}\n', [[1, 10, /1st|pattern|propert/]]],
    [
      'several at once',
      'name: "a/b"\nprecision: x\n',
      [
        [1, 7, /a\/b/],
        [2, 12, /"x"/],
      ],
    ],
  ] as const)('%s', async (_what, text, faults) => {
    const error: unknown = await readRequestFile(requestFile(text)).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'E_REQUEST_INVALID' });
    const found = (
      error as { faults: readonly { line: number; column: number; message: string }[] }
    ).faults;
    for (const [line, column, message] of faults) {
      expect(found).toContainEqual(
        expect.objectContaining({ line, column, message: expect.stringMatching(message) }),
      );
    }
  });

  it('a document that is not there is an input error', async () => {
    await expect(readRequestFile(path.join(tempDir(), 'gone.yaml'))).rejects.toMatchObject({
      code: 'E_INPUT',
    });
  });

  it('a document of more than 256 KiB is refused', async () => {
    const text = `device: local\n#${'x'.repeat(256 * 1024)}\n`;
    await expect(readRequestFile(requestFile(text))).rejects.toMatchObject({
      code: 'E_REQUEST_INVALID',
    });
  });
});

describe('toolchain of a request document', () => {
  it.each(['"2026.4"', 'mnn@3.6.1', '[openvino@2026.4, mnn@3.6.1]'])('may be %s', async (text) => {
    const { toolchain } = await readRequestFile(requestFile(`toolchain: ${text}\n`));
    expect(toolchain).toBeDefined();
  });

  it.each(['2026.4', '[]', 'mnn@', '[3.6]', '{mnn: "3.6.1"}'])('may not be %s', async (text) => {
    await expect(readRequestFile(requestFile(`toolchain: ${text}\n`))).rejects.toMatchObject({
      code: 'E_REQUEST_INVALID',
    });
  });
});
