import { expect, it } from 'vitest';
import type { ConversionJob, Plan } from '../../src/adapters/contract.js';
import { loadAdapter } from '../../src/adapters/registry.js';
import { IMAGE_JOB } from '../support/jobs.js';

async function told(
  adapter: string,
  change: Partial<ConversionJob> = {},
): Promise<Plan['calibrates']> {
  const found = await loadAdapter(adapter);
  const device = { ...IMAGE_JOB.device, ...(adapter === 'rknn' ? { soc: 'rk3588' } : {}) };
  const programs = { 'onnxruntime@1.31.1': ['python'] as const };
  const toolchain = {
    ...IMAGE_JOB.toolchain,
    launcher: { ...IMAGE_JOB.toolchain.launcher, programs },
  };
  const calibration = { spec: 'calibration/spec.json', count: 100 };
  const job = { ...IMAGE_JOB, device, toolchain, precision: 'int8', calibration, ...change };
  return found?.plan(job as ConversionJob).calibrates;
}

it.each([
  ['onnxruntime', {}, 'minmax', 'CalibrationMethod.MinMax'],
  ['onnxruntime', { method: 'entropy' }, 'entropy', 'CalibrationMethod.Entropy'],
  ['onnxruntime', { method: 'percentile' }, 'percentile', 'CalibrationMethod.Percentile'],
  ['openvino', {}, 'own', 'nncf.quantize preset=mixed fast_bias_correction=true'],
  [
    'openvino',
    { preset: 'performance', 'bias-correction': 'accurate' },
    'own',
    'nncf.quantize preset=performance fast_bias_correction=false',
  ],
  ['tflite', {}, 'minmax', 'TFLiteConverter representative_dataset, Optimize.DEFAULT'],
  ['rknn', {}, 'own', 'quantized_algorithm=normal'],
  ['rknn', { algorithm: 'mmse' }, 'mse', 'quantized_algorithm=mmse'],
  ['rknn', { algorithm: 'kl_divergence' }, 'entropy', 'quantized_algorithm=kl_divergence'],
] as const)(
  '%s %j is told to calibrate by %s (%s)',
  async (adapter, options, method, algorithm) => {
    expect(await told(adapter, { options })).toEqual({ method, algorithm });
  },
);

it.each(['onnxruntime', 'openvino', 'rknn'])('%s without data is told nothing', async (adapter) => {
  const change = {
    precision: adapter === 'rknn' ? 'fp16' : 'fp32',
    calibration: undefined,
  } as const;
  expect(await told(adapter, change)).toBeUndefined();
});

it('mnn takes no data, and is told nothing', async () => {
  expect(await told('mnn', { calibration: undefined })).toBeUndefined();
});
