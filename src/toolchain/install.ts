import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ModelconvError } from '../errors.js';
import { formatBytes } from '../format-bytes.js';
import { type FileLock, withLock } from '../host/lock.js';
import { outputError } from '../host/outputs.js';
import { type Progress, SILENT } from '../host/progress.js';
import { type BasePython, findBasePython } from './base-python.js';
import { type BuildContext, buildEnvironment } from './build-environment.js';
import { distributionVersion, pythonOf, sitePackagesOf } from './environment.js';
import type { PackageSources } from './install-commands.js';
import {
  type Contents,
  type ManagedToolchain,
  placesOf,
  readManaged,
  toolchainRoot,
  writeManifest,
} from './installed.js';
import { isPipConfigured } from './pip-config.js';
import type { PythonInstallation, PythonRelease, PythonToolchain } from './python-toolchain.js';
import { chooseRelease } from './releases.js';
import { refuseInUse, removeUnused, retire } from './use.js';
import { which } from './which.js';

/** Where the lock of one version and what it has fetched so far are kept: beside its directory, hidden from lists. */
export function workFiles(
  name: string,
  version: string,
): { readonly lock: string; readonly work: string } {
  const hidden = path.join(toolchainRoot(name), `.${version}`);
  return { lock: `${hidden}.lock`, work: `${hidden}.work` };
}

export interface InstallRequest extends PackageSources {
  readonly toolchain: PythonToolchain;
  /** A version or its first parts; the newest by default. */
  readonly version?: string | undefined;
  /** Base Python to use; absolute. */
  readonly python?: string | undefined;
  /** Make it again when it is there. */
  readonly reinstall?: boolean | undefined;
  /** Leave uv aside. */
  readonly noUv?: boolean | undefined;
  readonly progress?: Progress | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface InstallResult {
  readonly installation: PythonInstallation;
  /** It was there already; nothing was done. */
  readonly alreadyInstalled: boolean;
  readonly installedWith: 'pip' | 'uv';
  readonly pythonVersion: string;
  /** Things that the user should know. */
  readonly warnings: readonly string[];
}

/**
 * Install a release of a toolchain into a directory of its own. It counts as installed only once
 * everything is there and loads; until then, and after a failure or a kill, it does not. What was
 * fetched is kept for the next try, and one that was there before works until the new one does.
 *
 * @throws ModelconvError `E_USAGE` (no such release), `E_INPUT` (no such `findLinks`), `E_TOOL_MISSING`
 *   (no fitting Python), `E_OUTPUT` (no room, no permission), `E_BUSY` (another install of the same, or
 *   a conversion uses it), `E_TOOL_FAILED`, or what the signal was aborted with.
 */
export async function installToolchain(request: InstallRequest): Promise<InstallResult> {
  const { toolchain, signal } = request;
  const release = chooseRelease(toolchain, request.version);
  const label = `${toolchain.name} ${release.version}`;
  const present = await presentToolchain(request, release);
  if (present !== undefined) return present;
  signal?.throwIfAborted();
  await checkFindLinks(request.findLinks);
  const root = toolchainRoot(toolchain.name);
  await makeDirectory(root);
  await checkSpace(root, label, release.sizeBytes);
  const files = workFiles(toolchain.name, release.version);
  return await withLock(files.lock, `${label} is being installed or removed`, async (lock) => {
    // another install may just have finished
    const meanwhile = await presentToolchain(request, release);
    if (meanwhile !== undefined) return meanwhile;
    return await install(request, release, label, files.work, lock);
  });
}

async function presentToolchain(
  { toolchain, reinstall }: InstallRequest,
  release: PythonRelease,
): Promise<InstallResult | undefined> {
  if (reinstall === true) return undefined;
  const managed = await readManaged(
    toolchain.name,
    release.version,
    contentsOf(toolchain, release),
  );
  if (managed === undefined) return undefined;
  const isOld = managed.manifest.lockSha256 !== (await digestOf(release.lock));
  const renew = `modelconv toolchains install ${toolchain.name}@${release.version} --reinstall`;
  return {
    ...resultOf(managed),
    alreadyInstalled: true,
    warnings: isOld ? [`it was installed from an older lock; to renew it: ${renew}`] : [],
  };
}

function resultOf({
  manifest,
  environment,
}: ManagedToolchain): Omit<InstallResult, 'alreadyInstalled' | 'warnings'> {
  return {
    installation: { origin: 'installed', ...environment },
    installedWith: manifest.installedWith,
    pythonVersion: manifest.pythonVersion,
  };
}

async function install(
  request: InstallRequest,
  release: PythonRelease,
  label: string,
  workDir: string,
  lock: FileLock,
): Promise<InstallResult> {
  const { toolchain, progress = SILENT, signal } = request;
  const uv = await uvFor(request, release);
  progress.start('python', release.python.join(' or '));
  const python = await findBasePython({
    label,
    versions: release.python,
    python: request.python,
    needsPip: uv === undefined,
    signal,
  });
  progress.done('python', `${python.version}  ${python.python}`);
  const contents = contentsOf(toolchain, release);
  const { directory, old } = await choosePlace(toolchain.name, release.version, contents);
  await startAfresh(directory);
  const context: BuildContext = {
    label,
    directory,
    workDir,
    lockFile: fileURLToPath(release.lock),
    imports: release.imports,
    python,
    uv,
    sources: request,
    logFile: path.join(directory, 'install.log'),
    progress,
    signal,
    onSpawn: lock.recordChild,
  };
  await buildEnvironment(context);
  lock.assertHeld();
  signal?.throwIfAborted();
  await declareInstalled(request.toolchain, release, context, python);
  await retire(old);
  await rm(workDir, { recursive: true, force: true });
  const managed = await readManaged(toolchain.name, release.version, contents);
  if (managed === undefined) throw new Error(`${label} was installed and is not there`);
  return { ...resultOf(managed), alreadyInstalled: false, warnings: [] };
}

function contentsOf({ distribution }: PythonToolchain, { imports }: PythonRelease): Contents {
  return { distribution, imports };
}

/** uv is the faster one; pip where the user's indexes matter, for only pip knows them. */
async function uvFor(
  { noUv, findLinks }: InstallRequest,
  { usesPip }: PythonRelease,
): Promise<string | undefined> {
  if (noUv === true || usesPip === true) return undefined;
  if (findLinks === undefined && (await isPipConfigured())) return undefined;
  return await which('uv');
}

/**
 * Where to make it, and what to take away afterwards: beside one that works, which stays until the new
 * one has shown that it loads.
 *
 * @throws ModelconvError `E_BUSY` when a conversion uses either.
 */
async function choosePlace(
  name: string,
  version: string,
  contents: Contents,
): Promise<{ readonly directory: string; readonly old: string }> {
  const [first, second] = placesOf(name, version);
  await refuseInUse(first);
  await refuseInUse(second);
  const present = await readManaged(name, version, contents);
  return present?.environment.directory === first
    ? { directory: second, old: first }
    : { directory: first, old: second };
}

async function startAfresh(directory: string): Promise<void> {
  await removeUnused(directory);
  await makeDirectory(directory);
}

async function declareInstalled(
  { name, tool, distribution }: PythonToolchain,
  release: PythonRelease,
  { directory, uv, logFile }: BuildContext,
  { version: pythonVersion }: BasePython,
): Promise<void> {
  const [python, sitePackages] = [await pythonOf(directory), await sitePackagesOf(directory)];
  const version = sitePackages && (await distributionVersion(sitePackages, distribution));
  if (python === undefined || sitePackages === undefined || version === undefined)
    throw new ModelconvError('E_TOOL_FAILED', {
      what: `${tool} was installed, but its package ${distribution} is not there`,
      next: 'read the log named above',
      logFile,
    });
  await writeManifest(directory, {
    protocol: 'modelconv/1',
    kind: 'Toolchain',
    name,
    version: release.version,
    directory,
    python: path.relative(directory, python),
    pythonVersion,
    sitePackages: path.relative(directory, sitePackages),
    lockSha256: await digestOf(release.lock),
    installedWith: uv === undefined ? 'pip' : 'uv',
  });
}

async function digestOf(lock: URL): Promise<string> {
  return createHash('sha256')
    .update(await readFile(lock))
    .digest('hex');
}

/** pip tells of a directory that is not there once the environment is made, as packages that are missing. */
async function checkFindLinks(directory: string | undefined): Promise<void> {
  if (directory === undefined) return;
  const found = await stat(directory).catch(() => undefined);
  if (found?.isDirectory() === true) return;
  throw new ModelconvError('E_INPUT', {
    what: `there is no directory ${directory}`,
    next: 'name the directory that holds the wheels: --find-links DIR',
  });
}

async function makeDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
  } catch (error) {
    throw outputError(directory, error, 'MODELCONV_HOME');
  }
}

/** Twice the size: the wheels are there until they are unpacked. */
async function checkSpace(directory: string, label: string, sizeBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  const [free, needed] = [bavail * bsize, sizeBytes * 2];
  if (free >= needed) return;
  throw new ModelconvError('E_OUTPUT', {
    what: `${label} needs ${formatBytes(needed)} while it is installed, and ${directory} has ${formatBytes(free)}`,
    next: 'free some room, or set MODELCONV_HOME to a directory with more',
  });
}
