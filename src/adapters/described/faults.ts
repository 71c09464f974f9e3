import type { Fault } from '../../errors.js';

/** Keys and indexes from the document down to a value. */
export type Place = readonly (string | number)[];

/** Collects faults by the JSON pointer of the place. */
export class Faults {
  readonly list: Fault[] = [];

  add(place: Place, message: string): void {
    const parts = place.map((key) => String(key).replaceAll('~', '~0').replaceAll('/', '~1'));
    this.list.push({ path: parts.map((part) => `/${part}`).join(''), message });
  }
}

/** The keys that a JSON pointer goes through. */
export function keysOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}
