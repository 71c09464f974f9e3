import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { latencyOf, percentile, throughputOf } from '../../src/bench/statistics.js';

const HUNDRED = Array.from({ length: 100 }, (_, index) => index + 1);
const ascending = fc
  .array(fc.nat(), { minLength: 1 })
  .map((values) => values.sort((a, b) => a - b));

describe('a nearest-rank percentile', () => {
  it.each([
    // the worked example of the definition
    [[15, 20, 35, 40, 50], 5, 15],
    [[15, 20, 35, 40, 50], 30, 20],
    [[15, 20, 35, 40, 50], 40, 20],
    [[15, 20, 35, 40, 50], 50, 35],
    [[15, 20, 35, 40, 50], 100, 50],
    [HUNDRED, 50, 50],
    [HUNDRED, 90, 90],
    [HUNDRED, 99, 99],
    [[7], 99, 7],
    [[1, 2], 50, 1],
  ])('of %j at %d %% is %d', (sorted, percent, expected) => {
    expect(percentile(sorted, percent)).toBe(expected);
  });

  it('is one of the values, and so many of them are not above it', () => {
    fc.assert(
      fc.property(ascending, fc.integer({ min: 1, max: 100 }), (sorted, percent) => {
        const value = percentile(sorted, percent);
        const below = sorted.filter((one) => one <= value).length;
        return sorted.includes(value) && below * 100 >= percent * sorted.length;
      }),
    );
  });

  it('of nothing is a fault of the program', () => {
    expect(() => percentile([], 50)).toThrow();
  });
});

it('latencies are milliseconds, whatever the order of the runs', () => {
  const durations = HUNDRED.map((ms) => ms * 1e6).reverse();
  expect(latencyOf(durations)).toEqual({ minMs: 1, p50Ms: 50, p90Ms: 90, p99Ms: 99 });
});

it('a latency keeps its nanoseconds', () => {
  expect(latencyOf([1_234_567]).p50Ms).toBe(1.234567);
});

it('throughput is runs by the sum of their times, in six digits', () => {
  expect(throughputOf([1e6, 3e6])).toBe(500);
  expect(throughputOf([3e6])).toBe(333.333);
});

it('where the clock saw no time pass, there is no rate', () => {
  expect(throughputOf([0, 0])).toBe(0);
});
