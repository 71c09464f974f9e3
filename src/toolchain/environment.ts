import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { exists } from '../host/files.js';
import { askPython } from './ask-python.js';

/** A Python environment that holds a distribution. */
export interface PythonEnvironment {
  readonly version: string;
  /** Absolute; not resolved: the link in an environment is what makes it that environment's Python. */
  readonly python: string;
  readonly directory: string;
  readonly sitePackages: string;
  readonly binDir: string;
}

/** PEP 503: `rknn_toolkit2`, `RKNN.Toolkit2` and `rknn-toolkit2` are one name. */
export function normalizedName(distribution: string): string {
  return distribution.toLowerCase().replace(/[-_.]+/g, '-');
}

/** The version of a distribution, from the name of its `.dist-info` directory; undefined when it is not there. */
export async function distributionVersion(
  sitePackages: string,
  distribution: string,
): Promise<string | undefined> {
  const wanted = normalizedName(distribution);
  for (const entry of await readdir(sitePackages).catch(() => [])) {
    const match = /^(.+)-([^-]+)\.dist-info$/.exec(entry);
    if (match?.[1] === undefined || normalizedName(match[1]) !== wanted) continue;
    // what an interrupted removal leaves has no metadata
    if (await exists(path.join(sitePackages, entry, 'METADATA'))) return match[2];
  }
  return undefined;
}

/** Whether a module (`rknn.api`) is among the packages: a directory or a file of its name, with any ending. */
export async function hasModule(sitePackages: string, module: string): Promise<boolean> {
  const parts = module.split('.');
  const name = parts.pop() ?? '';
  const entries = await readdir(path.join(sitePackages, ...parts)).catch(() => []);
  return entries.some((entry) => entry === name || entry.startsWith(`${name}.`));
}

/** Where an environment has its Python, by the systems' conventions. */
const PYTHONS =
  process.platform === 'win32'
    ? ['Scripts/python.exe', 'python.exe']
    : ['bin/python', 'bin/python3'];

/** The Python of an environment's directory; undefined when it has none, or one that leads nowhere. */
export async function pythonOf(directory: string): Promise<string | undefined> {
  for (const relative of PYTHONS) {
    const python = path.join(directory, relative);
    if (await isFile(python)) return python;
  }
  return undefined;
}

/** The `site-packages` of an environment's directory that belong to its Python; undefined when that cannot be told. */
export async function sitePackagesOf(directory: string): Promise<string | undefined> {
  const candidates =
    process.platform === 'win32'
      ? [path.join(directory, 'Lib', 'site-packages')]
      : (await pythonLibraries(directory)).map((lib) => path.join(lib, 'site-packages'));
  const present: string[] = [];
  for (const candidate of candidates) if (await isDirectory(candidate)) present.push(candidate);
  return present.length === 1 ? present[0] : undefined;
}

async function pythonLibraries(directory: string): Promise<string[]> {
  const lib = path.join(directory, 'lib');
  const minor = await minorOfVenv(directory);
  if (minor !== undefined) return [path.join(lib, `python${minor}`)];
  const names = await readdir(lib).catch(() => []);
  return names.filter((name) => /^python3\.\d+$/.test(name)).map((name) => path.join(lib, name));
}

/** `pyvenv.cfg` says `version = 3.11.7` (venv) or `version_info = 3.11.7` (uv, virtualenv). */
async function minorOfVenv(directory: string): Promise<string | undefined> {
  const text = await readFile(path.join(directory, 'pyvenv.cfg'), 'utf8').catch(() => '');
  return /^version(?:_info)?\s*=\s*(3\.\d+)/m.exec(text)?.[1];
}

/**
 * The environment that a path stands for, a Python or an environment's directory, when the
 * distribution is in it. Python is started only where its packages lie elsewhere (a system's Python).
 *
 * @returns why not, for people, when it is not one.
 */
export async function openEnvironment(
  place: string,
  distribution: string,
): Promise<PythonEnvironment | string> {
  const found = await stat(place).catch(() => undefined);
  if (found === undefined) return 'there is no such file or directory';
  const python = found.isDirectory() ? await pythonOf(place) : place;
  if (python === undefined) return 'there is no Python in it';
  const directory = found.isDirectory() ? place : path.dirname(path.dirname(place));
  if (await belongsTo(python, directory)) {
    const sitePackages = await sitePackagesOf(directory);
    const version = sitePackages && (await distributionVersion(sitePackages, distribution));
    if (sitePackages && version)
      return { version, python, directory, sitePackages, binDir: path.dirname(python) };
  }
  return await askForDistribution(python, distribution);
}

/** Whether the packages beside a Python are its own: a link such as /usr/local/bin/python may lead to another one. */
async function belongsTo(python: string, directory: string): Promise<boolean> {
  if (await exists(path.join(directory, 'pyvenv.cfg'))) return true;
  const [real, root] = await Promise.all([realpath(python), realpath(directory)]);
  return real.startsWith(`${root}${path.sep}`);
}

const ASK = `import importlib.metadata, json, os, sys
found = importlib.metadata.distribution(sys.argv[2])
place = os.path.abspath(str(found.locate_file("")))
answer = {"version": found.version, "sitePackages": place, "python": sys.executable, "directory": sys.prefix}
json.dump(answer, open(sys.argv[1], "w"))`;

async function askForDistribution(
  python: string,
  distribution: string,
): Promise<PythonEnvironment | string> {
  const answer = await askPython([python], ASK, [distribution]);
  if (!isAnswer(answer)) return `its Python has no ${distribution}`;
  return { ...answer, binDir: path.dirname(answer.python) };
}

const ANSWERS = ['version', 'sitePackages', 'python', 'directory'] as const;

function isAnswer(value: unknown): value is Pick<PythonEnvironment, (typeof ANSWERS)[number]> {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Record<string, unknown>;
  return ANSWERS.every((key) => typeof fields[key] === 'string');
}
async function isFile(file: string): Promise<boolean> {
  return await stat(file).then(
    (found) => found.isFile(),
    () => false,
  );
}

async function isDirectory(dir: string): Promise<boolean> {
  return await stat(dir).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
