import { describe, expect, it } from 'vitest';
import type { ConversionJob } from '../../src/adapters/contract.js';
import { rknn } from '../../src/adapters/rknn/index.js';
import type { ModelInfo } from '../../src/schema/generated/types.js';
import { CALIBRATED, IMAGE_JOB, quantizedSource, refusalOf } from '../support/jobs.js';

const BOARD = { name: 'board', soc: 'RK3588', stack: { kind: 'rknn' } };

function plan(change: Partial<ConversionJob> = {}) {
  return rknn.plan({ ...IMAGE_JOB, device: BOARD, precision: 'fp16', ...change });
}

function args(change: Partial<ConversionJob> = {}): readonly string[] {
  return plan(change).steps[0]?.args ?? [];
}

/** The word after a flag. */
function wordAfter(words: readonly string[], flag: string): string | undefined {
  const at = words.indexOf(flag);
  return at < 0 ? undefined : words[at + 1];
}

describe('the plan for RKNN-Toolkit2', () => {
  it('names mean and standard deviation of what is built in, and of nothing else', () => {
    const builtIn = { image: { mean: [127.5], scale: [0.25] } };
    expect(JSON.parse(wordAfter(args({ builtIn }), '--inputs') ?? '')).toEqual([
      { name: 'image', shape: [1, 1, 8, 8], mean: [127.5], std: [4] },
    ]);
    expect(wordAfter(args(), '--inputs')).not.toContain('mean');
  });

  it('is one step that names the chip, the tensors and every setting', () => {
    const { steps, outputs, deterministic } = plan();
    expect(steps).toEqual([
      {
        label: 'convert',
        args: [
          ...['convert', '--model', 'source/digits.onnx', '--output', 'out/digits.rknn'],
          ...['--target', 'rk3588'],
          '--inputs',
          JSON.stringify(IMAGE_JOB.source.info.inputs.map(({ name, shape }) => ({ name, shape }))),
          '--outputs',
          JSON.stringify(IMAGE_JOB.source.info.outputs.map(({ name, shape }) => ({ name, shape }))),
          ...['--algorithm', 'normal', '--method', 'channel', '--optimization-level', '3'],
        ],
        env: { TQDM_DISABLE: '1' },
        timeoutMs: 1000,
      },
    ]);
    expect(outputs).toEqual(['out/digits.rknn']);
    expect(deterministic).toBe(false);
  });

  it('measures ranges for int8 on the calibration data, and quantizes nothing else', () => {
    const words = args({ ...CALIBRATED, precision: 'int8' });
    expect(wordAfter(words, '--calibration')).toBe(CALIBRATED.calibration?.spec);
    expect(args(CALIBRATED)).not.toContain('--calibration');
  });

  it('refuses a model without inputs, on which the toolkit ends without a cause', () => {
    const info = { ...IMAGE_JOB.source.info, inputs: [] };
    const refused = refusalOf(() => plan({ source: { ...IMAGE_JOB.source, info } }));
    expect(refused).toMatchObject({
      code: 'E_NOT_CONVERTIBLE',
      why: expect.stringContaining('no inputs'),
    });
  });

  it('for an analysis shows every tensor, with every setting as it was, and without the simulator', () => {
    const simulation = { spec: 'samples/run.json', resultDir: 'results/x' };
    const analysis = { spec: 'samples/run.json', resultDir: 'results/y', goldenDir: 'results/z' };
    const [step] = plan({ simulation, analysis }).steps;
    expect(step).toMatchObject({ label: 'analyse', timeoutMs: 1000 });
    expect(step?.args).toEqual([
      ...args(),
      ...['--analyse', 'samples/run.json', '--results', 'results/y', '--golden', 'results/z'],
    ]);
  });

  it('refuses to analyse a model that comes quantized, which the toolkit does on a board alone', () => {
    const analysis = { spec: 's', resultDir: 'r', goldenDir: 'g' };
    const refused = refusalOf(() =>
      plan({ ...quantizedSource(IMAGE_JOB), device: BOARD, precision: 'int8', analysis }),
    );
    expect(refused).toMatchObject({
      code: 'E_NOT_CONVERTIBLE',
      next: expect.stringContaining('--layers'),
    });
  });

  it('runs the simulator on the samples of the parity check, when there is one', () => {
    const words = args({ simulation: { spec: 'samples/run.json', resultDir: 'results/x' } });
    expect(words.slice(-4)).toEqual(['--simulate', 'samples/run.json', '--results', 'results/x']);
    expect(args()).not.toContain('--simulate');
  });

  it('fixes the sizes where --input gives them, and leaves a model of fixed size alone', () => {
    const [input] = IMAGE_JOB.source.info.inputs;
    expect(args({ inputShapes: { [input?.name ?? '']: [1, 1, 8, 8] } })).toContain('--fix-sizes');
    expect(args()).not.toContain('--fix-sizes');
  });

  it.each([
    ['algorithm', 'mmse'],
    ['algorithm', 'kl_divergence'],
    ['method', 'layer'],
    ['optimization-level', '0'],
  ])('passes %s=%s on', (name, value) => {
    expect(wordAfter(args({ options: { [name]: value } }), `--${name}`)).toBe(value);
  });

  it.each([
    { options: { algorithm: 'gdq' } },
    { options: { 'optimization-level': 9 } },
    { options: { quantized_method: 'layer' } },
  ])('refuses %j', ({ options }) => {
    expect(refusalOf(() => plan({ options })).code).toBe('E_USAGE');
  });

  it('keeps a model that is quantized already, and measures nothing for it', () => {
    const { source } = quantizedSource(IMAGE_JOB);
    const words = args({ ...CALIBRATED, source, precision: 'int8' });
    expect(words).not.toContain('--calibration');
  });

  it.each(['fp32', 'int4', 'bf16'] as const)('refuses %s', (precision) => {
    expect(refusalOf(() => plan({ precision })).code).toBe('E_NOT_CONVERTIBLE');
  });
});

describe('the plan for a TorchScript source', () => {
  const sourceWith = (info: Partial<ModelInfo>): Pick<ConversionJob, 'source'> => ({
    source: {
      path: 'source/digits.pt',
      info: { ...IMAGE_JOB.source.info, path: 'digits.pt', format: 'torchscript', ...info },
    },
  });

  it('says so, and gives all sizes', () => {
    const words = args({ ...sourceWith({}), inputShapes: { image: [1, 1, 8, 8] } });
    expect(words).toContain('--torchscript');
    expect(words).not.toContain('--fix-sizes');
    expect(wordAfter(words, '--inputs')).toBe('[{"name":"image","shape":[1,1,8,8]}]');
  });

  it('measures ranges for int8 as for ONNX', () => {
    const words = args({ ...sourceWith({}), ...CALIBRATED, precision: 'int8' });
    expect(wordAfter(words, '--calibration')).toBe(CALIBRATED.calibration?.spec);
  });

  it('refuses an integer input with the line that exports it to an ONNX that is taken', () => {
    const inputs = [{ name: 'ids', dtype: 'int64' as const, shape: [1, 6] }];
    expect(refusalOf(() => plan(sourceWith({ inputs })))).toMatchObject({
      code: 'E_NOT_CONVERTIBLE',
      why: expect.stringContaining('ids is int64'),
      next: expect.stringContaining(
        'torch.onnx.export(torch.jit.load("digits.pt"), (torch.zeros(1, 6, dtype=torch.int64),), "digits.onnx", input_names=["ids"], opset_version=19, dynamo=False)',
      ),
    });
  });

  it.each(['fp16', 'fp64', 'int8'] as const)('refuses one in %s', (precision) => {
    const quantized = precision === 'int8';
    const change = { ...sourceWith({ precision, quantized }), ...CALIBRATED };
    const wanted = quantized ? 'int8' : 'fp16';
    expect(refusalOf(() => plan({ ...change, precision: wanted })).code).toBe('E_NOT_CONVERTIBLE');
  });
});

describe('the chip of a device', () => {
  it.each([
    ...['rk3588', 'RK3588S', 'rk3576', 'RK3566', 'rk3568', 'rk3562'],
    ...['RV1103', 'rv1106', 'rv1103b', 'rv1106b', 'RV1126B'],
  ])('%s is compiled for, int8', (soc) => {
    const words = args({ ...CALIBRATED, precision: 'int8', device: { ...BOARD, soc } });
    expect(wordAfter(words, '--target')).toBe(soc.toLowerCase());
  });

  it.each(['rk3588', 'rk3588s', 'rk3576', 'rk3566', 'rk3568', 'rk3562', 'rv1126b'])(
    '%s computes in fp16',
    (soc) => {
      expect(wordAfter(args({ device: { ...BOARD, soc } }), '--target')).toBe(soc);
    },
  );

  it.each(['rv1103', 'rv1106', 'rv1103b', 'rv1106b'])('%s does not compute in fp16', (soc) => {
    expect(refusalOf(() => plan({ device: { ...BOARD, soc } }))).toMatchObject({
      code: 'E_NOT_CONVERTIBLE',
      next: expect.stringContaining('--precision int8'),
    });
  });

  it.each([
    ['rk3578', 'rk3588'],
    ['RV1126C', 'rv1126b'],
    ['rk-3562', 'rk3562'],
  ])('%s is none, and %s is what was meant', (soc, meant) => {
    expect(refusalOf(() => plan({ device: { ...BOARD, soc } }))).toMatchObject({
      code: 'E_NOT_CONVERTIBLE',
      message: expect.stringContaining(`Did you mean "${meant}"`),
    });
  });

  it.each(['rk1808', 'RV1126', 'rk3399pro'])('%s needs another tool, not another name', (soc) => {
    const { message, next } = refusalOf(() => plan({ device: { ...BOARD, soc } }));
    expect(message).not.toContain('Did you mean');
    expect(next).toContain('RKNN-Toolkit 1');
  });

  it('has to be known', () => {
    const { code, next } = refusalOf(() => plan({ device: { name: 'board' } }));
    expect(code).toBe('E_NOT_CONVERTIBLE');
    expect(next).toContain('soc:');
  });
});
