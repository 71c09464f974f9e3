import { realpath } from 'node:fs/promises';
import path from 'node:path';
import type { RuntimeBound } from '../device/runtime-fit.js';
import { readToolchainConfig, toolchainConfigFile } from './config.js';
import {
  distributionVersion,
  openEnvironment,
  type PythonEnvironment,
  pythonOf,
} from './environment.js';
import { listManaged, managedNames, surveyManaged } from './installed.js';
import { satisfies } from './releases.js';
import { whichAll } from './which.js';

/** One release of a tool that comes as Python packages. */
export interface PythonRelease {
  readonly version: string;
  /** `major.minor` of CPython that the lock has wheels for, the preferred one first. */
  readonly python: readonly string[];
  /** Requirements file with hashes of the full closure. */
  readonly lock: URL;
  /** Modules whose import proves the install. */
  readonly imports: readonly string[];
  /** Size on disk, in bytes. */
  readonly sizeBytes: number;
  /** The lock holds packages that have several builds (torch): pip is used, for it knows the user's indexes. */
  readonly usesPip?: boolean;
}

export interface PythonToolchain {
  readonly name: string;
  /** As its vendor spells it. */
  readonly tool: string;
  /** PyPI distribution whose version is the tool's. */
  readonly distribution: string;
  /** Environment variable that names a Python or an environment's directory. */
  readonly variable: string;
  /** Executables on PATH that show that the user has it. */
  readonly executables: readonly string[];
  readonly license: string;
  /** Any environment that modelconv installed and that holds the distribution will do, whatever it was made for. */
  readonly isShared?: boolean;
  /** Newest first. */
  readonly releases: readonly PythonRelease[];
  /** What an environment takes that is made without a lock, for a runtime that is older than every release. */
  readonly unlocked?: UnlockedEnvironment;
}

/** How users make an environment with a version that there is no lock of. */
export interface UnlockedEnvironment {
  /** `major.minor` of CPython that old versions have wheels for. */
  readonly python: readonly string[];
  /** Requirements beside the distribution. */
  readonly beside: readonly string[];
  /** The oldest version on the package index that the adapter works with. */
  readonly oldest: string;
  /** Where the vendor keeps older ones. */
  readonly olderFrom?: string;
}

/** Which version is asked for. */
export interface ToolchainWish {
  /** A version, or its first parts. */
  readonly version?: string | undefined;
  /** What the device's runtime asks of it. */
  readonly bound?: RuntimeBound | undefined;
}

/** Where a tool was found. */
export type ToolchainOrigin = 'config' | 'environment' | 'path' | 'installed';

/** A tool that was found, with the Python environment that it lives in. */
export interface PythonInstallation {
  readonly origin: ToolchainOrigin;
  readonly version: string;
  /** Absolute. */
  readonly python: string;
  /** Environment directory; for people. */
  readonly directory: string;
  readonly sitePackages: string;
  readonly binDir: string;
}

export type PythonDetection =
  | { readonly found: true; readonly installation: PythonInstallation }
  | {
      readonly found: false;
      readonly why: string;
      readonly install: string;
      /** Versions that are there, and are not as wished. */
      readonly others?: readonly string[];
    };

/** What one origin has: installations, or a place that the user named and that is of no use, with what puts it right. */
interface OriginResult {
  readonly installations: readonly PythonInstallation[];
  readonly broken?: { readonly why: string; readonly fix: string };
  /** Worth telling when nothing else is found. */
  readonly remark?: string;
  /** What modelconv installed and no longer works. */
  readonly damage?: string;
}

/** In the order in which they are asked: what the user said counts before what lies around. */
const ORIGINS: readonly ((toolchain: PythonToolchain) => Promise<OriginResult>)[] = [
  fromConfig,
  fromVariable,
  fromPath,
  fromInstalled,
];

/**
 * Find a tool: in the user's `toolchains.yaml`, by its environment variable, on PATH, among the
 * installed ones (the newest first). The first that satisfies the wish is taken. A place that the
 * user named and that does not hold the tool is an answer, never passed over.
 *
 * @throws ModelconvError `E_CONFIG_INVALID` for a `toolchains.yaml` that is not valid; never for absence.
 */
export async function findPythonTool(
  toolchain: PythonToolchain,
  wish: ToolchainWish = {},
): Promise<PythonDetection> {
  const others: PythonInstallation[] = [];
  const remarks: string[] = [];
  for (const ask of ORIGINS) {
    const { installations, broken, remark, damage } = await ask(toolchain);
    if (broken !== undefined)
      return { found: false, why: broken.why, install: await wayOut(toolchain, wish, broken.fix) };
    remarks.push(...[remark, damage].filter((text) => text !== undefined));
    const installation = installations.find(({ version }) => satisfies(version, wish));
    if (installation !== undefined) return { found: true, installation };
    others.push(...installations);
  }
  return {
    found: false,
    why: absence(toolchain, wish, others, remarks),
    install: await howToGet(toolchain, wish),
    others: others.map(({ version }) => version),
  };
}

/** Every installation of a tool, in the order in which they are found. Places that hold nothing are left out. */
export async function listPythonTools(toolchain: PythonToolchain): Promise<PythonInstallation[]> {
  return (await surveyPythonTools(toolchain)).installations;
}

/** Every installation of a tool, and what is wrong with a place that the user named or with what modelconv installed. */
export async function surveyPythonTools(
  toolchain: PythonToolchain,
): Promise<{ readonly installations: PythonInstallation[]; readonly problem?: string }> {
  const found = await Promise.all(ORIGINS.map((ask) => ask(toolchain)));
  const problem = found
    .map(({ broken, damage }) => broken?.why ?? damage)
    .find((text) => text !== undefined);
  const installations = found.flatMap((origin) => origin.installations);
  return { installations, ...(problem === undefined ? {} : { problem }) };
}

/** A named place goes before all others: installing something changes nothing while it is named. */
async function wayOut(
  toolchain: PythonToolchain,
  wish: ToolchainWish,
  fix: string,
): Promise<string> {
  const installed = await listManaged(toolchain.name);
  const isThere = installed.some(({ environment }) => satisfies(environment.version, wish));
  return isThere ? fix : `${fix}; without it: ${await howToGet(toolchain, wish)}`;
}

/** Loaded for those alone who have to be told. */
async function howToGet(toolchain: PythonToolchain, wish: ToolchainWish): Promise<string> {
  const { wayToGet } = await import('./way-to-get.js');
  return await wayToGet(toolchain, wish);
}

function absence(
  toolchain: PythonToolchain,
  wish: ToolchainWish,
  others: readonly PythonInstallation[],
  remarks: readonly string[],
): string {
  const { tool } = toolchain;
  const found = others.map(({ version, directory }) => `${version} in ${directory}`).join(', ');
  const where = 'neither named by you, nor on PATH, nor installed by modelconv';
  const what =
    found === ''
      ? `${tool} is not installed: ${where}`
      : wish.version === undefined
        ? `no version of ${tool} that was found fits: ${found}`
        : `${tool} ${wish.version} is asked for; found: ${found}`;
  return [what, ...remarks].join('; ');
}

async function fromConfig(toolchain: PythonToolchain): Promise<OriginResult> {
  const place = (await readToolchainConfig()).get(toolchain.name);
  if (place === undefined) return { installations: [] };
  const file = toolchainConfigFile();
  const fix = `take the line "${toolchain.name}:" out of ${file}`;
  return await fromPlace(toolchain, 'config', place, { said: `${file} names ${place}`, fix });
}

async function fromVariable(toolchain: PythonToolchain): Promise<OriginResult> {
  const value = process.env[toolchain.variable];
  if (value === undefined || value === '') return { installations: [] };
  const place = path.resolve(value);
  const said = `${toolchain.variable}=${value}`;
  const fix = `unset ${toolchain.variable}`;
  return await fromPlace(toolchain, 'environment', place, { said, fix });
}

async function fromPlace(
  { tool, distribution }: PythonToolchain,
  origin: ToolchainOrigin,
  place: string,
  { said, fix }: { readonly said: string; readonly fix: string },
): Promise<OriginResult> {
  const environment = await openEnvironment(place, distribution);
  if (typeof environment !== 'string') return { installations: [{ origin, ...environment }] };
  const why = `${said}, which is not a Python with ${tool}: ${environment}`;
  return {
    installations: [],
    broken: { why, fix: `${fix}, or let it name a Python with ${tool}` },
  };
}

/** The environments of the tool's executables: the Python stands beside the real file (pipx links to it). */
async function fromPath({ distribution, executables }: PythonToolchain): Promise<OriginResult> {
  const found = new Map<string, PythonEnvironment>();
  let remark: string | undefined;
  for (const name of executables) {
    for (const file of await whichAll(name)) {
      const binDir = path.dirname(await realpath(file));
      if (found.has(binDir)) continue;
      const environment = await environmentAround(binDir, distribution);
      if (typeof environment === 'string') remark ??= `${file} is on PATH, but ${environment}`;
      else found.set(binDir, environment);
    }
  }
  const installations = [...found.values()].map(
    (environment): PythonInstallation => ({ origin: 'path', ...environment }),
  );
  return { installations, ...(remark === undefined ? {} : { remark }) };
}

/** The version of a distribution in the Python environment that a program belongs to; undefined when there is none. */
export async function versionBeside(
  program: string,
  distribution: string,
): Promise<string | undefined> {
  const environment = await environmentAround(path.dirname(await realpath(program)), distribution);
  return typeof environment === 'string' ? undefined : environment.version;
}

async function environmentAround(
  binDir: string,
  distribution: string,
): Promise<PythonEnvironment | string> {
  const directory = path.dirname(binDir);
  const python = await pythonOf(directory);
  if (python === undefined) return 'there is no Python beside it';
  return await openEnvironment(python, distribution);
}

async function fromInstalled({
  name,
  distribution,
  isShared,
  releases,
}: PythonToolchain): Promise<OriginResult> {
  const { whole, damage } = await surveyManaged(name, (version) => {
    const release = releases.find((known) => known.version === version);
    return release && { distribution, imports: release.imports };
  });
  const own = whole.map(({ environment }) => environment);
  const others = isShared === true ? await environmentsWith(distribution, name) : [];
  const installations = [...own, ...others].map(
    (environment): PythonInstallation => ({ origin: 'installed', ...environment }),
  );
  return { installations, ...(damage.length === 0 ? {} : { damage: damage.join('; ') }) };
}

/** Environments of other toolchains that hold a distribution, with its version. */
async function environmentsWith(
  distribution: string,
  except: string,
): Promise<PythonEnvironment[]> {
  const names = (await managedNames()).filter((name) => name !== except);
  const managed = (await Promise.all(names.map(listManaged))).flat();
  const found = await Promise.all(
    managed.map(async ({ environment }) => {
      const version = await distributionVersion(environment.sitePackages, distribution);
      return version === undefined ? [] : [{ ...environment, version }];
    }),
  );
  return found.flat();
}
