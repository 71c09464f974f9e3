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
  ['a zip archive', latin1('PK\u0003\u0004')],
  ['an HDF5 file', latin1('\u0089HDF\r\n\u001a\n')],
  ['an XML file that is no OpenVINO IR', latin1('<?xml version="1.0"?><network name="m">')],
  ['an XML file that is no OpenVINO IR', latin1('<?xml version="1.0"?><!DOCTYPE net><net>')],
  ['a binary ncnn structure', latin1('\u00dd\u0085\u0076\0')],
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

it.each([
  ['a kmodel', latin1('LDMK\u0005\0\0\0')],
  ['an ESP-DL model', latin1('EDL2')],
  ['a bmodel', latin1('\u00ee\u00aaU\u00ff')],
])('%s has no reader, and is to be packed', async (name, bytes) => {
  await expect(probeBytes(bytes)).rejects.toMatchObject({
    code: 'E_MODEL_INVALID',
    why: expect.stringContaining(`it is ${name}`),
    next: expect.stringContaining('modelconv pack'),
  });
});

it('ORT files are known by the mark at byte 4', () => {
  expect(formatOf(latin1('\u0018\0\0\0ORTM'))).toEqual({ format: 'ort' });
});

it.each([
  ['openvino-ir', latin1('<?xml version="1.0"?>\n<net name="m" version="11">')],
  [
    'openvino-ir',
    latin1('\u00ef\u00bb\u00bf<?xml version="1.0"?><!-- c -->\n<!-- d --> <net\tname="m">'),
  ],
  ['openvino-ir', latin1('<net name="m">')],
  ['ncnn', latin1('7767517\n3 3\n')],
  ['ncnn', latin1('7767517\r\n3 3\r\n')],
  ['rknn', latin1('RKNN')],
])('the format %s is known by its first bytes', (format, bytes) => {
  expect(formatOf(bytes)).toEqual({ format });
});

it.each([
  ['a number that starts like the mark of ncnn', latin1('77675170')],
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
