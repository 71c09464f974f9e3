import { stat } from 'node:fs/promises';
import type { RequestedCalibration } from '../request/checked-request.js';
import type { Descriptor, UpgradeCalibration } from '../schema/generated/types.js';
import type { Recall } from './find-source.js';
import type { UpgradeRequest } from './request.js';

/** The data that ranges are measured on again; absent where it is nowhere. */
export interface FoundCalibration {
  readonly state: UpgradeCalibration;
  readonly calibration?: RequestedCalibration;
}

/**
 * Find the calibration data of a package: the path that is given, generated data made again, or the place that
 * the cache remembers. Whether it is the same data is known when it has been read
 * ({@link requireSameCalibration}).
 *
 * @returns undefined when the package was not quantized on data.
 */
export async function findCalibration(
  { model }: Descriptor,
  { calibration: given }: Pick<UpgradeRequest, 'calibration'>,
  recall: Recall | undefined,
): Promise<FoundCalibration | undefined> {
  const recorded = model.quantization?.calibration;
  if (recorded === undefined && given === undefined) return undefined;
  const { sha256, samples = 0, synthetic = false } = recorded ?? {};
  const state = { samples, ...(sha256 === undefined ? {} : { sha256 }) };
  // the same number of samples, spread evenly over the set, are the same samples
  const limit = samples === 0 ? undefined : samples;
  if (given !== undefined) {
    const calibration = { ...given, samples: given.samples ?? limit };
    const path = 'path' in given ? { path: given.path } : {};
    return { state: { ...state, found: 'given', ...path }, calibration };
  }
  if (synthetic)
    return {
      state: { ...state, found: 'generated' },
      calibration: { synthetic: true, samples: limit },
    };
  const remembered = sha256 === undefined ? undefined : await recall?.calibration(sha256);
  if (remembered !== undefined && (await stat(remembered).catch(() => undefined)) !== undefined)
    return {
      state: { ...state, found: 'cache', path: remembered },
      calibration: { path: remembered, samples: limit },
    };
  return { state: { ...state, found: 'missing' } };
}
