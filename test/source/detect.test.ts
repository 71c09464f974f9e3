import { closeSync, openSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { detectFormat } from '../../src/source/detect.js';
import { FileWindow } from '../../src/source/file-window.js';
import { tempDir } from '../support/files.js';
import { model } from '../support/onnx.js';
import { probeBytes } from './probe-bytes.js';

const latin1 = (text: string): Buffer => Buffer.from(text.padEnd(300, '\0'), 'latin1');

function formatOf(bytes: Uint8Array): ReturnType<typeof detectFormat> {
  const file = path.join(tempDir(), 'file');
  writeFileSync(file, bytes);
  const fd = openSync(file, 'r');
  try {
    return detectFormat(new FileWindow(fd, bytes.length));
  } finally {
    closeSync(fd);
  }
}

it.each([
  ['a TensorFlow Lite model', latin1('\u001c\0\0\0TFL3')],
  ['a Rockchip RKNN model', latin1('RKNN')],
  ['a zip archive', latin1('PK\u0003\u0004')],
  ['an HDF5 file', latin1('\u0089HDF\r\n\u001a\n')],
  ['an XML file', latin1('<?xml version="1.0"?><net name="m">')],
  ['a GGUF model', latin1('GGUF')],
  ['a NumPy array', latin1('\u0093NUMPY\u0001\0')],
  ['a gzip archive', latin1('\u001f\u008b\u0008')],
  ['a pickle', latin1('\u0080\u0002')],
  ['a PNG image', latin1('\u0089PNG\r\n\u001a\n')],
  ['a tar archive', latin1(`${'name'.padEnd(257, '\0')}ustar\0`)],
])('%s is refused under its name', async (name, bytes) => {
  expect(formatOf(bytes)).toMatchObject({ other: expect.stringContaining(name) });
  await expect(probeBytes(bytes)).rejects.toMatchObject({
    code: 'E_MODEL_INVALID',
    why: expect.stringContaining(`it is ${name}`),
    next: expect.stringContaining('ONNX'),
  });
});

it('ORT files are known by the mark at byte 4', () => {
  expect(formatOf(latin1('\u0018\0\0\0ORTM'))).toEqual({ format: 'ort' });
});

it.each([
  ['a model', model()],
  ['a single byte', Buffer.from([8])],
  ['seven bytes, too few for a mark at byte 4', Buffer.from('\0\0\0\0ORT')],
  ['anything else', Buffer.from('some text')],
])('what is nothing else may be ONNX: %s', (_what, bytes) => {
  expect(formatOf(bytes)).toEqual({ format: 'onnx' });
});

it('a model that is not there is an input error', async () => {
  const { probeModel } = await import('../../src/source/probe.js');
  const dir = tempDir();
  await expect(probeModel(path.join(dir, 'gone.onnx'))).rejects.toMatchObject({
    code: 'E_INPUT',
    message: expect.stringContaining('gone.onnx'),
  });
  await expect(probeModel(dir)).rejects.toMatchObject({ code: 'E_INPUT' });
});
