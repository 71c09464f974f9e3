import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { type FileLock, withLock } from '../../src/host/lock.js';
import { tempDir } from '../support/files.js';

async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '0']);
  await once(child, 'exit');
  return child.pid ?? 0;
}

const run = async (
  file: string,
  work: (lock: FileLock) => Promise<string> = async () => 'done',
): Promise<string> => await withLock(file, 'acme 2.0 is being installed', work);

it('a second one is refused while the first works, and not after it, however it ended', async () => {
  const file = path.join(tempDir(), 'lock');
  await run(file, async () => {
    await expect(run(file)).rejects.toMatchObject({
      code: 'E_BUSY',
      exitCode: 75,
      message: expect.stringContaining(`process ${process.pid}`),
    });
    return '';
  });
  const failing = run(file, async () => {
    throw new Error('failed');
  });
  await expect(failing).rejects.toThrow('failed');
  await expect(run(file)).resolves.toBe('done');
  expect(readdirSync(path.dirname(file))).toEqual([]);
});

it('a second one that waits gets it when the first has finished', async () => {
  const file = path.join(tempDir(), 'lock');
  const order: string[] = [];
  const first = run(file, async () => {
    await new Promise((resolve) => setTimeout(resolve, 100));
    order.push('first');
    return '';
  });
  await expect.poll(() => existsSync(file)).toBe(true);
  const second = withLock(file, 'acme 2.0 is being installed', async () => order.push('second'), {
    waitMs: 60_000,
  });
  await Promise.all([first, second]);
  expect(order).toEqual(['first', 'second']);
});

it('one that a dead process left is taken over', async () => {
  const file = path.join(tempDir(), 'lock');
  const holder = { token: 'a', host: hostname(), process: { pid: await deadPid() } };
  for (const text of [JSON.stringify(holder), '', '{', 'null']) {
    writeFileSync(file, text);
    await expect(run(file), text).resolves.toBe('done');
  }
});

it.runIf(process.platform === 'linux')(
  'one of a dead process whose id another has by now is taken over',
  async () => {
    const file = path.join(tempDir(), 'lock');
    const other = { pid: process.pid, startTime: '1' };
    writeFileSync(file, JSON.stringify({ token: 'a', host: hostname(), process: other }));
    await expect(run(file)).resolves.toBe('done');
  },
);

it('one of another machine is left alone, and its file named', async () => {
  const file = path.join(tempDir(), 'lock');
  const holder = { token: 'a', host: 'elsewhere', process: { pid: await deadPid() } };
  writeFileSync(file, JSON.stringify(holder));
  await expect(run(file)).rejects.toMatchObject({
    code: 'E_BUSY',
    next: expect.stringContaining(file),
  });
  expect(existsSync(file)).toBe(true);
});

it('of many who take over a dead one at once, one at a time works', async () => {
  const file = path.join(tempDir(), 'lock');
  const holder = { token: 'a', host: hostname(), process: { pid: await deadPid() } };
  writeFileSync(file, JSON.stringify(holder));
  let [working, most, done] = [0, 0, 0];
  const work = async (): Promise<string> => {
    working++;
    most = Math.max(most, working);
    await new Promise((resolve) => setTimeout(resolve, 20));
    working--;
    done++;
    return '';
  };
  await Promise.allSettled(Array.from({ length: 8 }, () => run(file, work)));
  expect(most).toBe(1);
  expect(done).toBeGreaterThan(0);
});

it('who lost it to another is told before it declares anything', async () => {
  const file = path.join(tempDir(), 'lock');
  await run(file, async (lock) => {
    lock.recordChild(process.pid);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ child: { pid: process.pid } });
    lock.assertHeld();
    const other = { token: 'other', host: hostname(), process: { pid: 1 } };
    writeFileSync(file, JSON.stringify(other));
    expect(() => lock.assertHeld()).toThrow(expect.objectContaining({ code: 'E_BUSY' }));
    return '';
  });
  // nor does it remove what is not its own
  expect(existsSync(file)).toBe(true);
});
