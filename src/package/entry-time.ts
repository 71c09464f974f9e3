import { ModelconvError } from '../errors.js';

/** The largest time that the header of an entry holds: 11 octal digits of seconds. */
const MAX_SECONDS = 0o77777777777;

/**
 * Time stamp of every entry: SOURCE_DATE_EPOCH (reproducible-builds.org) or 1970, never now.
 *
 * @returns seconds since 1970.
 * @throws ModelconvError `E_USAGE` when the variable is no such number.
 */
export function entryTime(): number {
  const epoch = process.env['SOURCE_DATE_EPOCH'];
  if (epoch === undefined || epoch === '') return 0;
  const seconds = /^\d{1,11}$/.test(epoch) ? Number(epoch) : Number.NaN;
  if (seconds <= MAX_SECONDS) return seconds;
  throw new ModelconvError('E_USAGE', {
    what: `SOURCE_DATE_EPOCH=${epoch} is not a time that an archive can hold`,
    why: `it takes whole seconds since 1970, at most ${MAX_SECONDS}`,
    next: 'unset it, or set it to the time of your release',
  });
}
