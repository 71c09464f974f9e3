import { describe, expect, it } from 'vitest';
import { adviseOptions, refuseIdleOptions } from '../../src/adapters/adapter-options.js';
import type { Adapter, ConversionJob } from '../../src/adapters/contract.js';
import { loadAdapter } from '../../src/adapters/registry.js';
import type { ModelconvError } from '../../src/errors.js';
import { IMAGE_JOB, quantizedSource } from '../support/jobs.js';

async function adapterOf(id: string): Promise<Adapter> {
  const adapter = await loadAdapter(id);
  if (adapter === undefined) throw new Error(`no adapter ${id}`);
  return adapter;
}

function withOption(job: ConversionJob, name: string, value: string): ConversionJob {
  return { ...job, options: { [name]: value } };
}

describe('an option about quantization', () => {
  it.each([
    ['openvino', 'preset', 'performance'],
    ['openvino', 'bias-correction', 'accurate'],
    ['rknn', 'method', 'layer'],
    ['rknn', 'algorithm', 'mmse'],
    ['mnn', 'weight-block', '64'],
    ['mnn', 'weight-scheme', 'hqq'],
    ['onnxruntime', 'method', 'entropy'],
    ['onnxruntime', 'activation', 'qint8'],
    ['snpe', 'per-channel', 'no'],
  ])('of %s, %s=%s, is refused where nothing is quantized', async (id, name, value) => {
    const adapter = await adapterOf(id);
    const jobs = [
      { ...IMAGE_JOB, precision: 'fp16' as const },
      { ...quantizedSource(IMAGE_JOB), precision: 'int8' as const },
    ];
    for (const job of jobs)
      expect(() => refuseIdleOptions(adapter, withOption(job, name, value))).toThrow(
        expect.objectContaining<Partial<ModelconvError>>({
          code: 'E_USAGE',
          message: expect.stringContaining(name),
        }),
      );
    const quantizing = { ...IMAGE_JOB, precision: 'int8' as const };
    refuseIdleOptions(adapter, withOption(quantizing, name, value));
  });

  it('that the device says once for all of its models is left alone', async () => {
    const converter = { adapter: 'rknn', options: { method: 'layer' } };
    const job = { ...IMAGE_JOB, device: { name: 'board', converter } };
    refuseIdleOptions(await adapterOf('rknn'), withOption(job, 'method', 'layer'));
    expect(() => refuseIdleOptions(rknnLike, withOption(job, 'method', 'channel'))).toThrow(
      expect.objectContaining({ code: 'E_USAGE' }),
    );
  });

  const rknnLike = {
    options: [{ name: 'method', values: [], default: '', meaning: '', isForQuantizing: true }],
  } as unknown as Adapter;

  it('other options are taken at every precision', async () => {
    refuseIdleOptions(await adapterOf('mnn'), withOption(IMAGE_JOB, 'gelu', 'approximate'));
  });
});

describe('what is advised when a model came out wrong', () => {
  it.each([
    ['ncnn', 'fp16', undefined],
    ['mnn', 'fp16', /with gelu \(/],
    ['mnn', 'int8', /with weight-block, weight-scheme, gelu \(/],
    ['openvino', 'fp32', undefined],
    ['qairt', 'int8', /with activation-bits, per-channel \(/],
    ['qairt', 'fp16', undefined],
  ] as const)('%s at %s', async (id, precision, advice) => {
    const said = adviseOptions(await adapterOf(id), { ...IMAGE_JOB, precision });
    if (advice === undefined) expect(said).toBeUndefined();
    else expect(said).toMatch(advice);
  });
});
