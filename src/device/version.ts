/** What marks a version as one before the release of that number (PEP 440, semver, vendors' habits). */
const BEFORE_RELEASE = /^[-._~]?(a|alpha|b|beta|c|rc|dev|pre|preview|nightly)(?![a-z])/i;

/**
 * Compare dotted versions number by number; a missing part counts as 0. Letters after the numbers come
 * before the release when they say so (`1.2.0rc1`), else after it (`5.10.104-tegra`, `8.5.2-1`).
 *
 * @returns negative, 0 or positive, as for sort().
 */
export function compareVersions(a: string, b: string): number {
  const [first, second] = [split(a), split(b)];
  for (let i = 0; i < Math.max(first.numbers.length, second.numbers.length); i++) {
    const difference = (first.numbers[i] ?? 0) - (second.numbers[i] ?? 0);
    if (difference !== 0) return difference;
  }
  const [rankA, rankB] = [rankOf(first.rest), rankOf(second.rest)];
  if (rankA !== rankB) return rankA - rankB;
  if (first.rest === second.rest) return 0;
  return first.rest < second.rest ? -1 : 1;
}

/** Before the release, the release itself, after it. */
function rankOf(rest: string): number {
  if (rest === '') return 0;
  return BEFORE_RELEASE.test(rest) ? -1 : 1;
}

function split(version: string): { numbers: number[]; rest: string } {
  const match = /^v?(\d+(?:\.\d+)*)(.*)$/.exec(version.split('+')[0] ?? '');
  return { numbers: (match?.[1] ?? '0').split('.').map(Number), rest: match?.[2] ?? version };
}
