import { findCalibration } from '../../cache/calibrations.js';
import { findSource } from '../../cache/sources.js';
import { ModelconvError } from '../../errors.js';
import { deviceNamed, isDeviceFile } from '../../request/devices.js';
import { calibrationOf, evaluationOf } from '../../request/measured-on.js';
import { refuseBadWords } from '../../request/refusals.js';
import type { UpgradeResult } from '../../schema/generated/types.js';
import { parseTolerance } from '../../tensor/tolerance.js';
import type { Recall } from '../../upgrade/find-source.js';
import type { BackupWish } from '../../upgrade/replace.js';
import type { UpgradeRequest } from '../../upgrade/request.js';
import { upgradePackage } from '../../upgrade/upgrade-package.js';
import type { CommandContext } from '../command.js';
import { inventoryFor } from '../inventory.js';
import { type Io, styleFor, writeJson } from '../io.js';
import { createProgress } from '../progress.js';
import { renderPlan } from '../render/upgrade.js';
import type { UpgradeFlags } from './upgrade.js';

const DEFAULT_TIMEOUT_S = 1800;

/** What the cache remembers of earlier conversions. */
const RECALL: Recall = {
  source: findSource,
  calibration: async (sha256) => (await findCalibration(sha256))?.path,
};

/** Do what `modelconv upgrade` was asked for, and print it. */
export async function runUpgrade(
  file: string,
  flags: UpgradeFlags,
  { io }: CommandContext,
): Promise<void> {
  const backup = backupWish(file, flags);
  const request = await requestOf(file, flags, io);
  const progress = await createProgress(io, flags);
  try {
    const result = await upgradePackage(request, {
      progress,
      planOnly: flags.plan ?? false,
      output: flags.output,
      force: flags.force ?? false,
      backup,
      recall: RECALL,
      logFile: flags.log,
      signal: io.signal,
    });
    if (result.status === 'current') progress.done('current', `${file}  nothing moved on`);
    if (result.backup !== undefined) progress.done('backup', result.backup);
    if (flags.json === true) writeJson(io.stdout, result);
    else await print(result, flags, io);
  } finally {
    progress.stop();
  }
}

async function print(result: UpgradeResult, flags: UpgradeFlags, io: Io): Promise<void> {
  if (result.status === 'planned')
    io.stdout.write(renderPlan(result, await styleFor(io.stdout, io, flags)));
  else if (result.package !== undefined && flags.quiet !== true)
    io.stdout.write(`${result.package}\n`);
}

/** @throws ModelconvError `E_USAGE` for a backup of what is not replaced. */
function backupWish(file: string, { backup, output, force = false }: UpgradeFlags): BackupWish {
  if (backup === false) return 'none';
  if (typeof backup !== 'string') return 'kept';
  if (output === undefined) return { file: backup, force };
  throw new ModelconvError('E_USAGE', {
    what: '--backup is for a package that is replaced',
    why: `with -o ${output} the old one stays where it is`,
    next: `leave one of the two out: modelconv upgrade ${file} --backup ${backup}`,
  });
}

async function requestOf(
  file: string,
  flags: UpgradeFlags,
  io: Io,
): Promise<Omit<UpgradeRequest, 'output' | 'isInPlace'>> {
  const inventory = await inventoryFor(io, flags.devices);
  refuseBadWords({ name: flags.name, version: flags.modelVersion });
  const words = {
    calibration: flags.calibration,
    calibrationSamples: flags.calibrationSamples,
    eval: flags.eval,
    evalOutput: flags.evalOutput,
    evalSamples: flags.evalSamples,
    maxDrop: flags.maxDrop,
  };
  const isFile = flags.device !== undefined && isDeviceFile(flags.device);
  return {
    file,
    device: flags.device === undefined ? undefined : await deviceNamed(flags.device, inventory),
    inventory,
    source: flags.source,
    search: flags.search ?? [],
    calibration: calibrationOf(words, undefined),
    recalibrate: flags.recalibrate ?? false,
    samples: flags.samples,
    eval: evaluationOf(words, undefined),
    tolerance: flags.tolerance === undefined ? undefined : parseTolerance(flags.tolerance),
    toolchains: flags.toolchain ?? [],
    name: flags.name,
    version: flags.modelVersion,
    description: flags.description,
    license: flags.license,
    rebuild: flags.rebuild ?? false,
    report: flags.report,
    timeoutMs: (flags.timeout ?? DEFAULT_TIMEOUT_S) * 1000,
    reads: [flags.devices, isFile ? flags.device : undefined].filter((one) => one !== undefined),
  };
}
