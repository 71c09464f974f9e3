import { misfitOf } from '../device/runtime-fit.js';
import { compareVersions } from '../device/version.js';
import { ModelconvError } from '../errors.js';
import { managedName } from './installed.js';
import type {
  PythonInstallation,
  PythonRelease,
  PythonToolchain,
  ToolchainWish,
} from './python-toolchain.js';

/** Whether a version is one that is asked for; no wish: every version is. */
export function satisfies(version: string, wish: ToolchainWish): boolean {
  const { version: wanted } = wish;
  const isWanted =
    wanted === undefined ||
    startsWithVersion(version, wanted) ||
    compareVersions(version, wanted) === 0;
  if (!isWanted) return false;
  return wish.bound === undefined || misfitOf(version, wish.bound) === undefined;
}

/** Whether a version starts with the parts of another: 2025.4.1 with 2025 or 2025.4, and not with 202. */
export function startsWithVersion(version: string, prefix: string): boolean {
  return version === prefix || version.startsWith(`${prefix}.`);
}

/**
 * The newest release that a version, or the first parts of one, stands for.
 *
 * @throws ModelconvError `E_USAGE` when there is none.
 */
export function chooseRelease(toolchain: PythonToolchain, prefix?: string): PythonRelease {
  const { name, tool, releases } = toolchain;
  const release = releases.find(
    ({ version }) => prefix === undefined || startsWithVersion(version, prefix),
  );
  if (release !== undefined) return release;
  throw new ModelconvError('E_USAGE', {
    what: `there is no release ${prefix ?? ''} of ${name} that modelconv can install`.replace(
      '  ',
      ' ',
    ),
    why: `it knows: ${releases.map(({ version }) => version).join(', ')}`,
    next: `install another ${tool} yourself and name it with ${toolchain.variable}, or choose one of these`,
  });
}

/** The command that installs a release. */
export function installCommand({ name }: PythonToolchain, version: string): string {
  return `modelconv toolchains install ${name}@${version}`;
}

/** The command that makes an installation whole again of which something is missing. */
export function repairCommand(
  { distribution }: PythonToolchain,
  { directory, python, version }: PythonInstallation,
): string {
  const managed = managedName(directory);
  return managed === undefined
    ? `"${python}" -m pip install --force-reinstall "${distribution}==${version}"`
    : `modelconv toolchains install ${managed} --reinstall`;
}
