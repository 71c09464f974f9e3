import path from 'node:path';
import { ModelconvError } from '../../errors.js';
import { describeOptions } from '../adapter-options.js';
import type { AdapterOption, Capabilities, ConversionJob, Plan } from '../contract.js';
import { checkOptions, checkPrecision, type OptionValues } from '../plan-options.js';

/** NNCF's presets: `mixed` keeps weights symmetric and activations asymmetric. */
const OPTIONS = {
  preset: ['mixed', 'performance'],
  'bias-correction': ['fast', 'accurate'],
} as const satisfies Record<string, OptionValues>;

/** What `--option` takes; docs/options.md is made of it. */
export const options: readonly AdapterOption[] = describeOptions(OPTIONS, {
  preset: {
    meaning:
      'mixed: symmetric weights and asymmetric activations; performance: both symmetric, faster on some devices',
    isForQuantizing: true,
  },
  'bias-correction': {
    meaning:
      'how the errors that rounding makes are taken out of biases; accurate takes much longer',
    isForQuantizing: true,
  },
});

/** Words of `--input name[sizes]` that cannot stand in a name. */
const UNSPEAKABLE = /[[\],:{}()]|->/;

/**
 * fp32 and fp16: `ovc`. int8: the driver, for NNCF has no command line.
 *
 * @throws {@link ModelconvError} `E_NOT_CONVERTIBLE` or `E_USAGE`.
 * @see docs.openvino.ai, "Conversion parameters" of ovc.
 */
export function plan(job: ConversionJob, capabilities: Capabilities): Plan {
  const options = checkOptions('openvino', job.options, OPTIONS);
  checkPrecision('openvino', capabilities, job);
  refuseWidening(job);
  const model = `out/${job.outputName}.xml`;
  const weights = `out/${job.outputName}.bin`;
  const step =
    job.calibration === undefined
      ? { label: 'convert', program: 'ovc', args: ovcArgs(job, model) }
      : { label: 'quantize', args: quantizeArgs(job, model, job.calibration.spec, options) };
  return {
    steps: [{ ...step, timeoutMs: job.timeoutMs }],
    outputs: [model, weights],
    mayBeEmpty: [weights],
    // NNCF chooses estimators of its own for weights and activations
    ...(job.calibration === undefined
      ? {}
      : {
          calibrates: {
            method: 'own',
            algorithm: `nncf.quantize preset=${options.preset} fast_bias_correction=${options['bias-correction'] === 'fast'}`,
          },
        }),
    deterministic: true,
  };
}

/** `--compress_to_fp16=False` compresses nothing; weights that are fp16 already stay so. */
function refuseWidening({ source, device, precision }: ConversionJob): void {
  const own = source.info.precision;
  if (precision !== 'fp32' || (own !== 'fp16' && own !== 'bf16')) return;
  throw new ModelconvError('E_NOT_CONVERTIBLE', {
    what: `${path.basename(source.path)} cannot be converted to fp32 for ${device.name}`,
    why: `the model is ${own}, and ovc keeps its weights so`,
    next: `leave --precision out to keep ${own}, or give the model in fp32`,
  });
}

function ovcArgs(job: ConversionJob, model: string): string[] {
  const inputs = Object.entries(job.inputShapes).map(([name, shape]) => {
    if (UNSPEAKABLE.test(name))
      throw new ModelconvError('E_NOT_CONVERTIBLE', {
        what: `the size of input ${JSON.stringify(name)} cannot be fixed with ovc`,
        why: 'its command line gives some of the characters in that name a meaning of their own',
        next: 'rename the input in the model',
      });
    return `${name}[${shape.join(',')}]`;
  });
  return [
    job.source.path,
    '--output_model',
    model,
    // its default is fp16
    `--compress_to_fp16=${job.precision === 'fp16' ? 'True' : 'False'}`,
    ...(inputs.length === 0 ? [] : ['--input', inputs.join(',')]),
  ];
}

function quantizeArgs(
  job: ConversionJob,
  model: string,
  spec: string,
  options: Record<keyof typeof OPTIONS, string>,
): string[] {
  return [
    'quantize',
    '--model',
    job.source.path,
    '--output',
    model,
    '--shapes',
    JSON.stringify(job.inputShapes),
    '--calibration',
    spec,
    '--preset',
    options.preset,
    '--bias-correction',
    options['bias-correction'],
  ];
}
