import path from 'node:path';
import { type OpenArray, withArray } from '../calibration/array-file.js';
import { openNpz } from '../calibration/npz.js';
import type { SourceFile } from '../calibration/source-file.js';
import { withInput } from '../host/files.js';
import type { ModelTensor } from '../schema/generated/types.js';

/** Names of the array of labels, the first one that is there and is no input. */
const LABEL_NAMES: readonly string[] = ['labels', 'y'];

/** An archive with the arrays of the inputs and of the labels. */
export interface LabelledArchive {
  readonly file: SourceFile;
  /** Name, type and shape of the array of labels; undefined when there is none. */
  readonly labels: (Pick<OpenArray, 'dtype' | 'shape'> & { readonly name: string }) | undefined;
  /** For people: what is there, where there are no labels. */
  readonly names: readonly string[];
}

/**
 * Find the labels of an archive.
 *
 * @throws ModelconvError `E_INPUT` or `E_CALIBRATION_INVALID` when it is damaged.
 */
export async function openLabelled(
  location: string,
  inputs: readonly ModelTensor[],
): Promise<LabelledArchive> {
  const base = { path: path.resolve(location), shown: location, kind: 'npz' } as const;
  // what is not a regular file is refused before anything reads it
  const names = await withInput(base.path, async () => {
    const archive = await openNpz(base.path);
    archive.close();
    return archive.names;
  });
  const label = LABEL_NAMES.find(
    (name) => names.includes(name) && !inputs.some((input) => input.name === name),
  );
  if (label === undefined) return { file: base, labels: undefined, names };
  const labels = await withArray(base, label, false, async ({ dtype, shape }) => ({
    name: label,
    dtype,
    shape,
  }));
  return { file: { ...base, labels: label }, labels, names };
}

/**
 * Inputs with their open sizes filled in from the arrays of an archive: a batch of 1 where it is open.
 *
 * @throws ModelconvError as `withArray` does.
 */
export async function withArraySizes(
  file: SourceFile,
  input: ModelTensor,
  isOnlyInput: boolean,
): Promise<ModelTensor> {
  const { shape } = input;
  if (shape === undefined || shape.every((size) => typeof size === 'number')) return input;
  const found = await withArray(file, input.name, isOnlyInput, async (array) => array.shape);
  // an array of whole inputs has one axis more; else the first axis runs over samples of one row
  const isWhole = found.length === shape.length + 1;
  const sizes = isWhole ? found.slice(1) : [1, ...found.slice(1)];
  return {
    ...input,
    shape: shape.map((size, axis) => (typeof size === 'number' ? size : (sizes[axis] ?? 1))),
  };
}
