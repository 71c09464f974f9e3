import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { run, sandbox } from '../cli/run-main.js';
import { photoModel } from './models.js';
import { photoTruth } from './suite.js';
import { converted, describeTool, findTool, pythonOf, skipByName } from './tool.js';

const tool = await findTool('onnxruntime');
const DOCS = new URL('../../docs/preprocess.md', import.meta.url);

/** The example of the documentation, as it stands there. */
function example(): string {
  const found = /```python\n(# replay\.py.*?)```/s.exec(readFileSync(DOCS, 'utf8'))?.[1];
  if (found === undefined) throw new Error('docs/preprocess.md has no replay.py');
  return found;
}

/** A preprocessing of the device: bilinear, as in the documentation, by hand. */
const CAMERA = `
import json, struct, zlib
import numpy as np

def pixels(path):
    data = open(path, "rb").read()
    width, height = struct.unpack(">II", data[16:24])
    at, packed = 8, b""
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        packed += data[at + 8:at + 8 + size] if kind == b"IDAT" else b""
        at += size + 12
    rows = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(height, 1 + width * 3)
    assert not rows[:, 0].any()
    return rows[:, 1:].reshape(height, width, 3).astype(np.float64)

def taps(source, target):
    at = np.clip((np.arange(target) + 0.5) * source / target - 0.5, 0, source - 1)
    low = np.floor(at).astype(int)
    return low, np.minimum(low + 1, source - 1), at - low

def preprocess(path):
    image = pixels(path)
    top, bottom, share = taps(image.shape[0], 8)
    image = image[top] + (image[bottom] - image[top]) * share[:, None, None]
    left, right, share = taps(image.shape[1], 10)
    image = image[:, left] + (image[:, right] - image[:, left]) * share[None, :, None]
    image = ORDER(image)
    values = (image / 255 - [0.485, 0.456, 0.406]) * [4.367, 4.464, 4.444]
    return values.transpose(2, 0, 1)[None].astype(np.float32)
`;

describeTool(tool, () => {
  const REPLAYS: readonly (readonly [string, string, string])[] = [
    ['holds for a device that does what is declared', 'lambda image: image', 'the truth holds'],
    [
      'does not hold for a device that takes blue for red',
      'lambda image: image[..., ::-1]',
      'the preprocessing is another',
    ],
    [
      'does not hold for a device that normalises twice',
      'lambda image: image / 255',
      'the preprocessing is another',
    ],
  ];
  if (!tool.python.found) return skipByName(tool.id, tool.python.why, 'the replay in Python');
  it.each(REPLAYS)('the replay of the documentation %s', async (_what, order, said) => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    await converted([photoModel(box.dir), ...photoTruth(box.dir)], 'onnxruntime-mobile', output);
    const cwd = path.join(box.dir, 'device');
    await run(['unpack', output, '-C', cwd, '-q']);
    writeFileSync(path.join(cwd, 'replay.py'), example());
    writeFileSync(path.join(cwd, 'camera.py'), CAMERA.replace('ORDER(image)', `(${order})(image)`));
    const { status, stdout, stderr } = spawnSync(pythonOf(tool), ['replay.py'], {
      cwd,
      encoding: 'utf8',
    });
    expect(`${stdout}${stderr}`).toContain(said);
    expect(status).toBe(said === 'the truth holds' ? 0 : 1);
  });
});
