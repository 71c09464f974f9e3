import path from 'node:path';
import { ModelconvError } from '../../errors.js';
import { describeOptions } from '../adapter-options.js';
import type { AdapterOption, Capabilities, ConversionJob, Plan } from '../contract.js';
import { checkOptions, checkPrecision, type OptionValues } from '../plan-options.js';

/**
 * `weight-block`: one scale for a channel, or for so many weights of it. `weight-scheme`: runtimes of
 * years ago cannot read asymmetric weights; hqq are asymmetric ones that are fitted. `gelu`: the
 * approximation is the vendor's default.
 */
const OPTIONS = {
  'weight-block': ['channel', '32', '64', '128', '256'],
  'weight-scheme': ['asymmetric', 'symmetric', 'hqq'],
  gelu: ['exact', 'approximate'],
} as const satisfies Record<string, OptionValues>;

type Chosen = Record<keyof typeof OPTIONS, string>;

/** What `--option` takes; docs/options.md is made of it. */
export const options: readonly AdapterOption[] = describeOptions(OPTIONS, {
  'weight-block': {
    meaning: 'how many weights share a scale: all of an output channel, or so many of it',
    isForQuantizing: true,
  },
  'weight-scheme': {
    meaning:
      'how weights become integers; hqq are asymmetric ones that are fitted, and runtimes of years ago read symmetric ones alone',
    isForQuantizing: true,
  },
  gelu: { meaning: 'GELU as it is defined, or its faster approximation' },
});

const FRAMEWORKS: Readonly<Record<string, string>> = { onnx: 'ONNX', tflite: 'TFLITE' };

const WEIGHT_BITS: Readonly<Partial<Record<ConversionJob['precision'], string>>> = {
  int8: '8',
  int4: '4',
};

/** A model that nothing is embedded in says who had it converted. */
const BIZ_CODE = ['--biz-code', 'modelconv'] as const;

/** What the converter's file of input sizes cannot say: 3.6.1 passes over such a name without a word. */
const UNSPEAKABLE = /[#,\r\n]|^\s|\s$/;

/**
 * One step: the driver calls the converter, for its scripts run pip. int8 and int4 are weights alone and
 * need no calibration.
 *
 * @throws {@link ModelconvError} `E_NOT_CONVERTIBLE` or `E_USAGE`.
 * @see github.com/alibaba/MNN docs/tools/convert.md
 */
export function plan(job: ConversionJob, capabilities: Capabilities): Plan {
  const options = checkOptions('mnn', job.options, OPTIONS);
  checkPrecision('mnn', capabilities, job);
  const model = `out/${job.outputName}.mnn`;
  return {
    steps: [
      {
        label: 'convert',
        args: convertArgs(job, model, BIZ_CODE, options),
        timeoutMs: job.timeoutMs,
        // it exits 0 whatever happens
        successPattern: '(?:^|\\n)Converted Success!',
      },
    ],
    outputs: [model],
    // but for the random identifier, in whose place the driver writes one that follows from the content
    deterministic: true,
  };
}

function convertArgs(
  job: ConversionJob,
  output: string,
  bizCode: readonly string[],
  options: Chosen,
): string[] {
  return [
    'convert',
    '--framework',
    FRAMEWORKS[job.source.info.format] ?? job.source.info.format.toUpperCase(),
    '--model',
    job.source.path,
    '--output',
    output,
    '--shapes',
    JSON.stringify(fixedShapes(job)),
    ...bizCode,
    // 1 is right for every input; 2 is not
    '--optimizeLevel',
    '1',
    '--optimizePrefer',
    '0',
    '--useGeluApproximation',
    options.gelu === 'exact' ? '0' : '1',
    ...(job.precision === 'fp16' ? ['--fp16'] : []),
    ...weightArgs(job, options),
  ];
}

function weightArgs(job: ConversionJob, options: Chosen): string[] {
  const bits = WEIGHT_BITS[job.precision];
  if (bits === undefined) return ['--weightQuantBits', '0'];
  const block = options['weight-block'];
  const scheme = options['weight-scheme'];
  return [
    '--weightQuantBits',
    bits,
    '--weightQuantBlock',
    block === 'channel' ? '-1' : block,
    // 3.6.1: its default is 1, whatever its help says, and the bare flag means 0
    `--weightQuantAsymmetric=${scheme === 'symmetric' ? 0 : 1}`,
    ...(scheme === 'hqq' ? ['--hqq'] : []),
  ];
}

/** MNN fixes the sizes of all inputs or of none: with some of them it writes a file that it cannot load. */
function fixedShapes(job: ConversionJob): Record<string, readonly number[]> {
  if (Object.keys(job.inputShapes).length === 0) return {};
  const { inputs } = job.source.info;
  const open = inputs.filter(
    ({ shape }) => shape === undefined || shape.some((size) => typeof size === 'string'),
  );
  if (open.length > 0)
    throw new ModelconvError('E_NOT_CONVERTIBLE', {
      what: `the sizes of ${path.basename(job.source.info.path)} cannot be fixed in part for MNN`,
      why: `${open.map(({ name }) => name).join(', ')} would stay open`,
      next: 'give each of them its --input NAME=SIZES, or leave --input out: MNN keeps open sizes',
    });
  const odd = inputs.find(({ name }) => UNSPEAKABLE.test(name));
  if (odd !== undefined)
    throw new ModelconvError('E_NOT_CONVERTIBLE', {
      what: `the size of input ${JSON.stringify(odd.name)} cannot be fixed with MNN`,
      why: 'its converter gives some of the characters in that name a meaning of their own',
      next: 'rename the input in the model, or leave --input out: MNN keeps open sizes',
    });
  return Object.fromEntries(inputs.map(({ name, shape }) => [name, (shape ?? []).map(Number)]));
}

/** The step of a plan once more, with the text of a file in the slot for the user's own words. */
export function withBizCode(
  { steps: [step] }: Plan,
  model: string,
  textFile: string,
): Plan['steps'][number] {
  if (step === undefined) throw new Error('a plan without a step');
  const args = [...step.args];
  args[args.indexOf('--output') + 1] = model;
  args.splice(args.indexOf(BIZ_CODE[0]), 2, '--biz-code-file', textFile);
  return { ...step, label: 'embed', args };
}
