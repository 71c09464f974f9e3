import { describe, expect, it } from 'vitest';
import type { ConversionJob } from '../../src/adapters/contract.js';
import { ncnn } from '../../src/adapters/ncnn/index.js';
import type { ModelconvError } from '../../src/errors.js';
import type { ModelInfo } from '../../src/schema/generated/types.js';
import { IMAGE_JOB, quantizedSource, refusalOf } from '../support/jobs.js';

/** The usual job, changed, with a source that is changed. */
function job(change: Partial<ConversionJob> = {}, info: Partial<ModelInfo> = {}): ConversionJob {
  const source = { ...IMAGE_JOB.source, info: { ...IMAGE_JOB.source.info, ...info } };
  return { ...IMAGE_JOB, source, ...change };
}

function refusal(refused: ConversionJob): ModelconvError {
  return refusalOf(() => ncnn.plan(refused));
}

/** The word behind a flag. */
function flagValue(planned: ConversionJob, flag: string): string | undefined {
  const args = ncnn.plan(planned).steps[0]?.args ?? [];
  return args[args.indexOf(flag) + 1];
}

describe('the plan for ncnn', () => {
  it('is one step that names everything and leaves nothing to pnnx', () => {
    expect(ncnn.plan(job())).toEqual({
      steps: [
        {
          label: 'convert',
          args: [
            ...['convert', '--model', 'source/digits.onnx'],
            ...['--param', 'out/digits.param', '--bin', 'out/digits.bin'],
            ...['--inputs', '[{"name":"image","shape":[1,1,8,8],"type":"f32"}]'],
            ...['--outputs', '[{"name":"logits","shape":[1,10]}]', '--precision', 'fp32'],
          ],
          timeoutMs: 1000,
        },
      ],
      outputs: ['out/digits.param', 'out/digits.bin'],
      mayBeEmpty: ['out/digits.bin'],
      deterministic: true,
    });
  });

  it('says the precision, for that of pnnx is fp16', () => {
    expect(flagValue(job({ precision: 'fp16' }), '--precision')).toBe('fp16');
    expect(flagValue(job({ precision: 'fp32' }), '--precision')).toBe('fp32');
  });

  it.each([
    ['float32', 'f32'],
    ['float64', 'f64'],
    ['int32', 'i32'],
    ['int64', 'i64'],
  ])('an input of %s is %s', (dtype, type) => {
    const inputs = [{ name: 'x', shape: [1, 64], dtype: dtype as 'float32' }];
    expect(flagValue(job({}, { inputs }), '--inputs')).toBe(
      `[{"name":"x","shape":[1,64],"type":"${type}"}]`,
    );
  });

  it.each(['bool', 'uint8', 'float16', 'string'] as const)('an input of %s is refused', (dtype) => {
    const inputs = [{ name: 'mask', shape: [1, 6], dtype }];
    expect(refusal(job({}, { inputs }))).toMatchObject({
      code: 'E_NOT_CONVERTIBLE',
      why: expect.stringContaining(`mask is ${dtype}`),
    });
  });

  it('gives shapes of outputs where the source has them, a scalar too', () => {
    const outputs = [
      { name: 'a', shape: [1, 10], dtype: 'float32' as const },
      { name: 'b', shape: [], dtype: 'float32' as const },
      { name: 'c', dtype: 'float32' as const },
      { name: 'd', shape: ['batch', 10], dtype: 'float32' as const },
    ];
    expect(flagValue(job({}, { outputs }), '--outputs')).toBe(
      '[{"name":"a","shape":[1,10]},{"name":"b","shape":[]},{"name":"c"},{"name":"d"}]',
    );
  });

  it('keeps odd names of files and tensors in one word each', () => {
    const inputs = [{ name: 'a b,"ü"\n', shape: [1, 4], dtype: 'float32' as const }];
    const odd = job({ outputName: '-ü x' }, { inputs });
    expect(ncnn.plan(odd).outputs).toEqual(['out/-ü x.param', 'out/-ü x.bin']);
    expect(JSON.parse(flagValue(odd, '--inputs') ?? '')).toMatchObject([{ name: 'a b,"ü"\n' }]);
  });

  it('refuses a batch of images, and takes a matrix of any size', () => {
    const of = (shape: number[]) => ({ inputs: [{ name: 'x', shape, dtype: 'float32' as const }] });
    expect(refusal(job({}, of([4, 3, 8, 8])))).toMatchObject({
      code: 'E_NOT_CONVERTIBLE',
      next: expect.stringContaining('--input x=1,3,8,8'),
    });
    expect(flagValue(job({}, of([4, 10])), '--inputs')).toContain('[4,10]');
    expect(flagValue(job({}, of([1, 3, 8, 8])), '--inputs')).toContain('[1,3,8,8]');
  });

  it.each([[['batch', 10]], [undefined]])('refuses the open size %j', (shape) => {
    const input = { name: 'x', dtype: 'float32' as const };
    const inputs = [shape === undefined ? input : { ...input, shape }];
    expect(refusal(job({}, { inputs })).next).toContain('--input x=');
  });

  it('refuses weights in a second file, on which pnnx crashes', () => {
    const externalData = [{ path: 'w.bin', sizeBytes: 9 }];
    expect(refusal(job({}, { externalData }))).toMatchObject({
      code: 'E_NOT_CONVERTIBLE',
      why: expect.stringContaining('w.bin'),
      next: expect.stringContaining('onnx.save'),
    });
  });

  it.each(['fp16', 'bf16'] as const)('refuses a source in %s', (precision) => {
    expect(refusal(job({ precision: 'fp16' }, { precision }))).toMatchObject({
      code: 'E_NOT_CONVERTIBLE',
      next: expect.stringContaining('float32'),
    });
  });

  it.each(['int8', 'int4', 'bf16', 'fp64'] as const)('makes no %s', (precision) => {
    expect(refusal(job({ precision })).why).toContain('fp32, fp16');
  });

  it('refuses a quantized source', () => {
    const quantized = quantizedSource(job({ precision: 'int8' }));
    expect(refusal(quantized).code).toBe('E_NOT_CONVERTIBLE');
  });

  it('has no options', () => {
    expect(refusal(job({ options: { fp16: '0' } }))).toMatchObject({
      code: 'E_USAGE',
      message: expect.stringContaining('fp16'),
    });
  });

  it('names a TorchScript source as one, with the types that --input gives', () => {
    const inputs = [
      { name: 'ids', shape: [1, 6], dtype: 'int64' as const },
      { name: 'weights', shape: [1, 6], dtype: 'float32' as const },
    ];
    const outputs = [{ name: 'output0', dtype: 'unknown' as const }];
    const planned = job({}, { format: 'torchscript', inputs, outputs });
    expect(ncnn.plan(planned).steps[0]?.args.at(-1)).toBe('--torchscript');
    expect(flagValue(planned, '--inputs')).toBe(
      '[{"name":"ids","shape":[1,6],"type":"i64"},{"name":"weights","shape":[1,6],"type":"f32"}]',
    );
    expect(flagValue(planned, '--outputs')).toBe('[{"name":"output0"}]');
    expect(ncnn.plan(job()).steps[0]?.args).not.toContain('--torchscript');
  });

  it('refuses a TorchScript in double precision, of which pnnx writes other numbers', () => {
    const info = { format: 'torchscript', precision: 'fp64' } as const;
    expect(refusal(job({}, info))).toMatchObject({
      code: 'E_NOT_CONVERTIBLE',
      why: expect.stringContaining('fp64'),
    });
    expect(ncnn.plan(job({}, { precision: 'fp64' })).steps).toHaveLength(1);
  });
});
