import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** A command line of a page. */
export interface PageLine {
  readonly kind: 'command';
  readonly text: string;
  /** Line in the page, from 1. */
  readonly number: number;
  /** Exit status that it must end with. */
  readonly exit: number;
  /** Toolchain without which it cannot run. */
  readonly needs?: string;
  /** Toolchain with which it would do something else. */
  readonly without?: string;
  /** Why it is not run at all. */
  readonly notRun?: string;
}

/** A document that the reader writes. */
export interface PageFile {
  readonly kind: 'file';
  readonly name: string;
  readonly text: string;
}

export interface GuidePage {
  readonly file: string;
  /** Files that have to be there, and the fixtures that they are. */
  readonly here: readonly (readonly [name: string, fixture: string])[];
  readonly steps: readonly (PageLine | PageFile)[];
}

/** What a comment before a block says of its lines, or of those that hold some words. */
interface Mark {
  readonly kind: string;
  readonly value: string;
  readonly words: string | undefined;
}

const MARK =
  /^<!-- (needs:|without:|program:|not run:|exit|file:|here:) (.*?)(?:; lines with: (.*?))? -->$/;

/**
 * The command lines of the `sh` blocks of a page, with what the comments before a block say of them:
 *
 * - `<!-- here: NAME = FIXTURE, … -->` once: files that have to be there
 * - `<!-- needs: TOOLCHAIN -->`: run where it is installed
 * - `<!-- without: TOOLCHAIN -->`: run where it is not
 * - `<!-- program: NAME -->`: run where it is on PATH
 * - `<!-- not run: REASON -->`
 * - `<!-- exit STATUS -->`
 * - `<!-- file: NAME, … -->` before a block of another language: the reader writes it
 *
 * Each may end with `; lines with: WORDS`, and is then about the lines of the block that hold these words.
 */
export function readPage(file: string): GuidePage {
  const lines = readFileSync(
    fileURLToPath(new URL(`../../../${file}`, import.meta.url)),
    'utf8',
  ).split('\n');
  const steps: (PageLine | PageFile)[] = [];
  let here: GuidePage['here'] = [];
  let marks: Mark[] = [];
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? '';
    const mark = MARK.exec(line);
    if (mark !== null) {
      const [, kind = '', value = '', words] = mark;
      if (kind === 'here:') here = pairsOf(value);
      else marks.push({ kind, value, words });
      continue;
    }
    const language = /^```(\w*)$/.exec(line)?.[1];
    if (language === undefined) {
      // a mark is about the block right below it
      if (line !== '' && marks.length > 0)
        throw new Error(`${file}:${index + 1}: no block follows the mark`);
      continue;
    }
    const end = lines.indexOf('```', index + 1);
    const body = lines.slice(index + 1, end);
    steps.push(...stepsOf(language, body, index + 2, marks));
    marks = [];
    index = end;
  }
  return { file, here, steps };
}

/** Why a line is not run whose program is not there. */
function absent(program: string | undefined): string | undefined {
  if (program === undefined) return undefined;
  const directories = (process.env['PATH'] ?? '').split(path.delimiter);
  const isThere = directories.some((directory) => existsSync(path.join(directory, program)));
  return isThere ? undefined : `${program} is not installed`;
}

function pairsOf(value: string): (readonly [string, string])[] {
  return value.split(', ').map((pair) => {
    const [name = '', fixture = ''] = pair.split(' = ');
    return [name, fixture] as const;
  });
}

function stepsOf(
  language: string,
  body: readonly string[],
  first: number,
  marks: readonly Mark[],
): (PageLine | PageFile)[] {
  const file = marks.find(({ kind }) => kind === 'file:');
  const text = `${body.join('\n')}\n`;
  if (file !== undefined)
    return file.value.split(', ').map((name) => ({ kind: 'file', name, text }));
  if (language !== 'sh') return [];
  return body.flatMap((text, index): PageLine[] => {
    if (text.trim() === '' || text.startsWith('#')) return [];
    const told = (kind: string): string | undefined =>
      marks.find(
        (mark) => mark.kind === kind && (mark.words === undefined || text.includes(mark.words)),
      )?.value;
    const [needs, without] = [told('needs:'), told('without:')];
    const notRun = told('not run:') ?? absent(told('program:'));
    return [
      {
        kind: 'command',
        text,
        number: first + index,
        exit: Number(told('exit') ?? /# exit (\d+)/.exec(text)?.[1] ?? 0),
        ...(needs === undefined ? {} : { needs }),
        ...(without === undefined ? {} : { without }),
        ...(notRun === undefined ? {} : { notRun }),
      },
    ];
  });
}
