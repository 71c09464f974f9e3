import { ModelconvError } from '../../errors.js';

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
};

/**
 * A size as people write it: `8388608`, `512MiB`, `4GB` (powers of ten without the i), in bytes.
 *
 * @throws ModelconvError `E_USAGE` when it is none.
 */
export function parseMemorySize(text: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(text.trim()) ?? [];
  const bytes = Math.round(Number(number) * (UNITS[unit.toLowerCase()] ?? Number.NaN));
  if (number !== '' && Number.isSafeInteger(bytes)) return bytes;
  throw new ModelconvError('E_USAGE', {
    what: `--memory ${text} is not a size`,
    next: 'give it in bytes, or with a unit: 512MiB, 4GB',
  });
}
