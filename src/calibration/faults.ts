import { type Fault, ModelconvError, messageOf, systemErrorCode } from '../errors.js';
import { printableLine } from '../printable.js';

/** Faults that one error lists; the others are counted. */
export const MAX_LISTED_FAULTS = 50;
/** Longest message of one fault; names from files may be long. */
const MAX_MESSAGE = 1000;

/** Why one file or sample cannot be used: turned into a {@link Fault} where the file is known. */
export function unusable(why: string): ModelconvError {
  return new ModelconvError('E_CALIBRATION_INVALID', { what: why });
}

/** Where a fault is: a file as the user may type it, and the line of a list. */
export interface Place {
  readonly path: string;
  readonly line?: number | undefined;
}

/** Collects the faults of a whole calibration set, so that all are told at once. */
export class FaultList {
  readonly #listed: Fault[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add({ path, line }: Place, message: string): void {
    this.#count++;
    if (this.#listed.length >= MAX_LISTED_FAULTS) return;
    this.#listed.push({
      path: printableLine(path),
      message: printableLine(message).slice(0, MAX_MESSAGE),
      ...(line === undefined ? {} : { line, column: 1 }),
    });
  }

  /** Add what went wrong with one file. Anything but an unusable or unreadable file is thrown on: it is a bug. */
  addError(place: Place, error: unknown): void {
    if (error instanceof ModelconvError)
      this.add(place, error.why === undefined ? error.message : `${error.message}: ${error.why}`);
    else if (systemErrorCode(error) !== undefined) this.add(place, messageOf(error));
    else throw error;
  }

  /** @throws {@link ModelconvError} `E_CALIBRATION_INVALID` with the faults, when there are any. */
  throwIfAny(location: string): void {
    if (this.#count === 0) return;
    const listed = this.#listed.length;
    throw new ModelconvError('E_CALIBRATION_INVALID', {
      what: `${location} cannot be used as calibration data`,
      why: `${this.#count} ${this.#count === 1 ? 'fault' : 'faults'}${this.#count > listed ? `, the first ${listed} are listed` : ''}`,
      next: 'correct them, or list the files to use in a text file; see docs/calibration.md',
      faults: this.#listed,
    });
  }
}
