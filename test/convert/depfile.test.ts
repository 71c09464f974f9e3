import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { depfileText, ruleOf } from '../../src/convert/depfile.js';
import type { Ingredients } from '../../src/convert/ingredients.js';
import { tempDir } from '../support/files.js';
import { hasTool } from '../support/tools.js';

const NONE: Ingredients = {
  source: [],
  data: [],
  directories: [],
  documents: [],
  converters: [],
  reference: undefined,
};

it('one rule for each output, and an empty one for each prerequisite, as gcc -MP writes them', () => {
  const { text, unnamed } = depfileText([
    { output: 'out/a.tar', prerequisites: ['m.onnx', 'calib'] },
    { output: 'out/b.tar', prerequisites: ['m.onnx'] },
  ]);
  expect(text).toBe(
    'out/a.tar: \\\n  m.onnx \\\n  calib\nout/b.tar: \\\n  m.onnx\n\nm.onnx:\n\ncalib:\n',
  );
  expect(unnamed).toEqual([]);
});

it('a directory that an output is written into is no prerequisite: its time changes with the output', () => {
  const ingredients = { ...NONE, directories: ['data', 'data/x'] };
  expect(ruleOf('data/out.tar', ingredients, ['data/out.tar', 'a.d']).prerequisites).toEqual([
    'data/x',
  ]);
  expect(ruleOf('out.tar', ingredients, ['out.tar', 'data/x/a.d']).prerequisites).toEqual(['data']);
});

it('an output that is read, too, is no prerequisite of itself', () => {
  const ingredients = { ...NONE, documents: ['./out.tar', 'd.yaml'] };
  expect(ruleOf('out.tar', ingredients, ['out.tar']).prerequisites).toEqual(['d.yaml']);
});

it.each(['a;b', 'a=b', 'a|b', 'a*b', "a'b", 'a"b', 'a\\b', 'a\nb', 'a?b', 'a&b', 'calib (1)'])(
  '%j is left out, and said: make or ninja would misread it',
  (name) => {
    const { text, unnamed } = depfileText([{ output: 'out', prerequisites: ['m', name] }]);
    expect(unnamed).toEqual([name]);
    expect(text).toBe('out: \\\n  m\n\nm:\n');
  },
);

/** Every character that may stand in a name that is written, and whole names that were trouble elsewhere. */
const NAMES = [
  ...' !#$%()+,-.:@[]_{}~é漢'.split('').map((character) => `p${character}q`),
  ...[
    '~home',
    '# first',
    'two  spaces',
    '$(shell true).x',
    '$$',
    'C:drive',
    '-dash',
    '[a-z]',
    'a b/c d',
  ],
];
const TARGETS = NAMES.filter((name) => !name.includes('%') && !name.startsWith('-'));

/** A directory with a prerequisite of long ago, and the depfile of an output that is made from it. */
function project(output: string, prerequisite: string): { dir: string; touch: () => void } {
  const dir = tempDir();
  const file = path.join(dir, prerequisite);
  for (const name of [output, prerequisite])
    mkdirSync(path.dirname(path.join(dir, name)), { recursive: true });
  writeFileSync(file, '');
  utimesSync(file, 1, 1);
  const { text, unnamed } = depfileText([{ output, prerequisites: [prerequisite] }]);
  expect(unnamed).toEqual([]);
  writeFileSync(path.join(dir, 'deps'), text);
  return { dir, touch: () => utimesSync(file, new Date(), new Date()) };
}

function builds(dir: string): number {
  const log = path.join(dir, 'log');
  return existsSync(log) ? readFileSync(log, 'utf8').length : 0;
}

/** Number of builds after the first run, a second one, and one after the prerequisite changed. */
function threeRuns(
  program: string,
  args: readonly string[],
  { dir, touch }: ReturnType<typeof project>,
): number[] {
  const counts: number[] = [];
  for (const before of [() => {}, () => {}, touch]) {
    before();
    const { status, stdout, stderr } = spawnSync(program, args, { cwd: dir, encoding: 'utf8' });
    expect({ status, stderr }, stdout).toEqual({ status: 0, stderr: '' });
    counts.push(builds(dir));
  }
  return counts;
}

const shellWord = (word: string): string => `'${word}'`;

function makefile(output: string): string {
  const target = output.replaceAll('$', '$$$$').replace(/[ #:]/g, '\\$&');
  // as in the depfile: make would take it for a home directory
  const rule = target.startsWith('~') ? `./${target}` : target;
  const recipe = `@printf x >>log; touch -- ${shellWord(output.replaceAll('$', '$$$$'))}`;
  return `.PHONY: all\nall: ${rule}\n${rule}:\n\t${recipe}\n-include deps\n`;
}

function ninjaFile(output: string): string {
  const touch = `printf x >>log; touch -- ${shellWord(output.replaceAll('$', '$$$$'))}; cp deps d`;
  const target = output.replace(/[$ :]/g, '$$$&');
  return `rule r\n  command = ${touch}\n  depfile = d\n  deps = gcc\nbuild ${target}: r\n`;
}

describe.skipIf(!hasTool('make'))('make', () => {
  it.each(NAMES)('sees a change of %j', (name) => {
    const own = project('out', name);
    writeFileSync(path.join(own.dir, 'Makefile'), makefile('out'));
    expect(threeRuns('make', ['-s'], own)).toEqual([1, 1, 2]);
  });

  it.each(TARGETS)('builds %j', (name) => {
    const own = project(name, 'pre');
    writeFileSync(path.join(own.dir, 'Makefile'), makefile(name));
    expect(threeRuns('make', ['-s'], own)).toEqual([1, 1, 2]);
  });
});

describe.skipIf(!hasTool('ninja'))('ninja', () => {
  it.each(NAMES)('sees a change of %j', (name) => {
    const own = project('out', name);
    writeFileSync(path.join(own.dir, 'build.ninja'), ninjaFile('out'));
    expect(threeRuns('ninja', ['--quiet'], own)).toEqual([1, 1, 2]);
  });

  it.each(TARGETS)('builds %j', (name) => {
    const own = project(name, 'pre');
    writeFileSync(path.join(own.dir, 'build.ninja'), ninjaFile(name));
    expect(threeRuns('ninja', ['--quiet'], own)).toEqual([1, 1, 2]);
  });
});
