import { spawn } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { cacheSettings } from '../../dist/cache/settings.js';
import { findSource } from '../../dist/cache/sources.js';
import { listEntries } from '../../dist/cache/survey.js';
import { verifyPackage } from '../../dist/package/verify.js';
import type {
  CacheInfoResult,
  CacheListResult,
  ConvertPlan,
  ConvertResult,
} from '../../dist/schema/generated/types.js';
import { ownCache } from '../support/cache.js';
import { cli } from '../support/cli.js';
import { fixture } from '../support/files.js';
import {
  expectRefusal,
  jsonResult,
  type RunResult,
  run,
  type Sandbox,
  sandbox,
} from './run-main.js';

const CNN = fixture('models/digits-cnn.onnx');
const BIN = fixture('../bin/modelconv.js');

let cache = '';
let box: Sandbox;

beforeEach(() => {
  cache = ownCache();
  box = sandbox();
});

async function convert(name: string, ...flags: readonly string[]): Promise<RunResult> {
  return await run(['convert', CNN, '-d', 'local', '-o', path.join(box.out, name), ...flags]);
}

/** Names of the steps that were told. */
function steps({ stderr }: RunResult): (string | undefined)[] {
  return stderr
    .trimEnd()
    .split('\n')
    .map((line) => line.trim().split(/\s+/)[1]);
}

function bytes(name: string): Buffer {
  return readFileSync(path.join(box.out, name));
}

/** The file of the only package in the cache. */
async function cachedPackage(): Promise<string> {
  const found = (await listEntries(cacheSettings())).filter(({ kind }) => kind === 'packages');
  expect(found).toHaveLength(1);
  return path.join(found[0]?.directory ?? '', 'files/package.tar');
}

const ANEW = ['source', 'convert', 'parity', 'package'];
const COPIED = ['source', 'cache'];

describe('a conversion that was done before', () => {
  it('is a copy: the same bytes, the same stdout, and it says so', async () => {
    expect(steps(await convert('a.tar'))).toEqual(ANEW);
    const second = await convert('b.tar');
    expect(second).toMatchObject({ code: 0, stdout: `${path.join(box.out, 'b.tar')}\n` });
    expect(steps(second)).toEqual(COPIED);
    expect(bytes('b.tar')).toEqual(bytes('a.tar'));
    const { descriptor } = await verifyPackage(path.join(box.out, 'b.tar'));
    expect(descriptor.verification).toMatchObject({ passed: true });
    box.expectOnly('a.tar', 'b.tar');
  });

  it('gives the same result as JSON, but for the time and that it was cached', async () => {
    const first = jsonResult(await convert('a.tar', '--json'), 'convert-result') as ConvertResult;
    const again = jsonResult(
      await convert('a.tar', '--json', '--force'),
      'convert-result',
    ) as ConvertResult;
    const time = expect.any(Number) as number;
    expect(again.results).toEqual([{ ...first.results[0], durationMs: time, cached: true }]);
    expect(first.results[0]).not.toHaveProperty('cached');
  });

  it('is found wherever the model lies, and for several devices', async () => {
    const flags = ['-d', 'local', '-d', 'raspberry-pi-4', '-o', `${box.out}/many`];
    expect((await run(['convert', CNN, ...flags])).code).toBe(0);
    const moved = path.join(box.dir, 'elsewhere');
    mkdirSync(moved);
    copyFileSync(CNN, path.join(moved, 'digits-cnn.onnx'));
    const result = await run([
      'convert',
      path.join(moved, 'digits-cnn.onnx'),
      ...flags,
      '-f',
      '--json',
    ]);
    const { results } = jsonResult(result, 'convert-result') as ConvertResult;
    expect(results.map(({ cached }) => cached)).toEqual([true, true]);
  });

  it('obeys the rules of any output', async () => {
    await convert('a.tar');
    expectRefusal(await convert('a.tar'), { exit: 73, code: 'E_OUTPUT_EXISTS' });
    const model = path.join(box.dir, 'digits-cnn.onnx');
    copyFileSync(CNN, model);
    const over = await run(['convert', model, '-d', 'local', '-o', model, '--force']);
    expectRefusal(over, { exit: 73, code: 'E_OUTPUT' });
    expect(readFileSync(model)).toEqual(readFileSync(CNN));
  });

  it('removes what an earlier failure left beside the output', async () => {
    await convert('a.tar');
    const log = path.join(box.out, 'b.tar.log');
    writeFileSync(log, '# modelconv: what the vendor tools printed\n');
    expect(steps(await convert('b.tar'))).toEqual(COPIED);
    expect(existsSync(log)).toBe(false);
  });

  it('prints its warnings again', async () => {
    const flags = ['--calibration', 'synthetic', '--force'];
    const first = await convert('a.tar', ...flags);
    const warnings = first.stderr.split('\n').filter((line) => line.startsWith('warning'));
    expect(warnings.length).toBeGreaterThan(0);
    const second = await convert('a.tar', ...flags);
    expect(steps(second)).toContain('cache');
    expect(second.stderr.split('\n').filter((line) => line.startsWith('warning'))).toEqual(
      warnings,
    );
  });

  it('is told by --dry-run', async () => {
    const plan = async (): Promise<boolean | undefined> => {
      const result = await convert('b.tar', '--dry-run', '--json');
      return (jsonResult(result, 'convert-plan') as ConvertPlan).plans[0]?.cached;
    };
    expect(await plan()).toBeUndefined();
    await convert('a.tar');
    expect(await plan()).toBe(true);
    expect((await convert('b.tar', '-n')).stdout).toContain('a copy from the cache');
  });
});

describe('the cache is not used', () => {
  it('with --no-cache, which keeps nothing either', async () => {
    expect(steps(await convert('a.tar', '--no-cache'))).toEqual(ANEW);
    expect(existsSync(cache)).toBe(false);
    await convert('b.tar');
    expect(steps(await convert('c.tar', '--no-cache'))).toEqual(ANEW);
    expect(bytes('c.tar')).toEqual(bytes('a.tar'));
  });

  it('when its size is 0', async () => {
    vi.stubEnv('MODELCONV_CACHE_SIZE', '0');
    await convert('a.tar');
    expect(steps(await convert('b.tar'))).toEqual(ANEW);
    expect(existsSync(cache)).toBe(false);
  });

  it('for a log or a report, which tell of work; what was made is kept', async () => {
    const log = path.join(box.dir, 'log.txt');
    for (const name of ['a.tar', 'b.tar'])
      expect(steps(await convert(name, '--log', log))).toEqual(ANEW);
    const report = path.join(box.dir, 'r.html');
    expect(steps(await convert('c.tar', '--report', report))).toEqual(ANEW);
    expect(existsSync(report)).toBe(true);
    expect(steps(await convert('d.tar'))).toEqual(COPIED);
  });

  it('for a conversion that failed', async () => {
    const flags = ['--tolerance', 'maxAbs=1e-12'];
    for (const name of ['a.tar', 'b.tar']) expect((await convert(name, ...flags)).code).toBe(2);
    expect(await listEntries(cacheSettings())).toEqual([]);
  });
});

describe('a cache that is not as it should be', () => {
  it.each<[what: string, damage: (file: string) => void]>([
    ['a flipped byte', (file) => flip(file, 5000)],
    ['a package that was cut off', (file) => truncateSync(file, 1000)],
    ['a package that is longer', (file) => appendFileSync(file, '\0')],
    ['no package', (file) => rmSync(file)],
    ['a flipped byte in its record', (file) => flip(path.join(file, '../../entry.json'), 200)],
    ['an empty record', (file) => truncateSync(path.join(file, '../../entry.json'), 0)],
  ])('%s is seen, dropped with a warning, and made anew', async (_what, damage) => {
    await convert('a.tar');
    damage(await cachedPackage());
    const again = await convert('b.tar');
    expect(again.code).toBe(0);
    expect(again.stderr).toMatch(/^warning: .*damaged.*made anew/m);
    expect(steps(again)).toEqual(expect.arrayContaining(ANEW));
    expect(bytes('b.tar')).toEqual(bytes('a.tar'));
    // and what is kept now is whole, without a word of the damage
    const third = await convert('c.tar');
    expect(steps(third)).toEqual(COPIED);
    expect(bytes('c.tar')).toEqual(bytes('a.tar'));
  });

  it('a record that was taken away is no entry', async () => {
    await convert('a.tar');
    rmSync(path.join(await cachedPackage(), '../../entry.json'));
    expect(steps(await convert('b.tar'))).toEqual(ANEW);
  });

  it.skipIf(process.getuid?.() === 0)('one that cannot be written fails nothing', async () => {
    await convert('a.tar');
    const all = readdirSync(cache, { recursive: true, withFileTypes: true });
    const directories = all.filter((entry) => entry.isDirectory());
    const places = [
      cache,
      ...directories.map(({ parentPath, name }) => path.join(parentPath, name)),
    ];
    for (const place of places) chmodSync(place, 0o555);
    expect(steps(await convert('b.tar'))).toEqual(COPIED);
    expect(await convert('c.tar', '--name', 'other')).toMatchObject({ code: 0 });
    for (const place of places) chmodSync(place, 0o755);
  });

  it('one whose place is a file fails nothing, and says nothing', async () => {
    writeFileSync(path.join(box.dir, 'file'), '');
    vi.stubEnv('MODELCONV_CACHE_DIR', path.join(box.dir, 'file'));
    for (const name of ['a.tar', 'b.tar']) {
      const result = await convert(name);
      expect(result.code).toBe(0);
      expect(steps(result)).toEqual(ANEW);
    }
    const info = jsonResult(await run(['cache', 'info', '--json']), 'cache-info-result');
    expect(info).toMatchObject({ writable: false });
  });

  it('a size that is none is an error of use', async () => {
    vi.stubEnv('MODELCONV_CACHE_SIZE', 'plenty');
    expectRefusal(await convert('a.tar'), {
      exit: 64,
      code: 'E_USAGE',
      names: ['MODELCONV_CACHE_SIZE=plenty'],
    });
  });
});

function flip(file: string, at: number): void {
  const data = readFileSync(file);
  data[at] = (data[at] ?? 0) ^ 1;
  writeFileSync(file, data);
}

/** Start the program without waiting for it. */
async function start(...args: readonly string[]): Promise<number | null> {
  const child = spawn(process.execPath, [BIN, ...args], { stdio: 'ignore' });
  return await new Promise((resolve) => {
    child.on('close', resolve);
  });
}

it('several processes at the same time share a cache, also one that is too small for all', async () => {
  await convert('a.tar');
  const size = statSync(path.join(box.out, 'a.tar')).size;
  // room for two packages with their records
  vi.stubEnv('MODELCONV_CACHE_SIZE', String(Math.ceil(size * 2.5)));
  const codes = await Promise.all(
    Array.from({ length: 12 }, async (_none, index) => {
      const own = ['-q', '--no-verify', '--name', `n${index % 3}`];
      return await start('convert', CNN, '-d', 'local', '-o', `${box.out}/p${index}.tar`, ...own);
    }),
  );
  expect(codes).toEqual(Array.from({ length: 12 }, () => 0));
  for (let index = 3; index < 12; index++)
    expect(bytes(`p${index}.tar`)).toEqual(bytes(`p${index % 3}.tar`));
  const total = (await listEntries(cacheSettings())).reduce((sum, one) => sum + one.sizeBytes, 0);
  expect(total).toBeLessThanOrEqual(size * 2.5);
});

it('a hit loads nothing of what converts, and neither YAML nor tar', async () => {
  await convert('a.tar');
  const coverage = path.join(box.dir, 'coverage');
  const args = ['convert', CNN, '-d', 'local', '-o', path.join(box.out, 'b.tar')];
  const result = await cli(args, { env: { NODE_V8_COVERAGE: coverage } });
  expect(steps({ ...result, code: 0 })).toEqual(COPIED);
  // one report: no further Node.js was started
  const [report = '', ...others] = readdirSync(coverage);
  expect(others).toEqual([]);
  const { result: scripts } = JSON.parse(readFileSync(path.join(coverage, report), 'utf8')) as {
    result: { url: string }[];
  };
  const urls = scripts.map(({ url }) => url).filter((url) => url.startsWith('file:'));
  expect(
    urls.filter((url) =>
      /make-package|run-stages|parity|node_modules\/(yaml|tar|ora|chalk)\//.test(
        url.replace('parity-report-place', ''),
      ),
    ),
  ).toEqual([]);
  expect(urls.length).toBeGreaterThan(50);
  // it was 160 when this was written
  expect(urls.length).toBeLessThan(175);
});

it('the source of a conversion is remembered for an upgrade', async () => {
  const model = path.join(box.dir, 'mine.onnx');
  copyFileSync(CNN, model);
  await run(['convert', model, '-d', 'local', '-o', path.join(box.out, 'a.tar'), '-q']);
  const { descriptor } = await verifyPackage(path.join(box.out, 'a.tar'));
  const sha256 = descriptor.conversion?.source.sha256 ?? '';
  expect(await findSource(sha256)).toBe(model);
  rmSync(model);
  const kept = (await findSource(sha256)) ?? '';
  expect(readFileSync(kept)).toEqual(readFileSync(CNN));
  vi.stubEnv('MODELCONV_CACHE_SIZE', '0');
  expect(await findSource(sha256)).toBeUndefined();
});

describe('modelconv cache', () => {
  it('info says place, size and use', async () => {
    await convert('a.tar');
    await convert('b.tar');
    const info = jsonResult(await run(['cache', 'info', '--json']), 'cache-info-result');
    expect(info).toMatchObject({
      directory: path.join(cache, 'v1'),
      maxBytes: 2 ** 30,
      writable: true,
      packages: { entries: 1, uses: 1 },
      sources: { entries: 1, uses: 0 },
    } satisfies Partial<Record<keyof CacheInfoResult, unknown>>);
    expect((await run(['cache', 'info'])).stdout).toMatch(/^packages +1, .*taken 1 time$/m);
  });

  it('list shows entries with what they are of', async () => {
    await convert('a.tar');
    const result = jsonResult(await run(['cache', 'list', '--json']), 'cache-list-result');
    const { entries } = result as CacheListResult;
    expect(entries).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ kind: 'package', name: 'digits-cnn', device: 'local', uses: 0 }),
        expect.objectContaining({ kind: 'source', name: 'digits-cnn.onnx' }),
      ]),
    );
    flip(path.join(await cachedPackage(), '../../entry.json'), 200);
    expect((await run(['cache', 'list'])).stdout).toMatch(/ damaged /);
  });

  it('clean removes all, or what is older', async () => {
    await convert('a.tar');
    expect((await run(['cache', 'clean', '--older-than', '1'])).stdout).toBe(
      'removed 0 entries, 0 B\n',
    );
    const cleaned = jsonResult(await run(['cache', 'clean', '--json']), 'cache-clean-result');
    expect(cleaned).toMatchObject({ removed: 2 });
    expect(await listEntries(cacheSettings())).toEqual([]);
    expect(steps(await convert('b.tar'))).toEqual(ANEW);
    expect(await run(['cache', 'clean', '--quiet'])).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it.each(['-1', 'old', '99999'])('clean --older-than %s is refused', async (days) => {
    expectRefusal(await run(['cache', 'clean', '--older-than', days]), {
      exit: 64,
      code: 'E_USAGE',
    });
  });
});
