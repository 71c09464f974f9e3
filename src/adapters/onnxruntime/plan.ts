import { compareVersions } from '../../device/version.js';
import { ModelconvError } from '../../errors.js';
import type { Step } from '../../host/run-step.js';
import { describeOptions } from '../adapter-options.js';
import type { AdapterOption, ConversionJob, Plan } from '../contract.js';
import { checkOptions, type OptionValues } from '../plan-options.js';

/**
 * `session.graph_optimization_level`; `--target_platform` of convert_onnx_models_to_ort; arguments of
 * quantize_static; `session.x64quantprecision`.
 */
const OPTIONS = {
  optimization: ['disabled', 'basic', 'extended', 'layout', 'all'],
  'target-platform': ['arm', 'amd64'],
  method: ['minmax', 'entropy', 'percentile'],
  activation: ['qint8', 'quint8'],
  'reduce-range': ['yes', 'no'],
  'x64-int8': ['keep', 'widen', 'fast'],
} as const satisfies Record<string, OptionValues>;
type Values = Record<keyof typeof OPTIONS, string>;

/** What `--option` takes; docs/options.md is made of it. */
export const options: readonly AdapterOption[] = describeOptions(OPTIONS, {
  optimization: {
    meaning:
      'how far ONNX Runtime optimizes; layout and all write weights in the blocks of a processor, and are for this machine alone, or for ARM with target-platform=arm',
    default: 'extended',
  },
  'target-platform': {
    meaning:
      'processor that the model is optimized for: arm keeps int8 activations and writes no blocks of x64',
    default: 'by the arch of the device',
  },
  method: {
    meaning: 'how value ranges follow from the calibration data',
    isForQuantizing: true,
  },
  activation: {
    meaning: 'integers of activations, as the vendor recommends them for each processor',
    default: 'qint8 for arm, else quint8',
    isForQuantizing: true,
  },
  'reduce-range': {
    meaning:
      'weights of 7 bits: with 8 the sums of x64 processors without VNNI saturate, and the model computes wrong there',
    default: 'no for arm, else yes',
    isForQuantizing: true,
  },
  'x64-int8': {
    meaning:
      'of a source that is quantized already, for x64: keep leaves int8 activations as they are, widen makes uint8 weights where the processor that converts saturates otherwise, fast leaves it to the runtime',
  },
});

/** Levels that write weights in the block size of the processor that converts (NCHWc), unless told not to. */
const BLOCKING: ReadonlySet<string> = new Set(['layout', 'all']);
/** The releases whose files the normalisation of normalize.ts was measured on. */
const NORMALIZED = { first: '1.16', last: '1.30' } as const;
/** The releases that quantize to the same bytes each time, measured. */
const REPEATABLE = { first: '1.31', last: '1.31' } as const;
/** The program that quantizes, as `detect` names it. */
const QUANTIZER = /^onnxruntime@(.+)$/;

/**
 * Load the ONNX model, optimize it, save it in the ORT format; before that quantize it with the Python
 * package when int8 is asked for.
 *
 * @throws {@link ModelconvError} `E_NOT_CONVERTIBLE`, `E_USAGE`, or `E_TOOL_MISSING` (Python package).
 * @see onnxruntime.ai/docs/performance/model-optimizations/ort-format-models.html
 */
export function plan(job: ConversionJob): Plan {
  const options = optionsOf(job);
  refuseBlocking(job, options);
  refuseOtherPrecision(job);
  const output = `out/${job.outputName}.ort`;
  const quantizer = isQuantizing(job) ? quantizerOf(job) : undefined;
  const isRepeatable =
    !dependsOnProcessor(options) &&
    isWithin(NORMALIZED, job.toolchain.version) &&
    (quantizer === undefined || isWithin(REPEATABLE, quantizer.version));
  const quantized = `quantized/${job.outputName}.onnx`;
  const steps =
    quantizer === undefined
      ? [convertStep(job, options, job.source.path, output)]
      : [
          quantizeStep(job, options, quantizer.program, quantized),
          convertStep(job, options, quantized, output),
        ];
  return {
    steps,
    outputs: [output],
    ...(quantizer === undefined ? {} : { calibrates: CALIBRATES[options.method] }),
    deterministic: isRepeatable ? true : 'unknown',
  };
}

/** `calibrate_method` of quantize_static. */
const CALIBRATES: Readonly<Record<string, NonNullable<Plan['calibrates']>>> = {
  minmax: { method: 'minmax', algorithm: 'CalibrationMethod.MinMax' },
  entropy: { method: 'entropy', algorithm: 'CalibrationMethod.Entropy' },
  percentile: { method: 'percentile', algorithm: 'CalibrationMethod.Percentile' },
};

/** Options of a job. What is not given follows from the processor of the device. */
function optionsOf(job: ConversionJob): Values {
  const platform = isArm(job) ? 'arm' : 'amd64';
  const chosen = checkOptions(
    'onnxruntime',
    { optimization: 'extended', 'target-platform': platform, ...job.options },
    OPTIONS,
  );
  const isForArm = chosen['target-platform'] === 'arm';
  return {
    ...chosen,
    // "Choosing parameters for CPU inference", docstring of quantize_static: uint8 for x64, int8 for ARM
    ...(job.options['activation'] === undefined
      ? { activation: isForArm ? 'qint8' : 'quint8' }
      : {}),
    // x64 processors without VNNI add products of uint8 and int8 in 16 bits, which saturate; with weights of
    // 7 bits they cannot (onnxruntime.ai, "Quantize ONNX models", on U8S8 and reduce_range)
    ...(job.options['reduce-range'] === undefined
      ? { 'reduce-range': isForArm ? 'no' : 'yes' }
      : {}),
  };
}

function isArm({ device }: ConversionJob): boolean {
  return device.arch?.startsWith('arm') ?? false;
}

function convertStep(job: ConversionJob, options: Values, model: string, output: string): Step {
  const isForArm = options['target-platform'] === 'arm';
  const args = [
    'convert',
    '--model',
    model,
    '--output',
    output,
    '--optimization',
    options.optimization,
    ...(isForArm && BLOCKING.has(options.optimization) ? ['--without', 'NchwcTransformer'] : []),
    ...integerArgs(options),
  ];
  return { label: 'convert', args, timeoutMs: job.timeoutMs };
}

/**
 * `keep`: int8 activations stay int8, as on ARM; made to uint8, as the runtime does for x64 (`fast`), they
 * saturate with int8 weights where the processor has no VNNI. `widen`: of such weights the processor that
 * converts makes uint8, where it needs to. Both at once give an ORT file that 1.30 refuses to write.
 */
function integerArgs(options: Values): string[] {
  const how = options['target-platform'] === 'arm' ? 'keep' : options['x64-int8'];
  if (how === 'keep') return ['--qdq-int8', '1'];
  return ['--qdq-int8', '0', ...(how === 'widen' ? ['--x64-precision', '1'] : [])];
}

/** Whether integers are written as the processor here likes them. */
function dependsOnProcessor(options: Values): boolean {
  return options['target-platform'] !== 'arm' && options['x64-int8'] === 'widen';
}

function quantizeStep(job: ConversionJob, options: Values, program: string, output: string): Step {
  const args = [
    '--model',
    job.source.path,
    '--output',
    output,
    '--calibration',
    job.calibration?.spec ?? '',
    '--method',
    options.method,
    '--activation',
    options.activation,
    ...(options['reduce-range'] === 'yes' ? ['--reduce-range'] : []),
  ];
  return { label: 'quantize', program, args, timeoutMs: job.timeoutMs };
}

function quantizerOf({ toolchain, device }: ConversionJob): { program: string; version: string } {
  for (const program of Object.keys(toolchain.launcher.programs ?? {})) {
    const version = QUANTIZER.exec(program)?.[1];
    if (version !== undefined) return { program, version };
  }
  throw new ModelconvError('E_TOOL_MISSING', {
    what: `int8 for ${device.name} needs ONNX Runtime (Python), which is not there`,
    next: 'modelconv toolchains install onnxruntime',
  });
}

function isWithin({ first, last }: { first: string; last: string }, version: string): boolean {
  const [major = '', minor = ''] = version.split('.');
  const release = `${major}.${minor}`;
  return compareVersions(release, first) >= 0 && compareVersions(release, last) <= 0;
}

function refuseBlocking(job: ConversionJob, options: Values): void {
  const { device } = job;
  if (!BLOCKING.has(options.optimization) || device.connection?.type === 'local') return;
  // asked for by name: convert_onnx_models_to_ort leaves the blocks out for every platform but amd64
  if (job.options['target-platform'] === 'arm') return;
  throw new ModelconvError('E_NOT_CONVERTIBLE', {
    what: `optimization=${options.optimization} is not possible for ${device.name}`,
    why: 'it arranges the weights for the processor that converts, which is not the one of the device',
    next: 'use --option optimization=extended, or for an ARM device add --option target-platform=arm',
  });
}

/** int8 is made of fp32; of fp16 the quantizer makes a model that its own runtime refuses. */
function isQuantizing({ source: { info }, precision, calibration }: ConversionJob): boolean {
  const isFloat = (info.precision ?? 'fp32') === 'fp32' && info.quantized !== true;
  return precision === 'int8' && isFloat && calibration !== undefined;
}

function refuseOtherPrecision(job: ConversionJob): void {
  const own = job.source.info.precision ?? 'fp32';
  if (job.precision === own || isQuantizing(job)) return;
  throw new ModelconvError('E_NOT_CONVERTIBLE', {
    what: `${job.source.path.replace(/^source\//, '')} cannot be converted to ${job.precision} for ${job.device.name}`,
    why: `the model is ${own}, and the ONNX Runtime converter keeps the precision of its source${own === 'fp32' ? ', or makes int8 of it with --calibration' : ''}`,
    next: `leave --precision out, or give an ONNX model that is ${job.precision} already`,
  });
}
