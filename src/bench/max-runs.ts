/** Timed runs of one measurement at most, whatever its duration. */
export const MAX_RUNS = 1_000_000;
