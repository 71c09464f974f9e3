import path from 'node:path';
import { ModelconvError } from '../errors.js';
import { userCacheDir } from '../host/user-dirs.js';

const DEFAULT_BYTES = 10 * 1024 ** 3;
/** A version with another layout has a directory of its own. */
const LAYOUT = 'v1';

/** Where the cache is, and how large it may get. */
export interface CacheSettings {
  /** Absolute; of this layout of the cache. */
  readonly directory: string;
  /** 0: there is no cache. */
  readonly maxBytes: number;
}

/**
 * The place from `MODELCONV_CACHE_DIR` (default: the user's cache directory) and the bound from
 * `MODELCONV_CACHE_SIZE` (default: 10 GiB).
 *
 * @throws {@link ModelconvError} `E_USAGE` for a size that is none.
 */
export function cacheSettings(): CacheSettings {
  const own = process.env['MODELCONV_CACHE_DIR'];
  const size = process.env['MODELCONV_CACHE_SIZE'];
  return {
    directory: path.join(own ? path.resolve(own) : userCacheDir(), LAYOUT),
    maxBytes: size === undefined || size === '' ? DEFAULT_BYTES : parseSize(size),
  };
}

const EXPONENTS: Readonly<Record<string, number>> = { '': 0, k: 1, m: 2, g: 3, t: 4 };

/** Bytes of `500MB` (powers of ten), `10GiB` or `10G` (powers of 1024), `1048576`. */
function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(i?b|)$/i.exec(text.trim());
  const [, number = '', unit = '', ending = ''] = match ?? [];
  const base = ending.toLowerCase() === 'b' ? 1000 : 1024;
  const bytes = Math.floor(Number(number) * base ** (EXPONENTS[unit.toLowerCase()] ?? 0));
  if (match !== null && Number.isSafeInteger(bytes)) return bytes;
  throw new ModelconvError('E_USAGE', {
    what: `MODELCONV_CACHE_SIZE=${text} is not a size`,
    next: 'write bytes, or a number with a unit: MODELCONV_CACHE_SIZE=10GiB; 0 switches the cache off',
  });
}
