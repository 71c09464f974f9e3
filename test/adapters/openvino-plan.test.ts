import { describe, expect, it } from 'vitest';
import type { ConversionJob } from '../../src/adapters/contract.js';
import { openvino } from '../../src/adapters/openvino/index.js';
import { CALIBRATED, IMAGE_JOB, quantizedSource, refusalOf } from '../support/jobs.js';

function plan(change: Partial<ConversionJob> = {}) {
  return openvino.plan({ ...IMAGE_JOB, ...change });
}

describe('the plan for OpenVINO', () => {
  it('is one call of ovc that says the precision, and declares both files', () => {
    expect(plan()).toEqual({
      steps: [
        {
          label: 'convert',
          program: 'ovc',
          args: [
            'source/digits.onnx',
            '--output_model',
            'out/digits.xml',
            '--compress_to_fp16=False',
          ],
          timeoutMs: 1000,
        },
      ],
      outputs: ['out/digits.xml', 'out/digits.bin'],
      mayBeEmpty: ['out/digits.bin'],
      deterministic: true,
    });
  });

  it('says fp16 when it is asked for, and never leaves it to the tool, whose default it is', () => {
    expect(plan({ precision: 'fp16' }).steps[0]?.args).toContain('--compress_to_fp16=True');
  });

  it.each(['fp16', 'bf16'] as const)(
    'does not make fp32 of %s, which ovc would leave as it is',
    (own) => {
      const info = { ...IMAGE_JOB.source.info, precision: own };
      const source = { ...IMAGE_JOB.source, info };
      expect(refusalOf(() => plan({ source })).code).toBe('E_NOT_CONVERTIBLE');
      expect(plan({ source, precision: own }).steps).toHaveLength(1);
    },
  );

  it('fixes the sizes that --input gives', () => {
    const inputShapes = { image: [1, 1, 8, 8], mask: [1, 8] };
    expect(plan({ inputShapes }).steps[0]?.args.slice(-2)).toEqual([
      '--input',
      'image[1,1,8,8],mask[1,8]',
    ]);
  });

  it.each(['a[0]', 'a,b', 'a:0', 'a->b'])(
    'refuses to fix the size of an input named %s',
    (name) => {
      expect(refusalOf(() => plan({ inputShapes: { [name]: [1] } })).code).toBe(
        'E_NOT_CONVERTIBLE',
      );
    },
  );

  it('quantizes with the calibration data, and the preset that is asked for', () => {
    const { steps } = plan({
      ...CALIBRATED,
      precision: 'int8',
      inputShapes: { image: [1, 1, 8, 8] },
      options: { preset: 'performance' },
    });
    expect(steps.map(({ label, program, args }) => ({ label, program, args }))).toEqual([
      {
        label: 'quantize',
        program: undefined,
        args: [
          'quantize',
          '--model',
          'source/digits.onnx',
          '--output',
          'out/digits.xml',
          '--shapes',
          '{"image":[1,1,8,8]}',
          '--calibration',
          'calibration/spec.json',
          '--preset',
          'performance',
          '--bias-correction',
          'fast',
        ],
      },
    ]);
  });

  it('keeps a model that is quantized already as it is', () => {
    const job = quantizedSource(IMAGE_JOB);
    expect(plan({ ...job, precision: 'int8' }).steps[0]?.program).toBe('ovc');
  });

  it('refuses to make floating point of a quantized model', () => {
    const { code, next } = refusalOf(() =>
      plan({ ...quantizedSource(IMAGE_JOB), precision: 'fp16' }),
    );
    expect(code).toBe('E_NOT_CONVERTIBLE');
    expect(next).toContain('before it was quantized');
  });

  it('refuses a precision that OpenVINO does not convert to', () => {
    expect(refusalOf(() => plan({ precision: 'int4' })).code).toBe('E_NOT_CONVERTIBLE');
  });

  it('refuses an unknown option, and an unknown value, with the ones that there are', () => {
    expect(refusalOf(() => plan({ options: { pre: 'mixed' } }))).toMatchObject({
      code: 'E_USAGE',
      next: expect.stringContaining('preset=mixed|performance'),
    });
    expect(refusalOf(() => plan({ options: { preset: 'fast' } }))).toMatchObject({
      code: 'E_USAGE',
      next: 'values: mixed, performance',
    });
  });
});
