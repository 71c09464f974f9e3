import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { probeModel } from '../../src/source/probe.js';
import { tempDir } from '../support/files.js';
import { attribute, graph, type Message, model, node, tensor } from '../support/onnx.js';
import { probeBytes } from './probe-bytes.js';

const external = (entries: Readonly<Record<string, string>>): Message =>
  tensor({ dims: [4], external: entries });
const modelWith = (...entries: readonly Readonly<Record<string, string>>[]): Message =>
  model(graph({ initializers: entries.map(external) }));

const weights = { 'w.bin': new Uint8Array(32) };

it('a file that several tensors share is one part', async () => {
  const { info, parts } = await probeBytes(
    modelWith(
      { location: 'w.bin', offset: '0', length: '16' },
      { location: 'w.bin', offset: '16' },
    ),
    weights,
  );
  expect(info.externalData).toEqual([{ path: 'w.bin', sizeBytes: 32 }]);
  expect(parts).toHaveLength(1);
});

it('a model without external data has none in its facts', async () => {
  expect((await probeBytes(model())).info).not.toHaveProperty('externalData');
});

it('external entries of a tensor that keeps its data itself are not followed', async () => {
  const bytes = model(
    graph({
      initializers: [
        tensor({ dims: [4], external: { location: '../../etc/passwd' }, isExternal: false }),
      ],
    }),
  );
  expect((await probeBytes(bytes)).parts).toEqual([]);
});

describe('external data is found', () => {
  const constant = node('Constant', {
    attributes: [attribute({ name: 'value', tensor: external({ location: 'w.bin' }) })],
  });

  it.each([
    ['in a Constant', model(graph({ nodes: [constant] }))],
    [
      'in a branch of an If',
      model(
        graph({
          nodes: [
            node('If', {
              attributes: [
                attribute({
                  name: 'then_branch',
                  graph: graph({ initializers: [external({ location: 'w.bin' })] }),
                }),
              ],
            }),
          ],
        }),
      ),
    ],
    ['in a function', model(graph(), { functions: [[constant]] })],
  ])('%s', async (_where, bytes) => {
    const { parts } = await probeBytes(bytes, weights);
    expect(parts.map((part) => part.path)).toEqual(['w.bin']);
  });

  it('in a folder below the model, names with spaces and other letters', async () => {
    const dir = tempDir();
    mkdirSync(path.join(dir, 'a b', 'ü'), { recursive: true });
    writeFileSync(path.join(dir, 'a b', 'ü', 'w.bin'), 'data');
    writeFileSync(path.join(dir, 'm.onnx'), modelWith({ location: 'a b/ü/w.bin', length: '4' }));
    const { parts } = await probeModel(path.join(dir, 'm.onnx'));
    expect(parts).toEqual([
      { path: 'a b/ü/w.bin', file: path.join(dir, 'a b', 'ü', 'w.bin'), sizeBytes: 4 },
    ]);
  });

  it('with ./ before its name', async () => {
    const { parts } = await probeBytes(modelWith({ location: './w.bin' }), weights);
    expect(parts.map((part) => part.path)).toEqual(['w.bin']);
  });

  it('once, when it is spelled in two ways', async () => {
    const { parts } = await probeBytes(
      modelWith({ location: './w.bin' }, { location: 'w.bin' }),
      weights,
    );
    expect(parts.map((part) => part.path)).toEqual(['w.bin']);
  });
});

it.each([
  '../x',
  '..',
  '.',
  './../x',
  'a/../../x',
  'a/./x',
  'a//x',
  'a/',
  '/etc/passwd',
  './/etc/passwd',
  'C:\\x',
  'C:/x',
  'c:x',
  '..\\x',
  'a\\x',
  '\\\\server\\share',
  'a\u0000b',
  'a\nb',
  '\u007f',
])('external data at %j is refused', async (location) => {
  await expect(probeBytes(modelWith({ location }), weights)).rejects.toMatchObject({
    code: 'E_MODEL_INVALID',
  });
});

it.each([
  ['no location', { offset: '0' }],
  ['an empty location', { location: '', offset: '0' }],
])('external data with %s is refused', async (_what, entries) => {
  await expect(probeBytes(modelWith(entries), weights)).rejects.toMatchObject({
    code: 'E_MODEL_INVALID',
  });
});

it('a part that is missing is named, and where it should be', async () => {
  await expect(probeBytes(modelWith({ location: 'gone.bin' }))).rejects.toMatchObject({
    code: 'E_INPUT',
    message: expect.stringContaining('gone.bin'),
    next: expect.stringContaining('beside the model'),
  });
});

it('a part that is a directory is refused', async () => {
  const dir = tempDir();
  mkdirSync(path.join(dir, 'w.bin'));
  writeFileSync(path.join(dir, 'm.onnx'), modelWith({ location: 'w.bin' }));
  await expect(probeModel(path.join(dir, 'm.onnx'))).rejects.toMatchObject({ code: 'E_INPUT' });
});

describe('a part that is too short is refused', () => {
  it.each([
    ['for its length', { location: 'w.bin', length: '33' }],
    ['for its offset and length', { location: 'w.bin', offset: '20', length: '16' }],
    ['for its offset and the size of the tensor', { location: 'w.bin', offset: '20' }],
  ])('%s', async (_what, entries) => {
    await expect(probeBytes(modelWith(entries), weights)).rejects.toMatchObject({
      code: 'E_MODEL_INVALID',
      message: expect.stringContaining('w.bin'),
    });
  });

  it('a part that is just long enough is taken', async () => {
    const bytes = modelWith({ location: 'w.bin', offset: '16', length: '16' });
    expect((await probeBytes(bytes, weights)).parts).toHaveLength(1);
  });
});

it.each([
  ['offset', 'many'],
  ['length', 'many'],
  ['offset', '-4'],
  ['length', '-1'],
  ['offset', '1.5'],
])('external data whose %s is %j is refused', async (key, value) => {
  await expect(
    probeBytes(modelWith({ location: 'w.bin', [key]: value }), weights),
  ).rejects.toMatchObject({ code: 'E_MODEL_INVALID' });
});
