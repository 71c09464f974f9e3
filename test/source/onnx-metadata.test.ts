import { appendFileSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { copyWithProperty, metadataProperty } from '../../src/source/onnx/metadata-property.js';
import { probeModel } from '../../src/source/probe.js';
import { fixture, tempDir } from '../support/files.js';

/** A copy of the CNN with further `metadata_props` at its end. */
function modelWith(...properties: readonly [key: string, value: string][]): string {
  const file = path.join(tempDir(), 'model.onnx');
  copyFileSync(fixture('models/digits-cnn.onnx'), file);
  for (const [key, value] of properties) appendFileSync(file, metadataProperty(key, value));
  return file;
}

describe('a metadata property', () => {
  it('is field 14 of a ModelProto, with key and value as its fields 1 and 2', () => {
    expect(metadataProperty('k', 'vw').toString('hex')).toBe('7207' + '0a016b' + '12027677');
  });

  it.each([1, 127, 128, 16_383, 16_384, 65_000])('holds a text of %i characters', async (size) => {
    const { info } = await probeModel(modelWith(['note', 'x'.repeat(size)]));
    expect(info.metadata?.['note']).toHaveLength(size);
  });

  it('at the end of a model changes nothing else', async () => {
    const before = (await probeModel(fixture('models/digits-cnn.onnx'))).info;
    const after = (await probeModel(modelWith(['note', 'ü 模型']))).info;
    expect(after.metadata).toEqual({ ...before.metadata, note: 'ü 模型' });
    const place = { path: '', sizeBytes: 0, metadata: {} };
    expect({ ...after, ...place }).toEqual({ ...before, ...place });
  });
});

describe('a descriptor in an ONNX model', () => {
  it('is read as what it is, and is no property any more', async () => {
    const { info } = await probeModel(modelWith(['modelconv', '{"protocol":"modelconv/1"}']));
    expect(info.embedded).toEqual({ protocol: 'modelconv/1' });
    expect(info.metadata).not.toHaveProperty('modelconv');
  });

  it('that came last counts', async () => {
    const { info } = await probeModel(
      modelWith(['modelconv', '{"name":"old"}'], ['modelconv', '{"name":"new"}']),
    );
    expect(info.embedded).toEqual({ name: 'new' });
  });

  it.each(['', 'text', '[1]', '{"a":'])('is none when it is %j', async (text) => {
    const { info } = await probeModel(modelWith(['modelconv', text]));
    expect(info.embedded).toBeUndefined();
    expect(info.metadata?.['modelconv']).toBe(text);
  });

  it('is in no model that nothing was embedded in', async () => {
    expect((await probeModel(fixture('models/digits-cnn.onnx'))).info.embedded).toBeUndefined();
  });
});

describe('a copy with a property', () => {
  const CNN = readFileSync(fixture('models/digits-cnn.onnx'));

  async function copyOf(model: Buffer): Promise<Buffer> {
    const [from, to] = [path.join(tempDir(), 'a.onnx'), path.join(tempDir(), 'b.onnx')];
    writeFileSync(from, model);
    await copyWithProperty(from, to, 'modelconv', '{"name":"new"}');
    return readFileSync(to);
  }

  it('is the model, byte for byte, and the property behind it', async () => {
    const property = metadataProperty('modelconv', '{"name":"new"}');
    expect(await copyOf(CNN)).toEqual(Buffer.concat([CNN, property]));
  });

  it('has no other property of that key, and keeps all else', async () => {
    const old = metadataProperty('modelconv', '{"name":"old"}');
    const note = metadataProperty('note', 'kept');
    const model = Buffer.concat([old, CNN, old, note]);
    const property = metadataProperty('modelconv', '{"name":"new"}');
    expect(await copyOf(model)).toEqual(Buffer.concat([CNN, note, property]));
  });

  it('is not made of what is no protobuf', async () => {
    await expect(copyOf(CNN.subarray(0, 5000))).rejects.toThrow(/truncated|not ONNX/);
  });

  it('never replaces a file', async () => {
    const file = modelWith();
    await expect(copyWithProperty(file, file, 'k', 'v')).rejects.toThrow(/EEXIST/);
    expect(readFileSync(file)).toEqual(CNN);
  });
});
