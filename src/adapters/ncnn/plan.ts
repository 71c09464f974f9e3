import path from 'node:path';
import { ModelconvError } from '../../errors.js';
import type { ModelTensor } from '../../schema/generated/types.js';
import type { Capabilities, ConversionJob, Plan } from '../contract.js';
import { checkOptions, checkPrecision } from '../plan-options.js';

/** What pnnx calls the types of inputs that ncnn can take; int64 becomes int32. */
const TYPES: Readonly<Record<string, string>> = {
  float32: 'f32',
  float64: 'f64',
  int32: 'i32',
  int64: 'i64',
};

/**
 * One step: the driver, for pnnx writes beside its source. ncnn's file has no batch axis and no names of
 * the source: the driver notes both in a comment.
 *
 * @throws {@link ModelconvError} `E_NOT_CONVERTIBLE` or `E_USAGE`.
 * @see github.com/pnnx/pnnx README, "pnnx [model.pt] [(key=value)...]"
 */
export function plan(job: ConversionJob, capabilities: Capabilities): Plan {
  checkOptions('ncnn', job.options, {});
  checkPrecision('ncnn', capabilities, job);
  refuseOtherFloats(job);
  refuseExternalData(job);
  const param = `out/${job.outputName}.param`;
  const bin = `out/${job.outputName}.bin`;
  const args = [
    'convert',
    '--model',
    job.source.path,
    '--param',
    param,
    '--bin',
    bin,
    '--inputs',
    JSON.stringify(job.source.info.inputs.map((input) => inputOf(input, job))),
    '--outputs',
    JSON.stringify(job.source.info.outputs.map(outputOf)),
    // pnnx's default is fp16
    '--precision',
    job.precision,
    ...(job.source.info.format === 'torchscript' ? ['--torchscript'] : []),
  ];
  return {
    steps: [{ label: 'convert', args, timeoutMs: job.timeoutMs }],
    outputs: [param, bin],
    mayBeEmpty: [bin],
    deterministic: true,
  };
}

function inputOf({ name, dtype, shape }: ModelTensor, job: ConversionJob): object {
  const type = TYPES[dtype];
  if (type === undefined)
    throw refused(job, {
      why: `input ${name} is ${dtype}; ncnn takes ${Object.keys(TYPES).join(', ')}`,
      next: 'export the model with inputs of type float32',
    });
  if (shape === undefined || shape.some((size) => typeof size === 'string'))
    throw refused(job, {
      why: `input ${name} is of open size; ncnn takes fixed ones`,
      next: `fix the size with --input ${name}=1,…`,
    });
  // images and volumes: the first axis can be nothing but the batch
  if (shape.length >= 4 && shape[0] !== 1)
    throw refused(job, {
      why: `input ${name} is [${shape.join(', ')}]; ncnn takes one sample at a time`,
      next: `fix the batch at 1 with --input ${name}=${[1, ...shape.slice(1)].join(',')}, or export the model so`,
    });
  return { name, shape, type };
}

function outputOf({ name, shape }: ModelTensor): object {
  const isClosed = shape?.every((size) => typeof size === 'number') ?? false;
  return isClosed ? { name, shape } : { name };
}

/**
 * pnnx fuses nothing that has weights in half precision, and ncnn has no such layers. Of a TorchScript
 * in double precision it writes other numbers than those in the file (20261020).
 */
function refuseOtherFloats(job: ConversionJob): void {
  const { precision, format } = job.source.info;
  const isWrong = precision === 'fp64' && format === 'torchscript';
  if (precision !== 'fp16' && precision !== 'bf16' && !isWrong) return;
  throw refused(job, {
    why: `its weights are ${precision}; pnnx takes them in float32`,
    next: 'give the model in float32; --precision fp16 then keeps its weights in float16',
  });
}

/** pnnx crashes on it: it loads a model without its directory. */
function refuseExternalData(job: ConversionJob): void {
  const [first] = job.source.info.externalData ?? [];
  if (first === undefined) return;
  throw refused(job, {
    why: `it keeps weights in ${first.path}; pnnx takes a model in one file`,
    next: 'make one file of it in Python: onnx.save(onnx.load("MODEL.onnx"), "whole.onnx")',
  });
}

function refused(job: ConversionJob, { why, next }: { why: string; next: string }): ModelconvError {
  return new ModelconvError('E_NOT_CONVERTIBLE', {
    what: `${path.basename(job.source.info.path)} cannot be converted for ${job.device.name}`,
    why,
    next,
  });
}
