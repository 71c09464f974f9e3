import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ERRORS } from '../../src/errors.js';
import { run } from '../cli/run-main.js';
import { program } from '../support/program.js';
import { isInstalled } from '../support/terminal.js';
import { exitStatuses } from './manual/exit-statuses.js';
import { manualPages } from './manual/page.js';
import { variables } from './manual/places.js';

const DIRECTORY = new URL('../../man/', import.meta.url);
const SOURCE = new URL('../../src/', import.meta.url);

async function examplesOf(words: readonly string[]): Promise<string[]> {
  const { stdout } = await run([...words, '--help']);
  return [...stdout.matchAll(/^ {2}\$ (.*)$/gm)].map(([, line = '']) => line);
}

const pages = await manualPages(await program(), examplesOf);

it.each(pages)('man/$file says what the program does', async ({ file, text }) => {
  await expect(text).toMatchFileSnapshot(fileURLToPath(new URL(file, DIRECTORY)));
});

it('there is a page of every command, no other, and package.json ships them', () => {
  const files = pages.map(({ file }) => file).sort();
  expect(readdirSync(DIRECTORY).sort()).toEqual(files);
  const { man } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  ) as { man: string[] };
  expect(man).toEqual(files.map((file) => `./man/${file}`));
});

it('the page of the program has every exit status and every variable that is read', async () => {
  const statuses = exitStatuses().map(([status]) => status);
  expect(statuses).toEqual([...new Set([0, ...Object.values(ERRORS)])].sort((a, b) => a - b));
  const named = (await variables()).flatMap(([names]) => names.split(', '));
  const read = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => [
      ...readFileSync(new URL(file, SOURCE), 'utf8').matchAll(/'(MODELCONV_[A-Z_]+)'/g),
    ])
    .map(([, name = '']) => name);
  expect([...new Set(read)].filter((name) => !named.includes(name))).toEqual([]);
  expect(read.length).toBeGreaterThan(5);
});

describe.skipIf(!isInstalled('groff'))('groff', () => {
  it.each(pages)('sets $file without a warning', ({ text }) => {
    const result = spawnSync('groff', ['-man', '-ww', '-Tutf8', '-P-cbou'], {
      input: text,
      encoding: 'utf8',
    });
    expect(result).toMatchObject({ status: 0, stderr: '' });
    expect(result.stdout).toMatch(/^NAME\n {7}modelconv/m);
  });
});

describe.skipIf(!isInstalled('mandoc'))('mandoc', () => {
  it.each(pages)('finds nothing wrong with $file', ({ text }) => {
    const result = spawnSync('mandoc', ['-Tlint', '-Wwarning'], { input: text, encoding: 'utf8' });
    // a page without a date is the same on every day
    const said = result.stdout.split('\n').filter((line) => !/missing date|^$/.test(line));
    expect(said).toEqual([]);
  });
});
