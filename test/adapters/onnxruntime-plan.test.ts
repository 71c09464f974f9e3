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
            ...['--optimization', 'extended', '--qdq-int8', '0'],
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

  it.each([
    ['arm64', '1'],
    ['arm', '1'],
    ['x64', '0'],
    ['ia32', '0'],
    [undefined, '0'],
  ])('on %s int8 activations are allowed: %s', (arch, expected) => {
    const device = { name: 'board', ...(arch === undefined ? {} : { arch }) };
    expect(plan(job({ device })).steps[0]?.args.slice(-2)).toEqual(['--qdq-int8', expected]);
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
