import { freemem } from 'node:os';
import { type Jobserver, openJobserver } from '../host/jobserver.js';

export interface JobLimits {
  /** At the same time, at most. */
  readonly jobs: number;
  /** Variable MAKEFLAGS. */
  readonly makeFlags: string | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Converters with a framework behind them take about so much, in bytes. */
const MEMORY_EACH = 1024 ** 3;

/** As many as there is memory for, and one in any case. */
export function withinMemory(jobs: number, freeBytes: number = freemem()): number {
  return Math.max(1, Math.min(jobs, Math.floor(freeBytes / MEMORY_EACH)));
}

/**
 * Do something with each item, a few at a time. Below a make with a jobserver the first goes without a
 * token, as this process was given one, and each further one takes one and gives it back; where the
 * jobserver is not shared, they go one after the other. Without a make the free memory is the bound.
 *
 * @returns the results, in the order of the items.
 */
export async function runJobs<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
  { jobs, makeFlags, signal }: JobLimits,
): Promise<R[]> {
  const server = jobs > 1 && items.length > 1 ? openJobserver(makeFlags) : undefined;
  const results: R[] = [];
  let next = 0;
  const isEmpty = new AbortController();
  const stop = AbortSignal.any([isEmpty.signal, ...(signal === undefined ? [] : [signal])]);
  const takeOne = async (): Promise<boolean> => {
    const index = next++;
    const item = items[index];
    if (next >= items.length) isEmpty.abort();
    if (item === undefined) return false;
    results[index] = await work(item);
    return true;
  };
  const first = async (): Promise<void> => {
    while (await takeOne());
  };
  const further = async (): Promise<void> => {
    if (typeof server !== 'object') return await first();
    while (await withToken(server, stop, takeOne));
  };
  const most = server === undefined ? withinMemory(jobs) : server === 'unreachable' ? 1 : jobs;
  const others = Math.min(most, items.length) - 1;
  try {
    await Promise.all([first(), ...Array.from({ length: others }, further)]);
  } finally {
    if (typeof server === 'object') server.close();
  }
  return results;
}

/** @returns false when there is nothing more to do. */
async function withToken(
  server: Jobserver,
  stop: AbortSignal,
  work: () => Promise<boolean>,
): Promise<boolean> {
  const token = await server.acquire(stop);
  try {
    return token !== undefined && (await work());
  } finally {
    token?.release();
  }
}
