import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ModelconvError } from '../../../src/errors.js';
import { expectValid } from '../../cli/schemas.js';
import { fixture } from '../../support/files.js';
import { reportBytes } from '../probe-bytes.js';

const ROUNDS = 150;

/** xorshift: the same damage on every run. */
function* numbers(seed: number): Generator<number> {
  let state = seed;
  for (;;) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    yield state >>> 0;
  }
}

/** A few bytes replaced, in the half of the file where its structure is. */
function damaged(
  bytes: Buffer,
  random: Generator<number>,
  structure: readonly [number, number],
): Buffer {
  const copy = Buffer.from(bytes);
  const next = (): number => random.next().value as number;
  const [from, to] = structure;
  for (let i = 1 + (next() % 4); i > 0; i--) copy[from + (next() % (to - from))] = next() % 256;
  return copy;
}

const FILES: readonly { readonly name: string; readonly beside?: string }[] = [
  { name: 'digits-cnn-int8.onnx' },
  { name: 'tflite/digits-cnn-int8.tflite' },
  { name: 'mnn/digits-cnn-w4-block32.mnn' },
  { name: 'rknn/digits-cnn-rk3588-int8.rknn' },
  { name: 'rknn/digits-cnn-rv1106-int8.rknn' },
  { name: 'openvino/digits-cnn-int8.xml', beside: 'openvino/digits-cnn-int8.bin' },
];

it.each(FILES)(
  '$name with bytes replaced is refused, or gives a report that can be written',
  async ({ name, beside }) => {
    const bytes = readFileSync(fixture(`models/${name}`));
    const others =
      beside === undefined ? {} : { 'model.bin': readFileSync(fixture(`models/${beside}`)) };
    const file = beside === undefined ? 'model.bin' : 'model.xml';
    const random = numbers(name.length);
    const started = process.cpuUsage();
    let read = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const broken = damaged(bytes, random, [0, Math.min(bytes.length, 24 * 1024)]);
      try {
        const { info, report } = await reportBytes(broken, others, file);
        const result = { model: info, quantization: { file, ...report } };
        expectValid('inspect-result', JSON.parse(JSON.stringify(result)));
        read++;
      } catch (error) {
        if (!(error instanceof ModelconvError)) throw error;
        expect(['E_MODEL_INVALID', 'E_INPUT']).toContain(error.code);
      }
    }
    // damage to numbers and names goes unseen
    expect(read).toBeGreaterThan(0);
    expect(process.cpuUsage(started).user / ROUNDS).toBeLessThan(200_000);
  },
);
