import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ModelconvError } from '../../src/errors.js';
import { type ExplainFailure, readTail, runStep, type Step } from '../../src/host/run-step.js';
import { tempDir } from '../support/files.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

interface Box {
  readonly workDir: string;
  readonly logFile: string;
}

function box(): Box {
  const dir = tempDir();
  const workDir = path.join(dir, 'work');
  mkdirSync(workDir);
  return { workDir, logFile: path.join(dir, 'log') };
}

interface RunSpec {
  readonly timeoutMs?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly onStart?: () => void;
  readonly binDir?: string;
  readonly explain?: ExplainFailure;
  readonly command?: readonly [string, ...string[]];
  readonly repair?: string;
}

/** Run a shell script as a step of a tool. */
async function shell(where: Box, script: string, spec: RunSpec = {}): Promise<number> {
  const { timeoutMs = 20_000, env, signal, onStart, binDir, explain, command, repair } = spec;
  const step: Step = { label: 'compile', args: ['-c', script], timeoutMs, ...(env && { env }) };
  const launcher = {
    command: command ?? (['/bin/sh'] as const),
    binDir,
    ...(repair && { repair }),
  };
  return await runStep(step, 'acmec', launcher, { ...where, signal, onStart }, explain);
}

async function failureOf(running: Promise<unknown>): Promise<ModelconvError> {
  const error: unknown = await running.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ModelconvError)) throw new Error(`no ModelconvError: ${String(error)}`);
  return error;
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !condition(); i++) await sleep(10);
  expect(condition()).toBe(true);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // a process that ended, and that nobody waits for, is not alive
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

describe('a step that succeeds', () => {
  it('runs in the work directory, with its arguments as they are, and takes its time', async () => {
    const where = box();
    const script = 'pwd; printf "%s|" "$@"; sleep 0.1; : > made';
    const command = ['/bin/sh', '-c', script, 'sh', 'a b', '$HOME', '*'] as const;
    const durationMs = await shell(where, 'ignored', { command });
    expect(durationMs).toBeGreaterThan(90);
    expect(readFileSync(where.logFile, 'utf8')).toBe(`${where.workDir}\na b|$HOME|*|-c|ignored|`);
    expect(existsSync(path.join(where.workDir, 'made'))).toBe(true);
  });

  it('has stdin closed, and both streams in the log, in the order they came', async () => {
    const where = box();
    await shell(where, 'cat; echo one; echo two >&2; echo three');
    expect(readFileSync(where.logFile, 'utf8')).toBe('one\ntwo\nthree\n');
  });

  it('leaves the log of an earlier step in place', async () => {
    const where = box();
    await shell(where, 'echo one');
    await shell(where, 'echo two');
    expect(readFileSync(where.logFile, 'utf8')).toBe('one\ntwo\n');
  });

  it('says when it runs', async () => {
    const onStart = vi.fn();
    await shell(box(), ':', { onStart });
    expect(onStart).toHaveBeenCalledTimes(1);
  });

  it('leaves nothing running that it started in the background', async () => {
    const where = box();
    await shell(where, 'sleep 60 & echo $! > pid');
    const pid = Number(readFileSync(path.join(where.workDir, 'pid'), 'utf8'));
    await until(() => !isAlive(pid));
  });
});

describe('a step that fails', () => {
  it('with an exit status names tool, step and status, and shows the end of its log', async () => {
    const error = await failureOf(shell(box(), 'echo the reason >&2; exit 3'));
    expect(error).toMatchObject({ code: 'E_TOOL_FAILED', logTail: 'the reason' });
    expect(`${error.message} ${error.why}`).toMatch(/acmec.*compile.*3/);
  });

  it.each(['SIGSEGV', 'SIGABRT', 'SIGKILL', 'SIGBUS'])('by %s names the signal', async (name) => {
    const error = await failureOf(shell(box(), `kill -${name.slice(3)} $$`));
    expect(error).toMatchObject({ code: 'E_TOOL_FAILED', why: expect.stringContaining(name) });
  });

  it('because the tool is not there any more is a missing tool, with what makes it whole again', async () => {
    const error = await failureOf(
      shell(box(), '', { command: ['/nowhere/acmec'], repair: 'acme install' }),
    );
    expect(error).toMatchObject({
      code: 'E_TOOL_MISSING',
      why: expect.stringContaining('/nowhere/acmec'),
      next: 'acme install',
    });
  });

  it('because the tool may not be executed says why', async () => {
    const where = box();
    const tool = path.join(where.workDir, 'acmec');
    await writeFile(tool, 'not a program', { mode: 0o644 });
    const error = await failureOf(shell(where, '', { command: [tool] }));
    expect(error).toMatchObject({ code: 'E_TOOL_FAILED', why: expect.stringContaining('EACCES') });
  });

  it('shows nothing of the log of an earlier step', async () => {
    const where = box();
    await shell(where, 'echo earlier');
    expect((await failureOf(shell(where, 'exit 1'))).logTail).toBe('');
  });

  it('is explained by the adapter where it can, and else in general', async () => {
    const explain: ExplainFailure = ({ exitCode, signal, logTail, tool, step }) =>
      logTail.includes('known')
        ? new ModelconvError('E_NOT_CONVERTIBLE', {
            what: [tool, step.label, exitCode, signal, logTail].join(' '),
          })
        : undefined;
    const known = await failureOf(shell(box(), 'echo known; exit 4', { explain }));
    expect(known).toMatchObject({ code: 'E_NOT_CONVERTIBLE', message: 'acmec compile 4  known' });
    const other = await failureOf(shell(box(), 'echo other; exit 4', { explain }));
    expect(other.code).toBe('E_TOOL_FAILED');
  });
});

/** A tool that starts another process, which writes `late` when it is left alone. */
const GRANDCHILD = '(sleep 2; : > late) & echo $! > pid; echo started; wait';

describe('a step that takes too long', () => {
  it('is ended with all that it started', async () => {
    const where = box();
    const error = await failureOf(shell(where, GRANDCHILD, { timeoutMs: 300 }));
    expect(error).toMatchObject({ code: 'E_TIMEOUT', exitCode: 75, logTail: 'started' });
    const pid = Number(readFileSync(path.join(where.workDir, 'pid'), 'utf8'));
    await until(() => !isAlive(pid));
    expect(existsSync(path.join(where.workDir, 'late'))).toBe(false);
  });

  it('and ignores SIGTERM is ended all the same', async () => {
    const started = performance.now();
    const script = 'trap "" TERM; while :; do sleep 0.05; done';
    const error = await failureOf(shell(box(), script, { timeoutMs: 100 }));
    expect(error.code).toBe('E_TIMEOUT');
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it('and says success when it is asked to end did not succeed', async () => {
    const script = 'trap "exit 0" TERM; while :; do sleep 0.05; done';
    const error = await failureOf(shell(box(), script, { timeoutMs: 200 }));
    expect(error.code).toBe('E_TIMEOUT');
  });

  it('is not ended early by a limit longer than any timer', async () => {
    await shell(box(), 'sleep 0.1', { timeoutMs: 10 * 365 * 24 * 3600 * 1000 });
  });
});

describe('a step that is given up', () => {
  it('is ended with all that it started, and fails with the reason', async () => {
    const where = box();
    const controller = new AbortController();
    const reason = new ModelconvError('E_INTERRUPTED', { what: 'interrupted' });
    const running = failureOf(shell(where, GRANDCHILD, { signal: controller.signal }));
    const pidFile = path.join(where.workDir, 'pid');
    await until(() => existsSync(pidFile) && statSync(pidFile).size > 0);
    controller.abort(reason);
    expect(await running).toBe(reason);
    const pid = Number(readFileSync(pidFile, 'utf8'));
    await until(() => !isAlive(pid));
    expect(existsSync(path.join(where.workDir, 'late'))).toBe(false);
  });

  it('before it starts does not start', async () => {
    const where = box();
    await expect(shell(where, ': > made', { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(existsSync(path.join(where.workDir, 'made'))).toBe(false);
  });

  it('leaves no listener on the signal when it ends by itself', async () => {
    const { signal } = new AbortController();
    const [add, remove] = [
      vi.spyOn(signal, 'addEventListener'),
      vi.spyOn(signal, 'removeEventListener'),
    ];
    const before = process.listenerCount('exit');
    await shell(box(), ':', { signal });
    expect(remove).toHaveBeenCalledTimes(add.mock.calls.length);
    expect(process.listenerCount('exit')).toBe(before);
  });
});

describe('the log', () => {
  it('in an error has at most 200 lines and 64 KiB, and they are the last ones', async () => {
    const many = await failureOf(shell(box(), 'seq 1 100000; exit 1'));
    const lines = many.logTail?.split('\n') ?? [];
    expect(lines.length).toBeLessThanOrEqual(200);
    expect(lines.length).toBeGreaterThan(190);
    expect(lines.at(-1)).toBe('100000');
    const long = await failureOf(shell(box(), 'head -c 1000000 /dev/zero | tr "\\0" x; exit 1'));
    expect(long.logTail).toBe('x'.repeat(65_536));
  });

  it('in an error cannot drive the terminal', async () => {
    const script = String.raw`printf '\033[31mred\033[0m \033]0;title\007 \033[2J\033[1;1H10%%\r20%%\r\n\233[1mc1 \010\000end'; exit 1`;
    const { logTail } = await failureOf(shell(box(), script));
    expect(logTail).toContain('red');
    expect(logTail).toContain('10%\n20%');
    expect(logTail).toMatch(/end$/);
    expect(logTail).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
  });

  it('that is not UTF-8 does not hide the reason', async () => {
    const { logTail } = await failureOf(shell(box(), String.raw`printf '\377\376 reason'; exit 1`));
    expect(logTail).toContain('reason');
  });

  it('of 200 MB stays within 50 MB of memory, and is kept whole', async () => {
    const where = box();
    const before = process.memoryUsage().rss;
    let peak = before;
    const timer = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage().rss);
    }, 5);
    const script = 'head -c 200000000 /dev/zero | tr "\\0" "\\n"; echo the end; exit 1';
    const { logTail } = await failureOf(shell(where, script));
    clearInterval(timer);
    expect(logTail).toBe('the end');
    expect(statSync(where.logFile).size).toBe(200_000_008);
    expect(peak - before).toBeLessThan(50e6);
  });

  it('that is empty has no last lines', async () => {
    const { logFile } = box();
    await writeFile(logFile, 'earlier\n');
    expect(await readTail(logFile, 8)).toBe('');
    expect(await readTail(logFile, 0)).toBe('earlier');
  });
});

describe('the environment of a tool', () => {
  async function environment(where: Box, spec: RunSpec = {}): Promise<Map<string, string>> {
    await shell(where, 'env > env', spec);
    const text = await readFile(path.join(where.workDir, 'env'), 'utf8');
    const lines = text.trim().split('\n');
    return new Map(lines.map((line) => [line.split('=', 1)[0] ?? '', line.replace(/^.*?=/, '')]));
  }

  it('holds nothing of the user but PATH and where libraries are', async () => {
    const secrets = ['AWS_SECRET_ACCESS_KEY', 'GITHUB_TOKEN', 'NODE_OPTIONS', 'LD_PRELOAD_NOT'];
    for (const name of secrets) vi.stubEnv(name, 'secret');
    vi.stubEnv('LD_LIBRARY_PATH', '/opt/lib');
    const env = await environment(box());
    for (const name of secrets) expect(env.has(name), name).toBe(false);
    expect([...env.values()]).not.toContain('secret');
    expect(env.get('PATH')).toBe(process.env['PATH']);
    expect(env.get('LD_LIBRARY_PATH')).toBe('/opt/lib');
    expect(env.get('TZ')).toBe('UTC');
  });

  it('has its home and its temporary files in the work directory', async () => {
    const where = box();
    const env = await environment(where);
    for (const name of ['HOME', 'TMPDIR', 'XDG_CACHE_HOME', 'XDG_CONFIG_HOME', 'XDG_DATA_HOME'])
      expect(env.get(name), name).toMatch(new RegExp(`^${where.workDir}/`));
    for (const name of ['HOME', 'TMPDIR'])
      expect(statSync(env.get(name) ?? '').mode & 0o777, name).toBe(0o700);
  });

  it('tells tools that send usage reports not to: telemetry stays off', async () => {
    vi.stubEnv('CI', 'false');
    vi.stubEnv('DO_NOT_TRACK', '0');
    const env = await environment(box());
    expect([env.get('CI'), env.get('DO_NOT_TRACK')]).toEqual(['true', '1']);
  });

  it('holds no proxy and no package index of the user', async () => {
    for (const name of ['HTTPS_PROXY', 'https_proxy', 'PIP_INDEX_URL', 'PYTHONPATH'])
      vi.stubEnv(name, 'http://127.0.0.1:9');
    const env = await environment(box());
    expect([...env.values()]).not.toContain('http://127.0.0.1:9');
  });

  it('takes what the step adds, and looks for programs beside the tool first', async () => {
    const env = await environment(box(), { env: { ACME: '1', TZ: 'X' }, binDir: '/opt/acme/bin' });
    expect([env.get('ACME'), env.get('TZ')]).toEqual(['1', 'X']);
    expect(env.get('PATH')).toBe(`/opt/acme/bin${path.delimiter}${process.env['PATH']}`);
  });
});

describe('a step that ends with 0 whatever happens', () => {
  const step = (script: string, successPattern?: string): Step => ({
    label: 'convert',
    args: ['-c', script],
    timeoutMs: 20_000,
    ...(successPattern === undefined ? {} : { successPattern }),
  });
  const launcher = { command: ['/bin/sh'] } as const;

  it('has succeeded when its log says so', async () => {
    await runStep(step('echo Converted Success!', 'Converted Success!'), 'mnn', launcher, box());
  });

  it('has failed when its log does not say so', async () => {
    const error = await failureOf(
      runStep(step('echo Convert error', 'Converted Success!'), 'mnn', launcher, box()),
    );
    expect(error).toMatchObject({ code: 'E_TOOL_FAILED' });
    expect(error.why).toContain('Converted Success!');
    expect(error.logTail).toBe('Convert error');
  });

  it('is not helped by what an earlier step said', async () => {
    const where = box();
    await runStep(step('echo Converted Success!', 'Converted Success!'), 'mnn', launcher, where);
    const error = await failureOf(
      runStep(step('true', 'Converted Success!'), 'mnn', launcher, where),
    );
    expect(error.code).toBe('E_TOOL_FAILED');
  });

  it('is found to have succeeded before a megabyte of other words', async () => {
    const script =
      'echo all done; i=0; while [ $i -lt 9000 ]; do echo "0123456789012345678901234567890123456789012345678901234567890123456789"; i=$((i+1)); done';
    await runStep(step(script, 'all done'), 'chatty', launcher, box());
  });
});

describe('the programs of a tool', () => {
  const launcher = {
    command: ['/bin/false'],
    programs: { shell: ['/bin/sh', '-c'] },
  } as const;

  it('are started by the name that the step uses', async () => {
    const where = box();
    const step: Step = { label: 'x', program: 'shell', args: ['echo hello'], timeoutMs: 20_000 };
    await runStep(step, 'acmec', launcher, where);
    expect(readFileSync(where.logFile, 'utf8')).toBe('hello\n');
  });

  it('that the launcher does not have are a bug of the adapter', async () => {
    const step: Step = { label: 'x', program: 'nothing', args: [], timeoutMs: 20_000 };
    await expect(runStep(step, 'acmec', launcher, box())).rejects.toThrow(/no program "nothing"/);
  });
});

describe('a tool that was killed', () => {
  it.each(['kill -KILL $$', 'exit 137'])(
    'by "%s" is told to have run out of memory',
    async (script) => {
      const error = await failureOf(shell(box(), script));
      expect(error.why).toContain('memory');
      expect(error.next).toContain('more memory');
    },
  );

  it('inside a wrapper is named with the signal behind its status', async () => {
    expect((await failureOf(shell(box(), 'exit 139'))).why).toContain('SIGSEGV');
    expect((await failureOf(shell(box(), 'exit 134'))).why).toContain('SIGABRT');
  });
});
