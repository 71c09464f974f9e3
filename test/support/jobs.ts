import type { ConversionJob, Plan } from '../../src/adapters/contract.js';
import { type ErrorCode, ModelconvError } from '../../src/errors.js';
import type { StepFailure } from '../../src/host/run-step.js';

/** A job for tests of plans: an fp32 ONNX model with one image input. */
export const IMAGE_JOB: ConversionJob = {
  source: {
    path: 'source/digits.onnx',
    info: {
      path: 'digits.onnx',
      sizeBytes: 1,
      format: 'onnx',
      precision: 'fp32',
      inputs: [{ name: 'image', dtype: 'float32', shape: [1, 1, 8, 8] }],
      outputs: [{ name: 'logits', dtype: 'float32', shape: [1, 10] }],
      facts: {},
    },
  },
  inputShapes: {},
  device: { name: 'board' },
  precision: 'fp32',
  options: {},
  outputName: 'digits',
  timeoutMs: 1000,
  toolchain: {
    tool: 'tool',
    version: '1.0.0',
    path: '/tools/tool',
    launcher: { command: ['/tools/tool/bin/python', '/driver.py'] },
  },
};

/** The same source in another precision. */
export function quantizedSource(job: ConversionJob): ConversionJob {
  const info = { ...job.source.info, precision: 'int8' as const, quantized: true };
  return { ...job, source: { ...job.source, info } };
}

/** The calibration data of a job, as the pipeline passes it. */
export const CALIBRATED = { calibration: { spec: 'calibration/spec.json', count: 100 } } as const;

/** The error that a plan is refused with. */
export function refusalOf(work: () => Plan): ModelconvError {
  try {
    work();
  } catch (error) {
    if (error instanceof ModelconvError) return error;
    throw error;
  }
  throw new Error('it was planned');
}

/** How a step ended, for tests of failure catalogues. */
export function failedWith(logTail: string, label = 'convert'): StepFailure {
  return {
    step: { label, args: [], timeoutMs: 1 },
    tool: 'tool',
    exitCode: 1,
    signal: undefined,
    logTail,
  };
}

/** A line that a vendor's tool printed, and what it means. */
export interface KnownLine {
  readonly log: string;
  readonly code: ErrorCode;
  /** What the message has to name. */
  readonly names?: string;
  readonly step?: string;
}
