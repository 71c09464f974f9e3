import { createHash } from 'node:crypto';
import { mkdir, open, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ModelconvError, messageOf } from '../errors.js';
import { writeFully } from '../host/files.js';
import type { SampleInput } from '../tensor/samples.js';
import { ImageReader } from './image-file.js';
import type { InputPlan, Unit } from './input-plan.js';
import type { InputDigest } from './lint-input.js';
import { readSamples } from './read-samples.js';
import type { StaticInput } from './request.js';

/** The samples of one input that were chosen, and what they were when they were checked. */
export interface ChosenInput {
  readonly plan: InputPlan;
  readonly units: readonly Unit[];
  readonly digest: InputDigest;
}

const SPEC = 'calibration/spec.json';

function dataFile(index: number): string {
  return `calibration/${index}.bin`;
}

/**
 * Read the samples again and write them below `dir`, one at a time.
 *
 * @returns the path of the spec, relative to `dir`.
 * @throws {@link ModelconvError} `E_CALIBRATION_INVALID` when a file changed since it was checked; system errors of `dir`.
 */
export async function writeSamples(
  dir: string,
  location: string,
  chosen: readonly ChosenInput[],
): Promise<string> {
  await mkdir(path.join(dir, 'calibration'), { recursive: true });
  const images = new ImageReader();
  for (const [index, input] of chosen.entries()) {
    const sha256 = await writeInput(path.join(dir, dataFile(index)), input, images);
    if (sha256 !== input.digest.sha256) throw changed(location, 'its data is not what was checked');
  }
  return await writeSpec(
    dir,
    chosen[0]?.units.length ?? 0,
    chosen.map(({ plan }) => plan.input),
  );
}

async function writeInput(
  file: string,
  { plan, units }: ChosenInput,
  images: ImageReader,
): Promise<string> {
  const handle = await open(file, 'w');
  const hash = createHash('sha256');
  let position = 0;
  let failure: unknown;
  try {
    await readSamples(plan, units, images, {
      async sample(_index, _unit, { data }) {
        hash.update(data);
        await writeFully(handle, data, position).catch((error: unknown) => {
          failure ??= error;
        });
        position += data.length;
      },
      unusable(unit, error) {
        failure ??= changed(unit.shown, messageOf(error), error);
      },
    });
    if (failure !== undefined) throw failure;
  } finally {
    await handle.close();
  }
  return hash.digest('hex');
}

function changed(what: string, why: string, cause?: unknown): ModelconvError {
  return new ModelconvError('E_CALIBRATION_INVALID', {
    what: `${what} changed while it was in use`,
    why,
    next: 'run again, and leave the data alone until it ends',
    cause,
  });
}

/** Write samples that are in memory. @returns the path of the spec, relative to `dir`. @throws system errors. */
export async function writeGenerated(
  dir: string,
  count: number,
  inputs: readonly SampleInput[],
): Promise<string> {
  await mkdir(path.join(dir, 'calibration'), { recursive: true });
  for (const [index, { data }] of inputs.entries())
    await writeFile(path.join(dir, dataFile(index)), data);
  return await writeSpec(dir, count, inputs);
}

/** The spec has the form of a run's (adapters/run-files.ts), without models. */
async function writeSpec(
  dir: string,
  count: number,
  inputs: readonly StaticInput[],
): Promise<string> {
  const spec = {
    count,
    inputs: inputs.map(({ name, dtype, shape }, index) => ({
      name,
      dtype,
      shape,
      file: dataFile(index),
    })),
  };
  await writeFile(path.join(dir, SPEC), JSON.stringify(spec));
  return SPEC;
}
