import { createHash } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import path from 'node:path';
import type { ImageReader } from '../calibration/image-file.js';
import type { InputPlan, Unit } from '../calibration/input-plan.js';
import type { InputDigest } from '../calibration/lint-input.js';
import { readSamples } from '../calibration/read-samples.js';
import { ModelconvError, messageOf } from '../errors.js';
import { writeFully } from '../host/files.js';
import type { SampleFiles } from '../tensor/samples.js';

/** Held on disk at once: large enough that starting the runtimes for each batch does not count. */
const MAX_BATCH_BYTES = 512 * 1024 * 1024;
/** Labels of a batch are held in memory. */
const MAX_LABELS = 8 * 1024 * 1024;
const MAX_SAMPLES = 16_384;

/** Samples of one batch. @param sampleBytes - of all inputs. @param labels - numbers of one sample. */
export function batchSize(sampleBytes: number, labels: number): number {
  const most = Math.min(
    MAX_SAMPLES,
    Math.floor(MAX_BATCH_BYTES / Math.max(1, sampleBytes)),
    Math.floor(MAX_LABELS / Math.max(1, labels)),
  );
  return Math.max(1, most);
}

/** One input with the samples that were chosen, and what they were when they were checked. */
export interface CheckedInput {
  readonly plan: InputPlan;
  readonly units: readonly Unit[];
  readonly digest: InputDigest;
}

/** The samples from `start` up to `end`. */
export interface Batch {
  readonly start: number;
  readonly end: number;
  readonly images: ImageReader;
  readonly signal: AbortSignal | undefined;
}

/**
 * Write samples below `eval/` in `dir`, one file for each input.
 *
 * @throws {@link ModelconvError} `E_EVAL_INVALID` when a file changed since it was checked; system errors of `dir`.
 */
export async function writeBatch(
  dir: string,
  inputs: readonly CheckedInput[],
  batch: Batch,
): Promise<SampleFiles> {
  await mkdir(path.join(dir, 'eval'), { recursive: true });
  const files = [];
  for (const [place, input] of inputs.entries()) {
    const file = `eval/${place}.bin`;
    await writeInput(path.join(dir, file), input, batch);
    const { name, dtype, shape } = input.plan.input;
    files.push({ name, dtype, shape, file });
  }
  return { count: batch.end - batch.start, inputs: files };
}

async function writeInput(
  file: string,
  { plan, units, digest }: CheckedInput,
  { start, end, images, signal }: Batch,
): Promise<void> {
  const handle = await open(file, 'w');
  let position = 0;
  // errors of a visitor are taken for those of the sample: they are thrown when reading is over
  const failures: unknown[] = [];
  try {
    await readSamples(plan, units.slice(start, end), images, {
      signal,
      async sample(index, unit, { data }) {
        const sha256 = createHash('sha256').update(data).digest('hex');
        if (sha256 !== digest.samples[start + index])
          failures.push(changed(unit.shown, 'its data is not what was checked'));
        await writeFully(handle, data, position).catch((error: unknown) => failures.push(error));
        position += data.length;
      },
      unusable: (unit, error) => failures.push(changed(unit.shown, messageOf(error))),
    });
  } finally {
    await handle.close();
  }
  if (failures.length > 0) throw failures[0];
}

/** The error of data that is no longer what was checked. */
export function changed(what: string, why: string): ModelconvError {
  return new ModelconvError('E_EVAL_INVALID', {
    what: `${what} changed while it was in use`,
    why,
    next: 'run again, and leave the data alone until it ends',
  });
}
