import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { probeModel } from '../../src/source/probe.js';
import { cli } from '../support/cli.js';
import { fixture, tempDir } from '../support/files.js';
import { processorTime } from '../support/processor-time.js';
import { probeBytes } from './probe-bytes.js';

const RUNS = Number(process.env['MODELCONV_FUZZ_RUNS'] ?? 500);
const MODELS = ['digits-cnn', 'digits-transformer', 'two-inputs'] as const;
const invalid = { code: 'E_MODEL_INVALID' };

let dir: string;
const ort = (name: (typeof MODELS)[number]): string => path.join(dir, name, `model/${name}.ort`);

beforeAll(async () => {
  dir = mkdtempSync(path.join(tmpdir(), 'mc-ort-'));
  await Promise.all(
    MODELS.map(async (name) => {
      const tar = path.join(dir, `${name}.tar`);
      const source = fixture(`models/${name}.onnx`);
      const steps = [
        ['convert', source, '-d', 'local', '--no-verify', '-q', '-o', tar],
        ['unpack', tar, '-C', path.join(dir, name)],
      ];
      for (const step of steps) {
        const { code, stderr } = await cli(step);
        if (code !== 0) throw new Error(stderr);
      }
    }),
  );
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('what a real ORT file says about itself', () => {
  it('a converted CNN', async () => {
    const file = ort('digits-cnn');
    const { info, format, parts } = await probeModel(file);
    expect({ format, parts }).toEqual({ format: 'ort', parts: [] });
    expect(info).toEqual({
      path: file,
      sizeBytes: readFileSync(file).length,
      format: 'ort',
      formatVersion: '6',
      producer: { name: 'pytorch', version: '2.13.0' },
      opsets: expect.objectContaining({ 'ai.onnx': 17 }),
      precision: 'fp32',
      nodes: expect.any(Number),
      operators: expect.any(Object),
      weights: { parameters: 31_674, sizeBytes: 126_696, dataFormat: 'float32' },
      quantized: false,
      inputs: [{ name: 'image', dtype: 'float32', shape: ['batch', 1, 8, 8] }],
      outputs: [{ name: 'logits', dtype: 'float32', shape: ['batch', 10] }],
      metadata: { license: 'Apache-2.0', trained_on: 'UCI digits' },
      minimumRuntime: {
        kind: 'onnxruntime',
        version: '1.16',
        rule: 'ORT format 6 needs 1.16, ai.onnx 17 needs 1.12',
      },
      facts: {
        formatVersion: 'read',
        inputs: 'read',
        outputs: 'read',
        precision: 'read',
        producer: 'read',
        minimumRuntime: 'read',
      },
    });
    expect(info.operators).toMatchObject({ MaxPool: 2 });
    const total = Object.values(info.operators ?? {}).reduce((sum, count) => sum + count, 0);
    expect(total).toBe(info.nodes);
  });

  it('a converted model with two inputs of different types', async () => {
    const { info } = await probeModel(ort('two-inputs'));
    expect(info.inputs).toEqual([
      { name: 'ids', dtype: 'int64', shape: [1, 6] },
      { name: 'mask', dtype: 'bool', shape: [1, 6] },
    ]);
    expect(info.outputs).toEqual([
      { name: 'pooled', dtype: 'float32', shape: [1, 8] },
      { name: 'count', dtype: 'int64', shape: [1] },
    ]);
  });

  it.each([
    ['digits-transformer', [['tokens', 17]]],
    ['two-inputs', [['ids', 12]]],
  ] as const)('the table that an input of %s indexes is found', async (name, limits) => {
    const { indexLimits, info } = await probeModel(ort(name));
    const inputs = new Set(info.inputs.map((input) => input.name));
    expect([...indexLimits].filter(([input]) => inputs.has(input))).toEqual(limits);
  });
});

/** Only `E_MODEL_INVALID`, and within 2 s; true when it was read. */
async function survives(file: string): Promise<boolean> {
  const elapsedMs = processorTime();
  const read = await probeModel(file).then(
    () => true,
    (error: unknown) => {
      expect(error).toMatchObject({ name: 'ModelconvError', code: 'E_MODEL_INVALID' });
      return false;
    },
  );
  expect(elapsedMs()).toBeLessThan(2000);
  return read;
}

describe('a damaged ORT file is refused or read, and nothing else', () => {
  it('cut off anywhere', async () => {
    const whole = readFileSync(ort('two-inputs'));
    const file = path.join(tempDir(), 'cut.ort');
    const step = Math.max(1, Math.floor(whole.length / 400));
    let refused = 0;
    let tried = 0;
    for (let length = 0; length < whole.length; length += step) {
      writeFileSync(file, whole.subarray(0, length));
      tried++;
      if (!(await survives(file))) refused++;
    }
    expect(tried).toBeGreaterThan(300);
    expect(refused).toBeGreaterThan(tried * 0.9);
  });

  it('cut off in its weights', async () => {
    const whole = readFileSync(ort('digits-cnn'));
    const file = path.join(tempDir(), 'cut.ort');
    for (const share of [0.1, 0.3, 0.5, 0.7, 0.9]) {
      writeFileSync(file, whole.subarray(0, Math.floor(whole.length * share)));
      await expect(probeModel(file)).rejects.toMatchObject(invalid);
    }
  });

  it('with changed bytes', async () => {
    const whole = readFileSync(ort('two-inputs'));
    const file = path.join(tempDir(), 'changed.ort');
    const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 8 }), async (changes) => {
        const bytes = Buffer.from(whole);
        for (const [at, value] of changes) bytes[at] = value;
        bytes.write('ORTM', 4);
        writeFileSync(file, bytes);
        if (!(await survives(file))) refused++;
      }),
      { numRuns: RUNS },
    );
    // otherwise the changes miss the structure, and the test says nothing
    expect(refused).toBeGreaterThan(RUNS / 20);
  });

  it('with wild offsets', async () => {
    const whole = readFileSync(ort('two-inputs'));
    const file = path.join(tempDir(), 'wild.ort');
    const wild = fc.constantFrom(0, 1, 4, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff);
    const change = fc.tuple(
      fc.nat(Math.floor(whole.length / 4) - 1),
      fc.oneof(wild, fc.nat(whole.length), fc.nat(64)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const bytes = Buffer.from(whole);
        for (const [word, value] of changes) bytes.writeUInt32LE(value, word * 4);
        bytes.write('ORTM', 4);
        writeFileSync(file, bytes);
        await survives(file);
      }),
      { numRuns: RUNS },
    );
  });

  it('of random bytes', async () => {
    const file = path.join(tempDir(), 'random.ort');
    const words = fc.array(fc.oneof(fc.nat(64), fc.nat(0xffffffff)), {
      minLength: 2,
      maxLength: 200,
    });
    await fc.assert(
      fc.asyncProperty(words, async (values) => {
        const bytes = Buffer.from(Uint32Array.from(values).buffer);
        bytes.write('ORTM', 4);
        writeFileSync(file, bytes);
        await survives(file);
      }),
      { numRuns: RUNS },
    );
  });
});

describe('a file with the ORT mark is refused', () => {
  const marked = (root: number, length = 64): Buffer => {
    const bytes = Buffer.alloc(length);
    bytes.writeUInt32LE(root, 0);
    bytes.write('ORTM', 4);
    return bytes;
  };
  it.each([
    ['with nothing after the mark', marked(8, 8)],
    ['whose root leads nowhere', marked(0)],
    ['whose root lies outside', marked(0xffffff00)],
    ['whose root is its last byte', marked(63)],
    ['of zeros', marked(16, 4096)],
    ['whose table stands before the file', Buffer.concat([marked(8, 8), Buffer.alloc(8, 0x7f)])],
  ])('%s', async (_what, bytes) => {
    await expect(probeBytes(bytes)).rejects.toMatchObject(invalid);
  });
});
