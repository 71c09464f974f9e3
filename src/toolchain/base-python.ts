import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { compareVersions } from '../device/version.js';
import { ModelconvError } from '../errors.js';
import { runProcess } from '../host/process.js';
import { withScratchDir } from '../host/temp.js';
import { askPython, environmentForPython, type PythonCommand } from './ask-python.js';
import { startsWithVersion } from './releases.js';
import { which, whichAll } from './which.js';

/** A Python that environments can be made with. */
export interface BasePython {
  /** Absolute path of the interpreter itself, behind any launcher or shim. */
  readonly python: string;
  /** Full version, e.g. `3.11.7`. */
  readonly version: string;
}

/** What is asked for. */
export interface BasePythonRequest {
  /** For messages: `openvino 2026.4.1`. */
  readonly label: string;
  /** `major.minor` of the versions that will do, the preferred one first. */
  readonly versions: readonly string[];
  /** Use this one and no other. */
  readonly python?: string | undefined;
  /** The environment needs pip of its own, so the Python needs ensurepip. */
  readonly needsPip: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Names the Python to use, where several would do. */
const VARIABLE = 'MODELCONV_PYTHON';
const UV_MS = 30_000;

const ASK = `import importlib.util, json, sys, sysconfig
answer = {
    "python": sys.executable,
    "version": "%d.%d.%d" % sys.version_info[:3],
    "implementation": sys.implementation.name,
    "freeThreaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    "venv": importlib.util.find_spec("venv") is not None,
    "ensurepip": importlib.util.find_spec("ensurepip") is not None,
}
json.dump(answer, open(sys.argv[1], "w"))`;

interface PythonFacts extends BasePython {
  readonly implementation: string;
  readonly freeThreaded: boolean;
  readonly venv: boolean;
  readonly ensurepip: boolean;
}

/**
 * Find a CPython of one of the versions, with what makes environments: the one asked for, else
 * `$MODELCONV_PYTHON`, then, version by version, what is on PATH, pyenv's, the Windows launcher's, uv's.
 *
 * @throws ModelconvError `E_TOOL_MISSING`, which says what was found, what would do and how to get one.
 */
export async function findBasePython(request: BasePythonRequest): Promise<BasePython> {
  const refused = new Map<string, string>();
  const asked = new Set<string>();
  for await (const command of candidates(request)) {
    const key = command.join(' ');
    if (asked.has(key)) continue;
    asked.add(key);
    const facts = toFacts(await askPython(command, ASK, [], request.signal));
    request.signal?.throwIfAborted();
    const objection = facts === undefined ? 'does not run' : objectionTo(facts, request);
    if (facts !== undefined && objection === undefined)
      return { python: facts.python, version: facts.version };
    // one line for each interpreter, however many names it has
    if (facts !== undefined) refused.set(facts.python, objection ?? '');
    else if (command[0] === request.python) refused.set(command[0], objection ?? '');
  }
  throw await noPython(request, refused);
}

async function* candidates({ python, versions }: BasePythonRequest): AsyncGenerator<PythonCommand> {
  if (python !== undefined) {
    yield [python];
    return;
  }
  const own = process.env[VARIABLE];
  if (own) yield [path.resolve(own)];
  for (const version of versions) {
    for (const name of [`python${version}`, 'python3', 'python'])
      for (const file of await whichAll(name)) yield [file];
    for (const file of await pyenvPythons(version)) yield [file];
    const launcher = process.platform === 'win32' ? await which('py') : undefined;
    if (launcher !== undefined) yield [launcher, `-${version}`];
    const uv = await which('uv');
    const managed = uv === undefined ? undefined : await uvPython(uv, version);
    if (managed !== undefined) yield [managed];
  }
}

async function pyenvPythons(version: string): Promise<string[]> {
  const root = process.env['PYENV_ROOT'] || path.join(homedir(), '.pyenv');
  const versions = path.join(root, 'versions');
  const names = (await readdir(versions).catch(() => [])).filter((name) =>
    name.startsWith(`${version}.`),
  );
  return names
    .sort((a, b) => compareVersions(b, a))
    .map((name) => path.join(versions, name, 'bin', 'python'));
}

/** A Python that uv installed; the ones on PATH are asked for already. */
async function uvPython(uv: string, version: string): Promise<string | undefined> {
  return await withScratchDir(async (dir) => {
    const logFile = path.join(dir, 'log');
    const { exitCode } = await runProcess({
      file: uv,
      args: ['python', 'find', version],
      cwd: dir,
      env: {
        ...environmentForPython(),
        UV_PYTHON_PREFERENCE: 'only-managed',
        UV_PYTHON_DOWNLOADS: 'never',
      },
      timeoutMs: UV_MS,
      logFile,
    });
    if (exitCode !== 0) return undefined;
    // warnings go before it
    const lines = (await readFile(logFile, 'utf8')).trim().split(/\r?\n/);
    return lines.findLast((line) => path.isAbsolute(line));
  });
}

function toFacts(answer: unknown): PythonFacts | undefined {
  if (typeof answer !== 'object' || answer === null) return undefined;
  const facts = answer as Partial<PythonFacts>;
  return typeof facts.python === 'string' && typeof facts.version === 'string'
    ? (facts as PythonFacts)
    : undefined;
}

/** Why a Python will not do; undefined when it will. */
function objectionTo(
  facts: PythonFacts,
  { versions, needsPip }: BasePythonRequest,
): string | undefined {
  const { version, implementation, freeThreaded, venv, ensurepip } = facts;
  const isWanted = versions.some((wanted) => startsWithVersion(version, wanted));
  if (!isWanted) return `is Python ${version}`;
  if (implementation !== 'cpython') return `is ${implementation}, not CPython`;
  if (freeThreaded)
    return `is a free-threaded build of Python ${version}, which has no wheels here`;
  if (!venv) return `is Python ${version} without the module venv`;
  if (needsPip && !ensurepip) return `is Python ${version} without the module ensurepip`;
  return undefined;
}

async function noPython(
  { label, versions, python }: BasePythonRequest,
  refused: ReadonlyMap<string, string>,
): Promise<ModelconvError> {
  const wanted = `Python ${versions.join(' or ')}`;
  const found = [...refused].map(([file, objection]) => `${file} ${objection}`).join('; ');
  const lacksModule = [...refused.values()].some((objection) => objection.includes('the module'));
  const next =
    lacksModule && process.platform === 'linux'
      ? `install them (Debian, Ubuntu: apt install python${versions[0]}-venv), then run this again`
      : await howToGet(versions[0] ?? '3');
  return new ModelconvError('E_TOOL_MISSING', {
    what: `${label} needs ${wanted}, and ${python === undefined ? 'none was found' : `${python} is not one`}`,
    why: found === '' ? 'no Python was found on PATH' : found,
    next,
  });
}

/** The way to get a Python that fits this machine best. */
async function howToGet(version: string): Promise<string> {
  const after = 'then run this again, or name one with --python PATH';
  if (await which('uv')) return `uv python install ${version}, ${after}`;
  if (await which('pyenv')) return `pyenv install ${version}, ${after}`;
  if (process.platform === 'win32') return `winget install Python.Python.${version}, ${after}`;
  if (process.platform === 'darwin') return `brew install python@${version}, ${after}`;
  return `install it with your system's packages (python${version}, python${version}-venv), uv or pyenv, ${after}`;
}
