import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { PreparedData } from '../convert/prepare-data.js';
import type { Succession, Successor } from '../convert/succession.js';
import { ModelconvError } from '../errors.js';
import type { Progress } from '../host/progress.js';
import type { ComparedWithOld, Descriptor } from '../schema/generated/types.js';
import { carriedFiles, withExtensions } from './carried.js';
import { compareWithOld } from './compare-old.js';
import type { PreparedUpgrade } from './prepare.js';
import { requireUnchanged } from './replace.js';
import type { UpgradeRequest } from './request.js';

/** A successor that tells what it saw, and where the old package is kept from the moment that all is well. */
export interface WatchingSuccessor extends Successor {
  readonly compared: ComparedWithOld | undefined;
}

/**
 * Watches over the conversion of an upgrade: the same calibration data, the same results as the old package,
 * and what is taken over from it.
 *
 * @param ready - called when nothing is left but to write the new package.
 */
export function successorOf(
  request: UpgradeRequest,
  { head: { descriptor: old }, sha256, plan }: PreparedUpgrade,
  progress: Progress,
  ready: () => Promise<void>,
): WatchingSuccessor {
  let compared: ComparedWithOld | undefined;
  return {
    get compared() {
      return compared;
    },
    accept: (data) => {
      if (!request.recalibrate) requireSameCalibration(request.file, old, data);
    },
    takeOver: async (work, result): Promise<Succession> => {
      progress.start('compare', request.file);
      compared = await compareWithOld(request.file, work, result);
      tell(compared, request.file, progress);
      const directory = path.join(work.steps.workDir, 'carried');
      await mkdir(directory);
      const files = await carriedFiles(request.file, old, directory);
      await requireUnchanged(request.file, sha256);
      await ready();
      const reasons = [...new Set(plan.reasons.map(({ code }) => code))];
      const lineage = { upgradedFrom: sha256, ...withReasons(reasons), compared };
      return {
        files,
        describe: (descriptor) => withExtensions({ ...descriptor, lineage }, old),
      };
    },
  };
}

/** The codes of the reasons, where there are any. */
export function withReasons(reasons: readonly string[]): { reasons?: [string, ...string[]] } {
  const [first, ...others] = reasons;
  return first === undefined ? {} : { reasons: [first, ...others] };
}

function tell(compared: ComparedWithOld, file: string, progress: Progress): void {
  if (compared.skipped !== undefined) {
    progress.warn(`the new model was not compared with the one in ${file}: ${compared.skipped}`);
    return;
  }
  const worst = Math.min(...Object.values(compared.metrics ?? {}).map(({ cosine = 1 }) => cosine));
  progress.done(
    'compare',
    `cosine ${worst} with the model in ${file}, ${compared.samples} samples`,
  );
}

/** @throws ModelconvError `E_CALIBRATION_INVALID`. */
function requireSameCalibration(file: string, { model }: Descriptor, data: PreparedData): void {
  const wanted = model.quantization?.calibration?.sha256;
  const found = data.calibration?.sha256;
  if (wanted === undefined || found === undefined || wanted === found) return;
  throw new ModelconvError('E_CALIBRATION_INVALID', {
    what: `this is not the calibration data that ${file} was quantized with`,
    why: `the digest of its samples is ${found}, the package says ${wanted}`,
    next: 'give the same data with --calibration PATH, or take this with --recalibrate',
  });
}
