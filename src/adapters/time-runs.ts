import { readFileSync } from 'node:fs';
import type { Timing } from './contract.js';
import type { RunTimes } from './run-files.js';

/** What is timed: `run` alone; the feeds of a sample are made between the runs. */
export interface TimedModel<Feeds> {
  /** Samples that the runs take turns with. */
  readonly count: number;
  feedsOf(sample: number): Feeds;
  run(feeds: Feeds): Promise<unknown>;
}

/** Time runs in this process; `time_runs` in run_files.py does the same for the drivers in Python. */
export async function timeRuns<Feeds>(
  { count, feedsOf, run }: TimedModel<Feeds>,
  { warmup, runs, durationMs = Number.POSITIVE_INFINITY }: Timing,
): Promise<RunTimes> {
  for (let index = 0; index < warmup; index++) await run(feedsOf(index % count));
  const durationsNs: number[] = [];
  const latest = performance.now() + durationMs;
  while (durationsNs.length === 0 || (durationsNs.length < runs && performance.now() < latest)) {
    const feeds = feedsOf(durationsNs.length % count);
    const start = process.hrtime.bigint();
    await run(feeds);
    durationsNs.push(Number(process.hrtime.bigint() - start));
  }
  return { durationsNs, peakMemoryBytes: peakMemoryBytes() };
}

/** The most memory that this process had resident, in bytes. */
function peakMemoryBytes(): number {
  // Linux: maxRSS begins with the peak of the process that started this one, VmHWM does not
  const found = /^VmHWM:\s+(\d+) kB$/m.exec(ownStatus())?.[1];
  return (found === undefined ? process.resourceUsage().maxRSS : Number(found)) * 1024;
}

function ownStatus(): string {
  try {
    return readFileSync('/proc/self/status', 'utf8');
  } catch {
    return '';
  }
}
