import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { builtInAdapterIds } from '../../dist/adapters/registry.js';
import { fixture, tempDir } from '../support/files.js';

const SCRIPT = fixture('../scripts/summarize-tools.mjs');
const IDS = builtInAdapterIds();

interface Test {
  readonly status: string;
  readonly title: string;
  readonly ancestorTitles: readonly string[];
}

const ran = (id: string, status = 'passed'): Test => ({
  status,
  title: 'converts',
  ancestorTitles: [`${id}: Tool 1.2`],
});
const skipped = (title: string): Test => ({ status: 'skipped', title, ancestorTitles: [] });

/** The summary where every adapter was run, but for those given. */
function summarize(suites: Record<string, readonly Test[] | undefined>, report: object = {}) {
  const dir = tempDir();
  const all = { ...Object.fromEntries(IDS.map((id) => [id, [ran(id)]])), ...suites };
  const testResults = Object.entries(all).flatMap(([id, assertionResults]) =>
    assertionResults === undefined
      ? []
      : [{ name: `/tests/${id}.test.ts`, status: 'passed', message: '', assertionResults }],
  );
  writeFileSync(path.join(dir, 'report.json'), JSON.stringify(report));
  writeFileSync(path.join(dir, 'tests.json'), JSON.stringify({ testResults }));
  const { status, stdout } = spawnSync(process.execPath, [SCRIPT, 'report.json', 'tests.json'], {
    cwd: dir,
    encoding: 'utf8',
  });
  return { status, lines: stdout.trim().split('\n') };
}

it('names each adapter with the version of its tool', () => {
  const { status, lines } = summarize({});
  expect(status).toBe(0);
  expect(lines.map((line) => line.split(' ')[0])).toEqual(IDS);
  for (const line of lines) expect(line).toMatch(/run for real with Tool 1\.2, 1 passed$/);
});

it('names an adapter that was skipped, why, and that its tool could not be installed: no failure', () => {
  const { status, lines } = summarize(
    { mnn: [skipped('mnn: not run, MNN is not installed')] },
    { mnn: { failed: 'pip cannot reach the index' }, ncnn: { installed: '1' } },
  );
  expect(status).toBe(0);
  expect(lines.find((line) => line.startsWith('mnn'))).toMatch(
    /SKIPPED: MNN is not installed; it could not be installed: pip cannot reach/,
  );
});

it('tells what of an adapter was skipped', () => {
  const { status, lines } = summarize({ mnn: [ran('mnn'), skipped('mnn to int8: not run, x')] });
  expect(status).toBe(0);
  expect(lines.join('\n')).toMatch(/1 passed; SKIPPED: mnn to int8: not run, x/);
});

it.each([
  [
    'a tool that was installed and not run',
    { mnn: [skipped('mnn: not run')] },
    { mnn: { installed: '3' } },
  ],
  ['a suite that failed', { mnn: [ran('mnn'), ran('mnn', 'failed')] }, {}],
  ['a suite that is missing', { mnn: undefined }, {}],
  ['a suite without a test', { mnn: [] }, {}],
])('%s is a failure', (_title, suites, report) => {
  expect(summarize(suites, report).status).toBe(1);
});

it('gives the names of what was installed', () => {
  const file = path.join(tempDir(), 'report.json');
  const report = { mnn: { installed: '3' }, ncnn: { failed: 'x' }, rknn: { installed: '2' } };
  writeFileSync(file, JSON.stringify(report));
  const words = [SCRIPT, '--installed', file];
  expect(spawnSync(process.execPath, words, { encoding: 'utf8' }).stdout).toBe('mnn,rknn\n');
});
