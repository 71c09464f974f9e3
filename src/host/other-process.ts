import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process that this one may not have started: its id alone could be another's by now. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it was started, in ticks since boot; known on Linux alone. */
  readonly startTime?: string | undefined;
}

/** The identity of a process that runs now. */
export function identityOf(pid: number): ProcessIdentity {
  return { pid, startTime: statusOf(pid)?.startTime };
}

/** proc(5): the fields after the name, which may hold anything, in parentheses. */
function statusOf(pid: number): { state: string; startTime: string | undefined } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', startTime: fields[19] };
  } catch {
    return undefined;
  }
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // another user's
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Whether a process still runs: one that has ended and waits to be collected does not. */
export function isRunning({ pid, startTime }: ProcessIdentity): boolean {
  if (!isThere(pid)) return false;
  const status = statusOf(pid);
  if (status === undefined) return true;
  if (status.state === 'Z' || status.state === 'X') return false;
  return startTime === undefined || status.startTime === startTime;
}

/**
 * End what is left of a process group whose starter was killed.
 *
 * @returns false when something of that id still runs and it cannot be told that it is the same.
 */
export async function endOrphans(leader: ProcessIdentity): Promise<boolean> {
  if (process.platform === 'win32' || leader.startTime === undefined) return !isRunning(leader);
  const status = statusOf(leader.pid);
  // the id went to somebody else: a group's id is not given away while it has members
  if (status !== undefined && status.startTime !== leader.startTime) return true;
  for (let tries = 0; tries < 100; tries++) {
    try {
      process.kill(-leader.pid, 'SIGKILL');
    } catch {
      return true;
    }
    if (!isRunning(leader) && !hasMembers(leader.pid)) return true;
    await sleep(20);
  }
  return !isRunning(leader);
}

function hasMembers(group: number): boolean {
  try {
    process.kill(-group, 0);
    return true;
  } catch {
    return false;
  }
}
