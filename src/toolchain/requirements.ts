/** One package of a lock, with everything that pip has to know about it. */
export interface Requirement {
  /** `numpy==2.4.6`, without marker; for people. */
  readonly label: string;
  /** SHA-256 digests of the files that may be installed for it, lower case. */
  readonly sha256: readonly string[];
  /** The requirement as it stands in the lock, on one line. */
  readonly text: string;
}

/**
 * The packages of a lock (pip's requirements format: one package a line, `\` continues a line, `#`
 * starts a comment).
 *
 * @throws Error when a package has no hash: a lock of ours that is not one.
 */
export function parseLock(text: string): Requirement[] {
  return text
    .replace(/\\\r?\n/g, ' ')
    .split(/\r?\n/)
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter((line) => line !== '')
    .map(toRequirement);
}

function toRequirement(text: string): Requirement {
  const sha256 = [...text.matchAll(/--hash=sha256:([0-9a-f]{64})/gi)].map(([, digest = '']) =>
    digest.toLowerCase(),
  );
  const label = /^[A-Za-z0-9._[\]-]+\s*==\s*[^\s;]+/.exec(text)?.[0].replace(/\s/g, '');
  if (label === undefined || sha256.length === 0)
    throw new Error(`not a pinned requirement with a hash: ${text}`);
  return { label, sha256, text };
}
