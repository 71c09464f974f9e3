import path from 'node:path';
import {
  fittingSpecifier,
  fittingVersions,
  misfitOf,
  updateRuntime,
} from '../device/runtime-fit.js';
import { compareVersions } from '../device/version.js';
import { findBasePython } from './base-python.js';
import type { PythonToolchain, ToolchainWish } from './python-toolchain.js';
import { installCommand, satisfies, startsWithVersion } from './releases.js';

/** What to type to get a tool as it is wished: the command that installs a release, or what else leads there. */
export async function wayToGet(toolchain: PythonToolchain, wish: ToolchainWish): Promise<string> {
  const { releases } = toolchain;
  const release = releases.find(({ version }) => satisfies(version, wish));
  if (release !== undefined) return installCommand(toolchain, release.version);
  return [...(await byHand(toolchain, wish)), ...otherWays(toolchain, wish)].join('; or ');
}

/** What leads somewhere else: another version where one is asked for, a newer runtime where that is too old for every release. */
function otherWays({ releases }: PythonToolchain, { version, bound }: ToolchainWish): string[] {
  const fitting = releases.filter((release) => satisfies(release.version, { bound }));
  const known = fitting.map((release) => release.version).join(', ');
  if (version !== undefined)
    return known === '' ? [] : [`use one that modelconv installs: --toolchain with ${known}`];
  const oldest = releases.at(-1)?.version;
  return bound === undefined || oldest === undefined ? [] : [updateRuntime(oldest, bound)];
}

/** The commands that make an environment without a lock; none where nothing that is wished can be had. */
async function byHand(toolchain: PythonToolchain, wish: ToolchainWish): Promise<string[]> {
  const { name, tool, distribution, variable, unlocked } = toolchain;
  const wanted = wish.version ?? (wish.bound === undefined ? '' : fittingVersions(wish.bound));
  if (unlocked !== undefined && !isOnIndex(unlocked.oldest, wish)) {
    const { olderFrom } = unlocked;
    if (olderFrom === undefined) return [];
    return [
      `get ${tool} ${wanted} from ${olderFrom}, install it in an environment of its own, and name that with ${variable}`,
    ];
  }
  const directory = `modelconv-${name}-${wanted.split(' ')[0]}`;
  const home = process.platform === 'win32' ? '%USERPROFILE%' : '~';
  const { join } = process.platform === 'win32' ? path.win32 : path.posix;
  const environment = join(home, directory);
  const pip = join(environment, process.platform === 'win32' ? 'Scripts' : 'bin', 'pip');
  const requirements = [`${distribution}${specifierOf(wish)}`, ...(unlocked?.beside ?? [])];
  const commands = [
    `${await pythonFor(toolchain)} -m venv ${environment}`,
    `${pip} install ${requirements.map((text) => `"${text}"`).join(' ')}`,
    `${process.platform === 'win32' ? 'set' : 'export'} ${variable}=${environment}`,
  ];
  return [commands.join(' && ')];
}

/** Whether the package index has anything that is wished. */
function isOnIndex(oldest: string, { version, bound }: ToolchainWish): boolean {
  if (bound !== undefined && misfitOf(oldest, bound) === 'too new') return false;
  return (
    version === undefined ||
    startsWithVersion(oldest, version) ||
    compareVersions(version, oldest) > 0
  );
}

function specifierOf({ version, bound }: ToolchainWish): string {
  const isPlain = version !== undefined && /^\d+(\.\d+)*$/.test(version);
  const own = version === undefined ? [] : [isPlain ? `==${version}.*` : `==${version}`];
  return [...own, ...(bound === undefined ? [] : [fittingSpecifier(bound)])].join(',');
}

/** A Python of this machine that older versions have wheels for; the name of one where there is none. */
async function pythonFor({ name, releases, unlocked }: PythonToolchain): Promise<string> {
  const versions = unlocked?.python ?? releases.at(-1)?.python ?? [];
  try {
    const { python } = await findBasePython({ label: name, versions, needsPip: true });
    return /\s/.test(python) ? `"${python}"` : python;
  } catch {
    return `python${versions[0] ?? '3'}`;
  }
}
