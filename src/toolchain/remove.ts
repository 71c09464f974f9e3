import { rm } from 'node:fs/promises';
import { ModelconvError } from '../errors.js';
import { withLock } from '../host/lock.js';
import { outputError } from '../host/outputs.js';
import { workFiles } from './install.js';
import { placesOf, versionDirectories } from './installed.js';
import { listPythonTools, type PythonToolchain } from './python-toolchain.js';
import { startsWithVersion } from './releases.js';
import { removeUnused } from './use.js';

/**
 * Remove what modelconv installed, leftovers of a killed install included. Tools that the user has
 * are never touched.
 *
 * @param which - a version, or its first parts where they leave one; `all`: every version.
 * @returns the versions that were removed.
 * @throws ModelconvError `E_TOOL_MISSING` when there is none, `E_USAGE` when several are meant,
 *   `E_BUSY` while one is being installed or used, `E_OUTPUT`.
 */
export async function removeToolchain(
  toolchain: PythonToolchain,
  which: { readonly version?: string | undefined; readonly all?: boolean | undefined },
): Promise<string[]> {
  const { name } = toolchain;
  const versions = (await versionDirectories(name)).sort();
  const wanted = versions.filter(
    (version) =>
      which.all === true ||
      which.version === undefined ||
      startsWithVersion(version, which.version),
  );
  // an exact version is meant even when it is the start of another
  const exact = wanted.filter((version) => version === which.version);
  const chosen = exact.length > 0 ? exact : wanted;
  if (chosen.length === 0) throw await nothingToRemove(toolchain, which.version);
  if (chosen.length > 1 && which.all !== true) throw severalMeant(name, chosen);
  for (const version of chosen) await removeVersion(name, version);
  return chosen;
}

async function removeVersion(name: string, version: string): Promise<void> {
  const { lock, work } = workFiles(name, version);
  await withLock(lock, `${name} ${version} is being installed or removed`, async () => {
    for (const directory of placesOf(name, version)) await removeUnused(directory);
    await rm(work, { recursive: true, force: true, maxRetries: 3 }).catch((error: unknown) => {
      throw outputError(work, error, 'MODELCONV_HOME');
    });
  });
}

async function nothingToRemove(
  toolchain: PythonToolchain,
  version: string | undefined,
): Promise<ModelconvError> {
  const own = (await listPythonTools(toolchain).catch(() => [])).filter(
    ({ origin }) => origin !== 'installed',
  );
  const found = own.map(({ version: is, directory }) => `${is} in ${directory}`).join(', ');
  const label = version === undefined ? toolchain.name : `${toolchain.name} ${version}`;
  return new ModelconvError('E_TOOL_MISSING', {
    what: `modelconv has not installed ${label}`,
    why: found === '' ? undefined : `what was found is your own, and is left alone: ${found}`,
    next: 'see what there is: modelconv toolchains list',
  });
}

function severalMeant(name: string, versions: readonly string[]): ModelconvError {
  return new ModelconvError('E_USAGE', {
    what: `several versions of ${name} are installed: ${versions.join(', ')}`,
    next: `name one, as in modelconv toolchains remove ${name}@${versions[0]}, or add --all`,
  });
}
