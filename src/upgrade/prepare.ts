import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { RUN_SPEC } from '../adapters/run-files.js';
import { planRoute, type Route } from '../convert/plan.js';
import { CONVERTED_RESULTS } from '../convert/result-dirs.js';
import { stagedPath } from '../convert/stage-source.js';
import { ModelconvError } from '../errors.js';
import { encryptedError, isEncrypted } from '../package/encrypted.js';
import { MODEL_PREFIX } from '../package/limits.js';
import { mainModel } from '../package/main-model.js';
import { type PackageHead, readHead } from '../package/read.js';
import { extractFiles } from '../package/unpack.js';
import { shellWord } from '../printable.js';
import type { CheckedRequest } from '../request/checked-request.js';
import { chooseToolchains } from '../request/toolchain.js';
import type {
  ConversionSource,
  Descriptor,
  UpgradeCalibration,
  UpgradePlan,
  UpgradeSource,
} from '../schema/generated/types.js';
import { isReadable, type ProbedModel, probeModel } from '../source/probe.js';
import { type Assessment, assess } from './assess.js';
import { carriedTruth } from './carried.js';
import { changesOf } from './changes.js';
import { findCalibration } from './find-calibration.js';
import { findSource, type Recall } from './find-source.js';
import { obstacles } from './obstacles.js';
import { recipeOf } from './recipe.js';
import type { UpgradeRequest } from './request.js';

/** Everything that is known before any work. */
export interface PreparedUpgrade {
  readonly head: PackageHead;
  /** SHA-256 of the old descriptor: it identifies the package. */
  readonly sha256: string;
  readonly assessment: Assessment;
  readonly plan: UpgradePlan;
  /** The conversion that makes the new model; undefined where none is needed, or something is missing. */
  readonly conversion: CheckedRequest | undefined;
  /** What has to be there first, the first one to be told. */
  readonly blockers: readonly ModelconvError[];
}

/**
 * Look at a package and decide what an upgrade of it does. Nothing is converted and nothing written but in
 * `workDir`.
 *
 * @param workDir - an empty directory, for what is taken out of the package.
 * @throws ModelconvError `E_INPUT`, `E_PACKAGE_INVALID`,
 *   `E_DESCRIPTOR_INVALID`, `E_DEVICE_INVALID`, `E_USAGE`.
 */
export async function prepareUpgrade(
  request: UpgradeRequest,
  workDir: string,
  recall: Recall | undefined,
): Promise<PreparedUpgrade> {
  const head = await readHead(request.file);
  const sha256 = createHash('sha256').update(head.text).digest('hex');
  const assessment = await assess(head, request);
  const { action, target, reasons, notes } = assessment;
  const converted =
    action === 'convert'
      ? await prepareConversion(request, head, assessment, workDir, recall)
      : action === 'rewrite' && isEncrypted(head.descriptor)
        ? encrypted(request.file, 'its descriptor is part of what is encrypted')
        : NOTHING;
  const stages = converted.route?.kind === 'convert' ? converted.route.stages : undefined;
  return {
    head,
    sha256,
    assessment,
    conversion: converted.request,
    blockers: converted.blockers,
    plan: {
      action,
      device: target?.device.name ?? 'none',
      reasons: [...reasons],
      notes: [...notes],
      changes: changesOf({ head, assessment, wish: request, sha256, stages }),
      ...(converted.source === undefined ? {} : { source: converted.source }),
      ...(converted.calibration === undefined ? {} : { calibration: converted.calibration }),
      blockers: converted.blockers.map(({ code, message, next }) => ({
        code,
        message,
        ...(next === undefined ? {} : { next }),
      })),
    },
  };
}

/** What a conversion is made of, as far as it was found. */
interface PreparedConversion {
  readonly request?: CheckedRequest;
  readonly route?: Route;
  readonly source?: UpgradeSource;
  readonly calibration?: UpgradeCalibration;
  readonly blockers: readonly ModelconvError[];
}

const NOTHING: PreparedConversion = { blockers: [] };

function encrypted(file: string, why: string): PreparedConversion {
  return { blockers: [encryptedError(file, why)] };
}

async function prepareConversion(
  request: UpgradeRequest,
  { descriptor }: PackageHead,
  assessment: Assessment,
  workDir: string,
  recall: Recall | undefined,
): Promise<PreparedConversion> {
  const { file } = request;
  if (isEncrypted(descriptor))
    return encrypted(file, 'its source and its old model cannot be read without a key');
  const { target, tools } = assessment;
  const known = obstacles(file, descriptor, assessment);
  if (!hasSource(descriptor) || target === undefined) return { blockers: known };
  const sourceDir = await fresh(workDir, 'source');
  const search = { file, given: request.source, directories: request.search, recall };
  const found = await findSource(descriptor, search, sourceDir);
  const needed = await findCalibration(descriptor, request, recall);
  const state = {
    source: found.state,
    ...(needed === undefined ? {} : { calibration: needed.state }),
  };
  const missing = [
    ...known,
    ...(found.main === undefined ? [sourceMissing(file, found.state)] : []),
    ...(needed?.state.found === 'missing' ? [calibrationMissing(file, needed.state)] : []),
  ];
  if (found.main === undefined)
    // with the source there, the plan tells of the tool
    return {
      ...state,
      blockers: [...missing, ...(tools?.missing === undefined ? [] : [tools.missing])],
    };
  const [toolchain = { toolchain: undefined, askedToolchain: undefined }] = await chooseToolchains(
    request.toolchains,
    [target.device],
  );
  const conversion = recipeOf({
    descriptor,
    request,
    device: target.device,
    adapter: tools?.adapter?.id,
    toolchain,
    source: found.main,
    calibration: needed?.calibration,
    truth: await carriedTruth(file, descriptor, await fresh(workDir, 'truth')),
    embed: await isEmbedded(file, descriptor, await fresh(workDir, 'model')),
  });
  const planned = await tryRoute(conversion, found.main, needed?.state);
  return planned instanceof ModelconvError
    ? { ...state, blockers: [...missing, planned] }
    : { ...state, request: conversion, route: planned, blockers: missing };
}

function hasSource(
  descriptor: Descriptor,
): descriptor is Descriptor & { readonly conversion: { readonly source: ConversionSource } } {
  return descriptor.conversion !== undefined;
}

async function fresh(workDir: string, name: string): Promise<string> {
  const directory = path.join(workDir, name);
  await mkdir(directory);
  return directory;
}

/** The route as it would be planned with the data that the package was made with. */
async function tryRoute(
  request: CheckedRequest,
  main: string,
  calibration: UpgradeCalibration | undefined,
): Promise<Route | ModelconvError> {
  try {
    const source: ProbedModel = await probeModel(main);
    return await planRoute(request, source, {
      stagedPath: stagedPath(source.file),
      simulation: { spec: RUN_SPEC, resultDir: CONVERTED_RESULTS },
      ...(calibration === undefined
        ? {}
        : { calibration: { spec: 'calibration/spec.json', count: calibration.samples } }),
    });
  } catch (error) {
    if (error instanceof ModelconvError) return error;
    throw error;
  }
}

function sourceMissing(file: string, { sha256, name, sizeBytes }: UpgradeSource): ModelconvError {
  return new ModelconvError('E_SOURCE_MISSING', {
    what: `the source of ${file} is not there`,
    why: `it is converted again from ${name ?? 'a file'}${sizeBytes === undefined ? '' : ` of ${sizeBytes} bytes`} with the SHA-256 ${sha256}; the package holds only its digest`,
    next: `modelconv upgrade ${shellWord(file)} --source FILE, or let it be looked for: --search DIR`,
  });
}

function calibrationMissing(file: string, { sha256, samples }: UpgradeCalibration): ModelconvError {
  return new ModelconvError('E_CALIBRATION_MISSING', {
    what: `the calibration data of ${file} is not there`,
    why: `its value ranges were measured on ${samples} samples${sha256 === undefined ? '' : ` with the digest ${sha256}`}`,
    next: `modelconv upgrade ${shellWord(file)} --calibration PATH`,
  });
}

/** Whether the descriptor stands in the old model file, too. */
async function isEmbedded(
  file: string,
  descriptor: Descriptor,
  directory: string,
): Promise<boolean> {
  const main = mainModel(descriptor);
  if (main === undefined || !isReadable(descriptor.model.format)) return false;
  await extractFiles(file, directory, (entry) => entry.startsWith(MODEL_PREFIX));
  const { info } = await probeModel(path.join(directory, ...main.split('/')));
  return info.embedded !== undefined;
}
