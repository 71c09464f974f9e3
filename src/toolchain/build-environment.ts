import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ModelconvError } from '../errors.js';
import { hashFile } from '../host/files.js';
import { runProcess } from '../host/process.js';
import type { Progress } from '../host/progress.js';
import { logSize, readTail, runStep } from '../host/run-step.js';
import { withScratchDir } from '../host/temp.js';
import type { BasePython } from './base-python.js';
import { pythonOf } from './environment.js';
import { explainImport, explainInstall } from './explain-install.js';
import {
  fetchingEnvironment,
  offlineEnvironment,
  type PackageSources,
  pipDownloadArgs,
  pipInstallArgs,
  uvInstallArgs,
  venvArgs,
} from './install-commands.js';
import { parseLock, type Requirement } from './requirements.js';

/** Everything that making one environment needs; the directory exists and is empty. */
export interface BuildContext {
  /** `openvino 2026.4.1` */
  readonly label: string;
  readonly directory: string;
  /** Keeps what was fetched, over kills and failures. */
  readonly workDir: string;
  readonly lockFile: string;
  readonly imports: readonly string[];
  readonly python: BasePython;
  /** undefined: pip. */
  readonly uv: string | undefined;
  readonly sources: PackageSources;
  readonly logFile: string;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
  readonly onSpawn: (pid: number) => void;
}

/** A large wheel on a slow line; the user can end it at any time. */
const FETCH_MS = 12 * 60 * 60 * 1000;
const BUILD_MS = 60 * 60 * 1000;
const IMPORT_MS = 10 * 60 * 1000;
/** pip names a fetched file only when all of one call are there: small calls make a killed install cheap. */
const BATCH = 4;

/**
 * Make an environment, put the packages of the lock into it, and prove that they load.
 *
 * @throws ModelconvError `E_TOOL_FAILED`, `E_OUTPUT`, `E_TOOL_MISSING`, or what the signal was aborted with.
 */
export async function buildEnvironment(context: BuildContext): Promise<void> {
  await makeVenv(context);
  if (context.uv === undefined) await installWithPip(context);
  else await installWithUv(context, context.uv);
  await tryImports(context);
}

async function makeVenv(context: BuildContext): Promise<void> {
  const { directory, python, uv, progress } = context;
  progress.start('environment', directory);
  await run(context, {
    command: 'venv',
    file: python.python,
    args: venvArgs(directory, uv === undefined),
    env: fetchingEnvironment(),
    timeoutMs: BUILD_MS,
  });
  progress.done('environment', directory);
}

async function installWithUv(context: BuildContext, uv: string): Promise<void> {
  const { lockFile, sources, progress } = context;
  progress.start('install', 'with uv');
  const env = sources.findLinks === undefined ? fetchingEnvironment() : offlineEnvironment();
  const args = uvInstallArgs(lockFile, await environmentPython(context), sources);
  await run(context, { command: 'uv pip install', file: uv, args, env, timeoutMs: FETCH_MS });
  progress.done('install', await lastLine(context));
}

async function installWithPip(context: BuildContext): Promise<void> {
  const { lockFile, workDir, python, progress } = context;
  // wheels of one Python are of no use to another
  const wheels = path.join(workDir, `wheels-${python.version}`);
  await mkdir(wheels, { recursive: true });
  const requirements = parseLock(await readFile(lockFile, 'utf8'));
  await download(context, requirements, wheels);
  progress.start('install', `${requirements.length} packages`);
  await run(context, {
    command: 'pip install',
    file: await environmentPython(context),
    args: pipInstallArgs(lockFile, wheels),
    env: offlineEnvironment(),
    timeoutMs: BUILD_MS,
  });
  progress.done('install', await lastLine(context));
}

/** Fetch what is not there yet, a few packages at a time. */
async function download(
  context: BuildContext,
  requirements: readonly Requirement[],
  wheels: string,
): Promise<void> {
  const { sources, progress, workDir } = context;
  progress.start('download', `${requirements.length} packages`);
  const present = await digestsIn(wheels);
  const missing = requirements.filter(({ sha256 }) => !sha256.some((hash) => present.has(hash)));
  const python = await environmentPython(context);
  const env = sources.findLinks === undefined ? fetchingEnvironment() : offlineEnvironment();
  for (let start = 0; start < missing.length; start += BATCH) {
    const part = path.join(workDir, 'part.txt');
    const batch = missing.slice(start, start + BATCH);
    await writeFile(part, batch.map(({ text }) => `${text}\n`).join(''));
    const args = pipDownloadArgs(part, wheels, sources);
    await run(context, { command: 'pip download', file: python, args, env, timeoutMs: FETCH_MS });
  }
  const kept = requirements.length - missing.length;
  const note = kept === 0 ? '' : `, ${kept} of them fetched before`;
  progress.done('download', `${requirements.length} packages${note}`);
}

async function digestsIn(directory: string): Promise<ReadonlySet<string>> {
  const digests = new Set<string>();
  for (const name of await readdir(directory))
    digests.add((await hashFile(path.join(directory, name))).sha256);
  return digests;
}

const IMPORT = `import importlib, sys
for name in sys.argv[1:]: importlib.import_module(name)`;

/** Import what proves the install, in the environment that steps get. */
async function tryImports(context: BuildContext): Promise<void> {
  const { label, directory, imports, logFile, progress, signal } = context;
  progress.start('check', imports.join(', '));
  const python = await environmentPython(context);
  const launcher = { command: [python] as const, binDir: path.dirname(python) };
  const step = { label: 'import', args: ['-c', IMPORT, ...imports], timeoutMs: IMPORT_MS };
  await withScratchDir(async (workDir) => {
    await runStep(step, label, launcher, { workDir, logFile, signal }, ({ logTail }) =>
      explainImport(label, logTail, logFile),
    );
  });
  progress.done('check', `${imports.join(', ')} can be imported from ${directory}`);
}

async function environmentPython({ directory, label, logFile }: BuildContext): Promise<string> {
  const python = await pythonOf(directory);
  if (python !== undefined) return python;
  throw new ModelconvError('E_TOOL_FAILED', {
    what: `the environment of ${label} has no Python`,
    why: `${directory} was changed while it was made`,
    next: 'run this again',
    logFile,
  });
}

interface InstallerCall {
  readonly command: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/** Run an installer to its end. */
async function run(context: BuildContext, call: InstallerCall): Promise<void> {
  const { label, workDir, logFile, signal, onSpawn } = context;
  signal?.throwIfAborted();
  await mkdir(workDir, { recursive: true });
  const start = await logSize(logFile);
  const { command, ...request } = call;
  const result = await runProcess({ ...request, cwd: workDir, logFile, signal, onSpawn });
  signal?.throwIfAborted();
  if (result.exitCode === 0) return;
  const ending =
    result.startError ??
    (result.timedOut
      ? `it did not finish within ${call.timeoutMs / 3_600_000} h`
      : result.signal === undefined
        ? `exit status ${result.exitCode}`
        : `it was ended by ${result.signal}`);
  const logTail = await readTail(logFile, start);
  throw explainInstall({ label, command, ending, logTail, logFile });
}

async function lastLine({ logFile }: BuildContext): Promise<string> {
  return (await readTail(logFile, 0)).split('\n').at(-1)?.trim() ?? '';
}
