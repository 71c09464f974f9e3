import { ModelconvError, messageOf } from '../errors.js';
import type { ModelTensor } from '../schema/generated/types.js';
import { generateSamples } from '../tensor/generate.js';
import type { SampleSet } from '../tensor/samples.js';
import { digestGenerated, digestInputs } from './digest.js';
import { FaultList } from './faults.js';
import { findSourceFiles } from './find-files.js';
import { ImageReader } from './image-file.js';
import { chooseEvenly, type InputPlan, planInput, type Unit } from './input-plan.js';
import { findDuplicates, lintInput } from './lint-input.js';
import type { CalibrationRequest, StaticInput } from './request.js';
import { checkRequest } from './request-lint.js';
import { appliedTo, summarize } from './summary.js';
import { type ChosenInput, writeGenerated, writeSamples } from './write.js';

/** Calibration data that was checked and can be written for a vendor's tool. */
export interface CalibrationSet {
  /** Over names, types, shapes, preprocessing and the prepared samples in their order; not over paths or times. */
  readonly sha256: string;
  readonly count: number;
  readonly kind: 'images' | 'arrays' | 'generated';
  readonly synthetic: boolean;
  /** Absolute paths of all files that are read. */
  readonly files: readonly string[];
  readonly inputs: readonly StaticInput[];
  /** For people: what is not wrong, but may not be meant. */
  readonly warnings: readonly string[];
  /** One line for people. */
  readonly summary: string;
  /**
   * Write `calibration/spec.json` (`{count, inputs: [{name, dtype, shape, file}]}`, paths relative to
   * `dir`) and `calibration/<n>.bin` (raw little-endian, all samples one after the other).
   *
   * @returns the path of the spec, relative to `dir`.
   * @throws ModelconvError `E_CALIBRATION_INVALID` when a file changed since it was checked; system errors of `dir`.
   */
  write(dir: string): Promise<string>;
}

const LEAST_SAMPLES = 8;
/** Held when no limit is given: vendors' tools keep all samples in memory. */
const MOST_SAMPLES = 1000;

/**
 * Read, preprocess and check calibration data. One sample is held at a time; every file that is used
 * is read once.
 *
 * @throws ModelconvError `E_INPUT` when the path cannot be read; `E_CALIBRATION_INVALID` with all
 *   faults of the set, the first 50 listed: nothing is ever left out silently.
 */
export async function loadCalibration(request: CalibrationRequest): Promise<CalibrationSet> {
  const faults = new FaultList();
  const warnings: string[] = [];
  const inputs = checkRequest(request, faults);
  const found = await findSourceFiles(request, inputs, faults, warnings);
  const plans: InputPlan[] = [];
  for (const input of inputs) {
    const files = found.byInput.get(input.name) ?? [];
    const preprocess = request.preprocess[input.name] ?? {};
    const plan = await planInput(input, files, preprocess, inputs.length === 1, faults, warnings);
    if (plan !== undefined) plans.push(plan);
  }
  checkCounts(request, plans, faults);
  const images = new ImageReader();
  const chosen: ChosenInput[] = [];
  for (const plan of plans) {
    const units = chooseEvenly(plan.units, request.limit ?? MOST_SAMPLES);
    chosen.push({ plan, units, digest: await lintInput(plan, units, images, faults, warnings) });
  }
  findDuplicates(chosen, faults);
  faults.throwIfAny(request.path);
  const count = chosen[0]?.units.length ?? 0;
  const available = chosen[0]?.plan.units.length ?? 0;
  if (available > count && request.limit === undefined)
    warnings.push(
      `${count} of ${available} samples are used, spread evenly over the set; set the number to use more`,
    );
  return {
    sha256: digestInputs(
      count,
      chosen.map(({ plan, digest }) => ({
        ...plan.input,
        preprocessing: appliedTo(plan),
        sha256: digest.sha256,
      })),
    ),
    count,
    kind: plans.some(({ source }) => source.kind === 'images') ? 'images' : 'arrays',
    synthetic: false,
    files: filesOf(found.lists, chosen),
    inputs,
    warnings,
    summary: summarize(count, available, plans),
    write: async (dir) => await writeSamples(dir, request.path, chosen),
  };
}

function filesOf(
  lists: readonly string[],
  chosen: readonly { readonly units: readonly Unit[] }[],
): string[] {
  const files = chosen.flatMap(({ units }) => units.map(({ file }) => file.path));
  return [...new Set([...lists, ...files])];
}

/** Too few samples, or not the same number for every input. */
function checkCounts(
  { path, leastSamples = LEAST_SAMPLES, limit }: CalibrationRequest,
  plans: readonly InputPlan[],
  faults: FaultList,
): void {
  const counts = plans.map(({ units }) => units.length);
  // a file at fault may hold any number of samples: its own fault is told, not what follows from it
  if (plans.length === 0 || plans.some(({ unread }) => unread > 0)) return;
  if (new Set(counts).size > 1)
    faults.add(
      { path },
      `the inputs have different numbers of samples: ${plans.map(({ input, units }) => `${input.name} ${units.length}`).join(', ')}`,
    );
  const least = Math.min(leastSamples, limit ?? leastSamples);
  const found = Math.min(...counts);
  if (found < least)
    faults.add(
      { path },
      `it holds ${found} ${found === 1 ? 'sample' : 'samples'}, at least ${least} are needed to measure value ranges`,
    );
}

/**
 * Made-up calibration data, the same for the same seed on every machine. Ranges measured on it are
 * not those of real data: the set says that it is synthetic.
 *
 * @param indexLimits - rows of the table by input name, for integer inputs that are indices.
 * @throws ModelconvError `E_CALIBRATION_INVALID` when an input cannot be made up.
 */
export function syntheticCalibration(
  inputs: readonly ModelTensor[],
  indexLimits: ReadonlyMap<string, number>,
  seed: number,
  count: number,
): CalibrationSet {
  const samples = generate(inputs, indexLimits, seed, count);
  return {
    sha256: digestGenerated(count, samples.inputs),
    count,
    kind: 'generated',
    synthetic: true,
    files: [],
    inputs: samples.inputs.map(({ name, dtype, shape }) => ({ name, dtype, shape })),
    warnings: [
      'the calibration data is generated: value ranges, and so the accuracy, are not those of real data',
    ],
    summary: `${count} generated samples, seed ${seed}`,
    write: async (dir) => await writeGenerated(dir, count, samples.inputs),
  };
}

function generate(
  inputs: readonly ModelTensor[],
  indexLimits: ReadonlyMap<string, number>,
  seed: number,
  count: number,
): SampleSet {
  try {
    return generateSamples(inputs, indexLimits, seed, count);
  } catch (error) {
    if (!(error instanceof ModelconvError)) throw error;
    throw new ModelconvError('E_CALIBRATION_INVALID', {
      what: 'no calibration data can be generated',
      why: `${messageOf(error)}: ${error.why ?? ''}`,
      next: 'give calibration data of your own: arrays (.npy) for each input',
      cause: error,
    });
  }
}
