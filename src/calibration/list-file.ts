import { stat } from 'node:fs/promises';
import path from 'node:path';
import { readSmallText } from '../host/files.js';
import type { FaultList, Place } from './faults.js';
import type { StaticInput } from './request.js';
import { emptyFiles, type FilesByInput, kindOf, NOT_DATA } from './source-file.js';

/** Room for a hundred thousand paths. */
const MAX_LIST_BYTES = 32 * 1024 * 1024;

/** One path of a list, and the inputs that it is for. */
interface Word {
  readonly inputs: readonly StaticInput[];
  readonly file: string;
}

/**
 * Read a list of files: one sample or file of samples a line, relative to the list. Blank lines and
 * lines that start with `#` are passed over. With several inputs a line holds `name=path` for each,
 * in any order, or one .npz that holds them all.
 *
 * @throws ModelconvError `E_INPUT` or `E_CALIBRATION_INVALID` when the list itself cannot be read.
 */
export async function readListFile(
  list: string,
  inputs: readonly StaticInput[],
  faults: FaultList,
): Promise<FilesByInput> {
  const text = await readSmallText(list, MAX_LIST_BYTES, 'E_CALIBRATION_INVALID');
  const byInput = emptyFiles(inputs);
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const place = { path: list, line: index + 1 };
    const words = inputs.length === 1 ? oneWord(line, inputs) : wordsOf(line, inputs);
    if (words === undefined) {
      faults.add(place, `it does not give one path for each input: write ${example(inputs)}`);
      continue;
    }
    for (const word of words) {
      const fault = await addWord(byInput, place, word);
      if (fault !== undefined) faults.add(place, fault);
    }
  }
  return byInput;
}

function example(inputs: readonly StaticInput[]): string {
  return inputs.map(({ name }) => `${name}=PATH`).join(' ');
}

/** With one input the whole line is the path, which may hold spaces. */
function oneWord(line: string, inputs: readonly StaticInput[]): Word[] {
  const prefix = `${inputs[0]?.name}=`;
  return [{ inputs, file: line.startsWith(prefix) ? line.slice(prefix.length).trim() : line }];
}

/** The words of a line, each from one `name=` to the next; undefined when an input is missing, or there twice. */
function wordsOf(line: string, inputs: readonly StaticInput[]): Word[] | undefined {
  const starts = inputs
    .flatMap((input) => namePositions(line, input.name).map((at) => ({ input, at })))
    .sort((a, b) => a.at - b.at);
  if (starts.length === 0) return kindOf(line) === 'npz' ? [{ inputs, file: line }] : undefined;
  const isComplete =
    starts.length === inputs.length &&
    new Set(starts.map(({ input }) => input)).size === starts.length;
  if (!isComplete || starts[0]?.at !== 0) return undefined;
  return starts.map(({ input, at }, i) => ({
    inputs: [input],
    file: line.slice(at + input.name.length + 1, starts[i + 1]?.at).trim(),
  }));
}

/** Where `name=` stands in a line, at its start or behind a space. */
function namePositions(line: string, name: string): number[] {
  const found: number[] = [];
  for (let at = line.indexOf(`${name}=`); at >= 0; at = line.indexOf(`${name}=`, at + 1))
    if (at === 0 || /\s/.test(line[at - 1] ?? '')) found.push(at);
  return found;
}

/** Add one path; returns what is wrong with it. */
async function addWord(
  byInput: FilesByInput,
  place: Place,
  { inputs, file }: Word,
): Promise<string | undefined> {
  const kind = kindOf(file);
  if (kind === undefined) return `${file}: ${NOT_DATA}`;
  const shown = path.isAbsolute(file) ? file : path.join(path.dirname(place.path), file);
  const found = await stat(shown).catch(() => undefined);
  if (found === undefined) return `${file} is not there; paths are relative to the list`;
  if (!found.isFile()) return `${file} is not a file`;
  for (const { name } of inputs)
    byInput.get(name)?.push({ path: path.resolve(shown), shown, kind, listed: place });
  return undefined;
}
