import { ModelconvError } from '../errors.js';
import type { Descriptor } from '../schema/generated/types.js';
import { PAYLOAD_NAME } from './limits.js';

/** Whether the files of a package are in an encrypted payload. */
export function isEncrypted({ files }: Pick<Descriptor, 'files'>): boolean {
  return files.some(({ path }) => path === PAYLOAD_NAME);
}

/** What cannot be done with an encrypted package, and `why` not without a key. */
export function encryptedError(file: string, why: string): ModelconvError {
  return new ModelconvError('E_INPUT', {
    what: `${file} is encrypted`,
    why,
    next: `decrypt it first: modelconv decrypt ${file} -i IDENTITY -o OUT`,
  });
}

/**
 * Refuse an encrypted package.
 *
 * @param why - what cannot be done without a key.
 * @throws ModelconvError `E_INPUT`.
 */
export function refuseEncrypted(file: string, descriptor: Descriptor, why: string): void {
  if (isEncrypted(descriptor)) throw encryptedError(file, why);
}
