import type { Fault } from '../../errors.js';

/** Keys and indexes from the document down to a value. */
export type Place = readonly (string | number)[];

/** Collects faults by the JSON pointer of the place. */
export class Faults {
  readonly list: Fault[] = [];

  add(place: Place, message: string): void {
    this.list.push({ path: `/${place.join('/')}`, message });
  }
}
