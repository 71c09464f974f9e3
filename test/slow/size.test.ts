import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type CliResult, cli } from '../support/cli.js';
import { fixture, tempDir } from '../support/files.js';

const BIN = fileURLToPath(new URL('../../bin/modelconv.js', import.meta.url));
const GIB = 1024 ** 3;
const DESCRIPTOR =
  'name: weights\nversion: "1.0.0"\nmodel: {format: raw, type: float, inputs: [], outputs: []}\nsoftware: {stack: {kind: none}}\n';

function sparseFile(file: string, bytes: number): void {
  const fd = openSync(file, 'w');
  ftruncateSync(fd, bytes);
  closeSync(fd);
}

/** Run the program and give the peak of its resident set in MiB, as the kernel counts it. */
function peakMiB(dir: string, args: readonly string[]): number {
  const reporter = path.join(dir, 'reporter.cjs');
  const report = path.join(dir, 'rss');
  writeFileSync(
    reporter,
    `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(report)}, String(process.resourceUsage().maxRSS)))`,
  );
  const { status, stderr } = spawnSync(process.execPath, ['--require', reporter, BIN, ...args], {
    encoding: 'utf8',
  });
  expect(status, stderr).toBe(0);
  return Number(readFileSync(report, 'utf8')) / 1024;
}

describe('4 GiB of weights', () => {
  it('are packed, verified and unpacked within 150 MiB of memory', () => {
    const dir = tempDir();
    const [weights, descriptor, pkg, out] = ['w.bin', 'd.yaml', 'p.tar', 'out'].map((name) =>
      path.join(dir, name),
    ) as [string, string, string, string];
    writeFileSync(descriptor, DESCRIPTOR);
    sparseFile(weights, 4 * GIB);
    expect(peakMiB(dir, ['pack', weights, '--descriptor', descriptor, '-o', pkg])).toBeLessThan(
      150,
    );
    expect(peakMiB(dir, ['verify', pkg])).toBeLessThan(150);
    expect(peakMiB(dir, ['unpack', pkg, '-C', out])).toBeLessThan(150);
    expect(statSync(path.join(out, 'model/w.bin')).size).toBe(4 * GIB);
  });
});

describe('an entry of more than 8 GiB', () => {
  it('goes through pack and verify, and GNU tar reads its size', () => {
    const dir = tempDir();
    const [weights, descriptor, pkg] = ['w.bin', 'd.yaml', 'p.tar'].map((name) =>
      path.join(dir, name),
    ) as [string, string, string];
    writeFileSync(descriptor, DESCRIPTOR);
    sparseFile(weights, 8 * GIB + 4097);
    expect(peakMiB(dir, ['pack', weights, '--descriptor', descriptor, '-o', pkg])).toBeLessThan(
      150,
    );
    expect(peakMiB(dir, ['verify', pkg])).toBeLessThan(150);
    const listing = spawnSync('tar', ['tvf', pkg], { encoding: 'utf8' });
    expect(listing.status, listing.stderr).toBe(0);
    expect(listing.stdout).toContain(String(8 * GIB + 4097));
  });
});

/** A small file system of its own; undefined where mounting is not permitted. */
function smallDisk(bytes: number): string | undefined {
  const dir = path.join(tempDir(), 'disk');
  mkdirSync(dir);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', dir]);
  if (mounted.status !== 0) return undefined;
  onTestFinished(() => void spawnSync('umount', [dir]));
  return dir;
}

describe('a cache on a disk of its own', () => {
  const cached = async (name: string, cache: string): Promise<CliResult> =>
    await cli(
      ['convert', fixture('models/digits-cnn.onnx'), '-d', 'local', '-o', name, '--no-verify'],
      { env: { MODELCONV_CACHE_DIR: cache, MODELCONV_CACHE_SIZE: '1GiB' } },
    );

  it.for([4096, 65_536, 131_072])('of %i bytes fails nothing', async (bytes, { skip }) => {
    const disk = smallDisk(bytes);
    if (disk === undefined) return skip('mounting a small disk is not permitted here');
    const dir = tempDir();
    for (const name of ['a.tar', 'b.tar']) {
      const result = await cached(path.join(dir, name), disk);
      expect(result).toMatchObject({ code: 0 });
      expect(result.stderr).toContain(' convert ');
      expect(result.stderr).not.toContain('warning');
    }
    // nothing is left of what had no room
    const names = readdirSync(disk, { recursive: true }).map(String);
    expect(names.filter((name) => name.endsWith('.tar'))).toEqual([]);
  });

  it('that became read-only is still read', async ({ skip }) => {
    const disk = smallDisk(10_000_000);
    if (disk === undefined) return skip('mounting a small disk is not permitted here');
    const dir = tempDir();
    await cached(path.join(dir, 'a.tar'), disk);
    expect(spawnSync('mount', ['-o', 'remount,ro', disk]).status).toBe(0);
    const result = await cached(path.join(dir, 'b.tar'), disk);
    expect(result).toMatchObject({ code: 0 });
    expect(result.stderr).toContain('converted before');
    expect(readFileSync(path.join(dir, 'b.tar'))).toEqual(readFileSync(path.join(dir, 'a.tar')));
  });
});

describe('a disk that is full', () => {
  // every size from "nothing fits" to "all but the last block fits"
  it.for([4096, 16_384, 65_536, 131_072, 143_360])(
    'of %i bytes ends a conversion with status 73 and leaves nothing there',
    async (bytes, { skip }) => {
      const disk = smallDisk(bytes);
      if (disk === undefined) return skip('mounting a small disk is not permitted here');
      const result = await cli([
        'convert',
        fixture('models/digits-cnn.onnx'),
        '-d',
        'local',
        '-o',
        path.join(disk, 'o.tar'),
      ]);
      expect(result.code, result.stderr).toBe(73);
      expect(result.stderr).toContain('the disk is full');
      expect(readdirSync(disk)).toEqual([]);
    },
  );

  it('keeps the old package', async ({ skip }) => {
    const disk = smallDisk(131_072);
    if (disk === undefined) return skip('mounting a small disk is not permitted here');
    const out = path.join(disk, 'o.tar');
    writeFileSync(out, 'the old package');
    const result = await cli([
      'convert',
      fixture('models/digits-cnn.onnx'),
      '-d',
      'local',
      '-o',
      out,
      '--force',
    ]);
    expect(result.code, result.stderr).toBe(73);
    expect(readFileSync(out, 'utf8')).toBe('the old package');
    expect(readdirSync(disk)).toEqual(['o.tar']);
  });

  it('of the temporary directory ends a conversion with status 73, and says so', async ({
    skip,
  }) => {
    const disk = smallDisk(65_536);
    if (disk === undefined) return skip('mounting a small disk is not permitted here');
    const out = path.join(tempDir(), 'o.tar');
    const result = await cli(
      ['convert', fixture('models/digits-cnn.onnx'), '-d', 'local', '-o', out],
      { env: { TMPDIR: disk } },
    );
    expect(result.code, result.stderr).toBe(73);
    expect(readdirSync(disk)).toEqual([]);
    expect(existsSync(out)).toBe(false);
  });

  it('ends unpacking with status 73 and leaves nothing there', async ({ skip }) => {
    const disk = smallDisk(65_536);
    if (disk === undefined) return skip('mounting a small disk is not permitted here');
    const pkg = path.join(tempDir(), 'p.tar');
    expect(
      (await cli(['convert', fixture('models/digits-cnn.onnx'), '-d', 'local', '-o', pkg])).code,
    ).toBe(0);
    const result = await cli(['unpack', pkg, '-C', path.join(disk, 'out')]);
    expect(result.code, result.stderr).toBe(73);
    expect(readdirSync(disk)).toEqual([]);
  });
});
