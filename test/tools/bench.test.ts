import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadAdapter } from '../../dist/adapters/registry.js';
import { verifyPackage } from '../../dist/package/verify.js';
import type { BenchResult } from '../../src/schema/generated/types.js';
import { jsonResult, run, sandbox } from '../cli/run-main.js';
import { fixture } from '../support/files.js';

// Times are of this machine and this moment: nothing is asked of them but that they can be.

const STATIC = fixture('models/digits-cnn-static.onnx');
const TEST = fixture('data/digits-test.npy');

/** The fixtures for TFLite take channels last, which the samples are not. */
const REAL = ['--samples', TEST];

/** By adapter: a device that it converts for, the name of its runtime, and a bare file with what `bench` has to be told of it. */
const CASES = [
  ['onnxruntime', 'onnxruntime-mobile', 'onnxruntime-node', ['digits-cnn-int8.onnx', ...REAL]],
  ['openvino', 'openvino-cpu', 'OpenVINO', ['openvino/digits-cnn-int8.xml', ...REAL]],
  ['tflite', 'tflite-cpu', 'LiteRT', ['tflite/digits-cnn-int8-weights.tflite']],
  ['ncnn', 'ncnn-cpu', 'ncnn', ['ncnn/digits-cnn-fp16.param', '--input', 'in0=1,1,8,8', ...REAL]],
  ['mnn', 'mnn-cpu', 'MNN', ['mnn/digits-cnn-w8.mnn', ...REAL]],
  [
    'torch',
    undefined,
    'PyTorch',
    ['torchscript/digits-cnn.pt', '--input', 'image=1,1,8,8', ...REAL],
  ],
] as const;

const looked = await Promise.all(
  CASES.map(async ([id, device, tool, [file, ...flags]]) => {
    const detection = await (await loadAdapter(id))?.detect();
    return { id, device, tool, bare: [fixture(`models/${file}`), ...flags], detection };
  }),
);

async function bench(...words: readonly string[]): Promise<BenchResult> {
  return jsonResult(await run(['bench', ...words, '--json']), 'bench-result') as BenchResult;
}

function expectPlausible({ measurement }: BenchResult, tool: string, runs: number): void {
  const { latency, throughput, peakMemoryBytes, runtime } = measurement;
  expect(measurement.runs).toBe(runs);
  expect(runtime).toMatchObject({ tool, version: expect.stringMatching(/^\d+\./) });
  const ordered = [latency.minMs, latency.p50Ms, latency.p90Ms, latency.p99Ms];
  expect(latency.minMs).toBeGreaterThan(0);
  expect(ordered).toEqual([...ordered].sort((a, b) => a - b));
  expect(throughput).toBeGreaterThan(0);
  expect(throughput * latency.minMs).toBeLessThanOrEqual(1000.001);
  // a process with a runtime in it; not that of the tests, whose peak a child inherits on Linux
  expect(peakMemoryBytes).toBeGreaterThan(5e6);
  expect(peakMemoryBytes).toBeLessThan(2e9);
}

describe.each(looked)('$id', ({ device, tool, bare, detection }) => {
  const isThere = detection?.found === true;

  // a condition and not a skip: PyTorch converts nothing
  if (device !== undefined)
    it.skipIf(!isThere)('times its package, and keeps it there', async () => {
      const box = sandbox();
      const file = path.join(box.out, 'digits.tar');
      const words = [STATIC, '-d', device, '--precision', 'fp32', '-o', file, '--quiet'];
      expect(await run(['convert', ...words])).toMatchObject({ code: 0 });
      const before = (await verifyPackage(file)).descriptor;
      const result = await bench(file, '--runs', '20', '--warmup', '3', '--threads', '2', '--save');
      expectPlausible(result, tool, 20);
      expect(result.measurement).toMatchObject({ threads: 2, warmup: 3, samples: 8 });
      const { descriptor } = await verifyPackage(file);
      expect(descriptor).toEqual({ ...before, measurements: [result.measurement] });
      box.expectOnly('digits.tar');
    });

  it.skipIf(!isThere)('times a bare file, for a number of runs and for a while', async () => {
    const box = sandbox();
    expectPlausible(await bench(...bare, '--runs', '5'), tool, 5);
    const { measurement } = await bench(...bare, '--duration', '0.2', '--warmup', '0');
    expect(measurement.runs).toBeGreaterThan(0);
    box.expectOnly();
  });
});
