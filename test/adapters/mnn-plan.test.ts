import { describe, expect, it } from 'vitest';
import type { ConversionJob } from '../../src/adapters/contract.js';
import { mnn } from '../../src/adapters/mnn/index.js';
import { withBizCode } from '../../src/adapters/mnn/plan.js';
import type { ModelconvError } from '../../src/errors.js';
import type { ModelTensor } from '../../src/schema/generated/types.js';
import { IMAGE_JOB, quantizedSource, refusalOf } from '../support/jobs.js';

const plan = (change: Partial<ConversionJob> = {}) => mnn.plan({ ...IMAGE_JOB, ...change });
const refusal = (change: Partial<ConversionJob>): ModelconvError => refusalOf(() => plan(change));

/** The words about weights, behind all the others. */
function weightWords(change: Partial<ConversionJob>): readonly string[] {
  return plan(change).steps[0]?.args.slice(15) ?? [];
}

/** A job whose sizes are fixed. */
function fixed(inputs: ModelTensor[], inputShapes: ConversionJob['inputShapes']) {
  const { source } = IMAGE_JOB;
  return { source: { ...source, info: { ...source.info, inputs } }, inputShapes };
}

const shapesOf = (change: Partial<ConversionJob>): string | undefined =>
  plan(change).steps[0]?.args[8];

describe('the plan for MNN', () => {
  it('is one step that names everything and leaves nothing to the converter', () => {
    expect(plan()).toEqual({
      steps: [
        {
          label: 'convert',
          args: [
            ...['convert', '--framework', 'ONNX', '--model', 'source/digits.onnx'],
            ...['--output', 'out/digits.mnn', '--shapes', '{}', '--biz-code', 'modelconv'],
            ...['--optimizeLevel', '1', '--optimizePrefer', '0'],
            ...['--useGeluApproximation', '0', '--weightQuantBits', '0'],
          ],
          timeoutMs: 1000,
          successPattern: '(?:^|\\n)Converted Success!',
        },
      ],
      outputs: ['out/digits.mnn'],
      deterministic: true,
    });
  });

  it.each([
    ['fp32', ['--useGeluApproximation', '0', '--weightQuantBits', '0']],
    ['fp16', ['--useGeluApproximation', '0', '--fp16', '--weightQuantBits', '0']],
  ] as const)('%s quantizes nothing', (precision, words) => {
    expect(weightWords({ precision })).toEqual(words);
  });

  it.each([
    ['int8', '8'],
    ['int4', '4'],
  ] as const)('%s is weights of %s bits, without calibration', (precision, bits) => {
    expect(weightWords({ precision }).slice(2)).toEqual([
      ...['--weightQuantBits', bits, '--weightQuantBlock', '-1', '--weightQuantAsymmetric=1'],
    ]);
    expect(mnn.capabilities.needsCalibration).not.toContain(precision);
  });

  it.each([
    [{ 'weight-block': '32' }, ['--weightQuantBlock', '32', '--weightQuantAsymmetric=1']],
    // a number in a device file
    [{ 'weight-block': 64 }, ['--weightQuantBlock', '64', '--weightQuantAsymmetric=1']],
    [{ 'weight-scheme': 'symmetric' }, ['--weightQuantBlock', '-1', '--weightQuantAsymmetric=0']],
    [
      { 'weight-scheme': 'hqq' },
      ['--weightQuantBlock', '-1', '--weightQuantAsymmetric=1', '--hqq'],
    ],
  ])('takes %j', (options, words) => {
    expect(weightWords({ precision: 'int4', options }).slice(4)).toEqual(words);
  });

  it('approximates GELU only when it is asked to', () => {
    expect(weightWords({ options: { gelu: 'approximate' } }).slice(0, 2)).toEqual([
      '--useGeluApproximation',
      '1',
    ]);
  });

  it('refuses a misspelt option or value with the one that was meant', () => {
    const precision = 'int8';
    expect(refusal({ precision, options: { 'weight-blok': '32' } })).toMatchObject({
      code: 'E_USAGE',
      message: expect.stringContaining('Did you mean "weight-block"'),
    });
    expect(refusal({ precision, options: { 'weight-scheme': 'symetric' } })).toMatchObject({
      code: 'E_USAGE',
      message: expect.stringContaining('Did you mean "symmetric"'),
    });
    expect(refusal({ precision, options: { 'weight-block': '33' } }).code).toBe('E_USAGE');
  });

  it('converts TFLite', () => {
    const { source } = IMAGE_JOB;
    const tflite = {
      path: 'source/d.tflite',
      info: { ...source.info, format: 'tflite' as const },
    };
    expect(plan({ source: tflite }).steps[0]?.args.slice(2, 5)).toEqual([
      'TFLITE',
      '--model',
      'source/d.tflite',
    ]);
  });

  it('refuses a quantized source, of which MNN makes nonsense without a word', () => {
    expect(refusal(quantizedSource({ ...IMAGE_JOB, precision: 'int8' })).code).toBe(
      'E_NOT_CONVERTIBLE',
    );
  });

  it.each(['bf16', 'int16', 'fp64'] as const)('makes no %s', (precision) => {
    expect(refusal({ precision }).code).toBe('E_NOT_CONVERTIBLE');
  });
});

describe('sizes that --input fixes for MNN', () => {
  const a: ModelTensor = { name: 'a', dtype: 'float32', shape: [1, 3] };
  const open: ModelTensor = { name: 'b', dtype: 'float32', shape: ['n', 3] };

  it('are given for all inputs, the ones that are fixed by themselves too', () => {
    const b: ModelTensor = { ...open, shape: [2, 3] };
    expect(shapesOf(fixed([a, b], { b: [2, 3] }))).toBe('{"a":[1,3],"b":[2,3]}');
  });

  it('are not given when there are none: open sizes stay open', () => {
    expect(shapesOf(fixed([a, open], {}))).toBe('{}');
  });

  it('are refused in part', () => {
    expect(refusal(fixed([a, open], { a: [1, 3] }))).toMatchObject({
      code: 'E_NOT_CONVERTIBLE',
      why: expect.stringContaining('b'),
    });
  });

  it.each(['x#1', 'x,y', 'x\ny', ' x', 'x '])('are refused for the name %j', (name) => {
    expect(refusal(fixed([{ ...a, name }], { [name]: [1, 3] })).code).toBe('E_NOT_CONVERTIBLE');
    expect(shapesOf(fixed([{ ...a, name }], {}))).toBe('{}');
  });

  it.each(['serving_default_image:0', 'a b', 'ü', 'x=y', '-x', '"'])(
    'are taken for the name %j',
    (name) => {
      expect(JSON.parse(shapesOf(fixed([{ ...a, name }], { [name]: [1, 3] })) ?? '')).toEqual({
        [name]: [1, 3],
      });
    },
  );
});

describe('the step that embeds', () => {
  it('is the step of the conversion with another output and the text from a file', () => {
    const planned = plan({ precision: 'int8', outputName: '--biz-code' });
    const step = withBizCode(planned, 'embed/model.mnn', 'embed/text.json');
    const before = planned.steps[0]?.args ?? [];
    expect(before.slice(5, 11)).toEqual([
      ...['--output', 'out/--biz-code.mnn', '--shapes', '{}', '--biz-code', 'modelconv'],
    ]);
    expect(step.args).toEqual([
      ...before.slice(0, 5),
      ...['--output', 'embed/model.mnn', '--shapes', '{}'],
      ...['--biz-code-file', 'embed/text.json'],
      ...before.slice(11),
    ]);
    expect(step).toMatchObject({ label: 'embed', timeoutMs: 1000 });
    expect(step.successPattern).toBe(planned.steps[0]?.successPattern);
  });
});
