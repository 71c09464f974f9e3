import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { onnxruntime } from '../../dist/adapters/onnxruntime/index.js';
import { readResults } from '../../dist/adapters/run-files.js';
import { probeModel } from '../../dist/source/probe.js';
import { OutputComparison } from '../../dist/tensor/metrics.js';
import { loadSamples } from '../../dist/tensor/samples.js';
import { fixture, tempDir } from '../support/files.js';

// A QDQ model of uint8 activations and int8 weights: on an x64 processor without VNNI the default sums of
// ONNX Runtime saturate (cosine 0.91), and the reference would refuse what is right.
it('a quantized source is run as it says, whatever processor runs it', async () => {
  const workDir = tempDir();
  const detection = await onnxruntime.detect();
  if (!detection.found) throw new Error(detection.why);
  const model = fixture('models/digits-cnn-int8.onnx');
  const { info } = await probeModel(model);
  const samples = await loadSamples(fixture('data/digits-test.npy'), info.inputs);
  mkdirSync(path.join(workDir, 'tmp'));
  const context = { workDir, logFile: path.join(workDir, 'log.txt') };
  const models = [
    { path: fixture('models/digits-cnn-static.onnx'), resultDir: 'results/float' },
    { path: model, resultDir: 'results/int8' },
  ];
  await onnxruntime.run?.(detection.toolchain, { models, samples, timeoutMs: 60_000 }, context);
  const outputOf = async (directory: string) => {
    const [output] = await readResults('ONNX Runtime', workDir, directory);
    if (output === undefined) throw new Error(`no output in ${directory}`);
    return output;
  };
  const [float, int8] = [await outputOf('results/float'), await outputOf('results/int8')];
  const comparison = new OutputComparison();
  for (let index = 0; index < samples.count; index++)
    comparison.add(await float.sample(index), await int8.sample(index), 10);
  expect(comparison.result().cosine).toBeGreaterThan(0.997);
});
