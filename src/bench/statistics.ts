import type { Latency } from '../schema/generated/types.js';

const NS_PER_MS = 1e6;
const NS_PER_S = 1e9;
/** More digits of a rate than these are noise. */
const RATE_DIGITS = 6;

/**
 * The nearest-rank percentile: the smallest value that at least `percent` of all values do not exceed. It is
 * always one of the values, never something between two of them.
 *
 * @param sorted - ascending, at least one.
 * @param percent - above 0, at most 100.
 */
export function percentile(sorted: readonly number[], percent: number): number {
  const rank = Math.max(1, Math.ceil((percent * sorted.length) / 100));
  const value = sorted[Math.min(rank, sorted.length) - 1];
  if (value === undefined) throw new Error('a percentile of no values');
  return value;
}

/** Times of single runs, in nanoseconds, as latencies in milliseconds. At least one. */
export function latencyOf(durationsNs: readonly number[]): Latency {
  const sorted = [...durationsNs].sort((a, b) => a - b);
  const at = (percent: number): number => percentile(sorted, percent) / NS_PER_MS;
  return {
    minMs: (sorted[0] ?? 0) / NS_PER_MS,
    p50Ms: at(50),
    p90Ms: at(90),
    p99Ms: at(99),
  };
}

/** Runs per second where one follows the other without a pause; 0 where the clock saw no time pass. */
export function throughputOf(durationsNs: readonly number[]): number {
  const totalNs = durationsNs.reduce((sum, duration) => sum + duration, 0);
  if (totalNs === 0) return 0;
  return Number(((durationsNs.length * NS_PER_S) / totalNs).toPrecision(RATE_DIGITS));
}
