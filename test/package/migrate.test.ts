import { expect, it } from 'vitest';
import { parseDescriptor } from '../../src/package/descriptor.js';
import { from0 } from '../../src/package/migrate/from-0.js';
import { migrate } from '../../src/package/migrate/migrate.js';
import { protocolVersionOf } from '../../src/package/migrate/protocol.js';
import { readHead } from '../../src/package/read.js';
import { fixture } from '../support/files.js';
import { sha256 } from '../support/package.js';

const DRAFT = {
  protocol: 'modelconv/0',
  kind: 'TargetModel',
  name: 'a',
  version: '1.0.0',
  model: { format: 'ort', quantized: true, inputs: [], outputs: [] },
  software: { stack: { kind: 'onnxruntime', minimum: '1.16' } },
  conversion: {
    performed: true,
    source: {
      format: 'onnx',
      digest: `sha256:${sha256('s')}`,
      files: [{ path: 'w', digest: `sha256:${sha256('w')}` }],
    },
  },
  parity: { passed: true, inputs: { kind: 'generated', digest: `sha256:${sha256('i')}` } },
  files: [{ path: 'model/a.ort', digest: `sha256:${sha256('a')}` }],
  'x-own': 1,
};

it('every field that was called otherwise has its name of modelconv/1', () => {
  expect(from0(DRAFT)).toEqual({
    protocol: 'modelconv/1',
    kind: 'TargetModel',
    name: 'a',
    version: '1.0.0',
    model: { format: 'ort', type: 'quantized', inputs: [], outputs: [] },
    software: { stack: { kind: 'onnxruntime', minimumVersion: '1.16' } },
    conversion: {
      performed: true,
      source: { format: 'onnx', sha256: sha256('s'), files: [{ path: 'w', sha256: sha256('w') }] },
    },
    verification: { passed: true, inputs: { kind: 'generated', sha256: sha256('i') } },
    files: [{ path: 'model/a.ort', sha256: sha256('a') }],
    'x-own': 1,
  });
});

it('a draft without optional parts stays without them', () => {
  const least = { protocol: 'modelconv/0', name: 'a', files: [] };
  expect(from0(least)).toEqual({ protocol: 'modelconv/1', name: 'a', files: [] });
});

it('what is of another form is left for the schema to judge', async () => {
  const odd = { protocol: 'modelconv/0', files: 'none', model: 3, parity: [], software: null };
  expect(from0(odd)).toMatchObject({ files: 'none', model: 3, verification: [], software: null });
  await expect(parseDescriptor(JSON.stringify(odd), 'odd')).rejects.toMatchObject({
    code: 'E_DESCRIPTOR_INVALID',
  });
});

it.each(['sha512:00', 'sha256:xyz', 7])(
  'a digest %s does not become a good one',
  async (digest) => {
    const text = JSON.stringify({
      ...DRAFT,
      files: [{ path: 'model/a.ort', role: 'model', size: 1, mediaType: 'a/b', digest }],
    });
    await expect(parseDescriptor(text, 'bad')).rejects.toMatchObject({
      code: 'E_DESCRIPTOR_INVALID',
    });
  },
);

it('a newer protocol says what to do', async () => {
  const text = JSON.stringify({ ...DRAFT, protocol: 'modelconv/2' });
  await expect(parseDescriptor(text, 'new.tar')).rejects.toMatchObject({
    code: 'E_DESCRIPTOR_INVALID',
    message: 'new.tar is of the protocol modelconv/2',
    next: expect.stringContaining('update modelconv'),
  });
});

it.each([
  ['modelconv/0', 0],
  ['modelconv/1', 1],
  ['modelconv/12', 12],
  ['modelconv/01', undefined],
  ['other/1', undefined],
  [3, undefined],
])('the protocol %s is version %s', (protocol, version) => {
  expect(protocolVersionOf({ protocol })).toBe(version);
});

it('the current protocol is left as it is', () => {
  const data = { protocol: 'modelconv/1' };
  expect(migrate(data, 1, 'a')).toBe(data);
});

it('the golden packages of both versions say the same', async () => {
  const [old, now] = await Promise.all(
    [0, 1].map(
      async (version) => await readHead(fixture(`packages/digits-cnn.modelconv-${version}.tar`)),
    ),
  );
  expect(old?.protocolVersion).toBe(0);
  expect(now?.protocolVersion).toBe(1);
  expect(old?.descriptor).toEqual(now?.descriptor);
});
