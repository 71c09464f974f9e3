import { lstat } from 'node:fs/promises';
import path from 'node:path';
import { parseMaxDrop } from '../accuracy/max-drop.js';
import { findDevice, type Inventory, resolveExtends } from '../device/inventory.js';
import { ModelconvError } from '../errors.js';
import { readSmallText } from '../host/files.js';
import type {
  ConversionRequest,
  Device,
  Framework,
  InputDtypes,
  InputShapes,
  Options,
  Precision,
  RequestEval,
  Tolerance,
  TruthRequest,
} from '../schema/generated/types.js';
import { DEFAULT_SEED } from '../tensor/generate.js';
import { parityReportOf } from './parity-report-place.js';
import { mergePreprocess, type PreprocessByInput } from './preprocess.js';
import { type ChosenToolchain, chooseToolchains } from './toolchain.js';
import { requireSample } from './truth.js';

/** What the command line says; every field wins over the request document. */
export interface RequestFlags {
  readonly model?: string | undefined;
  readonly devices?: readonly string[] | undefined;
  readonly output?: string | undefined;
  readonly name?: string | undefined;
  readonly version?: string | undefined;
  readonly framework?: Framework | undefined;
  readonly precision?: Precision | undefined;
  readonly inputs?: Readonly<InputShapes> | undefined;
  readonly inputDtypes?: Readonly<InputDtypes> | undefined;
  /** A path, or the word `synthetic`. */
  readonly calibration?: string | undefined;
  readonly calibrationSamples?: number | undefined;
  readonly preprocess?: PreprocessByInput | undefined;
  /** Path of labelled data. */
  readonly eval?: string | undefined;
  readonly evalOutput?: string | undefined;
  readonly evalSamples?: number | undefined;
  /** As `--max-drop` takes it. */
  readonly maxDrop?: string | undefined;
  /** What `--preprocess FILE` says; the flags for single steps win over it. */
  readonly preprocessFile?: PreprocessByInput | undefined;
  /** `VERSION`, or `NAME@VERSION` once for each tool. */
  readonly toolchains?: readonly string[] | undefined;
  readonly embed?: boolean | undefined;
  readonly packageSource?: 'include' | 'reference' | undefined;
  readonly verify?: boolean | undefined;
  readonly samples?: string | undefined;
  /** A raw sample to pack, and what is known of what it must become. */
  readonly truth?: Partial<TruthRequest> | undefined;
  readonly seed?: number | undefined;
  readonly tolerance?: Tolerance | undefined;
  readonly options?: Options | undefined;
  readonly timeoutSeconds?: number | undefined;
  /** Where the report goes; a directory when there are several devices. */
  readonly report?: string | undefined;
  /** Look between the layers, too; the report shows it. */
  readonly layers?: boolean | undefined;
  /** Documents that the flags come from: never to be written. */
  readonly reads?: readonly string[] | undefined;
}

/** One conversion for one device, with every default filled in. */
export interface CheckedRequest {
  readonly source: string;
  readonly framework: Framework | undefined;
  readonly device: Device;
  readonly output: string;
  readonly name: string;
  readonly version: string;
  readonly license: string | undefined;
  readonly description: string | undefined;
  /** undefined: keep the precision of the source. */
  readonly precision: Precision | undefined;
  /** Shapes that are fixed, by input name. */
  readonly inputs: Readonly<InputShapes>;
  /** Types of inputs whose file does not say them, by input name. */
  readonly inputDtypes: Readonly<InputDtypes>;
  readonly calibration: RequestedCalibration | undefined;
  readonly preprocess: PreprocessByInput;
  readonly truth: TruthRequest | undefined;
  /** Version of the vendor tool, or the first part of one; undefined: what fits the device. */
  readonly toolchain: string | undefined;
  /** The user's own word for `toolchain`; undefined when it follows from the device. */
  readonly askedToolchain: string | undefined;
  readonly embed: boolean;
  readonly packageSource: 'include' | 'reference';
  readonly verify: {
    readonly enabled: boolean;
    readonly samples: string | undefined;
    readonly seed: number;
    readonly tolerance: Tolerance | undefined;
  };
  /** Labelled data to measure the accuracy on; undefined: it is not measured. */
  readonly eval: RequestedEvaluation | undefined;
  readonly options: Options;
  readonly timeoutMs: number;
  /** HTML file that shows what was compared; undefined: kept only when the check fails. */
  readonly report: string | undefined;
  /** Compare every tensor that both models show, too; there is a report then. */
  readonly layers: boolean;
  /** Files and directories that are read besides the source. */
  readonly reads: readonly string[];
}

/** What value ranges are measured on. */
export type RequestedCalibration =
  | { readonly path: string; readonly samples: number | undefined }
  | { readonly synthetic: true; readonly samples: number | undefined };

/** What the accuracy is measured on. */
export interface RequestedEvaluation {
  readonly path: string;
  /** undefined: the only output that can be meant. */
  readonly output: string | undefined;
  /** At most so many samples; undefined: all. */
  readonly samples: number | undefined;
  /** Share that may be lost; undefined: any. */
  readonly maxDrop: number | undefined;
}

const DEFAULT_VERSION = '1.0.0';
const DEFAULT_TIMEOUT_S = 1800;
const MAX_REQUEST_BYTES = 256 * 1024;

/** Read a request document; the paths in it become relative to the current directory. @throws ModelconvError `E_INPUT`, `E_REQUEST_INVALID`. */
export async function readRequestFile(file: string): Promise<ConversionRequest> {
  const { parseDocumentOf } = await import('../schema/parse.js');
  const request = await parseDocumentOf(
    'conversion-request',
    await readSmallText(file, MAX_REQUEST_BYTES, 'E_REQUEST_INVALID'),
    file,
  );
  const from = (target: string): string =>
    path.isAbsolute(target) ? target : path.join(path.dirname(file), target);
  const fromDevice = (device: string): string => {
    if (!isDeviceFile(device)) return device;
    const file = from(device);
    // a path keeps a separator, so that it is not taken for a name
    return isDeviceFile(file) ? file : `.${path.sep}${file}`;
  };
  return {
    ...request,
    ...(typeof request.device === 'string' ? { device: fromDevice(request.device) } : {}),
    ...(request.devices === undefined ? {} : { devices: request.devices.map(fromDevice) }),
    ...(request.source === undefined
      ? {}
      : { source: { ...request.source, path: from(request.source.path) } }),
    ...(request.output === undefined ? {} : { output: from(request.output) }),
    ...(request.calibration?.path === undefined
      ? {}
      : { calibration: { ...request.calibration, path: from(request.calibration.path) } }),
    ...(request.eval === undefined
      ? {}
      : { eval: { ...request.eval, path: from(request.eval.path) } }),
    ...(request.truth === undefined
      ? {}
      : {
          truth: Object.fromEntries(
            Object.entries(request.truth).map(([key, file]) => [key, from(file)]),
          ) as unknown as TruthRequest,
        }),
    ...(request.verify?.samples === undefined
      ? {}
      : { verify: { ...request.verify, samples: from(request.verify.samples) } }),
  };
}

/**
 * Acquire the conversion info: flags, request document and inventory become one checked request per device.
 *
 * @throws ModelconvError `E_USAGE` when something is missing, `E_DEVICE_UNKNOWN`, `E_DEVICE_INVALID`.
 */
export async function acquireRequests(
  flags: RequestFlags,
  document: ConversionRequest | undefined,
  inventory: Inventory,
): Promise<CheckedRequest[]> {
  const source = flags.model ?? document?.source?.path;
  if (source === undefined)
    throw missing('the model', 'name the model file: modelconv convert MODEL -d DEVICE -o OUT');
  const devices = await resolveDevices(flags, document, inventory);
  const output = flags.output ?? document?.output;
  if (output === undefined)
    throw missing('the output', 'say where to write the package: -o OUT.tar');
  if (output === '') throw missing('the output', 'say where to write the package: -o OUT.tar');
  refuseBadWords(flags);
  refuseUnseenLayers(flags, document);
  refuseConflicts(flags, (flags.eval ?? document?.eval) !== undefined);
  const name = flags.name ?? document?.name ?? nameFrom(source);
  const intoDirectory = await isDirectory(output, devices);
  const { report } = flags;
  const reportsIntoDirectory = report !== undefined && (await isDirectory(report, devices));
  const samples = flags.samples ?? document?.verify?.samples;
  const deviceFiles = wantedDevices(flags, document).filter(
    (device) => typeof device === 'string' && isDeviceFile(device),
  ) as string[];
  const calibration = calibrationOf(flags, document);
  const evaluation = evaluationOf(flags, document);
  const toolchains = await chooseToolchains(
    flags.toolchains ?? [document?.toolchain ?? []].flat(),
    devices,
  );
  const truth = requireSample({ ...document?.truth, ...flags.truth });
  const reads = [
    ...(flags.reads ?? []),
    ...(calibration !== undefined && 'path' in calibration ? [calibration.path] : []),
    ...(samples === undefined ? [] : [samples]),
    ...(evaluation === undefined ? [] : [evaluation.path]),
    ...deviceFiles,
    ...(truth === undefined ? [] : Object.values(truth)),
  ];
  const outputFor = (device: Device): string =>
    intoDirectory ? path.join(output, `${name}.${device.name}.tar`) : output;
  const reportFor = (device: Device): string | undefined => {
    if (report === undefined)
      return flags.layers === true ? parityReportOf(outputFor(device)) : undefined;
    return reportsIntoDirectory ? path.join(report, `${name}.${device.name}.parity.html`) : report;
  };
  return devices.map((device, index) => ({
    ...(toolchains[index] ?? NO_TOOLCHAIN),
    source,
    reads,
    framework: flags.framework ?? document?.source?.framework,
    device,
    output: outputFor(device),
    name,
    version: flags.version ?? document?.version ?? DEFAULT_VERSION,
    license: document?.license,
    description: document?.description,
    precision: flags.precision ?? document?.precision,
    inputs: { ...document?.inputs, ...flags.inputs },
    inputDtypes: { ...document?.inputDtypes, ...flags.inputDtypes },
    calibration,
    preprocess: mergePreprocess(
      mergePreprocess(document?.preprocess, flags.preprocessFile),
      flags.preprocess,
    ),
    truth,
    embed: flags.embed ?? document?.embed ?? false,
    packageSource: flags.packageSource ?? document?.packageSource ?? 'reference',
    verify: {
      enabled: flags.verify ?? document?.verify?.enabled ?? true,
      samples,
      seed: flags.seed ?? document?.verify?.seed ?? DEFAULT_SEED,
      tolerance: mergeTolerance(document?.verify?.tolerance, flags.tolerance),
    },
    eval: evaluation,
    report: reportFor(device),
    layers: flags.layers ?? false,
    options: { ...device.converter?.options, ...document?.options, ...flags.options },
    timeoutMs: (flags.timeoutSeconds ?? document?.timeoutSeconds ?? DEFAULT_TIMEOUT_S) * 1000,
  }));
}

/** Whether a path to write is that of a directory. */
async function isDirectory(target: string, devices: readonly Device[]): Promise<boolean> {
  if (devices.length > 1 || /[\\/]$/.test(target)) return true;
  return (await lstat(target).catch(() => undefined))?.isDirectory() ?? false;
}

const NO_TOOLCHAIN: ChosenToolchain = { toolchain: undefined, askedToolchain: undefined };

/** The word that asks for generated calibration data. */
const SYNTHETIC = 'synthetic';

function calibrationOf(
  flags: RequestFlags,
  document: ConversionRequest | undefined,
): RequestedCalibration | undefined {
  const samples = flags.calibrationSamples ?? document?.calibration?.samples;
  const path = flags.calibration ?? document?.calibration?.path;
  const isSynthetic =
    flags.calibration === undefined
      ? document?.calibration?.synthetic === true
      : flags.calibration === SYNTHETIC;
  if (isSynthetic && document?.calibration?.path !== undefined && flags.calibration === undefined)
    throw new ModelconvError('E_USAGE', {
      what: 'calibration has both a path and synthetic: true',
      next: 'leave one of the two out',
    });
  if (isSynthetic) return { synthetic: true, samples };
  if (path !== undefined) return { path, samples };
  if (samples === undefined) return undefined;
  throw new ModelconvError('E_USAGE', {
    what: 'the number of calibration samples is given, but no calibration data',
    next: 'give it with --calibration DIR|FILE',
  });
}

function evaluationOf(
  flags: RequestFlags,
  document: ConversionRequest | undefined,
): RequestedEvaluation | undefined {
  const { path, output, samples, maxDrop } = {
    ...document?.eval,
    ...(flags.eval === undefined ? {} : { path: flags.eval }),
    ...(flags.evalOutput === undefined ? {} : { output: flags.evalOutput }),
    ...(flags.evalSamples === undefined ? {} : { samples: flags.evalSamples }),
    ...(flags.maxDrop === undefined ? {} : { maxDrop: flags.maxDrop }),
  } as Partial<RequestEval>;
  if (path !== undefined)
    return {
      path,
      output,
      samples,
      maxDrop: maxDrop === undefined ? undefined : parseMaxDrop(maxDrop),
    };
  const idle = [
    ...(flags.evalOutput === undefined ? [] : ['--eval-output']),
    ...(flags.evalSamples === undefined ? [] : ['--eval-samples']),
    ...(flags.maxDrop === undefined ? [] : ['--max-drop']),
  ];
  if (idle.length === 0) return undefined;
  throw new ModelconvError('E_USAGE', {
    what: `${idle.join(', ')} is given, but no data to measure the accuracy on`,
    next: 'give it with --eval DIR|FILE.npz',
  });
}

/** Two flags of which one would be ignored. */
function refuseConflicts(flags: RequestFlags, isScored: boolean): void {
  if (flags.verify !== false) return;
  const idle = (['samples', 'tolerance', 'layers', 'report'] as const).find(
    (name) => flags[name] !== undefined && !(name === 'report' && isScored),
  );
  if (idle === undefined) return;
  throw new ModelconvError('E_USAGE', {
    what: `--no-verify leaves out the check that --${idle} is for`,
    next: 'leave one of the two out',
  });
}

/** As above, where it is the document that leaves the check out. */
function refuseUnseenLayers(flags: RequestFlags, document: ConversionRequest | undefined): void {
  const isLeftOut = flags.verify === undefined && document?.verify?.enabled === false;
  if (flags.layers !== true || !isLeftOut) return;
  throw new ModelconvError('E_USAGE', {
    what: 'the request leaves out the parity check that --layers is for',
    why: 'it says verify: {enabled: false}',
    next: 'leave one of the two out',
  });
}

/** The patterns of schemas/common.schema.json, for what comes by flag: an error before any work. */
function refuseBadWords({ name, version }: RequestFlags): void {
  if (name !== undefined && !/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(name)) {
    throw new ModelconvError('E_USAGE', {
      what: `--name ${JSON.stringify(name)} cannot be a name`,
      next: 'use letters, digits, dot, underscore and hyphen, a letter or digit first',
    });
  }
  if (version !== undefined && !/^[0-9A-Za-z][0-9A-Za-z.+_~-]{0,63}$/.test(version)) {
    throw new ModelconvError('E_USAGE', {
      what: `--model-version ${JSON.stringify(version)} cannot be a version`,
      next: 'use letters, digits and . + _ ~ -, e.g. 1.2.0',
    });
  }
}

function missing(what: string, next: string): ModelconvError {
  return new ModelconvError('E_USAGE', { what: `${what} is missing`, next });
}

function mergeTolerance(
  document: Tolerance | undefined,
  flags: Tolerance | undefined,
): Tolerance | undefined {
  return document === undefined && flags === undefined ? undefined : { ...document, ...flags };
}

/** The devices as they were named; the command line wins over the document. */
function wantedDevices(
  flags: RequestFlags,
  document: ConversionRequest | undefined,
): (string | Device)[] {
  if (flags.devices !== undefined && flags.devices.length > 0) return [...flags.devices];
  return [
    ...(document?.device === undefined ? [] : [document.device]),
    ...(document?.devices ?? []),
  ];
}

async function resolveDevices(
  flags: RequestFlags,
  document: ConversionRequest | undefined,
  inventory: Inventory,
): Promise<Device[]> {
  const wanted = wantedDevices(flags, document);
  if (wanted.length === 0)
    throw missing(
      'the device',
      'name one with -d DEVICE; see what there is: modelconv devices list',
    );
  const devices = await Promise.all(
    wanted.map(async (device) =>
      typeof device === 'string'
        ? await deviceNamed(device, inventory)
        : resolveExtends(inventory, device),
    ),
  );
  const twice = devices.find(
    ({ name }, index) => devices.findIndex((device) => device.name === name) !== index,
  );
  if (twice !== undefined)
    throw new ModelconvError('E_USAGE', {
      what: `device ${twice.name} is named twice`,
      next: 'name each device once',
    });
  return devices;
}

/** Whether a device is named by the file that holds it. */
function isDeviceFile(name: string): boolean {
  return /[\\/]|\.ya?ml$|\.json$/.test(name);
}

/** A name of the inventory, or the path of a file with one device in it. */
export async function deviceNamed(name: string, inventory: Inventory): Promise<Device> {
  if (!isDeviceFile(name)) return findDevice(inventory, name).device;
  const { readDeviceFile } = await import('../device/device-file.js');
  const devices = await readDeviceFile(name);
  const [only] = devices;
  if (only === undefined || devices.length > 1)
    throw new ModelconvError('E_USAGE', {
      what: `${name} holds ${devices.length} devices`,
      next: `name one of them: --devices ${name} -d NAME`,
    });
  return resolveExtends(inventory, only);
}

/** A package name from a file name: what a name may not hold becomes a hyphen. */
export function nameFrom(file: string): string {
  const base = path.basename(file).replace(/\.[A-Za-z0-9]+$/, '');
  const name = base
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .replace(/-+$/, '')
    .slice(0, 128);
  return name === '' ? 'model' : name;
}
