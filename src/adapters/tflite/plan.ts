import { ModelconvError } from '../../errors.js';
import { describeOptions } from '../adapter-options.js';
import type { AdapterOption, Capabilities, ConversionJob, Plan } from '../contract.js';
import {
  checkOptions,
  checkPrecision,
  type OptionValues,
  refuseWithoutInputs,
} from '../plan-options.js';

/**
 * `io`: what an int8 model takes and gives. Integers by default: cameras and microcontrollers have no
 * float unit to spare, and an Ethos-U leaves the conversion at each end of a float model to the CPU.
 * `layout`: of images, [N, C, H, W] as in the source or [N, H, W, C].
 */
const OPTIONS = {
  io: ['int8', 'float'],
  layout: ['source', 'nhwc'],
} as const satisfies Record<string, OptionValues>;

/** What `--option` takes; docs/options.md is made of it. */
export const options: readonly AdapterOption[] = describeOptions(OPTIONS, {
  io: {
    meaning: 'what an int8 model takes and gives',
    default: 'int8 for an int8 model, else float',
  },
  layout: {
    meaning: 'axes of float inputs and outputs that are images: as in the source, or [N, H, W, C]',
  },
});

/**
 * One step for every precision: the driver, for onnx2tf ends with 0 when it has written a file that no
 * runtime loads, and writes over the model that it reads.
 *
 * @throws {@link ModelconvError} `E_NOT_CONVERTIBLE` or `E_USAGE`.
 */
export function plan(job: ConversionJob, capabilities: Capabilities): Plan {
  const { io, layout } = checkOptions('tflite', job.options, OPTIONS);
  checkPrecision('tflite', capabilities, job);
  refuseWithoutInputs('tflite', job);
  if (job.precision !== 'int8' && job.options['io'] === 'int8')
    throw new ModelconvError('E_USAGE', {
      what: `io=int8 does not go with --precision ${job.precision}`,
      why: 'only a quantized model can take and give integers',
      next: 'use --precision int8 with calibration data, or leave io=int8 out',
    });
  const model = `out/${job.outputName}.tflite`;
  const args = [
    ...['convert', '--model', job.source.path, '--output', model],
    ...['--precision', job.precision, '--shapes', JSON.stringify(job.inputShapes)],
    ...['--layout', layout, '--io', io],
    ...(job.calibration === undefined ? [] : ['--calibration', job.calibration.spec]),
  ];
  return {
    steps: [{ label: 'convert', args, timeoutMs: job.timeoutMs }],
    outputs: [model],
    // the calibrator of TensorFlow's converter logs the least and greatest value of each tensor
    ...(job.calibration === undefined
      ? {}
      : {
          calibrates: {
            method: 'minmax',
            algorithm: 'TFLiteConverter representative_dataset, Optimize.DEFAULT',
          },
        }),
    // 2.6.9, two processes in two directories: the same bytes at every precision
    deterministic: job.toolchain.version === '2.6.9' ? true : 'unknown',
  };
}
