import { withArray } from './array-file.js';
import { type ArrayScaling, arrayScaling, checkArrayType, samplesInArray } from './array-values.js';
import type { FaultList } from './faults.js';
import { type ImageTarget, imageTarget } from './image-target.js';
import type { InputPreprocess, StaticInput } from './request.js';
import type { SourceFile } from './source-file.js';

/** One sample before it is read. */
export interface Unit {
  readonly file: SourceFile;
  /** Which one of the file, from 0. */
  readonly index: number;
  /** For people: the file, and which sample of it where it holds several. */
  readonly shown: string;
}

/** Where the samples of one input come from, and what is done to them. */
export interface InputPlan {
  readonly input: StaticInput;
  readonly preprocess: InputPreprocess;
  readonly isOnlyInput: boolean;
  readonly units: readonly Unit[];
  /** Files whose number of samples is not known, for they are at fault. */
  readonly unread: number;
  readonly source:
    | { readonly kind: 'images'; readonly target: ImageTarget }
    | { readonly kind: 'arrays'; readonly scaling: ArrayScaling | undefined };
}

/**
 * Find the samples of an input: the headers of its arrays are read, its images are not.
 *
 * @returns undefined when nothing can be read for it; the faults say why.
 */
export async function planInput(
  input: StaticInput,
  files: readonly SourceFile[],
  preprocess: InputPreprocess,
  isOnlyInput: boolean,
  faults: FaultList,
  warnings: string[],
): Promise<InputPlan | undefined> {
  const place = { path: `input ${input.name}` };
  const images = files.filter(({ kind }) => kind === 'image').length;
  if (images > 0 && images < files.length) {
    faults.add(
      place,
      `${images} of its ${files.length} files are images, the others are arrays: give one kind`,
    );
    return undefined;
  }
  try {
    const base = { input, preprocess, isOnlyInput };
    if (images > 0) {
      const target = imageTarget(input, preprocess);
      const units = files.map((file) => ({ file, index: 0, shown: file.shown }));
      return { ...base, units, unread: 0, source: { kind: 'images', target } };
    }
    const scaling = arrayScaling(input, preprocess);
    const found = await unitsOfArrays(base, files, scaling !== undefined, faults, warnings);
    return { ...base, ...found, source: { kind: 'arrays', scaling } };
  } catch (error) {
    faults.addError(place, error);
    return undefined;
  }
}

async function unitsOfArrays(
  { input, isOnlyInput }: Pick<InputPlan, 'input' | 'isOnlyInput'>,
  files: readonly SourceFile[],
  isScaled: boolean,
  faults: FaultList,
  warnings: string[],
): Promise<Pick<InputPlan, 'units' | 'unread'>> {
  const units: Unit[] = [];
  let unread = 0;
  for (const file of files) {
    try {
      const { count, others } = await withArray(file, input.name, isOnlyInput, async (array) => {
        checkArrayType(array.dtype, input, isScaled);
        return { count: samplesInArray(array.shape, input), others: array.others };
      });
      if (isOnlyInput && others.length > 0)
        warnings.push(
          `arrays that are not inputs are not read: ${others.join(', ')} in ${file.shown}`,
        );
      for (let index = 0; index < count; index++)
        units.push({
          file,
          index,
          shown: count === 1 ? file.shown : `sample ${index + 1} of ${file.shown}`,
        });
    } catch (error) {
      unread++;
      faults.addError({ path: file.shown }, error);
    }
  }
  return { units, unread };
}

/** The samples that are used: at most so many, spread evenly, the first one among them. */
export function chooseEvenly(units: readonly Unit[], limit: number): readonly Unit[] {
  if (units.length <= limit) return units;
  return Array.from(
    { length: limit },
    (_, i) => units[Math.floor((i * units.length) / limit)],
  ).filter((unit) => unit !== undefined);
}
