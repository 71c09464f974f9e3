import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { readTimes } from '../../src/adapters/run-files.js';
import { timeRuns } from '../../src/adapters/time-runs.js';
import { tempDir } from '../support/files.js';

async function readBack(results: unknown) {
  const workDir = tempDir();
  mkdirSync(path.join(workDir, 'results'));
  writeFileSync(path.join(workDir, 'results/results.json'), JSON.stringify(results));
  return await readTimes('Acme', workDir, 'results');
}

it('times are read as the driver wrote them', async () => {
  const timing = { durationsNs: [3, 1, 2], peakMemoryBytes: 4096 };
  expect(await readBack({ outputs: [], timing })).toEqual(timing);
});

it('a system that does not tell its memory is no fault', async () => {
  expect(await readBack({ timing: { durationsNs: [1] } })).toEqual({ durationsNs: [1] });
});

it.each([
  ['no times', { outputs: [] }],
  ['an empty list', { timing: { durationsNs: [] } }],
  ['no list', { timing: { durationsNs: 'long' } }],
  ['a negative time', { timing: { durationsNs: [1, -1] } }],
  ['a time that is no number', { timing: { durationsNs: [1, null] } }],
  ['a memory that is no number', { timing: { durationsNs: [1], peakMemoryBytes: 'much' } }],
])('%s is refused, and the tool named', async (_title, results) => {
  await expect(readBack(results)).rejects.toThrow(
    expect.objectContaining({ code: 'E_TOOL_OUTPUT', message: expect.stringContaining('Acme') }),
  );
});

/** Runs that do nothing but note which sample they were given. */
function noted() {
  const seen: number[] = [];
  const model = {
    count: 3,
    feedsOf: (sample: number) => sample,
    run: async (sample: number) => seen.push(sample),
  };
  return { seen, model };
}

it('warm-up and timed runs each take turns with the samples, and only the timed ones are given back', async () => {
  const { seen, model } = noted();
  const { durationsNs, peakMemoryBytes } = await timeRuns(model, {
    warmup: 2,
    runs: 4,
    threads: 1,
  });
  expect(seen).toEqual([0, 1, 0, 1, 2, 0]);
  expect(durationsNs).toHaveLength(4);
  expect(durationsNs.every((duration) => duration > 0)).toBe(true);
  expect(peakMemoryBytes).toBeGreaterThan(10_000_000);
});

it('a duration ends the runs, but not before the first one', async () => {
  const { model } = noted();
  const timing = { warmup: 0, runs: 5, threads: 1 };
  const slow = { ...model, run: () => new Promise((resolve) => setTimeout(resolve, 30)) };
  expect((await timeRuns(slow, { ...timing, durationMs: 1 })).durationsNs).toHaveLength(1);
  expect((await timeRuns(model, { ...timing, durationMs: 60_000 })).durationsNs).toHaveLength(5);
});
