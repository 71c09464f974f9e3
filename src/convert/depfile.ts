import path from 'node:path';
import { ModelconvError } from '../errors.js';
import { exists, readSmallText, writeFully } from '../host/files.js';
import { checkOutput, writeAtomically } from '../host/outputs.js';
import type { CheckedRequest } from '../request/checked-request.js';
import { probeModel } from '../source/probe.js';
import { filesOfIngredients, gatherData, type Ingredients } from './ingredients.js';

/** What an output is made from. */
export interface DepfileRule {
  readonly output: string;
  readonly prerequisites: readonly string[];
}

// Tried with GNU make 4.3 and ninja 1.11, every printable character in turn: these are misread by one of
// them in every spelling that the other one takes. A backslash counts for something else before some
// characters, and NAME(NAME) is to make a member of an archive.
const NO_PREREQUISITE = /["&'*;<=>?^`|\\\u0000-\u001f\u007f]|.\(.*\)$/;
const NO_TARGET = /[%;=|\\\u0000-\u001f\u007f]|.\(.*\)$/;

/**
 * What a conversion depends on. A directory of data stands for the files that come and go in it, unless an
 * output is written into it, which changes its time, too.
 */
export function ruleOf(
  output: string,
  ingredients: Ingredients,
  written: readonly string[],
): DepfileRule {
  const places = new Set(written.map((file) => path.dirname(path.resolve(file))));
  const own = new Set(written.map((file) => path.resolve(file)));
  const directories = ingredients.directories.filter((place) => !places.has(path.resolve(place)));
  return {
    output,
    prerequisites: [...filesOfIngredients(ingredients), ...directories].filter(
      (file) => !own.has(path.resolve(file)),
    ),
  };
}

/**
 * The rules in the syntax that GNU make and ninja both read, with an empty rule for each prerequisite, as
 * `gcc -MP` writes them: without it make could not go on once one is removed.
 *
 * @returns `unnamed`: prerequisites that cannot be named in it.
 */
export function depfileText(rules: readonly DepfileRule[]): {
  readonly text: string;
  readonly unnamed: readonly string[];
} {
  const all = [...new Set(rules.flatMap(({ prerequisites }) => prerequisites))];
  const unnamed = all.filter((file) => NO_PREREQUISITE.test(toSlashes(file)));
  const lines = rules.map(({ output, prerequisites }) => {
    const named = prerequisites.filter((file) => !unnamed.includes(file));
    return `${[`${escaped(output)}:`, ...named.map(escaped)].join(' \\\n  ')}\n`;
  });
  const empty = all
    .filter((file) => !unnamed.includes(file))
    .map((file) => `\n${escaped(file)}:\n`);
  return { text: [...lines, ...empty].join(''), unnamed };
}

function escaped(file: string): string {
  const slashes = toSlashes(file);
  // make would take it for a home directory
  const plain = slashes.startsWith('~') ? `./${slashes}` : slashes;
  return plain.replaceAll('$', '$$$$').replace(/[ #:]/g, '\\$&');
}

function toSlashes(file: string): string {
  return path.sep === '/' ? file : file.replaceAll(path.sep, '/');
}

/**
 * Whether a text is of the form that {@link depfileText} writes, or empty: rules that end with a colon, each
 * prerequisite on an indented line behind a backslash.
 */
export function isDepfile(text: string): boolean {
  let isContinued = false;
  for (const line of text.split('\n')) {
    const isRule = /^\S.*:( \\)?$/.test(line);
    if (isContinued ? !/^ {2}\S/.test(line) : line !== '' && !isRule) return false;
    isContinued = line.endsWith(' \\');
  }
  return true;
}

/** Longest file that is looked at: names of 100,000 files. */
const MAX_DEPFILE_BYTES = 16 * 1024 * 1024;

/** An older depfile is replaced unasked, for it is made anew with each output; any other file is not. */
async function refuseOther(depfile: string): Promise<void> {
  if (!(await exists(depfile))) return;
  const text = await readSmallText(depfile, MAX_DEPFILE_BYTES, 'E_INPUT').catch(() => undefined);
  if (text !== undefined && isDepfile(text)) return;
  throw new ModelconvError('E_OUTPUT_EXISTS', {
    what: `${depfile} already exists`,
    why: 'it is no depfile, and would be replaced by one',
    next: 'remove it, or choose another path with --depfile',
  });
}

/**
 * Refuse a depfile that cannot be written, that would be written over something else, or that could not
 * name its outputs, before any work.
 *
 * @param written - what else the run writes.
 * @throws ModelconvError `E_OUTPUT`, `E_OUTPUT_EXISTS`, `E_USAGE`.
 */
export async function checkDepfile(
  depfile: string,
  requests: readonly CheckedRequest[],
  written: readonly string[],
): Promise<void> {
  for (const request of requests) {
    const { source, output, reads } = request;
    const others = [source, ...reads, ...written, ...(await filesBehind(request))];
    await checkOutput(depfile, others, true, '--depfile');
    if (NO_TARGET.test(toSlashes(output)))
      throw new ModelconvError('E_USAGE', {
        what: `${JSON.stringify(output)} cannot be named in a depfile`,
        why: 'make or ninja would misread one of its characters (% ; = | \\), or NAME(NAME), which is to make a member of an archive',
        next: 'choose another path with -o',
      });
  }
  await refuseOther(depfile);
}

/** Files that are read without being named: external data, and what is in directories of data. */
async function filesBehind(request: CheckedRequest): Promise<string[]> {
  try {
    const source = await probeModel(request.source);
    const { data } = await gatherData(request, source);
    return [...source.parts, ...data].map(({ file }) => file);
  } catch {
    // the conversion tells what is wrong with them
    return [];
  }
}

/**
 * @param inputs - what went into the outputs; none of it is written over.
 * @throws ModelconvError `E_OUTPUT`.
 */
export async function writeDepfile(
  depfile: string,
  text: string,
  inputs: readonly string[],
): Promise<void> {
  await checkOutput(depfile, inputs, true, '--depfile');
  const write = async (handle: Parameters<typeof writeFully>[0]): Promise<void> =>
    await writeFully(handle, Buffer.from(text), 0);
  await writeAtomically(depfile, write, true, '--depfile');
}
