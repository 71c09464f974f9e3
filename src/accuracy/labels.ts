import { createHash } from 'node:crypto';
import type { PreparedSample } from '../calibration/array-values.js';
import type { FaultList, Place } from '../calibration/faults.js';
import type { ImageReader } from '../calibration/image-file.js';
import { chooseEvenly, type InputPlan, planInput, type Unit } from '../calibration/input-plan.js';
import { lintInput, type SampleLint } from '../calibration/lint-input.js';
import { requireFinite } from '../calibration/range-lint.js';
import { readSamples } from '../calibration/read-samples.js';
import type { StaticInput } from '../calibration/request.js';
import { messageOf } from '../errors.js';
import { changed } from './batch.js';
import type { ScoredOutput } from './choose-output.js';
import type { ClassFiles } from './class-directory.js';
import type { LabelArray } from './find-data.js';

/** The labels of the samples that were chosen. */
export interface Labels {
  /** Numbers that one sample has. */
  readonly perSample: number;
  readonly sha256: string;
  /** Labels of the samples from `start` up to `end`, one array for each. @throws ModelconvError `E_EVAL_INVALID`. */
  read(start: number, end: number): Promise<Float64Array[]>;
}

/** The samples that labels are for. */
export interface Labelled {
  /** All that there are, and those of them that are used. */
  readonly available: number;
  readonly units: readonly Unit[];
  readonly input: StaticInput;
  readonly limit: number;
}

/** What data is read with. */
export interface Reading {
  readonly images: ImageReader;
  readonly faults: FaultList;
  readonly signal: AbortSignal | undefined;
}

/** Labels from the directories that the samples lie in; a sample of several rows has the same for all. */
export function directoryLabels({ classOf }: ClassFiles, { units, input }: Labelled): Labels {
  const rows = input.shape[0] ?? 1;
  const classes = units.map(({ file }) => classOf.get(file) ?? 0);
  return {
    perSample: rows,
    sha256: createHash('sha256').update(classes.join()).digest('hex'),
    read: async (start, end) =>
      classes.slice(start, end).map((index) => new Float64Array(rows).fill(index)),
  };
}

/**
 * Check the labels of an array: there is one for each sample, and each can be.
 *
 * @returns undefined when they cannot be used; the faults say why.
 */
export async function arrayLabels(
  array: LabelArray,
  labelled: Labelled,
  scored: ScoredOutput,
  { images, faults, signal }: Reading,
): Promise<Labels | undefined> {
  const place = { path: array.file.shown };
  const shape = labelShape(array, labelled, scored, place, faults);
  if (shape === undefined) return undefined;
  const input = { name: array.name, dtype: array.dtype, shape };
  // within its own archive the array of labels is read by its name, like any other
  const plan = await planInput(input, [array.file], {}, false, faults, []);
  if (plan === undefined) return undefined;
  const units = chooseEvenly(plan.units, labelled.limit);
  const lint = scored.task === 'classification' ? new ClassLint(place, scored) : FINITE_LINT;
  const digest = await lintInput(plan, units, images, faults, [], { lint, signal });
  return {
    perSample: shape.reduce((product, size) => product * size, 1),
    sha256: digest.sha256,
    read: async (start, end) => await readLabels(plan, units.slice(start, end), images),
  };
}

/** Shape of the labels of one sample, as an input would have it. */
function labelShape(
  { name, dtype, shape }: LabelArray,
  { available, input }: Labelled,
  { task, output }: ScoredOutput,
  place: Place,
  faults: FaultList,
): number[] | undefined {
  const [rows = 0, ...rest] = shape;
  const batch = rows / available;
  // one label for each sample, or for each row of its batch
  if (batch !== 1 && batch !== input.shape[0]) {
    faults.add(
      place,
      `${name} has ${rows} labels for ${available} samples${input.shape[0] === 1 ? '' : ` of ${input.shape[0]} rows`}`,
    );
    return undefined;
  }
  const found = [batch, ...rest];
  const wanted = output.shape;
  const isFixed = wanted?.slice(1).every((size) => typeof size === 'number') ?? false;
  const elements = (sizes: readonly (number | string)[]): number =>
    sizes.reduce<number>((product, size) => product * Number(size), 1);
  if (task === 'classification' || wanted === undefined || !isFixed) return found;
  if (elements(rest) === elements(wanted.slice(1))) return found;
  faults.add(
    place,
    `${name} has shape [${shape.join(', ')}], output ${output.name} gives [${wanted.join(', ')}]${shape.length === 1 && dtype.startsWith('float') ? `; of classes give whole numbers (array.astype('int64')), they are ${dtype}` : ''}`,
  );
  return undefined;
}

async function readLabels(
  plan: InputPlan,
  units: readonly Unit[],
  images: ImageReader,
): Promise<Float64Array[]> {
  const found: Float64Array[] = [];
  const failures: unknown[] = [];
  await readSamples(plan, units, images, {
    async sample(_index, _unit, { values }) {
      found.push(values);
    },
    unusable: (unit, error) => failures.push(changed(unit.shown, messageOf(error))),
  });
  if (failures.length > 0) throw failures[0];
  return found;
}

/** Looks at labels that are numbers of classes. */
class ClassLint implements SampleLint {
  readonly #place: Place;
  readonly #scored: ScoredOutput;
  #least = Infinity;
  #greatest = -Infinity;
  #outside = 0;
  #first = '';

  constructor(place: Place, scored: ScoredOutput) {
    this.#place = place;
    this.#scored = scored;
  }

  add(unit: Unit, { values }: PreparedSample): void {
    const { classes = Infinity } = this.#scored;
    for (const value of values) {
      this.#least = Math.min(this.#least, value);
      this.#greatest = Math.max(this.#greatest, value);
      if (value >= 0 && value < classes) continue;
      if (this.#outside++ === 0) this.#first = `the first is ${value}, of ${unit.shown}`;
    }
  }

  finish(faults: FaultList): void {
    if (this.#outside === 0) return;
    const { classes, output } = this.#scored;
    const range = classes === undefined ? 'they count from 0' : `0 to ${classes - 1}`;
    const isShifted = this.#least === 1 && this.#greatest === classes;
    faults.add(
      this.#place,
      `${this.#outside} labels are no class of output ${output.name} (${range}): ${this.#first}${isShifted ? '; they count from 1, and have to count from 0' : ''}`,
    );
  }
}

/** Looks at values that may be any number. */
export const FINITE_LINT: SampleLint = {
  add: (unit, { values }) => requireFinite(unit, values),
  finish: () => {},
};
