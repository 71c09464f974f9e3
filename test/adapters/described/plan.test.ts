import { describe, expect, it } from 'vitest';
import type { Adapter, ConversionJob, Plan } from '../../../src/adapters/contract.js';
import { describedAdapter } from '../../../src/adapters/described/adapter.js';
import { loadAdapter } from '../../../src/adapters/registry.js';
import type {
  AdapterDescription,
  DescribedCondition,
  ModelTensor,
  Precision,
} from '../../../src/schema/generated/types.js';
import { CALIBRATED, IMAGE_JOB, quantizedSource, refusalOf } from '../../support/jobs.js';
import { ACME, type Edits, edited } from './documents.js';

async function load(id: string): Promise<Adapter> {
  const adapter = await loadAdapter(id);
  if (adapter === undefined) throw new Error(`there is no ${id}`);
  return adapter;
}

/** A job for a device with this chip and a tool of this version. */
function jobFor(version: string, soc: string | undefined, change: Partial<ConversionJob> = {}) {
  return {
    ...IMAGE_JOB,
    device: { name: 'board', ...(soc === undefined ? {} : { soc }) },
    toolchain: { ...IMAGE_JOB.toolchain, version },
    ...change,
  } satisfies ConversionJob;
}

function withInputs(job: ConversionJob, inputs: ModelTensor[]): ConversionJob {
  return { ...job, source: { ...job.source, info: { ...job.source.info, inputs } } };
}

function withSource(job: ConversionJob, precision: Precision, quantized = false): ConversionJob {
  const info = { ...job.source.info, precision, quantized };
  return { ...job, source: { ...job.source, info } };
}

const IMAGE: ModelTensor = { name: 'image', dtype: 'float32', shape: [1, 1, 8, 8] };
const TOKENS: ModelTensor = { name: 'tokens', dtype: 'int64', shape: [1, 16] };

/** Each step as one line: its program and its words, none of which holds a blank here. */
function lines({ steps }: Plan): string[] {
  return steps.map(({ program = '', args }) => [program, ...args].join(' '));
}

/** A line that is written over several ones here. */
function line(...words: readonly string[]): string {
  return words.join(' ');
}

describe('ascend-atc', async () => {
  const adapter = await load('ascend-atc');
  const JOB = jobFor('8.0.1', 'ascend310p3');
  const START = line(
    'atc --mode=0 --framework=5 --model=source/digits.onnx --output=out/digits',
    '--soc_version=Ascend310P3',
  );

  it.each([
    ['fp32', 'must_keep_origin_dtype'],
    ['fp16', 'force_fp16'],
  ] as const)('%s is asked for with %s', (precision, mode) => {
    expect(adapter.plan({ ...JOB, precision })).toEqual({
      steps: [
        {
          label: 'convert',
          program: 'atc',
          args: [
            ...['--mode=0', '--framework=5', '--model=source/digits.onnx', '--output=out/digits'],
            ...['--soc_version=Ascend310P3', '--input_format=ND', '--input_shape=image:1,1,8,8'],
            ...[`--precision_mode=${mode}`, '--log=error'],
          ],
          timeoutMs: 1000,
          successPattern: '^ATC run success',
        },
      ],
      outputs: ['out/digits.om'],
      alternatives: {
        'out/digits.om': ['out/digits_linux_x86_64.om', 'out/digits_linux_aarch64.om'],
      },
      deterministic: 'unknown',
    });
  });

  it('int8 of the source is kept, and asked for with nothing', () => {
    expect(lines(adapter.plan({ ...quantizedSource(JOB), precision: 'int8' }))).toEqual([
      `${START} --input_format=ND --input_shape=image:1,1,8,8 --log=error`,
    ]);
  });

  it('the sizes of all inputs are one word', () => {
    const job = withInputs({ ...JOB, precision: 'fp16' }, [IMAGE, TOKENS]);
    expect(lines(adapter.plan(job))).toEqual([
      line(
        `${START} --input_format=ND --input_shape=image:1,1,8,8;tokens:1,16`,
        '--precision_mode=force_fp16 --log=error',
      ),
    ]);
  });

  it.each(['ND', 'NCHW', 'NHWC'])('input-format=%s reaches the tool', (format) => {
    const [step] = adapter.plan({ ...JOB, options: { 'input-format': format } }).steps;
    expect(step?.args[5]).toBe(`--input_format=${format}`);
  });

  it('high-precision=yes adds a word, and no adds none', () => {
    const end = (value: string) =>
      adapter.plan({ ...JOB, options: { 'high-precision': value } }).steps[0]?.args.slice(7);
    expect(end('no')).toEqual(['--precision_mode=must_keep_origin_dtype', '--log=error']);
    expect(end('yes')).toEqual([
      ...['--precision_mode=must_keep_origin_dtype', '--op_select_implmode=high_precision'],
      '--log=error',
    ]);
  });

  it.each([
    ['ascend310', 'Ascend310'],
    ['ascend310b1', 'Ascend310B1'],
    ['ascend310b4', 'Ascend310B4'],
    ['ascend310p3', 'Ascend310P3'],
    ['ascend910', 'Ascend910'],
    ['ascend910b1', 'Ascend910B1'],
    ['ascend910b2', 'Ascend910B2'],
    ['ascend910b3', 'Ascend910B3'],
    ['ascend910b4', 'Ascend910B4'],
    ['Ascend310P3', 'Ascend310P3'],
  ])('the chip %s is called %s', (soc, target) => {
    const [step] = adapter.plan(jobFor('8.0.1', soc)).steps;
    expect(step?.args[4]).toBe(`--soc_version=${target}`);
  });

  it('a misspelt chip is refused with the one that was meant', () => {
    expect(refusalOf(() => adapter.plan(jobFor('8.0.1', 'ascend301p3')))).toMatchObject({
      code: 'E_NOT_CONVERTIBLE',
      message: expect.stringContaining('Did you mean "ascend310p3"'),
      why: expect.stringContaining('ascend910b4'),
    });
  });

  it.each(['constructor', '__proto__', 'toString', ''])('%j is no chip', (soc) => {
    expect(refusalOf(() => adapter.plan(jobFor('8.0.1', soc))).code).toBe('E_NOT_CONVERTIBLE');
  });

  it('a device that does not say its chip is refused, and told where to say it', () => {
    expect(refusalOf(() => adapter.plan(jobFor('8.0.1', undefined)))).toMatchObject({
      code: 'E_NOT_CONVERTIBLE',
      message: expect.stringContaining('board'),
      next: expect.stringContaining('soc: NAME'),
    });
  });

  it.each(['a:b', 'a;b', 'serving_default_x:0'])(
    'an input called %j, which the tool would take apart, is refused',
    (name) => {
      expect(refusalOf(() => adapter.plan(withInputs(JOB, [{ ...IMAGE, name }])))).toMatchObject({
        code: 'E_NOT_CONVERTIBLE',
        message: expect.stringContaining(JSON.stringify(name)),
        next: expect.stringContaining('rename'),
      });
    },
  );

  it.each(['a b', 'a,b', 'a=b', '{source}', 'é', '-x'])(
    'an input called %j is named as it is',
    (name) => {
      const [step] = adapter.plan(withInputs(JOB, [{ ...IMAGE, name }])).steps;
      expect(step?.args[6]).toBe(`--input_shape=${name}:1,1,8,8`);
    },
  );
});

describe('tensorrt', async () => {
  const adapter = await load('tensorrt');
  const JOB = jobFor('10.13.0', 'orin');
  const START = 'trtexec --onnx=source/digits.onnx --saveEngine=out/digits.engine';
  const END = '--builderOptimizationLevel=3 --skipInference';

  it.each([
    ['fp32', '--noTF32'],
    ['fp16', '--fp16'],
  ] as const)('%s is asked for with %s', (precision, flag) => {
    expect(adapter.plan({ ...JOB, precision })).toEqual({
      steps: [
        {
          label: 'build',
          program: 'trtexec',
          args: [
            ...['--onnx=source/digits.onnx', '--saveEngine=out/digits.engine', flag],
            ...['--builderOptimizationLevel=3', '--skipInference'],
          ],
          timeoutMs: 1000,
          successPattern: '^&&&& PASSED TensorRT\\.trtexec',
        },
      ],
      outputs: ['out/digits.engine'],
      deterministic: false,
    });
  });

  it.each([
    ['bf16', '--bf16'],
    ['int8', '--int8'],
  ] as const)('%s of the source is kept with %s', (precision, flag) => {
    const job = { ...withSource(JOB, precision, precision === 'int8'), precision };
    expect(lines(adapter.plan(job))).toEqual([`${START} ${flag} ${END}`]);
  });

  it.each(['bf16', 'int8'] as const)('%s is not made', (precision) => {
    expect(refusalOf(() => adapter.plan({ ...JOB, precision })).code).toBe('E_NOT_CONVERTIBLE');
  });

  it('no chip is needed: engines are built for the machine that converts', () => {
    expect(lines(adapter.plan(jobFor('10.13.0', undefined)))).toEqual([`${START} --noTF32 ${END}`]);
  });

  it.each(['8.6.1', '10.16.1', '10.99'])('version %s has flags for precisions', (version) => {
    const plan = adapter.plan(jobFor(version, undefined, { precision: 'fp16' }));
    expect(lines(plan)).toEqual([`${START} --fp16 ${END}`]);
  });

  describe.each(['11', '11.0.0', '12.1'])(
    'version %s, which takes the types of the model',
    (version) => {
      const job = jobFor(version, undefined);

      it('makes no fp16 of fp32', () => {
        expect(refusalOf(() => adapter.plan({ ...job, precision: 'fp16' }))).toMatchObject({
          code: 'E_NOT_CONVERTIBLE',
          next: expect.stringContaining('modelopt'),
        });
      });

      it('makes no fp16 of fp64', () => {
        const wide = withSource({ ...job, precision: 'fp16' }, 'fp64');
        expect(refusalOf(() => adapter.plan(wide)).code).toBe('E_NOT_CONVERTIBLE');
      });

      it('makes no fp16 of a source that does not say what it is', () => {
        const { precision: _own, ...info } = job.source.info;
        const unsaid = { ...job, precision: 'fp16' as const, source: { ...job.source, info } };
        expect(refusalOf(() => adapter.plan(unsaid)).code).toBe('E_NOT_CONVERTIBLE');
      });

      it.each(['fp16', 'bf16', 'int8'] as const)('takes %s without a flag', (precision) => {
        const own = { ...withSource(job, precision, precision === 'int8'), precision };
        expect(lines(adapter.plan(own))).toEqual([`${START} ${END}`]);
      });

      it('still leaves TF32 out', () => {
        expect(lines(adapter.plan(job))).toEqual([`${START} --noTF32 ${END}`]);
      });
    },
  );

  it('sizes that --input fixes are told, all of them, with x between', () => {
    const job = withInputs({ ...JOB, inputShapes: { tokens: [1, 16] } }, [IMAGE, TOKENS]);
    expect(lines(adapter.plan(job))).toEqual([
      `${START} --noTF32 --shapes=image:1x1x8x8,tokens:1x16 ${END}`,
    ]);
  });

  it('sizes of the model itself are not told', () => {
    expect(lines(adapter.plan(withInputs(JOB, [IMAGE, TOKENS])))).toEqual([
      `${START} --noTF32 ${END}`,
    ]);
  });

  it('a name with a separator is refused only where the name is told', () => {
    const odd = withInputs(JOB, [{ ...IMAGE, name: 'a:b' }]);
    expect(lines(adapter.plan(odd))).toEqual([`${START} --noTF32 ${END}`]);
    const told = { ...odd, inputShapes: { 'a:b': [1, 1, 8, 8] } };
    expect(refusalOf(() => adapter.plan(told)).code).toBe('E_NOT_CONVERTIBLE');
  });

  it.each(['0', '1', '2', '3', '4', '5'])('optimization-level=%s reaches the tool', (level) => {
    const plan = adapter.plan({ ...JOB, options: { 'optimization-level': level } });
    expect(lines(plan)).toEqual([
      `${START} --noTF32 --builderOptimizationLevel=${level} --skipInference`,
    ]);
  });

  it('a level given as a number is the same', () => {
    const plan = adapter.plan({ ...JOB, options: { 'optimization-level': 5 } });
    expect(plan.steps[0]?.args).toContain('--builderOptimizationLevel=5');
  });

  it.each(['0', '1'])('dla=%s builds for that core, with the GPU for the rest', (core) => {
    expect(lines(adapter.plan({ ...JOB, options: { dla: core } }))).toEqual([
      line(
        `${START} --noTF32 --builderOptimizationLevel=3`,
        `--useDLACore=${core} --allowGPUFallback --skipInference`,
      ),
    ]);
  });

  it('dla=no builds for the GPU', () => {
    expect(lines(adapter.plan({ ...JOB, options: { dla: 'no' } }))).toEqual([
      `${START} --noTF32 ${END}`,
    ]);
  });

  it.each([
    ['a misspelt option', { optimisation: '3' }],
    ['a value that it does not have', { 'optimization-level': '6' }],
    ['an empty value', { dla: '' }],
    ['a yes where a core is meant', { dla: true }],
    ['what every object has', { constructor: 'x' }],
  ])('%s is a usage error', (_title, options) => {
    const job = { ...JOB, options: options as ConversionJob['options'] };
    expect(refusalOf(() => adapter.plan(job))).toMatchObject({
      code: 'E_USAGE',
      next: expect.stringMatching(/optimization-level=3\|0|values: /),
    });
  });
});

describe('qairt', async () => {
  const adapter = await load('qairt');
  const JOB = jobFor('2.39.0', undefined);
  const QUANTIZED = { ...JOB, precision: 'int8', ...CALIBRATED } as const;
  const CONVERT = 'converter --input_network source/digits.onnx --output_path';
  const SHAPE = '--source_model_input_shape image 1,1,8,8';
  const EXPORT = [
    ...['--spec', 'calibration/spec.json', '--form', 'raw-list', '--layout', 'as-model'],
    ...['--entry', '{input.name}:={file}', '--separator', ' '],
  ];
  const QUANTIZE = line(
    'quantizer --input_dlc tmp/float.dlc --output_dlc out/digits.dlc',
    '--input_list calibration/exported/list.txt',
  );

  it.each([
    ['fp32', '32'],
    ['fp16', '16'],
  ] as const)('%s is one step with %s bits', (precision, bits) => {
    expect(adapter.plan({ ...JOB, precision })).toEqual({
      steps: [
        {
          label: 'convert',
          program: 'converter',
          args: [
            ...['--input_network', 'source/digits.onnx', '--output_path', 'out/digits.dlc'],
            ...['--source_model_input_shape', 'image', '1,1,8,8', '--float_bitwidth', bits],
          ],
          timeoutMs: 1000,
          successPattern: 'INFO_(?:CONVERSION|WRITE)_SUCCESS',
        },
      ],
      outputs: ['out/digits.dlc'],
      deterministic: 'unknown',
    });
  });

  it('int8 is exported data, a float model and a quantized one', () => {
    const plan = adapter.plan(QUANTIZED);
    expect(plan.steps[0]).toEqual({
      label: 'calibration',
      program: 'modelconv-calibration',
      args: EXPORT,
      timeoutMs: 1000,
    });
    expect(lines(plan).slice(1)).toEqual([
      `${CONVERT} tmp/float.dlc ${SHAPE} --float_bitwidth 32`,
      `${QUANTIZE} --act_bitwidth 8 --weights_bitwidth 8 --use_per_channel_quantization`,
    ]);
    expect(plan.outputs).toEqual(['out/digits.dlc']);
  });

  it.each([
    ['8', 'yes', '--act_bitwidth 8 --weights_bitwidth 8 --use_per_channel_quantization'],
    ['16', 'yes', '--act_bitwidth 16 --weights_bitwidth 8 --use_per_channel_quantization'],
    ['16', 'no', '--act_bitwidth 16 --weights_bitwidth 8'],
  ])('activation-bits=%s per-channel=%s reach the quantizer', (bits, channel, words) => {
    const options = { 'activation-bits': bits, 'per-channel': channel };
    expect(lines(adapter.plan({ ...QUANTIZED, options })).at(-1)).toBe(`${QUANTIZE} ${words}`);
  });

  it('each of two inputs has its own words', () => {
    expect(lines(adapter.plan(withInputs(QUANTIZED, [IMAGE, TOKENS])))[1]).toBe(
      line(
        `${CONVERT} tmp/float.dlc ${SHAPE}`,
        '--source_model_input_shape tokens 1,16 --float_bitwidth 32',
      ),
    );
  });

  it.each(['a:b', 'x:0', 'a b', '{file}', '-x'])(
    'an input called %j is a word of its own',
    (name) => {
      const [step] = adapter.plan(withInputs(JOB, [{ ...IMAGE, name }])).steps;
      expect(step?.args.slice(4, 7)).toEqual(['--source_model_input_shape', name, '1,1,8,8']);
    },
  );

  it.each(['a b', 'a\nb', 'a\rb'])(
    'int8 with an input called %j, which would be two words of the list, is refused',
    (name) => {
      const odd = withInputs(QUANTIZED, [{ ...IMAGE, name }]);
      expect(refusalOf(() => adapter.plan(odd))).toMatchObject({
        code: 'E_NOT_CONVERTIBLE',
        message: expect.stringContaining(JSON.stringify(name)),
        next: expect.stringContaining('rename'),
      });
    },
  );

  it('int8 with an input called "x:0" is converted', () => {
    expect(adapter.plan(withInputs(QUANTIZED, [{ ...IMAGE, name: 'x:0' }])).steps).toHaveLength(3);
  });

  it('a source in int8 is refused, for its integers would be lost', () => {
    const own = { ...quantizedSource(QUANTIZED), precision: 'int8' as const };
    expect(refusalOf(() => adapter.plan(own)).code).toBe('E_NOT_CONVERTIBLE');
  });
});

describe('snpe', async () => {
  const adapter = await load('snpe');
  const JOB = jobFor('2.28.0', undefined);
  const QUANTIZED = { ...JOB, precision: 'int8', ...CALIBRATED } as const;
  const CONVERT = 'converter --input_network source/digits.onnx --output_path';
  const QUANTIZE = line(
    'quantizer --input_dlc=tmp/float.dlc --output_dlc=out/digits.dlc',
    '--input_list=calibration/exported/list.txt',
  );

  it('fp32 is one step', () => {
    const plan = adapter.plan(JOB);
    expect(lines(plan)).toEqual([`${CONVERT} out/digits.dlc -d image 1,1,8,8`]);
    expect(plan.steps[0]?.successPattern).toBe('INFO_(?:CONVERSION|WRITE)_SUCCESS');
    expect(plan).toMatchObject({ outputs: ['out/digits.dlc'], deterministic: 'unknown' });
  });

  it('fp16 is not made', () => {
    expect(refusalOf(() => adapter.plan({ ...JOB, precision: 'fp16' })).code).toBe(
      'E_NOT_CONVERTIBLE',
    );
  });

  it('int8 is exported data with channels last, a float model and a quantized one', () => {
    const plan = adapter.plan(QUANTIZED);
    expect(plan.steps[0]?.args).toEqual([
      ...['--spec', 'calibration/spec.json', '--form', 'raw-list', '--layout', 'nhwc'],
      ...['--entry', '{input.name}:={file}', '--separator', ' '],
    ]);
    expect(lines(plan).slice(1)).toEqual([
      `${CONVERT} tmp/float.dlc -d image 1,1,8,8`,
      `${QUANTIZE} --act_bitwidth=8 --weights_bitwidth=8 --use_per_channel_quantization`,
    ]);
  });

  it.each([
    ['8', 'yes', '--act_bitwidth=8 --weights_bitwidth=8 --use_per_channel_quantization'],
    ['16', 'no', '--act_bitwidth=16 --weights_bitwidth=8'],
  ])('activation-bits=%s per-channel=%s reach the quantizer', (bits, channel, words) => {
    const options = { 'activation-bits': bits, 'per-channel': channel };
    expect(lines(adapter.plan({ ...QUANTIZED, options })).at(-1)).toBe(`${QUANTIZE} ${words}`);
  });

  it('each of two inputs has its own words', () => {
    expect(lines(adapter.plan(withInputs(JOB, [IMAGE, TOKENS])))).toEqual([
      `${CONVERT} out/digits.dlc -d image 1,1,8,8 -d tokens 1,16`,
    ]);
  });
});

describe('hailo', async () => {
  const adapter = await load('hailo');
  const jobOf = (version: string, soc: string | undefined, change: Partial<ConversionJob> = {}) =>
    jobFor(version, soc, { precision: 'int8', ...CALIBRATED, ...change });

  const steps = (chip: string, sizes = '') => [
    `hailo parser onnx source/digits.onnx --hw-arch ${chip} --net-name model ${sizes}--har-path tmp/parsed.har -y`,
    line(
      `hailo optimize tmp/parsed.har --hw-arch ${chip}`,
      '--calib-set-path calibration/exported/samples.npy --output-har-path tmp/quantized.har',
    ),
    `hailo compiler tmp/quantized.har --hw-arch ${chip} --output-dir out`,
  ];

  it('int8 is exported data in one array with channels last, and three steps', () => {
    const plan = adapter.plan(jobOf('3.31.0', 'hailo8'));
    expect(plan.steps[0]).toEqual({
      label: 'calibration',
      program: 'modelconv-calibration',
      args: [
        ...['--spec', 'calibration/spec.json', '--form', 'npy', '--layout', 'nhwc'],
        ...['--entry', '{file}', '--separator', ' '],
      ],
      timeoutMs: 1000,
    });
    expect(lines(plan).slice(1)).toEqual(steps('hailo8'));
    expect(plan.steps.map(({ label, successPattern }) => [label, successPattern])).toEqual([
      ['calibration', undefined],
      ['parse', 'Saved HAR to:'],
      ['quantize', 'Saved HAR to:'],
      ['compile', 'Saved HEF to:|Successful Compilation'],
    ]);
    expect(plan).toMatchObject({
      outputs: ['out/digits.hef'],
      alternatives: { 'out/digits.hef': ['out/model.hef'] },
      deterministic: false,
    });
  });

  it('sizes that --input fixes are told in brackets, one word for each input', () => {
    const job = jobOf('3.31.0', 'hailo8', { inputShapes: { image: [1, 1, 8, 8] } });
    expect(lines(adapter.plan(job)).slice(1)).toEqual(
      steps('hailo8', '--tensor-shapes [1,1,8,8] '),
    );
  });

  const CHIPS = {
    '3': ['hailo8', 'hailo8l', 'hailo8r'],
    '5': ['hailo10h', 'hailo15h', 'hailo15m', 'hailo15l'],
  };

  it.each([
    ...CHIPS['3'].map((soc) => ['3.31.0', soc]),
    ...CHIPS['5'].map((soc) => ['5.0.0', soc]),
  ])('version %s compiles for %s', (version, soc) => {
    expect(lines(adapter.plan(jobOf(version, soc))).slice(1)).toEqual(steps(soc));
  });

  it.each([
    ...CHIPS['5'].map((soc) => ['3.31.0', soc, '5.x']),
    ...CHIPS['3'].map((soc) => ['5.0.0', soc, '3.x']),
    ['4.99', 'hailo15h', '5.x'],
    ['5', 'hailo8', '3.x'],
  ])('version %s does not compile for %s, and %s is told', (version, soc, next) => {
    expect(refusalOf(() => adapter.plan(jobOf(version, soc)))).toMatchObject({
      code: 'E_NOT_CONVERTIBLE',
      next: expect.stringContaining(next),
    });
  });

  it('two inputs are refused, for one array holds the samples of one', () => {
    const two = withInputs(jobOf('3.31.0', 'hailo8'), [IMAGE, TOKENS]);
    expect(refusalOf(() => adapter.plan(two))).toMatchObject({
      code: 'E_NOT_CONVERTIBLE',
      why: expect.stringContaining('2'),
    });
  });

  it.each(['fp32', 'fp16'] as const)('%s is not made', (precision) => {
    const job = jobFor('3.31.0', 'hailo8', { precision });
    expect(refusalOf(() => adapter.plan(job)).code).toBe('E_NOT_CONVERTIBLE');
  });

  it('it has no options', () => {
    const job = jobOf('3.31.0', 'hailo8', { options: { mode: 'x' } });
    expect(refusalOf(() => adapter.plan(job))).toMatchObject({
      code: 'E_USAGE',
      next: 'leave --option out',
    });
  });

  it.each([undefined, 'hailo9', 'rk3588'])('the chip %s is refused', (soc) => {
    expect(refusalOf(() => adapter.plan(jobOf('3.31.0', soc))).code).toBe('E_NOT_CONVERTIBLE');
  });
});

/** The words of the only step of an adapter like Acme's. */
function wordsOf(args: unknown[], job: ConversionJob = IMAGE_JOB, edits: Edits = {}): string[] {
  const plan = acme({ '/steps/0/args': args, ...edits }).plan(job);
  return [...(plan.steps[0]?.args ?? [])];
}

function acme(edits: Edits): Adapter {
  return describedAdapter(edited(ACME, edits) as unknown as AdapterDescription, 'acme.yaml');
}

describe('a condition holds', () => {
  const OPTIONS = { '/options': { mode: { values: ['fast', 'small'] } } };
  const INT8 = { '/precisions': { to: ['fp32', 'int8'], keep: ['int8'] } };
  const TARGETS = { '/devices/targets': { a100: 'ACME_A100' } };
  const openShape: ModelTensor = { name: 'x', dtype: 'float32', shape: ['n', 3] };
  const unsaid: ModelTensor = { name: 'x', dtype: 'float32' };
  const VECTORS: readonly {
    readonly title: string;
    readonly condition: DescribedCondition;
    readonly yes: readonly ConversionJob[];
    readonly no: readonly ConversionJob[];
    readonly edits?: Edits;
  }[] = [
    {
      title: 'for the precision that is converted to',
      condition: { precision: ['fp32', 'fp16'] },
      yes: [IMAGE_JOB],
      no: [{ ...IMAGE_JOB, precision: 'int8' }],
      edits: INT8,
    },
    {
      title: 'for the format of the source',
      condition: { source: ['onnx'] },
      yes: [IMAGE_JOB],
      no: [
        {
          ...IMAGE_JOB,
          source: { ...IMAGE_JOB.source, info: { ...IMAGE_JOB.source.info, format: 'tflite' } },
        },
      ],
    },
    {
      title: 'for the precision of the source, which is fp32 where it is not said',
      condition: { sourcePrecision: ['fp32'] },
      yes: [
        IMAGE_JOB,
        {
          ...IMAGE_JOB,
          source: {
            ...IMAGE_JOB.source,
            info: (({ precision: _own, ...info }) => info)(IMAGE_JOB.source.info),
          },
        },
      ],
      no: [withSource(IMAGE_JOB, 'fp16')],
    },
    {
      title: 'for what the tool calls the chip',
      condition: { target: ['ACME_A100'] },
      yes: [jobFor('1', 'a100')],
      no: [],
      edits: TARGETS,
    },
    {
      title: 'for no chip where the tool has no list of chips',
      condition: { target: ['a100'] },
      yes: [],
      no: [jobFor('1', 'a100'), IMAGE_JOB],
    },
    {
      title: 'from a version of the tool on, number by number',
      condition: { toolFrom: '9.2' },
      yes: [jobFor('9.2', undefined), jobFor('9.2.1', undefined), jobFor('10', undefined)],
      no: [jobFor('9.1.9', undefined), jobFor('9.2rc1', undefined)],
    },
    {
      title: 'below a version of the tool',
      condition: { toolBelow: '9.2' },
      yes: [jobFor('9.1.9', undefined), jobFor('9.2rc1', undefined), jobFor('8', undefined)],
      no: [jobFor('9.2', undefined), jobFor('9.2.0', undefined), jobFor('10', undefined)],
    },
    {
      title: 'between two versions, when both are given',
      condition: { toolFrom: '9', toolBelow: '10' },
      yes: [jobFor('9.5', undefined)],
      no: [jobFor('8.5', undefined), jobFor('10', undefined)],
    },
    {
      title: 'with calibration data',
      condition: { calibrated: true },
      yes: [{ ...IMAGE_JOB, ...CALIBRATED }],
      no: [IMAGE_JOB],
    },
    {
      title: 'without calibration data',
      condition: { calibrated: false },
      yes: [IMAGE_JOB],
      no: [{ ...IMAGE_JOB, ...CALIBRATED }],
    },
    {
      title: 'when --input fixes sizes',
      condition: { fixedSizes: true },
      yes: [{ ...IMAGE_JOB, inputShapes: { image: [1] } }],
      no: [IMAGE_JOB],
    },
    {
      title: 'when --input fixes none',
      condition: { fixedSizes: false },
      yes: [IMAGE_JOB],
      no: [{ ...IMAGE_JOB, inputShapes: { image: [1] } }],
    },
    {
      title: 'when no input has an open size',
      condition: { closedSizes: true },
      yes: [IMAGE_JOB, withInputs(IMAGE_JOB, [])],
      no: [withInputs(IMAGE_JOB, [IMAGE, openShape]), withInputs(IMAGE_JOB, [unsaid])],
    },
    {
      title: 'when an input has an open size',
      condition: { closedSizes: false },
      yes: [withInputs(IMAGE_JOB, [IMAGE, openShape]), withInputs(IMAGE_JOB, [unsaid])],
      no: [IMAGE_JOB],
    },
    {
      title: 'for the value of an option',
      condition: { options: { mode: ['small'] } },
      yes: [{ ...IMAGE_JOB, options: { mode: 'small' } }],
      no: [IMAGE_JOB, { ...IMAGE_JOB, options: { mode: 'fast' } }],
      edits: OPTIONS,
    },
    {
      title: 'for the default of an option',
      condition: { options: { mode: ['fast'] } },
      yes: [IMAGE_JOB],
      no: [{ ...IMAGE_JOB, options: { mode: 'small' } }],
      edits: OPTIONS,
    },
    {
      title: 'when every line of it holds',
      condition: { precision: ['fp32'], options: { mode: ['small'] } },
      yes: [{ ...IMAGE_JOB, options: { mode: 'small' } }],
      no: [IMAGE_JOB, { ...IMAGE_JOB, precision: 'int8', options: { mode: 'small' } }],
      edits: { ...OPTIONS, ...INT8 },
    },
    { title: 'always when there is none', condition: {}, yes: [IMAGE_JOB], no: [] },
  ];
  for (const { title, condition, yes, no, edits = {} } of VECTORS)
    it(title, () => {
      const words = (job: ConversionJob) =>
        wordsOf(['always', { if: condition, args: ['held'] }], job, edits);
      for (const job of yes) expect(words(job)).toEqual(['always', 'held']);
      for (const job of no) expect(words(job)).toEqual(['always']);
    });
});

describe('words', () => {
  const TWO = withInputs(IMAGE_JOB, [IMAGE, TOKENS]);

  it('stand for what the job says', () => {
    const job = jobFor('1', 'A100', { precision: 'fp32', options: { level: '7' } });
    const edits = {
      '/devices/targets': { a100: 'ACME_A100' },
      '/options': { level: { pattern: '\\d' } },
    };
    const words = ['{source}', '{name}', '{precision}', '{soc}', '{target}', '{option.level}'];
    expect(wordsOf(words, job, edits)).toEqual([
      ...['source/digits.onnx', 'digits', 'fp32', 'A100', 'ACME_A100', '7'],
    ]);
  });

  it('stay words where what is filled in is empty', () => {
    expect(wordsOf(['--soc', '{soc}', ''])).toEqual(['--soc', '', '']);
  });

  it('do not expand what is filled in, whatever the source is called', () => {
    const job = {
      ...IMAGE_JOB,
      source: { ...IMAGE_JOB.source, path: 'source/{name}.onnx' },
      outputName: '{soc}{{',
    };
    expect(wordsOf(['{source}', 'out/{name}'], job)).toEqual(['source/{name}.onnx', 'out/{soc}{{']);
  });

  it('stand for the calibration data and the number of its samples', () => {
    const edits = {
      '/precisions': { to: ['fp32', 'int8'], calibrated: ['int8'] },
      '/calibration': { form: 'npy-list' },
    };
    const job = { ...IMAGE_JOB, precision: 'int8', ...CALIBRATED } as const;
    const plan = acme({ '/steps/0/args': ['{calibration}', '{calibration.count}'], ...edits }).plan(
      job,
    );
    expect(plan.steps[1]?.args).toEqual(['calibration/exported/list.txt', '100']);
  });

  it('are repeated for each output', () => {
    expect(wordsOf([{ each: 'output', args: ['--out', '{output.name}={output.sizes}'] }])).toEqual([
      ...['--out', 'logits=1,10'],
    ]);
  });

  it('are joined for each input, with the signs that the tool wants', () => {
    const joined = {
      join: ' ',
      sizes: 'x',
      item: '{input.name}[{input.sizes}]',
      text: '({items})',
    };
    expect(wordsOf([joined], TWO)).toEqual(['(image[1x1x8x8] tokens[1x16])']);
  });

  it('are joined for outputs alone, where they are meant', () => {
    expect(wordsOf([{ each: 'output', join: ',', item: '{output.name}' }], TWO)).toEqual([
      'logits',
    ]);
  });

  it('are the items alone without a text', () => {
    expect(wordsOf([{ join: ';', item: '{input.name}' }], TWO)).toEqual(['image;tokens']);
  });

  it('joined with nothing between are one', () => {
    expect(wordsOf([{ join: '', item: '<{input.name}>' }], TWO)).toEqual(['<image><tokens>']);
  });

  it('of an input without a shape have no sizes', () => {
    const job = withInputs(IMAGE_JOB, [{ name: 'x', dtype: 'float32' }]);
    expect(wordsOf([{ each: 'input', args: ['{input.name}', '{input.sizes}'] }], job)).toEqual([
      ...['x', ''],
    ]);
  });

  it.each(['a:b', 'a;b', 'a[b', 'a b'])(
    'made of the name %j are refused where one of its signs has a meaning',
    (name) => {
      const joined = { join: ' ;', item: '[{input.name}:{input.sizes}]' };
      const odd = withInputs(IMAGE_JOB, [{ ...IMAGE, name }]);
      expect(refusalOf(() => acme({ '/steps/0/args': [joined] }).plan(odd)).code).toBe(
        'E_NOT_CONVERTIBLE',
      );
    },
  );

  it('made of an output whose name would be taken apart are refused', () => {
    const joined = { each: 'output', join: ',', item: '{output.name}' };
    const info = { ...IMAGE_JOB.source.info, outputs: [{ ...IMAGE, name: 'a,b' }] };
    const odd = { ...IMAGE_JOB, source: { ...IMAGE_JOB.source, info } };
    expect(refusalOf(() => acme({ '/steps/0/args': [joined] }).plan(odd))).toMatchObject({
      code: 'E_NOT_CONVERTIBLE',
      next: expect.stringContaining('rename the output'),
    });
  });

  it('under a condition that fails refuse no name', () => {
    const joined = { if: { fixedSizes: true }, join: ',', item: '{input.name}' };
    expect(wordsOf(['x', joined], withInputs(IMAGE_JOB, [{ ...IMAGE, name: 'a,b' }]))).toEqual([
      'x',
    ]);
  });
});

describe('steps', () => {
  it('go to the first program where they name none', () => {
    expect(acme({}).plan(IMAGE_JOB).steps[0]?.program).toBe('acmec');
  });

  it('have variables of their own, filled in', () => {
    const adapter = acme({ '/steps/0/env': { ACME_OUT: 'out/{name}', PLAIN: '1' } });
    expect(adapter.plan(IMAGE_JOB).steps[0]?.env).toEqual({ ACME_OUT: 'out/digits', PLAIN: '1' });
  });

  it('have no variables where none is described', () => {
    expect(acme({}).plan(IMAGE_JOB).steps[0]).not.toHaveProperty('env');
  });

  it('whose conditions all fail are none, and that is refused', () => {
    const adapter = acme({ '/steps/0/if': { toolFrom: '99' } });
    expect(refusalOf(() => adapter.plan(IMAGE_JOB))).toMatchObject({
      code: 'E_NOT_CONVERTIBLE',
      why: expect.stringContaining('acme'),
    });
  });

  it('refuse the first case that is described', () => {
    const adapter = acme({
      '/refuse': [
        { if: { toolFrom: '99' }, why: 'not this', next: 'a' },
        { if: { precision: ['fp32'] }, why: 'because', next: 'do that' },
        { if: {}, why: 'nor this', next: 'b' },
      ],
    });
    expect(refusalOf(() => adapter.plan(IMAGE_JOB))).toMatchObject({
      code: 'E_NOT_CONVERTIBLE',
      why: 'because',
      next: 'do that',
    });
  });
});

describe('an option with a pattern', () => {
  const edits = {
    '/options': { level: { pattern: 'a|[0-9]+', default: '3' } },
    '/steps/0/args': ['{option.level}'],
  };
  const chosen = (level?: string | number | boolean) =>
    acme(edits).plan({ ...IMAGE_JOB, options: level === undefined ? {} : { level } }).steps[0]
      ?.args;

  it('has its default', () => {
    expect(chosen()).toEqual(['3']);
  });

  it('without a default is empty', () => {
    const adapter = acme({ ...edits, '/options': { level: { pattern: '.' } } });
    expect(adapter.plan(IMAGE_JOB).steps[0]?.args).toEqual(['']);
  });

  it.each(['12', 'a', 12])('takes %j, which fits as a whole', (value) => {
    expect(chosen(value)).toEqual([String(value)]);
  });

  it.each(['12x', 'xa', 'a1', '', '1\n2', '-1'])('refuses %j: E_USAGE', (value) => {
    expect(
      refusalOf(() => acme(edits).plan({ ...IMAGE_JOB, options: { level: value } })),
    ).toMatchObject({
      code: 'E_USAGE',
      next: expect.stringContaining('a|[0-9]+'),
    });
  });
});

describe('outputs', () => {
  it('are named after the model, the model first', () => {
    const adapter = acme({ '/output/files': ['out/{name}.acm', 'out/{name}.w', 'out/meta'] });
    expect(adapter.plan(IMAGE_JOB).outputs).toEqual([
      ...['out/digits.acm', 'out/digits.w', 'out/meta'],
    ]);
  });

  it('have alternatives only where some are described', () => {
    expect(acme({}).plan(IMAGE_JOB)).not.toHaveProperty('alternatives');
    const adapter = acme({
      '/output/alternatives': { 'out/{name}.acm': ['out/{name}-x.acm', 'out/model'] },
    });
    expect(adapter.plan(IMAGE_JOB).alternatives).toEqual({
      'out/digits.acm': ['out/digits-x.acm', 'out/model'],
    });
  });
});

describe('capabilities', () => {
  it('are what the description says', async () => {
    const { capabilities } = await load('snpe');
    expect(capabilities).toEqual({
      sources: ['onnx'],
      output: 'qualcomm-dlc',
      convertsTo: ['fp32', 'int8'],
      keeps: [],
      stacks: ['snpe'],
      needsCalibration: ['int8'],
      hosts: ['linux-x64'],
      runs: [],
      canEmbed: false,
      staticShapes: true,
    });
  });

  it('of open sizes are not static', () => {
    expect(acme({ '/sizes': 'open' }).capabilities.staticShapes).toBeUndefined();
    expect(acme({}).capabilities.staticShapes).toBeUndefined();
  });

  it('have a rule of versions for each stack', () => {
    const fit = { parts: 2, relation: 'same', rule: 'r', source: 's' } as const;
    const adapter = acme({ '/fit': fit, '/devices/stacks': ['a', 'b'] });
    expect(adapter.fitRules).toEqual([
      { ...fit, stack: 'a' },
      { ...fit, stack: 'b' },
    ]);
    expect(acme({}).fitRules).toBeUndefined();
  });
});
