import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { identityOf, isRunning, type ProcessIdentity } from './other-process.js';

/** Who holds a lock, or uses what others may not take away. */
export interface Holder {
  readonly token: string;
  readonly host: string;
  readonly process: ProcessIdentity;
  /** The process that it started and waits for: it outlives a killed starter, and goes on writing. */
  readonly child?: ProcessIdentity | undefined;
}

/** This process, with a token of its own. */
export function thisHolder(): Holder {
  return {
    token: randomBytes(8).toString('hex'),
    host: hostname(),
    process: identityOf(process.pid),
  };
}

/** Whether a holder may still be there: processes of another machine cannot be seen from here. */
export function mayBeAlive({ host, process: holder }: Holder): boolean {
  return host !== hostname() || isRunning(holder);
}

/** What stands in a holder's file; undefined when it is none. */
export function parseHolder(text: string): Holder | undefined {
  try {
    const data = JSON.parse(text) as Partial<Holder> | null;
    return typeof data?.token === 'string' && typeof data.process?.pid === 'number'
      ? (data as Holder)
      : undefined;
  } catch {
    return undefined;
  }
}

/** `process 4711`, with its machine where that is another, and what to do: wait, or take its file away if it died there. */
export function describeHolder(
  holder: Holder | undefined,
  file: string,
): { readonly who: string; readonly next: string } {
  if (holder === undefined)
    return { who: 'another process', next: 'try again when it has finished' };
  const { host, process: other } = holder;
  return host === hostname()
    ? { who: `process ${other.pid}`, next: 'try again when it has finished' }
    : {
        who: `process ${other.pid} on ${host}`,
        next: `try again when it has finished; if it died: rm "${file}"`,
      };
}
