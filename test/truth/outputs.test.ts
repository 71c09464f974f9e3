import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { runnerFor } from '../../dist/adapters/runners.js';
import { runModel } from '../../dist/truth/outputs.js';
import type { SampleSet } from '../../src/tensor/samples.js';
import { fixture, tempDir } from '../support/files.js';

it('what a model gave is still what it gave when another one has run', async () => {
  const workDir = tempDir();
  const runner = await runnerFor('onnx');
  if (!('adapter' in runner)) throw new Error('no runtime for ONNX');
  for (const name of ['good', 'channels-swapped'])
    copyFileSync(fixture(`models/faults/${name}.onnx`), path.join(workDir, `${name}.onnx`));
  const values = Float32Array.from({ length: 3 * 16 * 16 }, (_none, at) => (at % 97) / 97);
  const data = Buffer.from(values.buffer);
  const samples: SampleSet = {
    kind: 'user',
    count: 1,
    inputs: [{ name: 'image', dtype: 'float32', shape: [1, 3, 16, 16], data }],
  };
  const context = { workDir, logFile: path.join(workDir, 'log.txt') };
  const [first] = await runModel({ runner, path: 'good.onnx' }, samples, 60_000, context);
  const before = [...((await first?.sample(0)) ?? [])];
  const [other] = await runModel(
    { runner, path: 'channels-swapped.onnx' },
    samples,
    60_000,
    context,
  );
  expect([...((await first?.sample(0)) ?? [])]).toEqual(before);
  expect([...((await other?.sample(0)) ?? [])]).not.toEqual(before);
});
