import { createHash } from 'node:crypto';
import type { PreparedSample } from './array-values.js';
import type { FaultList } from './faults.js';
import type { ImageReader } from './image-file.js';
import type { InputPlan, Unit } from './input-plan.js';
import { checkDeclaredMean, RangeLint } from './range-lint.js';
import { readSamples } from './read-samples.js';

/** What one pass over the samples of an input tells. */
export interface InputDigest {
  /** SHA-256 of all prepared samples, one after the other. */
  readonly sha256: string;
  /** SHA-256 of each sample; undefined for those that cannot be used. */
  readonly samples: readonly (string | undefined)[];
}

/** What looks at every sample, and in the end at the set. */
export interface SampleLint {
  /** @throws ModelconvError `E_CALIBRATION_INVALID` for a sample that cannot be used. */
  add(unit: Unit, sample: PreparedSample): void;
  finish(faults: FaultList, warnings: string[]): void;
}

export interface LintOptions {
  /** Without it samples are looked at as calibration data. */
  readonly lint?: SampleLint | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Read the chosen samples of an input once: every fault is added, and the digests are taken on the way. */
export async function lintInput(
  plan: InputPlan,
  units: readonly Unit[],
  images: ImageReader,
  faults: FaultList,
  warnings: string[],
  { lint = new RangeLint(plan), signal }: LintOptions = {},
): Promise<InputDigest> {
  const place = { path: `input ${plan.input.name}` };
  if (plan.source.kind === 'images')
    checkDeclaredMean(plan.source.target, (why) => faults.add(place, why));
  const all = createHash('sha256');
  const samples: (string | undefined)[] = units.map(() => undefined);
  await readSamples(plan, units, images, {
    signal,
    async sample(index, unit, sample) {
      lint.add(unit, sample);
      all.update(sample.data);
      samples[index] = createHash('sha256').update(sample.data).digest('hex');
    },
    unusable: (unit, error) => faults.addError({ path: unit.file.shown }, error),
  });
  lint.finish(faults, warnings);
  return { sha256: all.digest('hex'), samples };
}

/** Samples that are the same in all inputs: each one names the first of its kind. */
export function findDuplicates(
  inputs: readonly { readonly units: readonly Unit[]; readonly digest: InputDigest }[],
  faults: FaultList,
): void {
  const [first] = inputs;
  if (first === undefined) return;
  const seen = new Map<string, Unit>();
  for (const [index, unit] of first.units.entries()) {
    const parts = inputs.map(({ digest }) => digest.samples[index]);
    if (parts.includes(undefined)) continue;
    const key = parts.join();
    const other = seen.get(key);
    if (other === undefined) seen.set(key, unit);
    else faults.add(unit.file.listed ?? { path: unit.file.shown }, sameData(unit, other));
  }
}

/** What is said of a sample that repeats another, in a list by the lines that name them. */
function sameData(unit: Unit, other: Unit): string {
  const line = other.file.listed?.line;
  const where = line === undefined ? '' : ` (line ${line})`;
  if (unit.file.listed !== undefined && unit.shown === other.shown)
    return `it names ${unit.shown} again${where}`;
  const isPlace =
    unit.file.listed === undefined &&
    (unit.shown === unit.file.shown || unit.shown === other.shown);
  return `${isPlace ? 'it' : unit.shown} holds the same data as ${other.shown}${where}`;
}
