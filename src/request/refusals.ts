import { ModelconvError } from '../errors.js';
import type { ConversionRequest } from '../schema/generated/types.js';
import type { RequestFlags } from './flags.js';

/** What a conversion cannot do without. */
export function missing(what: string, next: string): ModelconvError {
  return new ModelconvError('E_USAGE', { what: `${what} is missing`, next });
}

/** Flags that `--no-verify` leaves without a check; a document may keep how it is made and leave it out. */
const OF_THE_CHECK = ['samples', 'tolerance', 'layers', 'report'] as const;

/**
 * Flags that would be passed over in silence: the check that they are for is left out.
 *
 * @throws ModelconvError `E_USAGE`.
 */
export function refuseIdleFlags(
  flags: RequestFlags,
  document: ConversionRequest | undefined,
): void {
  if (flags.verify ?? document?.verify?.enabled ?? true) return;
  const isFlag = flags.verify === false;
  // what labelled data scores is reported without a parity check, too
  const isScored = (flags.eval ?? document?.eval) !== undefined;
  const idle = (isFlag ? OF_THE_CHECK : (['layers'] as const)).find(
    (name) => flags[name] !== undefined && !(name === 'report' && isScored),
  );
  if (idle === undefined) return;
  throw new ModelconvError('E_USAGE', {
    what: `${isFlag ? '--no-verify' : 'the request'} leaves out the parity check that --${idle} is for`,
    ...(isFlag ? {} : { why: 'it says verify: {enabled: false}' }),
    next: 'leave one of the two out',
  });
}

/** The patterns of schemas/common.schema.json, for what comes by flag: an error before any work. */
export function refuseBadWords({ name, version }: RequestFlags): void {
  if (name !== undefined && !/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(name)) {
    throw new ModelconvError('E_USAGE', {
      what: `--name ${JSON.stringify(name)} cannot be a name`,
      next: 'use letters, digits, dot, underscore and hyphen, a letter or digit first',
    });
  }
  if (version !== undefined && !/^[0-9A-Za-z][0-9A-Za-z.+_~-]{0,63}$/.test(version)) {
    throw new ModelconvError('E_USAGE', {
      what: `--model-version ${JSON.stringify(version)} cannot be a version`,
      next: 'use letters, digits and . + _ ~ -, e.g. 1.2.0',
    });
  }
}
