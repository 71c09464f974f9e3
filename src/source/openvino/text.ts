import type { Dimension } from '../../schema/generated/types.js';
import { MalformedError } from '../file-window.js';

/** Axes of a tensor. */
export const MAX_AXES = 64;

/** A whole number of at most 16 digits. @throws MalformedError for anything else. */
export function wholeNumber(text: string | undefined, what: string): number {
  const value = text !== undefined && /^\d{1,16}$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value))
    throw new MalformedError(`${what} is not a whole number: ${JSON.stringify(text ?? '')}`);
  return value;
}

/**
 * A shape as the attributes have it: `1,3,224,224`, `?,3` or `1..10,3`; `...` when not even the number of
 * axes is known.
 */
export function shapeIn(text: string): Dimension[] | undefined {
  const trimmed = text.trim().replace(/^\[(.*)\]$/, '$1');
  if (trimmed === '...') return undefined;
  if (trimmed === '') return [];
  const sizes = trimmed.split(',', MAX_AXES + 1);
  if (sizes.length > MAX_AXES) throw new MalformedError('a shape of too many axes');
  return sizes.map(dimensionIn);
}

/** `-1`, `?` and ranges are sizes that are known only when the model runs. */
export function dimensionIn(text: string): Dimension {
  const trimmed = text.trim();
  return /^(-1|\?|-?\d*\.\.-?\d*)$/.test(trimmed) ? '?' : wholeNumber(trimmed, 'a size');
}

/** The name by which users of the API know a tensor: of several (`a,b`; `\,` is a comma) the first in alphabetical order. */
export function anyName(names: string | undefined): string | undefined {
  if (names === undefined || names === '') return undefined;
  const all = names.split(/(?<!\\),/).map((name) => name.replaceAll('\\,', ','));
  return all.filter((name) => name !== '').sort((a, b) => (a < b ? -1 : 1))[0];
}
