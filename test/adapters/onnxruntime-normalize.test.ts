import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import type * as Ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { normalizeOrtFile } from '../../src/adapters/onnxruntime/normalize.js';
import { probeModel } from '../../src/source/probe.js';
import { npyData } from '../cli/arrays.js';
import { fixture, tempDir } from '../support/files.js';

const require = createRequire(import.meta.url);
const { InferenceSession, Tensor } = require('onnxruntime-node') as typeof Ort;

// In a process of its own: the order in the file comes from a seed that each process draws anew.
const CONVERT = `
  const [runtime, model, output] = process.argv.slice(1);
  require(runtime).InferenceSession.create(model, {
    optimizedModelFilePath: output,
    graphOptimizationLevel: 'extended',
    executionProviders: ['cpu'],
    extra: { session: { save_model_format: 'ORT', qdqisint8allowed: '0' } },
  });
`;

/** What the converter itself writes, untouched. */
async function rawOrt(model: string, output: string): Promise<void> {
  const runtime = require.resolve('onnxruntime-node');
  await promisify(execFile)(process.execPath, ['-e', CONVERT, runtime, model, output]);
}

function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

/** The same ORT file with its list of kernel types in the reverse order (slots as in ort.fbs). */
function withReversedKernelTypes(file: Buffer): Buffer {
  const bytes = Buffer.from(file);
  const follow = (at: number): number => at + bytes.readUInt32LE(at);
  const field = (table: number, slot: number): number => {
    const vtable = table - bytes.readInt32LE(table);
    return table + bytes.readUInt16LE(vtable + 4 + 2 * slot);
  };
  const list = follow(field(follow(field(follow(0), 3)), 0));
  const slots = Array.from({ length: bytes.readUInt32LE(list) }, (_, i) => list + 4 + 4 * i);
  const targets = slots.map(follow).reverse();
  slots.forEach((slot, i) => {
    bytes.writeUInt32LE((targets[i] ?? 0) - slot, slot);
  });
  return bytes;
}

async function scores(model: string): Promise<Float32Array> {
  const session = await InferenceSession.create(model);
  const images = new Float32Array(npyData(fixture('data/digits-calib.npy')));
  const results = await session.run({ image: new Tensor('float32', images, [100, 1, 8, 8]) });
  await session.release();
  return results['logits']?.data as Float32Array;
}

describe('normalising an ORT file', () => {
  it('gives the same bytes in five runs of the converter', async () => {
    const dir = tempDir();
    const normalised = new Set<string>();
    for (let i = 0; i < 5; i++) {
      const file = path.join(dir, `${i}.ort`);
      await rawOrt(fixture('models/digits-cnn.onnx'), file);
      normalizeOrtFile(file);
      normalised.add(sha256(file));
    }
    expect(normalised.size).toBe(1);
    expect(readdirSync(dir)).toHaveLength(5);
  });

  // the converter draws its order at random, so that some runs agree by chance: this does not wait for it
  it('gives the same bytes for another order of the kernel types', async () => {
    const dir = tempDir();
    const [one, other] = [path.join(dir, 'one.ort'), path.join(dir, 'other.ort')];
    await rawOrt(fixture('models/digits-cnn.onnx'), one);
    writeFileSync(other, withReversedKernelTypes(readFileSync(one)));
    expect(sha256(other)).not.toBe(sha256(one));
    normalizeOrtFile(one);
    normalizeOrtFile(other);
    expect(sha256(other)).toBe(sha256(one));
  });

  for (const name of ['digits-cnn', 'digits-cnn-int8', 'digits-transformer', 'two-inputs']) {
    it(`leaves what ${name} says about itself as it was, and a second time changes nothing`, async () => {
      const dir = tempDir();
      const [raw, normalised] = [path.join(dir, 'raw.ort'), path.join(dir, 'normalised.ort')];
      await rawOrt(fixture(`models/${name}.onnx`), raw);
      copyFileSync(raw, normalised);
      normalizeOrtFile(normalised);
      const before = (await probeModel(raw)).info;
      const after = (await probeModel(normalised)).info;
      const place = { path: '', sizeBytes: 0 };
      expect({ ...after, ...place }).toEqual({ ...before, ...place });
      expect(after.inputs.length).toBeGreaterThan(0);
      const once = sha256(normalised);
      normalizeOrtFile(normalised);
      expect(sha256(normalised)).toBe(once);
    });
  }

  it('gives a model that the runtime loads and that computes the very same', async () => {
    const dir = tempDir();
    const [raw, normalised] = [path.join(dir, 'raw.ort'), path.join(dir, 'normalised.ort')];
    await rawOrt(fixture('models/digits-cnn.onnx'), raw);
    copyFileSync(raw, normalised);
    normalizeOrtFile(normalised);
    expect(await scores(normalised)).toEqual(await scores(raw));
  });

  it('keeps the weights at the alignment that they had', async () => {
    const dir = tempDir();
    const [raw, normalised] = [path.join(dir, 'raw.ort'), path.join(dir, 'normalised.ort')];
    await rawOrt(fixture('models/digits-cnn.onnx'), raw);
    copyFileSync(raw, normalised);
    normalizeOrtFile(normalised);
    const [first, second] = [readFileSync(raw), readFileSync(normalised)];
    // the last 64 KiB are weights: the same bytes, moved by a multiple of 16
    expect(second.subarray(-65_536).equals(first.subarray(-65_536))).toBe(true);
    expect((second.length - first.length) % 16).toBe(0);
  });

  it('throws on a damaged file and leaves nothing beside it', async () => {
    const dir = tempDir();
    const file = path.join(dir, 'damaged.ort');
    await rawOrt(fixture('models/two-inputs.onnx'), file);
    const bytes = readFileSync(file);
    bytes.writeUInt32LE(0xffff_fff0, 0);
    writeFileSync(file, bytes);
    expect(() => normalizeOrtFile(file)).toThrow();
    expect(readdirSync(dir)).toEqual(['damaged.ort']);
  });
});
