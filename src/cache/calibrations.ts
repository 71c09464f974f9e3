import path from 'node:path';
import { findDataFiles } from '../calibration/data-files.js';
import { hashFile } from '../host/files.js';
import { readNote, writeNote } from './notes.js';
import { cacheSettings } from './settings.js';

/** Calibration data that may be wanted again. */
export interface CalibrationToRemember {
  /** As the descriptor has it in `model.quantization.calibration.sha256`. */
  readonly sha256: string;
  /** As the user gave it. */
  readonly path: string;
  /** At most so many samples were taken; undefined: no limit was given. */
  readonly samples: number | undefined;
  /** Names of the model's inputs. */
  readonly inputs: readonly string[];
}

/** Where calibration data is. */
export interface FoundCalibration {
  /** Absolute. */
  readonly path: string;
  readonly samples?: number;
}

interface SeenCalibration extends FoundCalibration {
  readonly inputs: readonly string[];
  /** By name, relative to the place. */
  readonly files: Readonly<Record<string, string>>;
}

/**
 * Remember where calibration data is. No copy is kept: sets are large.
 *
 * @throws system errors; ModelconvError `E_USAGE` (settings).
 */
export async function rememberCalibration(calibration: CalibrationToRemember): Promise<void> {
  const settings = cacheSettings();
  if (settings.maxBytes === 0) return;
  const { sha256, samples, inputs } = calibration;
  const place = path.resolve(calibration.path);
  const seen: SeenCalibration = {
    path: place,
    ...(samples === undefined ? {} : { samples }),
    inputs,
    files: await digestsOf(place, inputs),
  };
  await writeNote(settings, 'calibrations', sha256, seen);
}

/**
 * Where calibration data was seen last whose prepared samples have this digest. It is an answer only
 * while every file is as it was, and no other came or went.
 *
 * @throws ModelconvError `E_USAGE` (settings).
 */
export async function findCalibration(sha256: string): Promise<FoundCalibration | undefined> {
  const settings = cacheSettings();
  // switched off
  if (settings.maxBytes === 0) return undefined;
  const note = await readNote<SeenCalibration>(settings, 'calibrations', sha256);
  if (note === undefined) return undefined;
  const { path: place, samples, inputs, files } = note;
  const now = await digestsOf(place, inputs).catch(() => undefined);
  if (JSON.stringify(now) !== JSON.stringify(files)) return undefined;
  return { path: place, ...(samples === undefined ? {} : { samples }) };
}

async function digestsOf(
  place: string,
  inputs: readonly string[],
): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  for (const { file, name } of (await findDataFiles(place, inputs)).files)
    digests[name] = (await hashFile(file)).sha256;
  return digests;
}
