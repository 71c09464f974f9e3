import { readdir } from 'node:fs/promises';
import { isLockHeld } from '../host/lock.js';
import { workFiles } from './install.js';
import { readManaged, toolchainRoot, versionDirectories } from './installed.js';
import type { PythonToolchain } from './python-toolchain.js';

/** A version whose directory is there and that cannot be used. */
export interface IncompleteToolchain {
  readonly version: string;
  /** The command that finishes it, or takes it away where modelconv has no lock for it any more. */
  readonly fix: string;
}

/**
 * What an install that was interrupted has left, or an environment that was moved or lost its Python.
 * Versions that are being installed now are left out. Starts nothing.
 */
export async function incompleteToolchains({
  name,
  releases,
}: Pick<PythonToolchain, 'name' | 'releases'>): Promise<IncompleteToolchain[]> {
  const known = new Set(releases.map(({ version }) => version));
  // of a version that cannot be installed any more, `remove` takes no more than its directory
  const fetched = (await leftovers(name)).filter((version) => known.has(version));
  const versions = new Set([...(await versionDirectories(name)), ...fetched]);
  const found: IncompleteToolchain[] = [];
  for (const version of [...versions].sort()) {
    if ((await readManaged(name, version)) !== undefined) continue;
    if (await isLockHeld(workFiles(name, version).lock)) continue;
    const verb = known.has(version) ? 'install' : 'remove';
    found.push({ version, fix: `modelconv toolchains ${verb} ${name}@${version}` });
  }
  return found;
}

/** Versions of which something was fetched: the hidden directory of `workFiles`. */
async function leftovers(name: string): Promise<string[]> {
  const names = await readdir(toolchainRoot(name)).catch(() => []);
  return names.flatMap((entry) => /^\.(.+)\.work$/.exec(entry)?.[1] ?? []);
}
