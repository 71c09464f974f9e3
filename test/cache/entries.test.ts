import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it, vi } from 'vitest';
import { cleanCache } from '../../src/cache/clean.js';
import { keepPackage, takePackage } from '../../src/cache/packages.js';
import { cacheSettings } from '../../src/cache/settings.js';
import { listEntries } from '../../src/cache/survey.js';
import { ownCache } from '../support/cache.js';
import { tempDir } from '../support/files.js';

const keyOf = (letter: string): string => letter.repeat(64);

/** Keep a package of so many bytes. */
async function keep(letter: string, bytes: number): Promise<void> {
  const file = path.join(tempDir(), 'p.tar');
  writeFileSync(file, letter.repeat(bytes));
  await keepPackage(keyOf(letter), file, {});
}

async function keptLetters(): Promise<string> {
  return (await listEntries(cacheSettings())).map(({ key }) => key[0]).join('');
}

async function take(letter: string): Promise<unknown> {
  const output = { file: path.join(tempDir(), 'out.tar'), force: false };
  return await takePackage(keyOf(letter), output, () => {});
}

/** Let everything that is there be of long ago, in the order of the letters. */
async function age(): Promise<void> {
  for (const { directory, key } of await listEntries(cacheSettings()))
    for (const name of readdirSync(directory))
      utimesSync(path.join(directory, name), key.charCodeAt(0), key.charCodeAt(0));
}

it('what was not used for longest goes first', async () => {
  ownCache('40KB');
  for (const letter of ['a', 'b', 'c']) await keep(letter, 10_000);
  await age();
  expect(await take('a')).toMatchObject({ note: {} });
  await keep('d', 12_000);
  expect(await keptLetters()).toBe('cad');
  expect(await take('b')).toBeUndefined();
});

it('a package that would take more than half of the cache is not kept', async () => {
  ownCache('20KB');
  await keep('a', 10_001);
  expect(await keptLetters()).toBe('');
  await keep('b', 9_000);
  expect(await keptLetters()).toBe('b');
});

it('what killed processes left is removed once it is a day old', async () => {
  const directory = ownCache();
  await keep('a', 10);
  const left = path.join(directory, 'v1/tmp');
  for (const name of ['old', 'new']) mkdirSync(path.join(left, name));
  utimesSync(path.join(left, 'old'), 1, 1);
  await keep('b', 10);
  expect(readdirSync(left)).toEqual(['new']);
});

it('cleaning takes what was not used for so long, or everything', async () => {
  ownCache();
  for (const letter of ['a', 'b']) await keep(letter, 10);
  await age();
  await take('b');
  expect(await cleanCache(3600_000)).toMatchObject({ removed: 1 });
  expect(await keptLetters()).toBe('b');
  expect(await cleanCache()).toMatchObject({ removed: 1 });
  expect(await keptLetters()).toBe('');
});

it.each([
  ['1048576', 1_048_576],
  ['500MB', 500_000_000],
  ['1.5 GiB', 1_610_612_736],
  ['2g', 2_147_483_648],
  ['0', 0],
  ['', 10_737_418_240],
])('MODELCONV_CACHE_SIZE=%s is %i bytes', (text, bytes) => {
  ownCache(text);
  expect(cacheSettings().maxBytes).toBe(bytes);
});

it.each(['much', '-1', '10 apples', '1e999', 'GB'])(
  'MODELCONV_CACHE_SIZE=%s is refused',
  (text) => {
    ownCache(text);
    expect(() => cacheSettings()).toThrow(expect.objectContaining({ code: 'E_USAGE' }));
  },
);

it('the default place is in the cache directory of the user', () => {
  ownCache();
  vi.stubEnv('MODELCONV_CACHE_DIR', '');
  vi.stubEnv('XDG_CACHE_HOME', '/var/mine');
  if (process.platform === 'linux')
    expect(cacheSettings().directory).toBe('/var/mine/modelconv/v1');
  vi.stubEnv('XDG_CACHE_HOME', 'relative');
  expect(path.isAbsolute(cacheSettings().directory)).toBe(true);
});
