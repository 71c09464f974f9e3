import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../../bin/modelconv.js', import.meta.url));

/** modelconv at work in a process of its own. */
export interface Started {
  kill(signal: NodeJS.Signals): void;
  /** How it ended; `ms` since the first signal. */
  readonly ended: Promise<{
    code: number | null;
    signal: NodeJS.Signals | null;
    stdout: string;
    stderr: string;
    ms: number;
  }>;
}

export function start(args: readonly string[], env: Readonly<Record<string, string>>): Started {
  const child = spawn(process.execPath, [BIN, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  let signalled = performance.now();
  let isSignalled = false;
  return {
    kill: (signal) => {
      if (!isSignalled) signalled = performance.now();
      isSignalled = true;
      child.kill(signal);
    },
    ended: new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) =>
        resolve({
          code,
          signal,
          stdout: Buffer.concat(out).toString('utf8'),
          stderr: Buffer.concat(err).toString('utf8'),
          ms: performance.now() - signalled,
        }),
      );
    }),
  };
}

/** Wait for the processes that a hanging fake names in `pids.json` of its work directory. */
export async function hangingPids(tmp: string): Promise<number[]> {
  for (let tries = 0; tries < 400; tries++) {
    for (const name of readdirSync(tmp)) {
      const file = path.join(tmp, name, 'pids.json');
      if (!existsSync(file)) continue;
      const text = readFileSync(file, 'utf8');
      if (text.endsWith(']')) return JSON.parse(text) as number[];
    }
    await sleep(25);
  }
  throw new Error('the fake tool did not start within 10 s');
}

/** Whether a process is there and has not ended: one that only waits to be collected has. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return process.platform !== 'linux';
  }
}

/** Those that are still there after the time a killed process needs to vanish. */
export async function survivors(pids: readonly number[]): Promise<number[]> {
  for (let tries = 0; tries < 20 && pids.some(isAlive); tries++) await sleep(25);
  return pids.filter(isAlive);
}
