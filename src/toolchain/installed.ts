import { readdir, readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import { compareVersions } from '../device/version.js';
import { exists, writeFully } from '../host/files.js';
import { writeAtomically } from '../host/outputs.js';
import { userDataDir } from '../host/user-dirs.js';
import { distributionVersion, hasModule, type PythonEnvironment } from './environment.js';

/** Written last: a directory without it is not a toolchain, whatever else it holds. */
const MANIFEST = 'modelconv-toolchain.json';
const MAX_MANIFEST_BYTES = 64 * 1024;

/** What the manifest says. Paths are relative to the environment's directory. */
export interface ToolchainManifest {
  readonly protocol: 'modelconv/1';
  readonly kind: 'Toolchain';
  readonly name: string;
  readonly version: string;
  /** Where it was made; absolute. Its scripts name this path: a copy or a moved one does not work. */
  readonly directory: string;
  readonly python: string;
  readonly pythonVersion: string;
  readonly sitePackages: string;
  readonly lockSha256: string;
  readonly installedWith: 'pip' | 'uv';
}

/** A toolchain that modelconv installed. */
export interface ManagedToolchain {
  readonly manifest: ToolchainManifest;
  readonly environment: PythonEnvironment;
}

/** What an environment has to hold to be whole. */
export interface Contents {
  readonly distribution: string;
  readonly imports: readonly string[];
}

/** What a version has to hold; undefined where that is not known. */
export type ContentsOf = (version: string) => Contents | undefined;

/** The directory of all versions of a toolchain. */
export function toolchainRoot(name: string): string {
  return path.join(userDataDir(), 'toolchains', name);
}

/** Marks the second place of a version. */
const SECOND = '~2';

/**
 * The directories that a version may be in; they need not exist. A version that is installed again
 * gets the other one, so that the old one works until the new one does.
 */
export function placesOf(name: string, version: string): readonly [string, string] {
  const first = path.join(toolchainRoot(name), version);
  return [first, `${first}${SECOND}`];
}

/** `NAME@VERSION` of an environment that modelconv installed; undefined for any other directory. */
export function managedName(directory: string): string | undefined {
  const relative = path.relative(path.join(userDataDir(), 'toolchains'), directory);
  const [name = '', place = '', ...rest] = relative.split(path.sep);
  if (name.startsWith('.') || place === '' || rest.length > 0 || path.isAbsolute(relative))
    return undefined;
  return `${name}@${versionOf(place)}`;
}

function versionOf(place: string): string {
  return place.endsWith(SECOND) ? place.slice(0, -SECOND.length) : place;
}

/** The manifest's path in an environment's directory. */
export function manifestFile(directory: string): string {
  return path.join(directory, MANIFEST);
}

/** Declare a directory an installed toolchain, durably. @throws ModelconvError `E_OUTPUT`. */
export async function writeManifest(directory: string, manifest: ToolchainManifest): Promise<void> {
  await writeAtomically(manifestFile(directory), async (handle) => {
    await writeFully(handle, Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`), 0);
  });
}

/**
 * One version as modelconv installed it. Starts nothing.
 *
 * @returns undefined when it is not installed, or no longer works: it was moved, the Python that it was
 *   made with is gone, or a part of its contents.
 */
export async function readManaged(
  name: string,
  version: string,
  contents?: Contents,
): Promise<ManagedToolchain | undefined> {
  return (await surveyVersion(name, version, contents)).whole;
}

/** All versions that modelconv installed, the newest first. Starts nothing. */
export async function listManaged(name: string): Promise<ManagedToolchain[]> {
  return (await surveyManaged(name)).whole;
}

/** All versions that modelconv installed, and what is wrong with those that no longer work, for people. */
export async function surveyManaged(
  name: string,
  contentsOf: ContentsOf = () => undefined,
): Promise<{ readonly whole: ManagedToolchain[]; readonly damage: string[] }> {
  const versions = await versionDirectories(name);
  const found = await Promise.all(
    versions.map((version) => surveyVersion(name, version, contentsOf(version))),
  );
  return {
    whole: found
      .flatMap(({ whole }) => whole ?? [])
      .sort((a, b) => compareVersions(b.environment.version, a.environment.version)),
    damage: found.flatMap(({ damage }) => damage ?? []),
  };
}

interface VersionSurvey {
  readonly whole?: ManagedToolchain;
  readonly damage?: string;
}

async function surveyVersion(
  name: string,
  version: string,
  contents: Contents | undefined,
): Promise<VersionSurvey> {
  let damage: string | undefined;
  for (const directory of placesOf(name, version)) {
    const found = await readPlace(directory, name, version);
    if (found === undefined) continue;
    const missing = contents === undefined ? [] : await missingOf(found, contents);
    if (missing.length === 0) return { whole: found };
    damage ??= `${name} ${version} in ${directory} is damaged: it has no ${missing.join(', no ')}`;
  }
  return damage === undefined ? {} : { damage };
}

async function readPlace(
  directory: string,
  name: string,
  version: string,
): Promise<ManagedToolchain | undefined> {
  const manifest = await readManifest(directory);
  if (manifest?.name !== name || manifest.version !== version) return undefined;
  if (!(await isSamePlace(directory, manifest.directory))) return undefined;
  const python = path.join(directory, manifest.python);
  // realpath fails for a link that leads nowhere: the Python was removed
  if (!(await realpath(python).catch(() => undefined))) return undefined;
  const environment: PythonEnvironment = {
    version,
    python,
    directory,
    sitePackages: path.join(directory, manifest.sitePackages),
    binDir: path.dirname(python),
  };
  return { manifest, environment };
}

/** What an environment no longer has: found by looking, so a damage within a package is not. */
async function missingOf(
  { environment: { sitePackages } }: ManagedToolchain,
  { distribution, imports }: Contents,
): Promise<string[]> {
  const isThere = await Promise.all(imports.map((module) => hasModule(sitePackages, module)));
  const missing = imports.filter((_module, index) => isThere[index] === false);
  const version = await distributionVersion(sitePackages, distribution);
  return version === undefined ? [...missing, `metadata of ${distribution}`] : missing;
}

/** Names of the toolchains that something is installed of, sorted. */
export async function managedNames(): Promise<string[]> {
  const entries = await readdir(path.join(userDataDir(), 'toolchains'), {
    withFileTypes: true,
  }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => entry.name)
    .sort();
}

/** Versions that have a directory, whether or not they are complete. */
export async function versionDirectories(name: string): Promise<string[]> {
  const entries = await readdir(toolchainRoot(name), { withFileTypes: true }).catch(() => []);
  const places = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
  return [...new Set(places.map((entry) => versionOf(entry.name)))];
}

async function readManifest(directory: string): Promise<ToolchainManifest | undefined> {
  try {
    const text = await readFile(manifestFile(directory), 'utf8');
    if (text.length > MAX_MANIFEST_BYTES) return undefined;
    const data: unknown = JSON.parse(text);
    return isManifest(data) ? data : undefined;
  } catch {
    return undefined;
  }
}

const TEXTS = ['name', 'version', 'directory', 'python', 'pythonVersion', 'sitePackages'] as const;

function isManifest(data: unknown): data is ToolchainManifest {
  if (typeof data !== 'object' || data === null) return false;
  const fields = data as Record<string, unknown>;
  return fields['kind'] === 'Toolchain' && TEXTS.every((key) => typeof fields[key] === 'string');
}

async function isSamePlace(a: string, b: string): Promise<boolean> {
  if (a === b) return true;
  if (!(await exists(b))) return false;
  const [first, second] = await Promise.all([realpath(a), realpath(b)]);
  return first === second;
}
