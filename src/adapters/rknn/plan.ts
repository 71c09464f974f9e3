import path from 'node:path';
import { ModelconvError } from '../../errors.js';
import { onnxExport } from '../../source/torchscript/onnx-export.js';
import { describeOptions } from '../adapter-options.js';
import type { AdapterOption, Capabilities, ConversionJob, Plan } from '../contract.js';
import {
  checkOptions,
  checkPrecision,
  type OptionValues,
  refuseWithoutInputs,
} from '../plan-options.js';
import { hasFloats, type Target, targetOf } from './targets.js';

/** "Unsupport onnx opset 20, need <= 19!" */
const MAX_OPSET = 19;
/** `quantized_algorithm`, `quantized_method` and `optimization_level` of `rknn.config`. */
const OPTIONS = {
  algorithm: ['normal', 'mmse', 'kl_divergence'],
  method: ['channel', 'layer'],
  'optimization-level': ['3', '2', '1', '0'],
} as const satisfies Record<string, OptionValues>;

/** What `--option` takes; docs/options.md is made of it. */
export const options: readonly AdapterOption[] = describeOptions(OPTIONS, {
  algorithm: {
    meaning:
      'how value ranges follow from the calibration data; mmse and kl_divergence take longer',
    isForQuantizing: true,
  },
  method: {
    meaning: 'one scale for each channel of the weights, or one for a whole layer',
    isForQuantizing: true,
  },
  'optimization-level': { meaning: 'how far RKNN-Toolkit2 optimizes; 0 is not at all' },
});

/**
 * One step: load, build, export, and the simulator on what was built, in one process. For an analysis
 * the last two are left out.
 *
 * @throws {@link ModelconvError} `E_NOT_CONVERTIBLE` or `E_USAGE`.
 * @see RKNN-Toolkit2 API reference: `config`, `load_onnx`, `build`, `export_rknn`.
 */
export function plan(job: ConversionJob, capabilities: Capabilities): Plan {
  const target = targetOf(job.device);
  const options = checkOptions('rknn', job.options, OPTIONS);
  refuseFloats(job, target);
  checkPrecision('rknn', capabilities, job);
  refuseWithoutInputs('rknn', job);
  refuseOtherThanFloat32(job);
  refuseAnalysis(job);
  const output = `out/${job.outputName}.rknn`;
  const args = [
    'convert',
    '--model',
    job.source.path,
    '--output',
    output,
    '--target',
    target,
    ...tensorArgs(job),
    '--algorithm',
    options.algorithm,
    '--method',
    options.method,
    '--optimization-level',
    options['optimization-level'],
    ...dataArgs(job),
  ];
  return {
    // its progress bars alone would fill the log
    steps: [
      {
        label: job.analysis === undefined ? 'convert' : 'analyse',
        args,
        env: { TQDM_DISABLE: '1' },
        timeoutMs: job.timeoutMs,
      },
    ],
    outputs: [output],
    ...(isQuantizing(job)
      ? {
          calibrates: {
            method: METHODS[options.algorithm] ?? 'own',
            algorithm: `quantized_algorithm=${options.algorithm}`,
          },
        }
      : {}),
    // padding in the compiled part holds addresses of the converter's own memory
    deterministic: false,
  };
}

/** Names and shapes of the source; sizes are set where the file leaves them open. */
function tensorArgs({ source: { info }, inputShapes, builtIn = {} }: ConversionJob): string[] {
  const isFixed = info.inputs.some(({ name }) => inputShapes[name] !== undefined);
  const inputs = info.inputs.map(({ name, shape = [] }) => {
    const steps = builtIn[name];
    // it divides by what it calls std
    const built =
      steps === undefined ? {} : { mean: steps.mean, std: steps.scale.map((scale) => 1 / scale) };
    return { name, shape, ...built };
  });
  const outputs = info.outputs.map(({ name, shape }) => ({ name, shape }));
  return [
    '--inputs',
    JSON.stringify(inputs),
    '--outputs',
    JSON.stringify(outputs),
    ...(info.format === 'torchscript' ? ['--torchscript'] : isFixed ? ['--fix-sizes'] : []),
  ];
}

/** What `quantized_algorithm` stands for; Rockchip does not say what `normal` does. */
const METHODS: Readonly<Record<string, NonNullable<Plan['calibrates']>['method']>> = {
  mmse: 'mse',
  kl_divergence: 'entropy',
};

/** With a dataset the toolkit quantizes, whatever the model is. */
function isQuantizing({ source, precision, calibration }: ConversionJob): boolean {
  return calibration !== undefined && precision === 'int8' && source.info.precision !== 'int8';
}

function dataArgs(job: ConversionJob): string[] {
  const { calibration, simulation, analysis } = job;
  return [
    ...(calibration === undefined || !isQuantizing(job) ? [] : ['--calibration', calibration.spec]),
    ...(analysis !== undefined
      ? [
          '--analyse',
          analysis.spec,
          '--results',
          analysis.resultDir,
          '--golden',
          analysis.goldenDir,
        ]
      : simulation !== undefined
        ? ['--simulate', simulation.spec, '--results', simulation.resultDir]
        : []),
  ];
}

/** "accuracy_analysis: The QAT model need set 'target'!" (2.5.0): of such a model it shows the tensors on a board alone. */
function refuseAnalysis({ analysis, source: { info } }: ConversionJob): void {
  if (analysis === undefined || info.precision !== 'int8') return;
  throw new ModelconvError('E_NOT_CONVERTIBLE', {
    what: `the layers of what becomes of ${path.basename(info.path)} cannot be seen`,
    why: 'RKNN-Toolkit2 shows those of a model that comes quantized on a board alone',
    next: 'leave --layers out, or convert the model in floating point with --precision int8 --calibration DIR',
  });
}

/** `load_pytorch` runs the model on float32 numbers of its own, whatever it takes, and keeps nothing quantized. */
function refuseOtherThanFloat32({ source: { info }, device }: ConversionJob): void {
  if (info.format !== 'torchscript') return;
  const others = info.inputs.filter(({ dtype }) => dtype !== 'float32');
  const own = info.precision ?? 'fp32';
  if (others.length === 0 && own === 'fp32') return;
  throw new ModelconvError('E_NOT_CONVERTIBLE', {
    what: `${path.basename(info.path)} cannot be converted for ${device.name}`,
    why:
      others.length > 0
        ? `RKNN-Toolkit2 gives every input of a TorchScript model float32 numbers, and ${others.map(({ name, dtype }) => `${name} is ${dtype}`).join('; ')}`
        : `RKNN-Toolkit2 takes TorchScript models in float32, and this one is ${own}`,
    next:
      others.length > 0
        ? `export it to ONNX in Python: ${onnxExport(info, MAX_OPSET)}`
        : 'export the model in float32',
  });
}

/** "Current target_platform(rv1106) not support do_quantization = False!", said before anything is copied. */
function refuseFloats({ precision, device }: ConversionJob, target: Target): void {
  if (precision === 'int8' || hasFloats(target)) return;
  throw new ModelconvError('E_NOT_CONVERTIBLE', {
    what: `${device.name} does not compute in ${precision}`,
    why: `the NPU of ${target} takes quantized models alone`,
    next: 'use --precision int8 with --calibration DIR',
  });
}
