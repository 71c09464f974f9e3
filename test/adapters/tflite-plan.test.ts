import { describe, expect, it } from 'vitest';
import type { ConversionJob } from '../../src/adapters/contract.js';
import { tflite } from '../../src/adapters/tflite/index.js';
import { ModelconvError } from '../../src/errors.js';

const JOB: ConversionJob = {
  source: {
    path: 'source/digits.onnx',
    info: {
      path: 'digits.onnx',
      sizeBytes: 1,
      format: 'onnx',
      precision: 'fp32',
      inputs: [{ name: 'image', dtype: 'float32', shape: [1, 1, 8, 8] }],
      outputs: [],
      facts: {},
    },
  },
  inputShapes: {},
  device: { name: 'camera' },
  precision: 'fp32',
  options: {},
  outputName: 'digits',
  timeoutMs: 1000,
  toolchain: { tool: 'onnx2tf', version: '2.6.9', path: '/t', launcher: { command: ['/python'] } },
};
const CALIBRATION = { spec: 'calibration/spec.json', count: 100 };

function job(change: Partial<ConversionJob>): ConversionJob {
  return { ...JOB, ...change };
}

function argv(change: Partial<ConversionJob>): readonly string[] {
  return tflite.plan(job(change)).steps[0]?.args ?? [];
}

/** What follows a flag. */
function value(flag: string, change: Partial<ConversionJob>): string | undefined {
  const args = argv(change);
  return args[args.indexOf(flag) + 1];
}

function refusal(change: Partial<ConversionJob>): ModelconvError {
  try {
    tflite.plan(job(change));
  } catch (error) {
    if (error instanceof ModelconvError) return error;
  }
  throw new Error('it was planned');
}

describe('the plan', () => {
  it('refuses a model without inputs, on which onnx2tf ends without a cause', () => {
    const info = { ...JOB.source.info, inputs: [] };
    expect(refusal({ source: { ...JOB.source, info } })).toMatchObject({
      code: 'E_NOT_CONVERTIBLE',
      why: expect.stringContaining('no inputs'),
    });
  });

  it.each(['fp32', 'fp16'] as const)(
    '%s is one step that leaves nothing to the tool',
    (precision) => {
      expect(tflite.plan(job({ precision }))).toEqual({
        steps: [
          {
            label: 'convert',
            args: [
              ...['convert', '--model', 'source/digits.onnx', '--output', 'out/digits.tflite'],
              ...['--precision', precision, '--shapes', '{}', '--layout', 'source', '--io', 'int8'],
            ],
            timeoutMs: 1000,
          },
        ],
        outputs: ['out/digits.tflite'],
        deterministic: true,
      });
    },
  );

  it('int8 measures its ranges on the calibration data, with integers at both ends', () => {
    expect(argv({ precision: 'int8', calibration: CALIBRATION }).slice(5)).toEqual([
      ...['--precision', 'int8', '--shapes', '{}', '--layout', 'source', '--io', 'int8'],
      ...['--calibration', 'calibration/spec.json'],
    ]);
  });

  it('passes sizes that --input fixes, whatever the name of the input', () => {
    const inputShapes = { image: [1, 3, 224, 224], '-a:b,[c] é': [1, 2] };
    expect(JSON.parse(value('--shapes', { inputShapes }) ?? '')).toEqual(inputShapes);
  });

  it.each(['-x', 'a b', 'é', 'a=b'])('keeps a model called %j apart from the flags', (name) => {
    const source = { ...JOB.source, path: `source/${name}.onnx` };
    expect(argv({ source, outputName: name }).slice(1, 5)).toEqual([
      ...['--model', `source/${name}.onnx`, '--output', `out/${name}.tflite`],
    ]);
  });

  it('is called deterministic for the release that was measured alone', () => {
    const toolchain = { ...JOB.toolchain, version: '2.7.0' };
    expect(tflite.plan(job({ toolchain })).deterministic).toBe('unknown');
  });
});

describe('options', () => {
  it.each(['source', 'nhwc'])('layout=%s reaches the tool', (layout) => {
    expect(value('--layout', { options: { layout } })).toBe(layout);
  });

  it.each(['int8', 'float'])('io=%s reaches the tool with int8', (io) => {
    const change = { precision: 'int8', calibration: CALIBRATION, options: { io } } as const;
    expect(value('--io', change)).toBe(io);
  });

  it('io=int8 is refused for a float model, which has floats at both ends', () => {
    for (const precision of ['fp32', 'fp16'] as const) {
      const refused = refusal({ precision, options: { io: 'int8' } });
      expect(refused).toMatchObject({
        code: 'E_USAGE',
        message: expect.stringContaining(precision),
      });
      expect(argv({ precision, options: { io: 'float' } })).toContain('float');
    }
  });

  it('a misspelt option or value is refused with the one that was meant', () => {
    expect(refusal({ options: { layuot: 'nhwc' } })).toMatchObject({
      code: 'E_USAGE',
      message: expect.stringContaining('Did you mean "layout"'),
      next: expect.stringContaining('layout=source|nhwc'),
    });
    expect(refusal({ options: { layout: 'nhcw' } })).toMatchObject({
      code: 'E_USAGE',
      message: expect.stringContaining('Did you mean "nhwc"'),
    });
    for (const io of [true, 8, '', 'INT8'])
      expect(refusal({ options: { io } }).code).toBe('E_USAGE');
  });
});

describe('precisions', () => {
  it.each(['fp64', 'bf16', 'fp16'] as const)('a source in %s becomes fp32, fp16 or int8', (own) => {
    const source = { ...JOB.source, info: { ...JOB.source.info, precision: own } };
    for (const precision of ['fp32', 'fp16', 'int8'] as const)
      expect(value('--precision', { source, precision })).toBe(precision);
  });

  it.each(['fp64', 'bf16', 'int16', 'int4', 'mixed'] as const)('%s is not made', (precision) => {
    expect(refusal({ precision })).toMatchObject({
      code: 'E_NOT_CONVERTIBLE',
      message: expect.stringContaining('camera'),
      why: expect.stringContaining('fp32, fp16, int8'),
    });
  });

  it('a source that is quantized already is refused, for its integers would be lost', () => {
    const info = { ...JOB.source.info, precision: 'int8', quantized: true } as const;
    for (const precision of ['fp32', 'fp16', 'int8'] as const)
      expect(refusal({ source: { ...JOB.source, info }, precision })).toMatchObject({
        code: 'E_NOT_CONVERTIBLE',
        why: expect.stringContaining('quantized'),
        next: expect.stringContaining('before it was quantized'),
      });
  });

  it('int8 alone needs calibration data, and open sizes have to be fixed', () => {
    expect(tflite.capabilities).toMatchObject({ needsCalibration: ['int8'], staticShapes: true });
  });
});
