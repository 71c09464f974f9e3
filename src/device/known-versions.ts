import type { Device } from '../schema/generated/types.js';
import { compareVersions } from './version.js';

/**
 * What is odd about the version that a device says its stack has; undefined when it is known, or
 * nothing is known of the versions. A hint and no fault: new versions come out all the time.
 */
export function versionWarning({ name, stack }: Device): string | undefined {
  const { kind, version, knownVersions } = stack ?? {};
  if (version === undefined || knownVersions === undefined) return undefined;
  const { versions, sources } = knownVersions;
  if (versions.some((known) => isSame(version, known))) return undefined;
  const newest = versions.toSorted(compareVersions).at(-1);
  return `${name} has ${kind} ${version}, which is none of the versions that are known (up to ${newest}: ${sources.join(', ')})`;
}

/** 2.3.2 is one of 2.3, and 2.3 may be 2.3.2. */
function isSame(version: string, known: string): boolean {
  const plain = version.replace(/^v(?=\d)/, '');
  return (
    plain === known ||
    plain.startsWith(`${known}.`) ||
    known.startsWith(`${plain}.`) ||
    compareVersions(plain, known) === 0
  );
}
