import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { FaultList } from '../calibration/faults.js';
import type { StaticInput } from '../calibration/request.js';
import { checkRequest } from '../calibration/request-lint.js';
import type { SourceFile } from '../calibration/source-file.js';
import { ModelconvError, messageOf } from '../errors.js';
import type { Dtype, ModelTensor } from '../schema/generated/types.js';
import { concreteShape } from '../tensor/generate.js';
import { openLabelled, withArraySizes } from './archive.js';
import { chooseOutput, type ScoredOutput } from './choose-output.js';
import { type ClassFiles, findClassFiles, LABELS_FILE } from './class-directory.js';
import { EVALUATION, type EvaluationRequest } from './request.js';

/** An array of labels before it is read. */
export interface LabelArray {
  readonly file: SourceFile;
  /** Its name in the archive. */
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

/** What there is, before any sample is read. */
export interface FoundData {
  /** With every size filled in. */
  readonly inputs: readonly StaticInput[];
  /** Files of each input: all are read for all. */
  readonly files: readonly SourceFile[];
  /** Absolute paths of files that say something about the others. */
  readonly lists: readonly string[];
  readonly scored: ScoredOutput;
  readonly labels: LabelArray | ClassFiles;
}

/**
 * Find samples and labels, and the output that they are for.
 *
 * @throws ModelconvError `E_INPUT`, `E_USAGE` (the output), `E_EVAL_INVALID`.
 */
export async function findData(
  request: EvaluationRequest,
  faults: FaultList,
  warnings: string[],
): Promise<FoundData> {
  const { path: location } = request;
  const found = await stat(location).catch((error: unknown) => {
    throw new ModelconvError('E_INPUT', {
      what: `${EVALUATION.noun} ${location} cannot be read`,
      why: messageOf(error),
      next: 'check the path; relative paths start at the current directory',
      cause: error,
    });
  });
  if (found.isDirectory()) return await findDirectories(request, faults, warnings);
  if (path.extname(location).toLowerCase() === '.npz') return await findArrays(request, faults);
  faults.add({ path: location }, WHAT_IS_READ);
  return faults.throwAll(location);
}

const WHAT_IS_READ =
  'evaluation data is a .npz with an array for each input and one named labels, or a directory with a directory for each class';

async function findDirectories(
  request: EvaluationRequest,
  faults: FaultList,
  warnings: string[],
): Promise<FoundData> {
  const { path: location, inputs, outputs, output } = request;
  if (inputs.length > 1)
    faults.add(
      { path: location },
      `directories of classes are for one input, the model has ${inputs.length}: give a .npz with an array for each and one named labels`,
    );
  const classes = await findClassFiles(location, faults, warnings);
  faults.throwIfAny(location);
  const scored = chooseOutput(outputs, output, true);
  checkClasses(location, classes, scored, faults);
  const sized = inputs.map((input) =>
    input.shape === undefined ? input : { ...input, shape: concreteShape(input.shape) },
  );
  const { files, lists } = classes;
  return { inputs: staticInputs(request, sized, faults), files, lists, scored, labels: classes };
}

/** Whether the directories stand for the classes of the output: without a list they have to be all of them. */
function checkClasses(
  location: string,
  { names, isListed }: ClassFiles,
  { output, task, classes }: ScoredOutput,
  faults: FaultList,
): void {
  if (task === 'regression')
    faults.add(
      { path: location },
      `directories are classes, and output ${output.name} [${output.shape?.join(', ') ?? '?'}] holds no scores of classes: give a .npz with an array named labels`,
    );
  else if (classes !== undefined && names.length !== classes)
    faults.add(
      { path: location },
      `${isListed ? `${LABELS_FILE} names` : 'it holds'} ${names.length} classes, output ${output.name} has ${classes}${isListed || names.length > classes ? '' : `: name all of them in their order in ${LABELS_FILE}, one a line`}`,
    );
}

async function findArrays(request: EvaluationRequest, faults: FaultList): Promise<FoundData> {
  const { path: location, inputs, outputs, output } = request;
  const place = { path: location };
  const archive = await openLabelled(location, inputs).catch((error: unknown) => {
    faults.addError(place, error);
    return faults.throwAll(location);
  });
  const { file, labels, names } = archive;
  if (labels === undefined) {
    const held = names.length === 0 ? 'no array' : names.join(', ');
    faults.add(place, `it holds no array named labels (or y), but ${held}`);
    return faults.throwAll(location);
  }
  const isOnly = inputs.length === 1;
  const sized: ModelTensor[] = [];
  for (const input of inputs)
    sized.push(
      await withArraySizes(file, input, isOnly).catch((error: unknown) => {
        faults.addError(place, error);
        return input;
      }),
    );
  faults.throwIfAny(location);
  const array = { file, ...labels };
  const scored = chooseOutput(outputs, output, areClasses(array));
  checkKind(array, scored, faults);
  return {
    inputs: staticInputs(request, sized, faults),
    files: [file],
    lists: [],
    scored,
    labels: array,
  };
}

/** One whole number for each sample. */
function areClasses({ dtype, shape }: LabelArray): boolean {
  return isWhole(dtype) && shape.length >= 1 && shape.slice(1).every((size) => size === 1);
}

function isWhole(dtype: Dtype): boolean {
  return dtype === 'bool' || /^u?int/.test(dtype);
}

/** Labels that are meant for something else than they would be scored as. */
function checkKind(
  { file, name, dtype, shape }: LabelArray,
  { task }: ScoredOutput,
  faults: FaultList,
): void {
  const place = { path: file.shown };
  const shown = `${name} holds ${dtype} of shape [${shape.join(', ')}]`;
  if (shape.length === 0) faults.add(place, `${shown}: its first axis must run over the samples`);
  else if (task === 'regression' && isWhole(dtype) && shape.length > 1 && shape.at(-1) !== 1)
    faults.add(
      place,
      `${shown}: of classes give one index for each sample (array.argmax(axis=-1)), of numbers give float32`,
    );
}

function staticInputs(
  { path: location, preprocess, limit }: EvaluationRequest,
  inputs: readonly ModelTensor[],
  faults: FaultList,
): StaticInput[] {
  const found = checkRequest({ path: location, inputs, preprocess, limit }, faults);
  faults.throwIfAny(location);
  return found;
}
