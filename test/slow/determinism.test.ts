import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { cli } from '../support/cli.js';
import { fixture, tempDir } from '../support/files.js';
import { nodeOfMajor } from '../support/nodes.js';

const MODELS = [
  'digits-cnn.onnx',
  'digits-transformer.onnx',
  'digits-cnn-int8.onnx',
  'digits-cnn-fp16.onnx',
];

function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

/** Every Node.js that is tested, by name. */
function nodes(): [name: string, binary: string][] {
  const others = ([22, 24] as const).flatMap((major): [string, string][] => {
    const binary = nodeOfMajor(major);
    return binary === undefined ? [] : [[`Node.js ${major}`, binary]];
  });
  return [['this Node.js', process.execPath], ...others];
}

describe.each(MODELS)('converting %s', (model) => {
  it('gives the same bytes on every repeat, umask, time zone and Node.js major', async ({
    skip,
  }) => {
    if (nodes().length < 3) return skip('Node.js 22 and 24 cannot be had for this platform');
    const dir = tempDir();
    const digests = new Map<string, string>();
    for (const [name, node] of nodes()) {
      for (const [umask, TZ] of [
        [0o022, 'UTC'],
        [0o077, 'Asia/Tokyo'],
      ] as const) {
        const out = path.join(dir, 'out.tar');
        const before = process.umask(umask);
        const result = await cli(
          ['convert', fixture(`models/${model}`), '-d', 'local', '-o', out, '--force', '--quiet'],
          { node, env: { TZ } },
        );
        process.umask(before);
        expect(result).toMatchObject({ code: 0, stderr: '' });
        digests.set(`${name}, umask ${umask.toString(8)}, ${TZ}`, sha256(out));
      }
    }
    expect(digests.size).toBe(6);
    expect(new Set(digests.values()).size, JSON.stringify([...digests], null, 2)).toBe(1);
  });
});

it('100 packs over file modes, times, umasks, time zones and Node.js majors give one digest', async () => {
  const dir = tempDir();
  const model = path.join(dir, 'digits-cnn.onnx');
  const descriptor = path.join(dir, 'd.yaml');
  copyFileSync(fixture('models/digits-cnn.onnx'), model);
  writeFileSync(descriptor, 'name: digits\nversion: "1.0.0"\n');
  const digests = new Set<string>();
  const all = nodes();
  for (let round = 0; round < 100; round++) {
    chmodSync(model, round % 2 === 0 ? 0o600 : 0o755);
    utimesSync(model, round * 1000, round * 1000);
    const out = path.join(dir, `out-${round}.tar`);
    const before = process.umask(round % 3 === 0 ? 0o077 : 0o002);
    const [, node] = all[round % all.length] ?? ['', process.execPath];
    const result = await cli(['pack', model, '--descriptor', descriptor, '-o', out], {
      node,
      env: { TZ: round % 4 < 2 ? 'UTC' : 'America/New_York' },
    });
    process.umask(before);
    expect(result.code, result.stderr).toBe(0);
    digests.add(sha256(out));
  }
  expect(digests.size).toBe(1);
});
