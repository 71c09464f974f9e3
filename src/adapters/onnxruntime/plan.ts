import { compareVersions } from '../../device/version.js';
import { ModelconvError } from '../../errors.js';
import { didYouMean } from '../../schema/nearest.js';
import type { ConversionJob, Plan } from '../contract.js';

const LEVELS = ['disabled', 'basic', 'extended', 'layout', 'all'] as const;
const OPTIONS = ['optimization'] as const;
/** Levels that write weights in the block size of the processor that converts (NCHWc). */
const HARDWARE_SPECIFIC: ReadonlySet<string> = new Set(['layout', 'all']);
/** The releases whose files the normalisation of normalize.ts was measured on. */
const NORMALIZED = { first: '1.16', last: '1.30' } as const;

/**
 * One step: load the ONNX model, optimize it, save it in the ORT format.
 *
 * @throws {@link ModelconvError} `E_NOT_CONVERTIBLE` or `E_USAGE`.
 * @see onnxruntime.ai/docs/performance/model-optimizations/ort-format-models.html
 */
export function plan(job: ConversionJob): Plan {
  const level = optimizationLevel(job);
  refuseOtherPrecision(job);
  const output = `out/${job.outputName}.ort`;
  const args = [
    'convert',
    '--model',
    job.source.path,
    '--output',
    output,
    '--optimization',
    level,
    '--qdq-int8',
    isArm(job) ? '1' : '0',
  ];
  return {
    steps: [{ label: 'convert', args, timeoutMs: job.timeoutMs }],
    outputs: [output],
    deterministic: isNormalized(job.toolchain.version) ? true : 'unknown',
  };
}

function isNormalized(version: string): boolean {
  const [major = '', minor = ''] = version.split('.');
  const release = `${major}.${minor}`;
  return (
    compareVersions(release, NORMALIZED.first) >= 0 &&
    compareVersions(release, NORMALIZED.last) <= 0
  );
}

/** ARM kernels take int8 activations directly; the tool's own default depends on where it runs. */
function isArm({ device }: ConversionJob): boolean {
  return device.arch?.startsWith('arm') ?? false;
}

function optimizationLevel(job: ConversionJob): string {
  for (const key of Object.keys(job.options)) {
    if (!OPTIONS.some((known) => known === key)) {
      throw new ModelconvError('E_USAGE', {
        what: `onnxruntime has no option "${key}".${didYouMean(key, OPTIONS)}`,
        next: `options: optimization=${LEVELS.join('|')}`,
      });
    }
  }
  const level = String(job.options['optimization'] ?? 'extended');
  if (!LEVELS.some((known) => known === level)) {
    throw new ModelconvError('E_USAGE', {
      what: `optimization=${level} is not a level.${didYouMean(level, LEVELS)}`,
      next: `levels: ${LEVELS.join(', ')}`,
    });
  }
  if (HARDWARE_SPECIFIC.has(level) && job.device.connection?.type !== 'local') {
    throw new ModelconvError('E_NOT_CONVERTIBLE', {
      what: `optimization=${level} is not possible for ${job.device.name}`,
      why: 'it arranges the weights for the processor that converts, which is not the one of the device',
      next: 'use --option optimization=extended',
    });
  }
  return level;
}

function refuseOtherPrecision(job: ConversionJob): void {
  const own = job.source.info.precision ?? 'fp32';
  if (job.precision === own) return;
  throw new ModelconvError('E_NOT_CONVERTIBLE', {
    what: `${job.source.path.replace(/^source\//, '')} cannot be converted to ${job.precision} for ${job.device.name}`,
    why: `the model is ${own}, and the ONNX Runtime converter keeps the precision of its source`,
    next: `leave --precision out, or give an ONNX model that is ${job.precision} already`,
  });
}
