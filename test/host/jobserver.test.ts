import { execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, openSync, readSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runJobs, withinMemory } from '../../src/convert/run-jobs.js';
import { type Jobserver, openJobserver } from '../../src/host/jobserver.js';
import { tempDir } from '../support/files.js';
import { hasTool } from '../support/tools.js';

const never = new AbortController().signal;

/** A fifo with tokens in it, as make >= 4.4 has one. */
function fifo(tokens: string): { flags: string; left: () => string } {
  const file = path.join(tempDir(), 'fifo');
  execFileSync('mkfifo', [file]);
  // both ends are held, so that neither side waits for the other
  const fd = openSync(file, constants.O_RDWR | constants.O_NONBLOCK);
  onTestFinished(() => closeSync(fd));
  if (tokens !== '') writeSync(fd, tokens);
  return {
    flags: ` -j3 --jobserver-auth=fifo:${file}`,
    left: () => {
      const buffer = Buffer.alloc(100);
      try {
        const text = buffer.toString('latin1', 0, readSync(fd, buffer, 0, 100, null));
        writeSync(fd, text);
        return [...text].sort().join('');
      } catch {
        return '';
      }
    },
  };
}

function opened(flags: string): Jobserver {
  const server = openJobserver(flags);
  if (typeof server !== 'object') throw new Error(`no jobserver: ${server}`);
  onTestFinished(() => server.close());
  return server;
}

describe.skipIf(!hasTool('mkfifo'))('a jobserver', () => {
  it('gives a token, and gets the same one back', async () => {
    const own = fifo('ab');
    const server = opened(own.flags);
    const token = await server.acquire(never);
    expect(own.left()).toBe('b');
    token?.release();
    token?.release();
    expect(own.left()).toBe('ab');
  });

  it('is waited for, and no longer once there is nothing to wait for', async () => {
    const own = fifo('a');
    const server = opened(own.flags);
    const first = await server.acquire(never);
    const second = server.acquire(never);
    first?.release();
    const token = await second;
    expect(token).toBeDefined();
    const stop = new AbortController();
    const third = server.acquire(stop.signal);
    stop.abort();
    expect(await third).toBeUndefined();
    token?.release();
    expect(own.left()).toBe('a');
  });

  it('gets everything back when it is closed', async () => {
    const own = fifo('abc');
    const server = openJobserver(own.flags);
    if (typeof server !== 'object') throw new Error('no jobserver');
    await server.acquire(never);
    await server.acquire(never);
    server.close();
    expect(own.left()).toBe('abc');
  });
});

it.each([
  ['nothing', undefined],
  ['no flags', ''],
  ['other flags', 'ks -j --no-print-directory'],
  ['a variable of that name', ' -- X=--jobserver-auth=3,4'],
])('%s says of no jobserver', (_what, flags) => {
  expect(openJobserver(flags)).toBeUndefined();
});

it.each([
  ['numbers of files that are not open', ' -j --jobserver-auth=98,99'],
  ['the older name of it', ' -j --jobserver-fds=98,99 -j'],
  ['a fifo that is gone', ' -j --jobserver-auth=fifo:/nowhere/fifo'],
  ['a file', ' -j --jobserver-auth=fifo:/dev/null'],
  ['a form that is not known', ' -j --jobserver-auth=sem:x'],
])('%s cannot be reached', (_what, flags) => {
  expect(openJobserver(flags)).toBe('unreachable');
});

/** Greatest number at the same time, and the results. */
async function watched(jobs: number, makeFlags: string | undefined, fails = -1) {
  let running = 0;
  let most = 0;
  const results = await runJobs(
    [0, 1, 2, 3, 4, 5],
    async (item) => {
      most = Math.max(most, ++running);
      // longer than a look for a token takes
      await new Promise((resolve) => setTimeout(resolve, 120));
      running--;
      if (item === fails) throw new Error('failed');
      return item * 2;
    },
    { jobs, makeFlags, signal: undefined },
  );
  return { most, results };
}

describe.skipIf(!hasTool('mkfifo'))('jobs below make', () => {
  it.each([
    ['', 1],
    ['a', 2],
    ['abcd', 3],
  ])('with the tokens "%s" and -j 3: %i at the same time', async (tokens, most) => {
    const own = fifo(tokens);
    expect(await watched(3, own.flags)).toEqual({ most, results: [0, 2, 4, 6, 8, 10] });
    expect(own.left()).toBe(tokens);
  });

  it('give every token back when one of them fails', async () => {
    const own = fifo('ab');
    await expect(watched(3, own.flags, 1)).rejects.toThrow('failed');
    expect(own.left()).toBe('ab');
  });

  it('go one after the other where make does not share its jobserver', async () => {
    expect((await watched(3, ' -j --jobserver-auth=98,99')).most).toBe(1);
  });
});

it('without make the free memory bounds them', () => {
  const GIB = 1024 ** 3;
  expect(withinMemory(4, 100 * GIB)).toBe(4);
  expect(withinMemory(4, 2.5 * GIB)).toBe(2);
  expect(withinMemory(4, 1000)).toBe(1);
});

const BIN = fileURLToPath(new URL('../../bin/modelconv.js', import.meta.url));
const CNN = fileURLToPath(new URL('../../fixtures/models/digits-cnn.onnx', import.meta.url));

describe.skipIf(!hasTool('make'))('a real make', () => {
  const convert = `'${process.execPath}' '${BIN}' convert '${CNN}' -d local -d raspberry-pi-4 -d android-arm64 -j 3 -f -q -o`;

  function makefile(recipes: string): string {
    const dir = tempDir();
    writeFileSync(path.join(dir, 'Makefile'), `all: a b\n${recipes}`);
    return dir;
  }

  it.each(['', '+'])('gets all its tokens back, from recipes that start with "%s"', (mark) => {
    const dir = makefile(`a b:\n\t${mark}@${convert} $@/\n`);
    // make itself complains of tokens that are missing at its end
    const output = execFileSync('make', ['-j3'], { cwd: dir, encoding: 'utf8', stdio: 'pipe' });
    expect(output).toBe('');
  });

  it('gets them back from a conversion that fails, and after Ctrl-C', async () => {
    const dir = makefile(`a:\n\t+@${convert} a/ --tolerance maxAbs=1e-12\nb:\n\t+@${convert} b/\n`);
    const failed = await ended(dir, undefined);
    expect(failed.code).toBe(2);
    expect(failed.stderr).not.toMatch(/jobserver|INTERNAL/);
    const interrupted = await ended(dir, 700);
    expect(interrupted.stderr).not.toMatch(/jobserver|INTERNAL/);
  });

  /** @param afterMs - when the whole group is interrupted, as by a terminal. */
  async function ended(dir: string, afterMs: number | undefined) {
    const child = spawn('make', ['-j3', '-k'], {
      cwd: dir,
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (data: Buffer) => {
      stderr += data.toString();
    });
    if (afterMs !== undefined) setTimeout(() => process.kill(-(child.pid ?? 0), 'SIGINT'), afterMs);
    const code = await new Promise((resolve) => child.on('close', resolve));
    return { code, stderr };
  }
});
