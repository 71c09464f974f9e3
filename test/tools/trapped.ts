import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { userDataDir } from '../../dist/host/user-dirs.js';
import { fixture, tempDir } from '../support/files.js';
import { pythonOf, sha256, type Tool } from './tool.js';

// What vendors' tools do besides converting, made visible: a copy of the tool's environment in which pip
// only notes that it was called, and Python what it was given and what it left in its home.

const BIN = fixture('../bin/modelconv.js');
const INSTALLERS = /^(pip|pip3|uv|easy_install|conda)[\d.]*$/;

/** A copy of a tool's environment, by links, with notes of what goes on in it. */
export interface TrappedEnvironment {
  readonly directory: string;
  readonly binDir: string;
  /** Python that takes notes. */
  readonly python: string;
  /** Calls of pip and its like. */
  installerCalls(): string[];
  /** Files that the tool left in its home directory. */
  filesInHome(): string[];
  /** Environment of each start of Python. */
  environments(): string[];
}

export interface TrapOptions {
  /** Shell words before Python starts. */
  readonly before?: string;
  /** Programs of the environment that are left out. */
  readonly without?: readonly string[];
}

export function trappedEnvironment(tool: Tool, options: TrapOptions = {}): TrappedEnvironment {
  const real = path.dirname(path.dirname(pythonOf(tool)));
  const directory = path.join(tempDir(), 'environment');
  const [binDir, notes] = [path.join(directory, 'bin'), path.join(directory, 'notes')];
  for (const dir of [directory, binDir, notes]) mkdirSync(dir);
  for (const name of ['lib', 'lib64', 'share', 'include'])
    if (existsSync(path.join(real, name)))
      symlinkSync(path.join(real, name), path.join(directory, name));
  copyFileSync(path.join(real, 'pyvenv.cfg'), path.join(directory, 'pyvenv.cfg'));
  for (const name of readdirSync(path.join(real, 'bin')))
    if (!INSTALLERS.test(name) && !name.startsWith('python') && !options.without?.includes(name))
      symlinkSync(path.join(real, 'bin', name), path.join(binDir, name));
  for (const name of ['pip', 'pip3', 'uv'])
    script(path.join(binDir, name), `echo "${name} $*" >> "${notes}/installers"; exit 1`);
  const python = path.join(binDir, 'python');
  script(
    python,
    [
      options.before ?? '',
      `env > "${notes}/env.$$"`,
      `"${pythonOf(tool)}" "$@"`,
      'status=$?',
      `find "$HOME" -type f >> "${notes}/home"`,
      'exit $status',
    ].join('\n'),
  );
  const lines = (name: string): string[] => {
    const file = path.join(notes, name);
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
  };
  return {
    directory,
    binDir,
    python,
    installerCalls: () => lines('installers'),
    filesInHome: () => lines('home'),
    environments: () =>
      readdirSync(notes)
        .filter((name) => name.startsWith('env.'))
        .map((name) => readFileSync(path.join(notes, name), 'utf8')),
  };
}

function script(file: string, text: string): void {
  writeFileSync(file, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
}

/** What can watch every process: strace, where it is there and may be used. */
const STRACE = ['strace', '-f', '--seccomp-bpf', '-qq', '-e', 'trace=connect'] as const;
export const canTrace =
  spawnSync(STRACE[0], [...STRACE.slice(1), '-o', '/dev/null', 'true']).status === 0;
/** A name space without a network; where it cannot be made, the machine's own is used. */
const OFFLINE = ['unshare', '--map-root-user', '--net'] as const;
const canUnshare = spawnSync(OFFLINE[0], [...OFFLINE.slice(1), 'true']).status === 0;

export interface TrappedRun {
  readonly status: number | null;
  readonly stderr: string;
  readonly output: string;
  /** Addresses that any process tried to connect to; undefined where nothing can watch. */
  readonly connections: readonly string[] | undefined;
  readonly environment: TrappedEnvironment;
}

/**
 * A conversion in a process of its own, with a network, a home and a current directory that are empty.
 * It fails when anything is left beside the source, in the home of the user, or beside the output.
 */
export function convertTrapped(
  tool: Tool,
  model: string,
  flags: readonly string[],
  options: TrapOptions = {},
): TrappedRun {
  const dir = tempDir();
  const places = ['source', 'home', 'cwd', 'tmp', 'out'].map((name) => path.join(dir, name));
  for (const place of places) mkdirSync(place);
  const [sourceDir = '', home = '', cwd = '', tmp = '', out = ''] = places;
  const source = path.join(sourceDir, path.basename(model));
  copyFileSync(model, source);
  const before = { sha256: sha256(source), mtimeMs: statSync(source).mtimeMs };
  const environment = trappedEnvironment(tool, options);
  const output = path.join(out, 'a.tar');
  const trace = path.join(dir, 'trace');
  const command = [
    ...(canUnshare ? OFFLINE : []),
    ...(canTrace ? [...STRACE, '-o', trace] : []),
    ...[process.execPath, BIN, 'convert', source, '-o', output, '--quiet', ...flags],
  ];
  const [file = '', ...args] = command;
  const { status, stderr } = spawnSync(file, args, {
    cwd,
    encoding: 'utf8',
    env: {
      PATH: process.env['PATH'],
      HOME: home,
      TMPDIR: tmp,
      MODELCONV_HOME: userDataDir(),
      // modelconv's own cache would stand in the home, which is looked into
      MODELCONV_CACHE_SIZE: '0',
      [tool.adapter.toolchain?.variable ?? '']: environment.directory,
    },
  });
  expect(readdirSync(sourceDir)).toEqual([path.basename(model)]);
  expect({ sha256: sha256(source), mtimeMs: statSync(source).mtimeMs }).toEqual(before);
  for (const place of [home, cwd, tmp]) expect(readdirSync(place), place).toEqual([]);
  if (status === 0) expect(readdirSync(out)).toEqual(['a.tar']);
  const connections = canTrace ? connectionsIn(readFileSync(trace, 'utf8')) : undefined;
  return { status, stderr, output, connections, environment };
}

/** `connect(3, {sa_family=AF_INET, …})` lines; local sockets do not count. */
function connectionsIn(trace: string): string[] {
  return trace.split('\n').filter((line) => /connect\(.*AF_INET/.test(line));
}

/**
 * What a conversion that leaves the machine alone has done besides: nothing.
 *
 * @param settings - files that a tool may leave in its home, which is gone when it has ended.
 */
export function expectQuiet(run: TrappedRun, settings?: RegExp): void {
  const { status, stderr, connections, environment } = run;
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(connections ?? []).toEqual([]);
  expect(environment.installerCalls()).toEqual([]);
  expect(environment.filesInHome().filter((file) => settings?.test(file) !== true)).toEqual([]);
  expect(environment.environments().length).toBeGreaterThan(0);
  for (const text of environment.environments())
    for (const word of ['CI=true', 'DO_NOT_TRACK=1']) expect(text.split('\n')).toContain(word);
}

/** Run the vendor's own program by hand in a trapped environment: shows that the trap is there. */
export function runByHand(
  environment: TrappedEnvironment,
  program: string,
  args: readonly string[],
  cwd: string,
): { status: number | null; output: string } {
  const home = path.join(environment.directory, 'home');
  mkdirSync(home, { recursive: true });
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd,
    encoding: 'utf8',
    env: { PATH: `${environment.binDir}:${process.env['PATH']}`, HOME: home, CI: 'true' },
  });
  return { status, output: stdout + stderr };
}
