import { describe, expect, it } from 'vitest';
import type { ConversionJob } from '../../src/adapters/contract.js';
import { plan } from '../../src/adapters/onnxruntime/plan.js';
import { ModelconvError } from '../../src/errors.js';

const JOB: ConversionJob = {
  source: {
    path: 'source/digits.onnx',
    info: {
      path: 'digits.onnx',
      sizeBytes: 1,
      format: 'onnx',
      precision: 'fp32',
      inputs: [],
      outputs: [],
      facts: {},
    },
  },
  inputShapes: {},
  device: { name: 'board', arch: 'x64' },
  precision: 'fp32',
  options: {},
  outputName: 'digits',
  timeoutMs: 1000,
  toolchain: {
    tool: 'onnxruntime-node',
    version: '1.30.0',
    path: '/t',
    launcher: { command: ['/node', '/driver.js', '/t'] },
  },
};

function job(change: Partial<ConversionJob>): ConversionJob {
  return { ...JOB, ...change };
}

function refusal(refused: ConversionJob): ModelconvError {
  try {
    plan(refused);
  } catch (error) {
    if (error instanceof ModelconvError) return error;
  }
  throw new Error('it was planned');
}

describe('the plan', () => {
  it('is one step that names everything and leaves nothing to the tool', () => {
    expect(plan(JOB)).toEqual({
      steps: [
        {
          label: 'convert',
          args: [
            ...['convert', '--model', 'source/digits.onnx', '--output', 'out/digits.ort'],
            ...['--optimization', 'extended', '--qdq-int8', '1'],
          ],
          timeoutMs: 1000,
        },
      ],
      outputs: ['out/digits.ort'],
      deterministic: true,
    });
  });

  it.each(['disabled', 'basic', 'extended'])('takes optimization=%s for any device', (level) => {
    const [step] = plan(job({ options: { optimization: level } })).steps;
    expect(step?.args.slice(5, 7)).toEqual(['--optimization', level]);
  });

  it.each(['layout', 'all'])('takes optimization=%s for this machine alone', (level) => {
    const options = { optimization: level };
    const local = job({ options, device: { name: 'local', connection: { type: 'local' } } });
    expect(plan(local).steps[0]?.args).toContain(level);
    expect(refusal(job({ options }))).toMatchObject({
      code: 'E_NOT_CONVERTIBLE',
      message: expect.stringContaining('board'),
    });
  });

  const KEPT = ['--qdq-int8', '1'];
  it.each([
    ['arm64', undefined, KEPT],
    ['arm', 'fast', KEPT],
    ['x64', undefined, KEPT],
    ['x64', 'keep', KEPT],
    ['x64', 'widen', ['--qdq-int8', '0', '--x64-precision', '1']],
    ['x64', 'fast', ['--qdq-int8', '0']],
    ['ia32', undefined, KEPT],
    [undefined, undefined, KEPT],
  ])('on %s with x64-int8=%s integers are computed by %j', (arch, how, expected) => {
    const device = { name: 'board', ...(arch === undefined ? {} : { arch }) };
    const options = how === undefined ? {} : { 'x64-int8': how };
    const [step] = plan(job({ device, options })).steps;
    expect(step?.args.slice(step.args.indexOf('--qdq-int8'))).toEqual(expected);
  });

  it.each(['fp64', 'fp16', 'bf16', 'int16', 'int8', 'int4', 'mixed'] as const)(
    'keeps %s when the source has it, and makes it of nothing else',
    (precision) => {
      const info = { ...JOB.source.info, precision };
      const source = { path: 'source/digits.onnx', info };
      expect(plan(job({ source, precision })).outputs).toEqual(['out/digits.ort']);
      expect(refusal(job({ precision }))).toMatchObject({
        code: 'E_NOT_CONVERTIBLE',
        message: expect.stringContaining('digits.onnx'),
        why: expect.stringContaining('fp32'),
        next: expect.stringContaining(precision),
      });
    },
  );

  it('is called deterministic for the releases that were measured alone', () => {
    const toolchain = (version: string) => ({ ...JOB.toolchain, version });
    expect(plan(job({ toolchain: toolchain('1.15.1') })).deterministic).toBe('unknown');
    expect(plan(job({ toolchain: toolchain('1.9.0') })).deterministic).toBe('unknown');
    expect(plan(job({ toolchain: toolchain('1.16.0') })).deterministic).toBe(true);
    expect(plan(job({ toolchain: toolchain('1.30.2') })).deterministic).toBe(true);
    expect(plan(job({ toolchain: toolchain('2.0.0') })).deterministic).toBe('unknown');
  });

  it('refuses a misspelt option or level with the one that was meant', () => {
    expect(refusal(job({ options: { optimisation: 'all' } }))).toMatchObject({
      code: 'E_USAGE',
      message: expect.stringContaining('Did you mean "optimization"'),
      next: expect.stringContaining('disabled|basic|extended|layout|all'),
    });
    expect(refusal(job({ options: { optimization: 'extend' } }))).toMatchObject({
      code: 'E_USAGE',
      message: expect.stringContaining('Did you mean "extended"'),
    });
    for (const optimization of [true, 1, '', 'ALL'])
      expect(refusal(job({ options: { optimization } })).code).toBe('E_USAGE');
  });
});

const WITH_PYTHON: Partial<ConversionJob> = {
  precision: 'int8',
  calibration: { spec: 'calibration/spec.json', count: 100 },
  toolchain: {
    ...JOB.toolchain,
    launcher: {
      ...JOB.toolchain.launcher,
      programs: { 'onnxruntime@1.31.1': ['/env/bin/python', '/quantize.py'] },
    },
  },
};

describe('int8 of a float model', () => {
  it('is quantized by the Python package first, then converted as ever', () => {
    const { steps, outputs, deterministic } = plan(job(WITH_PYTHON));
    expect(steps).toEqual([
      {
        label: 'quantize',
        program: 'onnxruntime@1.31.1',
        args: [
          ...['--model', 'source/digits.onnx', '--output', 'quantized/digits.onnx'],
          ...['--calibration', 'calibration/spec.json'],
          ...['--method', 'minmax', '--activation', 'quint8', '--reduce-range'],
        ],
        timeoutMs: 1000,
      },
      {
        label: 'convert',
        args: [
          ...['convert', '--model', 'quantized/digits.onnx', '--output', 'out/digits.ort'],
          ...['--optimization', 'extended', '--qdq-int8', '1'],
        ],
        timeoutMs: 1000,
      },
    ]);
    expect(outputs).toEqual(['out/digits.ort']);
    expect(deterministic).toBe(true);
  });

  it.each([
    ['arm64', undefined, 'qint8'],
    ['x64', undefined, 'quint8'],
    ['arm64', 'quint8', 'quint8'],
    ['x64', 'qint8', 'qint8'],
  ])('on %s with activation=%s has activations of %s', (arch, activation, expected) => {
    const options = activation === undefined ? {} : { activation };
    const { steps } = plan(job({ ...WITH_PYTHON, device: { name: 'board', arch }, options }));
    const args = steps[0]?.args ?? [];
    expect(args[args.indexOf('--activation') + 1]).toBe(expected);
  });

  // https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html: U8S8 saturates without VNNI
  it.each([
    ['x64', undefined, true],
    [undefined, undefined, true],
    ['arm64', undefined, false],
    ['x64', 'no', false],
    ['arm64', 'yes', true],
  ])('on %s with reduce-range=%s has weights of 7 bits: %s', (arch, range, expected) => {
    const options = range === undefined ? {} : { 'reduce-range': range };
    const device = { name: 'board', ...(arch === undefined ? {} : { arch }) };
    const { steps } = plan(job({ ...WITH_PYTHON, device, options }));
    expect(steps[0]?.args.includes('--reduce-range')).toBe(expected);
  });

  it.each(['minmax', 'entropy', 'percentile'])('measures with method=%s', (method) => {
    const { steps } = plan(job({ ...WITH_PYTHON, options: { method } }));
    expect(steps[0]?.args).toContain(method);
  });

  it('is not called deterministic for a release of the quantizer that was not measured', () => {
    const programs = { 'onnxruntime@1.25.0': ['/env/bin/python', '/quantize.py'] } as const;
    const launcher = { ...JOB.toolchain.launcher, programs };
    const toolchain = { ...JOB.toolchain, launcher };
    expect(plan(job({ ...WITH_PYTHON, toolchain })).deterministic).toBe('unknown');
  });

  it.each(['fp16', 'fp64', 'bf16'] as const)('is not made of %s', (precision) => {
    const info = { ...JOB.source.info, precision };
    const source = { ...JOB.source, info };
    expect(refusal(job({ ...WITH_PYTHON, source })).code).toBe('E_NOT_CONVERTIBLE');
  });

  it('is not made of a model that is int8 already, nor where another precision is asked for', () => {
    const info = { ...JOB.source.info, precision: 'int8' as const, quantized: true };
    const source = { ...JOB.source, info };
    expect(plan(job({ ...WITH_PYTHON, source })).steps).toHaveLength(1);
    expect(plan(job({ ...WITH_PYTHON, precision: 'fp32' })).steps).toHaveLength(1);
  });

  it('is refused where the toolchain was found without its quantizer', () => {
    expect(refusal(job({ ...WITH_PYTHON, toolchain: JOB.toolchain }))).toMatchObject({
      code: 'E_TOOL_MISSING',
      next: 'modelconv toolchains install onnxruntime',
    });
  });

  it.each([{ method: 'mean' }, { activation: 'int8' }, { 'target-platform': 'arm64' }])(
    'refuses %j',
    (options) => {
      expect(refusal(job({ ...WITH_PYTHON, options })).code).toBe('E_USAGE');
    },
  );
});

it.each([
  ['x64', 'keep', true],
  ['x64', 'widen', 'unknown'],
  ['x64', 'fast', true],
  ['arm64', 'widen', true],
])(
  'on %s with x64-int8=%s the bytes are the same wherever it is converted: %s',
  (arch, how, expected) => {
    const options = { 'x64-int8': how };
    expect(plan(job({ device: { name: 'board', arch }, options })).deterministic).toBe(expected);
  },
);

describe('the target platform', () => {
  it.each([
    ['x64', 'arm', '1'],
    ['arm64', 'amd64', '0'],
  ])('of a device with %s can be set to %s', (arch, platform, expected) => {
    const options = { 'target-platform': platform, 'x64-int8': 'fast' };
    const { steps } = plan(job({ device: { name: 'board', arch }, options }));
    expect(steps[0]?.args.slice(-2)).toEqual(['--qdq-int8', expected]);
  });

  it.each(['layout', 'all'])(
    'arm, asked for by name, takes optimization=%s without the blocks of the processor that converts',
    (optimization) => {
      const device = { name: 'board', arch: 'arm64' };
      expect(refusal(job({ device, options: { optimization } })).next).toContain('arm');
      const options = { optimization, 'target-platform': 'arm' };
      const { steps } = plan(job({ device, options }));
      expect(steps[0]?.args.slice(5)).toEqual([
        ...['--optimization', optimization, '--without', 'NchwcTransformer'],
        ...['--qdq-int8', '1'],
      ]);
    },
  );

  it('amd64 keeps the blocks on this machine, and is refused for another', () => {
    const options = { optimization: 'all', 'target-platform': 'amd64' };
    const local = { name: 'local', arch: 'arm64', connection: { type: 'local' } } as const;
    expect(plan(job({ device: local, options })).steps[0]?.args).not.toContain('--without');
    const board = { name: 'board', arch: 'arm64' };
    expect(refusal(job({ device: board, options })).code).toBe('E_NOT_CONVERTIBLE');
  });
});
