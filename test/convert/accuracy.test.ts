import path from 'node:path';
import { expect, it } from 'vitest';
import { loadEvaluation } from '../../dist/accuracy/load.js';
import { loadAdapter } from '../../dist/adapters/registry.js';
import { measureAccuracy } from '../../dist/convert/accuracy.js';
import { copyReadOnly } from '../../dist/host/files.js';
import { probeModel } from '../../dist/source/probe.js';
import { fixture, tempDir } from '../support/files.js';
import { digitsArchive } from '../support/labelled.js';

const SOURCE = fixture('models/digits-cnn.onnx');
const OTHER = fixture('models/digits-cnn-int8.onnx');

/** Both models in a work directory, and what scores them. */
async function prepared() {
  const workDir = tempDir();
  const adapter = await loadAdapter('onnxruntime');
  const detection = await adapter?.detect();
  if (adapter === undefined || detection?.found !== true) throw new Error('no ONNX Runtime');
  const runner = { adapter, toolchain: detection.toolchain };
  await copyReadOnly(SOURCE, path.join(workDir, 'a.onnx'));
  await copyReadOnly(OTHER, path.join(workDir, 'b.onnx'));
  const { info } = await probeModel(SOURCE);
  const { inputs, outputs } = info;
  const request = { path: digitsArchive(tempDir()), inputs, outputs, output: undefined };
  const evaluation = await loadEvaluation({ ...request, preprocess: {} });
  const context = { workDir, logFile: path.join(workDir, 'log.txt'), signal: undefined };
  const sides = {
    source: { runner, path: 'a.onnx', format: 'onnx' },
    converted: { runner, path: 'b.onnx', format: 'onnx', isSimulated: false },
  };
  const common = { simulatedBefore: 0, maxDrop: undefined, timeoutMs: 60_000 };
  return { evaluation, context, runner, request: { ...sides, ...common } };
}

it('the score is the same in one batch and in many', async () => {
  const { evaluation, request, context } = await prepared();
  const whole = await measureAccuracy({ ...request, evaluation }, context);
  // 360 samples: the last batch is a part of one
  const parts = { ...evaluation, batchSize: 77 };
  expect(await measureAccuracy({ ...request, evaluation: parts }, context)).toEqual(whole);
  expect(whole).toMatchObject({ task: 'classification', data: { samples: 360 } });
  expect(whole.before.top1).toBeGreaterThan(0.9);
});

it('of a simulator the results behind those of the parity check are scored', async () => {
  const { evaluation, request, context, runner } = await prepared();
  const expected = await measureAccuracy({ ...request, evaluation }, context);
  // 360 samples of which the first 60 stand for those of the parity check
  const all = await evaluation.write(context.workDir, 0, 360);
  const models = [{ path: 'b.onnx', resultDir: 'results/converted' }];
  await runner.adapter.run?.(
    runner.toolchain,
    { models, samples: all, timeoutMs: 60_000 },
    context,
  );
  const last = {
    ...evaluation,
    count: 300,
    batchSize: 128,
    write: async (dir: string, start: number, end: number) =>
      await evaluation.write(dir, start + 60, end + 60),
    labels: async (start: number, end: number) => await evaluation.labels(start + 60, end + 60),
  };
  const converted = { ...request.converted, isSimulated: true };
  const simulated = { ...request, converted, simulatedBefore: 60 };
  const scored = await measureAccuracy({ ...simulated, evaluation: last }, context);
  expect(scored.after).toEqual(expected.after);
  // one sample further and every label belongs to another image
  const shifted = { ...simulated, simulatedBefore: 59, evaluation: last };
  const wrong = await measureAccuracy(shifted, context);
  expect(wrong.after?.top1).toBeLessThan(0.5);
});
