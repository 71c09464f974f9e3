import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { ModelconvError, systemErrorCode } from '../errors.js';
import { describeHolder, type Holder, mayBeAlive, parseHolder, thisHolder } from './holder.js';
import { endOrphans, identityOf } from './other-process.js';

/** A lock that this process holds. */
export interface FileLock {
  /** Remember a process that was just started, so that whoever takes over can end it. */
  recordChild(pid: number): void;
  /** @throws ModelconvError `E_BUSY` when somebody took the lock over. */
  assertHeld(): void;
}

const ATTEMPTS = 5;
const RETRY_MS = 50;

/**
 * Run `work` while nobody else changes the same thing. A lock whose holder is dead is taken
 * over, after what it left running has been ended.
 *
 * @param what - what its holder does, for messages: `rknn 2.5.0 is being installed or removed`.
 * @param wait - `waitMs`: how long another holder is waited for; 0 where nothing is said.
 * @throws ModelconvError `E_BUSY` when another process holds it.
 */
export async function withLock<T>(
  file: string,
  what: string,
  work: (lock: FileLock) => Promise<T>,
  wait: { readonly waitMs?: number } = {},
): Promise<T> {
  const holder = thisHolder();
  await acquireWithin(wait.waitMs ?? 0, file, what, holder);
  try {
    return await work(heldLock(file, what, holder));
  } finally {
    if (readHolderNow(file)?.token === holder.token) await rm(file, { force: true });
  }
}

/** Whether somebody holds it right now. Looks, and ends nothing. */
export async function isLockHeld(file: string): Promise<boolean> {
  const holder = parseHolder(await readFile(file, 'utf8').catch(() => ''));
  return holder !== undefined && mayBeAlive(holder);
}

async function acquireWithin(
  waitMs: number,
  file: string,
  what: string,
  holder: Holder,
): Promise<void> {
  const tries = Math.floor(waitMs / RETRY_MS);
  for (let attempt = 0; ; attempt++) {
    try {
      await acquire(file, what, holder);
      return;
    } catch (error) {
      if (attempt >= tries || !(error instanceof ModelconvError)) throw error;
    }
    await sleep(RETRY_MS);
  }
}

async function acquire(file: string, what: string, holder: Holder): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (await createWhole(file, holder)) return;
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text === undefined) continue;
    const other = parseHolder(text);
    if (other !== undefined && !(await isDead(other))) throw busy(file, what, other);
    await takeAway(file, text);
  }
  throw busy(file, what, undefined);
}

/** Create a file with its content at once: nobody ever reads an empty lock. */
async function createWhole(file: string, holder: Holder): Promise<boolean> {
  const temporary = `${file}.${holder.token}`;
  await writeFile(temporary, JSON.stringify(holder));
  try {
    await link(temporary, file);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return false;
    // no hard links on this file system
    return await writeFile(file, JSON.stringify(holder), { flag: 'wx' }).then(
      () => true,
      () => false,
    );
  } finally {
    await rm(temporary, { force: true });
  }
}

async function isDead(holder: Holder): Promise<boolean> {
  if (mayBeAlive(holder)) return false;
  return holder.child === undefined || (await endOrphans(holder.child));
}

/** Take a dead lock away: renamed first, so that of two who try one gets it, and put back if it was not the dead one. */
async function takeAway(file: string, dead: string): Promise<void> {
  const aside = `${file}.${randomBytes(8).toString('hex')}`;
  try {
    await rename(file, aside);
  } catch {
    return;
  }
  const taken = await readFile(aside, 'utf8').catch(() => dead);
  if (taken !== dead) await link(aside, file).catch(() => {});
  await rm(aside, { force: true });
}

function heldLock(file: string, what: string, holder: Holder): FileLock {
  return {
    // at once and in one piece: this process may be killed before the next line
    recordChild: (pid) => {
      const temporary = `${file}.${holder.token}`;
      writeFileSync(temporary, JSON.stringify({ ...holder, child: identityOf(pid) }));
      renameSync(temporary, file);
    },
    assertHeld: () => {
      const now = readHolderNow(file);
      if (now?.token !== holder.token) throw busy(file, what, now);
    },
  };
}

function readHolderNow(file: string): Holder | undefined {
  try {
    return parseHolder(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function busy(file: string, what: string, holder: Holder | undefined): ModelconvError {
  const { who, next } = describeHolder(holder, file);
  return new ModelconvError('E_BUSY', {
    what: `${what} by ${who}`,
    next,
  });
}
