import { devNull } from 'node:os';
import { environmentForPython } from './ask-python.js';

/** Where packages come from, beyond what the user's own configuration says. */
export interface PackageSources {
  /** A directory of wheels: nothing is fetched then. */
  readonly findLinks?: string | undefined;
  readonly indexUrl?: string | undefined;
  readonly extraIndexUrls?: readonly string[] | undefined;
}

function sourceFlags({ findLinks, indexUrl, extraIndexUrls = [] }: PackageSources): string[] {
  return [
    ...(findLinks === undefined ? [] : ['--no-index', '--find-links', findLinks]),
    ...(indexUrl === undefined ? [] : ['--index-url', indexUrl]),
    ...extraIndexUrls.flatMap((url) => ['--extra-index-url', url]),
  ];
}

// -I: a pip or wheel in the current directory or in PYTHONPATH is not what is started
const PIP = ['-I', '-m', 'pip', '--disable-pip-version-check', '--no-input'];
/** The lock is the full closure: nothing is resolved, nothing is built, every file is checked. */
const AS_LOCKED = ['--require-hashes', '--no-deps'];

/** Arguments for a Python that make an environment. */
export function venvArgs(directory: string, withPip: boolean): string[] {
  return ['-I', '-m', 'venv', ...(withPip ? [] : ['--without-pip']), directory];
}

/** Arguments for the environment's Python that fetch the packages of a lock into a directory. */
export function pipDownloadArgs(lock: string, wheels: string, sources: PackageSources): string[] {
  const flags = [...AS_LOCKED, '--only-binary=:all:', '--progress-bar=off'];
  return [...PIP, 'download', ...flags, ...sourceFlags(sources), '-d', wheels, '-r', lock];
}

/** Arguments for the environment's Python that install a lock from a directory of wheels, without network. */
export function pipInstallArgs(lock: string, wheels: string): string[] {
  const flags = [...AS_LOCKED, '--only-binary=:all:', '--progress-bar=off'];
  return [...PIP, 'install', ...flags, '--no-index', '--find-links', wheels, '-r', lock];
}

/** Arguments for uv that fetch and install a lock into an environment. */
export function uvInstallArgs(lock: string, python: string, sources: PackageSources): string[] {
  const flags = [...AS_LOCKED, '--only-binary', ':all:', '--no-progress'];
  return ['pip', 'install', ...flags, ...sourceFlags(sources), '-r', lock, '--python', python];
}

/** pip's settings that say where to install or what to leave out: they would bend a locked install. */
const BENDING =
  /^(PIP_(TARGET|USER|PREFIX|ROOT|REQUIRE_VIRTUALENV|DRY_RUN|PYTHON|CONSTRAINT|BUILD_CONSTRAINT|NO_BINARY|ONLY_BINARY|PLATFORM|PYTHON_VERSION|IMPLEMENTATION|ABI|REPORT|PRE|IGNORE_INSTALLED|FORCE_REINSTALL)|UV_(PYTHON|SYSTEM_PYTHON|TARGET|PREFIX|CONSTRAINT|OVERRIDE|BUILD_CONSTRAINT|EXCLUDE_NEWER|NO_BINARY|ONLY_BINARY|NO_DEPS|RESOLUTION|PRERELEASE|PROJECT|PROJECT_ENVIRONMENT))$/i;

/** The environment of whatever fetches: the user's, with proxies and indexes, without what bends an install. */
export function fetchingEnvironment(): Record<string, string> {
  const entries = Object.entries(environmentForPython()).filter(([name]) => !BENDING.test(name));
  // Python's own words must be UTF-8 in the log, whatever the system's locale
  return { ...Object.fromEntries(entries), PYTHONUTF8: '1' };
}

/** The environment of an install that fetches nothing: no configuration of pip at all. */
export function offlineEnvironment(): Record<string, string> {
  const entries = Object.entries(fetchingEnvironment()).filter(([name]) => !/^PIP_/i.test(name));
  return { ...Object.fromEntries(entries), PIP_CONFIG_FILE: devNull };
}
