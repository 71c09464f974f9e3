import { type Command, Option } from 'commander';
import type { CheckedRequest } from '../../request/checked-request.js';
import type { RequestFlags } from '../../request/flags.js';
import type { Precision, Preprocess } from '../../schema/generated/types.js';
import {
  addGlobalFlags,
  addProgressFlag,
  type CommandContext,
  collect,
  examples,
} from '../command.js';
import type { GlobalFlags } from '../io.js';
import { numberFrom } from '../number-flag.js';
import { type TruthFlags, truthFlags, truthRequest } from '../truth-flags.js';

const PRECISIONS: readonly Precision[] = ['fp64', 'fp32', 'fp16', 'bf16', 'int16', 'int8', 'int4'];

interface ConvertFlags extends GlobalFlags, TruthFlags {
  readonly device?: string[];
  readonly output?: string;
  readonly precision?: Precision;
  readonly input?: string[];
  readonly calibration?: string;
  readonly calibrationSamples?: number;
  readonly preprocess?: string;
  readonly range?: string;
  readonly mean?: string;
  readonly scale?: string;
  readonly colorOrder?: Preprocess['colorOrder'];
  readonly resize?: Preprocess['resize'];
  readonly padding?: number;
  readonly layout?: Preprocess['layout'];
  readonly toolchain?: string[];
  readonly embed?: boolean;
  readonly name?: string;
  readonly modelVersion?: string;
  readonly framework?: string;
  readonly source?: 'include' | 'reference';
  readonly samples?: string;
  readonly seed?: number;
  readonly tolerance?: string;
  readonly verify?: boolean;
  readonly option?: string[];
  readonly request?: string;
  readonly devices?: string;
  readonly dryRun?: boolean;
  readonly force?: boolean;
  readonly jobs?: number;
  readonly timeout?: number;
  readonly eval?: string;
  readonly evalOutput?: string;
  readonly evalSamples?: number;
  readonly maxDrop?: string;
  readonly log?: string;
  readonly cache?: boolean;
  readonly depfile?: string;
  readonly ifChanged?: boolean;
  readonly printOutputs?: boolean;
  readonly report?: string;
  readonly layers?: boolean;
}

/** `modelconv convert MODEL -d DEVICE -o OUT` */
export function addConvert(program: Command, context: CommandContext): void {
  const command = program
    .command('convert')
    .summary('convert a model for a device, check it, and pack it')
    .description(
      'Convert a model for one or several devices with the vendor’s own converter, check that the result computes the same, and write a package. Exit status 2, and no package, when it does not, or loses more accuracy than is allowed.',
    )
    .argument(
      '[model]',
      'source model file: ONNX, TFLite, TorchScript, or what the device takes as it is; may stand in the request file instead',
    )
    .option(
      '-d, --device <name>',
      'device to convert for, or a device file; several times for several devices',
      collect,
    )
    .option('-o, --output <file>', 'package to write; a directory when there are several devices')
    .addOption(
      new Option(
        '--precision <precision>',
        'number format of the converted model (default: that of the source)',
      ).choices(PRECISIONS),
    )
    .option(
      '--input <name=sizes>',
      'fix the size of an input, e.g. image=1,3,224,224, and its type where the file has none, e.g. tokens=1,64:int64; once for each input',
      collect,
    )
    .option(
      '--calibration <path>',
      'real inputs to measure int8 ranges on: a directory of images or arrays, an array file, a list file; or the word synthetic',
    )
    .option(
      '--calibration-samples <number>',
      'most calibration samples to take (default: all, at most 1000)',
      numberFrom(1, true, 100_000),
    )
    .option(
      '--preprocess <file>',
      'what is done to raw data before it goes in, as a YAML document, and which part does it (docs/preprocess.md); the flags below win over it',
    )
    .option('--range <low,high>', 'what black and full brightness of an image become (0,255)')
    .option(
      '--mean <numbers>',
      'subtracted from each channel of an image, in the unit of its range (0 to 255)',
    )
    .option('--scale <numbers>', 'multiplied after the mean is subtracted, e.g. 0.00392')
    .addOption(
      new Option('--color-order <order>', 'order of the channels that the model takes').choices([
        'rgb',
        'bgr',
        'gray',
      ]),
    )
    .addOption(
      new Option('--resize <how>', 'how images are brought to the input size').choices([
        'stretch',
        'letterbox',
        'center-crop',
        'none',
      ]),
    )
    .option(
      '--padding <grey>',
      'grey of the border that --resize letterbox adds, 0 to 255 (default: 114)',
      numberFrom(0, false, 255),
    )
    .addOption(
      new Option('--layout <layout>', 'where the channels of an image input stand').choices([
        'nchw',
        'nhwc',
      ]),
    )
    .option(
      '--toolchain <[name@]version>',
      'version of the vendor tool, or its first part; NAME@VERSION, once for each tool, where devices have different ones (default: what fits the device)',
      collect,
    )
    .option('--embed', 'place the descriptor inside the model file, too')
    .option('--name <name>', 'name in the package (default: the file name)')
    .option('--model-version <version>', 'version in the package (default: 1.0.0)')
    .option('--framework <name@version>', 'framework that the model was trained in')
    .addOption(
      new Option(
        '--source <how>',
        'put the source model into the package, or only its digest (default: reference)',
      ).choices(['include', 'reference']),
    )
    .option(
      '--samples <file|dir>',
      'real inputs for the parity check: .npy, or a directory of <input>.npy',
    );
  truthFlags(command, 'the source')
    .option('--seed <number>', 'seed of generated inputs', numberFrom(0, true, 4_294_967_295))
    .option(
      '--tolerance <bounds>',
      'bounds of the parity check, e.g. cosine=0.999,maxAbs=1e-3; names: cosine, maxAbs, maxRel, rmse, snrDb, top1 (default: by precision, docs/request.md)',
    )
    .option(
      '--eval <path>',
      'labelled data to measure the accuracy on, before and after: a .npz with an array for each input and one named labels, or a directory with a directory for each class',
    )
    .option('--eval-output <name>', 'output that the labels are for, where several can be meant')
    .option(
      '--eval-samples <number>',
      'most labelled samples to take, spread evenly over the set (default: all)',
      numberFrom(1, true, 10_000_000),
    )
    .option(
      '--max-drop <percent>',
      'greatest drop of accuracy that is allowed, e.g. 0.5%: percentage points of top-1, or per cent that the mean absolute error may grow (default: any)',
    )
    .option(
      '--report <file>',
      'write what was compared as one HTML file, and as JSON beside it (without it: only when the check fails, beside the output); a directory when there are several devices',
    )
    .option(
      '--layers',
      'compare what is between the layers, too, where source and converted model show it; the report has the table, and is written beside the output unless --report says where',
    )
    .option('--no-verify', 'leave the parity check out')
    .option(
      '--option <key=value>',
      'option of the vendor adapter (docs/options.md); may be given several times',
      collect,
    )
    .option('--request <file>', 'the whole conversion info as a YAML document; flags win over it')
    .option('--devices <file>', 'device inventory to look in first')
    .option('-n, --dry-run', 'print the exact steps, run nothing')
    .option('-f, --force', 'replace an output that is there already')
    .option(
      '--if-changed',
      'replace an output that is there only when its bytes change; else its time stays, too',
    )
    .option(
      '--depfile <file>',
      'write what the package depends on, for make and ninja (docs/make.md)',
    )
    .option('--print-outputs', 'print the files that would be written, one a line; run nothing')
    .option(
      '-j, --jobs <number>',
      'conversions at the same time, at most; fewer where the jobserver of make or the memory asks for it',
      numberFrom(1, true),
      1,
    )
    .option(
      '--timeout <seconds>',
      'longest time for one step of the vendor tool (default: 1800)',
      numberFrom(0.001, false),
    )
    .option('--log <file>', 'keep the whole output of the vendor tools')
    .option('--no-cache', 'convert anew, and keep nothing for the next time (docs/cache.md)')
    .addHelpText(
      'after',
      examples(
        'modelconv convert digits.onnx -d local -o digits.tar',
        'modelconv convert digits.onnx -d local --samples test.npy --tolerance maxAbs=1e-4 -o digits.tar',
        'modelconv convert digits.onnx -d raspberry-pi-4 -d android-arm64 -j 2 -o packages/',
        'modelconv convert gate.onnx -d rk3588 --precision int8 --calibration ./calib --mean 123.7,116.3,103.5 --scale 0.0171,0.0175,0.0174 -o gate.tar',
        'modelconv convert gate.onnx -d rk3588 --precision int8 --calibration ./calib --eval ./test --max-drop 0.5% -o gate.tar',
        'modelconv convert digits.onnx -d openvino-cpu --input image=1,1,8,8 --precision fp16 -o digits.tar',
        'modelconv convert --request digits.yaml --dry-run',
      ),
    )
    .addHelpText(
      'after',
      '\nWhat --option takes, adapter by adapter: docs/options.md of this package.',
    )
    .action(async (model: string | undefined, flags: ConvertFlags) => {
      const { runConvert } = await import('./convert-run.js');
      await runConvert(await requestsFrom(model, flags, context), flags, context);
    });
  addProgressFlag(command);
  addGlobalFlags(command, 'convert-result', 'convert-plan', 'convert-outputs');
}

async function requestsFrom(
  model: string | undefined,
  flags: ConvertFlags,
  { io }: CommandContext,
): Promise<CheckedRequest[]> {
  const [
    { acquireRequests },
    { parseFramework, parseOptions },
    { parseTolerance },
    { inventoryFor },
    { parseInputs },
    { parsePreprocess, readPreprocessFile },
  ] = await Promise.all([
    import('../../request/acquire.js'),
    import('../../request/options.js'),
    import('../../tensor/tolerance.js'),
    import('../inventory.js'),
    import('../../request/input-shapes.js'),
    import('../../request/preprocess.js'),
  ]);
  const document =
    flags.request === undefined
      ? undefined
      : await (await import('../../request/request-file.js')).readRequestFile(flags.request);
  const requestFlags: RequestFlags = {
    model,
    devices: flags.device,
    output:
      flags.output ??
      (flags.dryRun === true && document?.output === undefined ? 'OUT.tar' : undefined),
    name: flags.name,
    version: flags.modelVersion,
    framework: flags.framework === undefined ? undefined : parseFramework(flags.framework),
    precision: flags.precision,
    ...(flags.input === undefined ? {} : parseInputs(flags.input)),
    calibration: flags.calibration,
    calibrationSamples: flags.calibrationSamples,
    preprocess: parsePreprocess(flags),
    preprocessFile:
      flags.preprocess === undefined ? undefined : await readPreprocessFile(flags.preprocess),
    toolchains: flags.toolchain,
    embed: flags.embed,
    packageSource: flags.source,
    // commander sets a --no- flag to true when it is not given: then the document decides
    verify: flags.verify === false ? false : undefined,
    samples: flags.samples,
    truth: truthRequest(flags),
    seed: flags.seed,
    eval: flags.eval,
    evalOutput: flags.evalOutput,
    evalSamples: flags.evalSamples,
    maxDrop: flags.maxDrop,
    tolerance: flags.tolerance === undefined ? undefined : parseTolerance(flags.tolerance),
    options: flags.option === undefined ? undefined : parseOptions(flags.option),
    timeoutSeconds: flags.timeout,
    report: flags.report,
    layers: flags.layers,
    reads: [flags.request, flags.devices, flags.preprocess].filter((file) => file !== undefined),
  };
  return await acquireRequests(requestFlags, document, await inventoryFor(io, flags.devices));
}
