import path from 'node:path';
import type { FaultList } from '../calibration/faults.js';
import { entriesOf, type Found } from '../calibration/find-files.js';
import { kindOf, type SourceFile } from '../calibration/source-file.js';
import { readSmallText } from '../host/files.js';
import { EVALUATION } from './request.js';

/** Names the classes in their order, one a line. */
export const LABELS_FILE = 'labels.txt';
const MAX_LABELS_BYTES = 4 * 1024 * 1024;

/** The files of a directory of classes. */
export interface ClassFiles {
  readonly files: readonly SourceFile[];
  /** Index of the class of each file. */
  readonly classOf: ReadonlyMap<SourceFile, number>;
  /** Names by index. */
  readonly names: readonly string[];
  /** Whether labels.txt gives the order: then it may name classes that the set has no samples of. */
  readonly isListed: boolean;
  /** Absolute path of labels.txt, where there is one. */
  readonly lists: readonly string[];
}

/**
 * Find the files of a directory that holds a directory for each class. Without labels.txt the index of
 * a class is the place of its name in the order of code units, as torchvision and Keras sort them.
 *
 * @throws ModelconvError `E_INPUT`, `E_EVAL_INVALID` (labels.txt that cannot be read).
 */
export async function findClassFiles(
  location: string,
  faults: FaultList,
  warnings: string[],
): Promise<ClassFiles> {
  const entries = await entriesOf(location, warnings, EVALUATION.noun);
  const directories = entries.filter(({ isDirectory }) => isDirectory);
  const list = entries.find(({ name, isDirectory }) => name === LABELS_FILE && !isDirectory);
  for (const { shown, isDirectory } of entries)
    if (!isDirectory && shown !== list?.shown)
      faults.add({ path: shown }, 'it lies in no directory of a class, so it has no label');
  const found = directories.map(({ name }) => name);
  const names =
    list === undefined ? sortedNames(location, found, faults) : await listed(list.shown);
  if (directories.length === 0)
    faults.add({ path: location }, 'it holds no directory of a class, so there are no labels');
  if (list !== undefined) checkList(list.shown, names, found, faults, warnings);
  const classOf = new Map<SourceFile, number>();
  for (const directory of directories) {
    const index = names.indexOf(directory.name);
    const files = await filesOf(directory, faults, warnings);
    if (index >= 0) for (const file of files) classOf.set(file, index);
  }
  const files = [...classOf.keys()];
  const lists = list === undefined ? [] : [path.resolve(list.shown)];
  return { files, classOf, names, isListed: list !== undefined, lists };
}

/** `10` stands before `2` in the order of text: whoever counted on numbers would be scored on other classes. */
function sortedNames(location: string, names: readonly string[], faults: FaultList): string[] {
  const areNumbers = names.length > 0 && names.every((name) => /^\d+$/.test(name));
  const byNumber = [...names].sort((a, b) => Number(a) - Number(b));
  if (areNumbers && byNumber.join('/') !== names.join('/'))
    faults.add(
      { path: location },
      `its classes are numbers, whose order as text is another one (${names.slice(0, 3).join(', ')}): name them in their order in ${LABELS_FILE}, one a line`,
    );
  return [...names];
}

async function listed(file: string): Promise<string[]> {
  const text = await readSmallText(file, MAX_LABELS_BYTES, EVALUATION.code);
  const lines = text.split('\n').map((line) => line.trim());
  // a blank line within would move every class after it
  while (lines.at(-1) === '') lines.pop();
  return lines;
}

function checkList(
  file: string,
  names: readonly string[],
  found: readonly string[],
  faults: FaultList,
  warnings: string[],
): void {
  for (const [at, name] of names.entries()) {
    const place = { path: file, line: at + 1 };
    if (name === '') faults.add(place, 'it names no class: each line is a class');
    else if (names.indexOf(name) < at)
      faults.add(place, `class ${name} is named in line ${names.indexOf(name) + 1} already`);
  }
  for (const name of found)
    if (!names.includes(name))
      faults.add({ path: file }, `it does not name the class of the directory ${name}`);
  const missing = names.filter((name) => name !== '' && !found.includes(name));
  if (missing.length > 0)
    warnings.push(
      `${missing.length} of ${names.length} classes have no samples: ${missing.slice(0, 5).join(', ')}${missing.length > 5 ? ', …' : ''}`,
    );
}

async function filesOf(
  directory: Found,
  faults: FaultList,
  warnings: string[],
): Promise<SourceFile[]> {
  const entries = await entriesOf(directory.shown, warnings, EVALUATION.noun);
  if (entries.length === 0)
    faults.add({ path: directory.shown }, 'it is empty: a class needs samples');
  return entries.flatMap(({ shown, isDirectory }) => {
    const kind = isDirectory ? undefined : kindOf(shown);
    if (kind === 'image' || kind === 'npy') return [{ path: path.resolve(shown), shown, kind }];
    faults.add(
      { path: shown },
      isDirectory
        ? 'it is a directory within a class, and is not searched'
        : 'it is not a file that is read here (.png, .jpg, .npy)',
    );
    return [];
  });
}
