import { createHash } from 'node:crypto';
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { findCalibration, rememberCalibration } from '../../src/cache/calibrations.js';
import { cacheSettings } from '../../src/cache/settings.js';
import { findSource, rememberSource } from '../../src/cache/sources.js';
import { listEntries } from '../../src/cache/survey.js';
import { ownCache } from '../support/cache.js';
import { tempDir } from '../support/files.js';

function digest(data: string): string {
  return createHash('sha256').update(data).digest('hex');
}

/** A source of two files, remembered. */
async function remembered(): Promise<{ file: string; sha256: string; dir: string }> {
  const dir = tempDir();
  mkdirSync(path.join(dir, 'data'));
  const file = path.join(dir, 'net.onnx');
  writeFileSync(file, 'main');
  writeFileSync(path.join(dir, 'data/w.bin'), 'weights');
  const parts = [{ path: 'data/w.bin', sha256: digest('weights') }];
  const sha256 = digest('main');
  await rememberSource({ sha256, file, parts, copy: file });
  return { file, sha256, dir };
}

it('a source is found where it was seen last', async () => {
  ownCache();
  const { file, sha256 } = await remembered();
  expect(await findSource(sha256)).toBe(file);
  expect(await findSource(digest('another'))).toBeUndefined();
});

it('a source that is gone is found as the copy that was kept, with its name and its parts beside it', async () => {
  const cache = ownCache();
  const { sha256, dir } = await remembered();
  rmSync(dir, { recursive: true });
  const found = (await findSource(sha256)) ?? '';
  expect(found.startsWith(cache)).toBe(true);
  expect(path.basename(found)).toBe('net.onnx');
  expect(readFileSync(found, 'utf8')).toBe('main');
  expect(readFileSync(path.join(path.dirname(found), 'data/w.bin'), 'utf8')).toBe('weights');
});

it('a source of which a part changed is not taken for what it was', async () => {
  const cache = ownCache();
  const { sha256, dir } = await remembered();
  appendFileSync(path.join(dir, 'data/w.bin'), '!');
  expect(await findSource(sha256)).toMatch(new RegExp(`^${cache}`));
});

it('a kept copy that was damaged is no answer, and is dropped', async () => {
  ownCache();
  const { sha256, dir } = await remembered();
  rmSync(dir, { recursive: true });
  const kept = (await findSource(sha256)) ?? '';
  writeFileSync(kept, 'main!');
  expect(await findSource(sha256)).toBeUndefined();
  expect(await listEntries(cacheSettings())).toEqual([]);
});

it('a source larger than an eighth of the cache is not copied, but found where it is', async () => {
  ownCache('80B');
  const { file, sha256, dir } = await remembered();
  expect(await findSource(sha256)).toBe(file);
  rmSync(dir, { recursive: true });
  expect(await findSource(sha256)).toBeUndefined();
});

it('a cache that is switched off remembers nothing', async () => {
  ownCache('0');
  const { sha256 } = await remembered();
  expect(await findSource(sha256)).toBeUndefined();
});

/** Two files of data, remembered. */
async function calibrated(): Promise<string> {
  const dir = path.join(tempDir(), 'calib');
  mkdirSync(dir);
  for (const name of ['a.npy', 'b.npy']) writeFileSync(path.join(dir, name), name);
  await rememberCalibration({ sha256: digest('set'), path: dir, samples: 8, inputs: ['x'] });
  return dir;
}

it('calibration data is found by its digest, with the number of samples', async () => {
  ownCache();
  const dir = await calibrated();
  expect(await findCalibration(digest('set'))).toEqual({ path: dir, samples: 8 });
  expect(await findCalibration(digest('other'))).toBeUndefined();
});

it.each<[what: string, change: (dir: string) => void]>([
  ['a file changed', (dir) => appendFileSync(path.join(dir, 'a.npy'), '!')],
  ['a file came', (dir) => writeFileSync(path.join(dir, 'c.npy'), 'c')],
  ['a file went', (dir) => rmSync(path.join(dir, 'b.npy'))],
  ['it was moved', (dir) => renameSync(dir, `${dir}-2`)],
])('calibration data is no answer once %s', async (_what, change) => {
  ownCache();
  change(await calibrated());
  expect(await findCalibration(digest('set'))).toBeUndefined();
});
