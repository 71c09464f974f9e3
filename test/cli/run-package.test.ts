import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type * as Ort from 'onnxruntime-node';
import { expect, it } from 'vitest';
import { cli } from '../support/cli.js';
import { fixture } from '../support/files.js';
import { npyData } from './arrays.js';
import { sandbox } from './run-main.js';

const { InferenceSession, Tensor } = createRequire(import.meta.url)(
  'onnxruntime-node',
) as typeof Ort;

const LABELS = new BigInt64Array(npyData(fixture('data/digits-test-labels.npy')));

/** Share of rows whose greatest score stands at the label. */
function accuracy(scores: Float32Array): number {
  const classes = scores.length / LABELS.length;
  const right = LABELS.filter((label, row) => {
    const own = scores.subarray(row * classes, (row + 1) * classes);
    return own.indexOf(Math.max(...own)) === Number(label);
  });
  return right.length / LABELS.length;
}

/** Convert, unpack, and run what came out of the package, knowing nothing but its descriptor. */
async function runFromPackage(model: string, device: string, data: string): Promise<Float32Array> {
  const box = sandbox();
  const archive = path.join(box.out, 'digits.tar');
  const unpacked = path.join(box.out, 'digits');
  const env = { TMPDIR: box.tmp };
  const conversion = await cli(['convert', model, '-d', device, '-o', archive, '-q'], { env });
  expect(conversion).toMatchObject({ code: 0, stderr: '' });
  expect(await cli(['unpack', archive, '-C', unpacked, '-q'], { env })).toMatchObject({ code: 0 });
  const field = async (name: string): Promise<string> =>
    (await cli(['inspect', archive, '--field', name])).stdout.trim();
  const file = path.join(unpacked, await field('files.0.path'));
  const input = await field('model.inputs.0.name');
  const output = await field('model.outputs.0.name');
  const session = await InferenceSession.create(file);
  const values = npyData(data);
  const tensor =
    (await field('model.inputs.0.dtype')) === 'int64'
      ? new Tensor('int64', new BigInt64Array(values), [
          LABELS.length,
          values.byteLength / 8 / LABELS.length,
        ])
      : new Tensor('float32', new Float32Array(values), [LABELS.length, 1, 8, 8]);
  const result = (await session.run({ [input]: tensor }))[output];
  await session.release();
  if (!(result?.data instanceof Float32Array)) throw new Error('the output is not float32');
  return result.data;
}

it('an unpacked ORT model reads at least 98 % of the held-out digits, as its source does', async () => {
  const model = fixture('models/digits-cnn.onnx');
  const scores = await runFromPackage(model, 'local', fixture('data/digits-test.npy'));
  expect(accuracy(scores)).toBeGreaterThanOrEqual(0.98);
  const source = await InferenceSession.create(readFileSync(model));
  const images = new Float32Array(npyData(fixture('data/digits-test.npy')));
  const expected = (
    await source.run({ image: new Tensor('float32', images, [LABELS.length, 1, 8, 8]) })
  )['logits'];
  await source.release();
  expect(accuracy(expected?.data as Float32Array)).toBe(accuracy(scores));
});

it('an unpacked int8 model reads at least 98 % of the held-out digits', async () => {
  const scores = await runFromPackage(
    fixture('models/digits-cnn-int8.onnx'),
    'raspberry-pi-4',
    fixture('data/digits-test.npy'),
  );
  expect(accuracy(scores)).toBeGreaterThanOrEqual(0.98);
});

it('an unpacked transformer reads at least 98 % of the held-out digits from their tokens', async () => {
  const scores = await runFromPackage(
    fixture('models/digits-transformer.onnx'),
    'local',
    fixture('data/digits-test-tokens.npy'),
  );
  expect(accuracy(scores)).toBeGreaterThanOrEqual(0.98);
});

it('a source of several files that was packed as it is runs from where it was unpacked', async () => {
  const scores = await runFromPackage(
    fixture('models/digits-cnn-external/digits-cnn.onnx'),
    'onnxruntime-cpu',
    fixture('data/digits-test.npy'),
  );
  expect(accuracy(scores)).toBeGreaterThanOrEqual(0.98);
});
