import { lstat } from 'node:fs/promises';
import path from 'node:path';
import type { Inventory } from '../device/inventory.js';
import type { ConversionRequest, Device, Tolerance } from '../schema/generated/types.js';
import { DEFAULT_SEED } from '../tensor/generate.js';
import type { CheckedRequest } from './checked-request.js';
import { isDeviceFile, resolveDevices, wantedDevices } from './devices.js';
import type { RequestFlags } from './flags.js';
import { calibrationOf, evaluationOf } from './measured-on.js';
import { parityReportOf } from './parity-report-place.js';
import { mergePreprocess } from './preprocess.js';
import { missing, refuseBadWords, refuseIdleFlags } from './refusals.js';
import { type ChosenToolchain, chooseToolchains } from './toolchain.js';
import { requireSample } from './truth.js';

const DEFAULT_VERSION = '1.0.0';
const DEFAULT_TIMEOUT_S = 1800;

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
  const output = flags.output ?? document?.output ?? '';
  if (output === '') throw missing('the output', 'say where to write the package: -o OUT.tar');
  refuseBadWords(flags);
  refuseIdleFlags(flags, document);
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
    // which device a name stands for is theirs to say
    ...new Set(inventory.entries.flatMap(({ file }) => file ?? [])),
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

function mergeTolerance(
  document: Tolerance | undefined,
  flags: Tolerance | undefined,
): Tolerance | undefined {
  return document === undefined && flags === undefined ? undefined : { ...document, ...flags };
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
