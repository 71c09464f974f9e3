import {
  type ErrorCode,
  type Fault,
  ModelconvError,
  messageOf,
  systemErrorCode,
} from '../errors.js';
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

/** What data is for, as its faults tell it. */
export interface DataUse {
  readonly code: ErrorCode;
  readonly noun: string;
  readonly next: string;
}

const CALIBRATION: DataUse = {
  code: 'E_CALIBRATION_INVALID',
  noun: 'calibration data',
  next: 'correct them, or list the files to use in a text file; see docs/calibration.md',
};

/** Collects the faults of a whole set of data, so that all are told at once. */
export class FaultList {
  readonly #listed: Fault[] = [];
  readonly #use: DataUse;
  #count = 0;

  constructor(use: DataUse = CALIBRATION) {
    this.#use = use;
  }

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

  /** @throws {@link ModelconvError} `E_CALIBRATION_INVALID`, or the code of another use, with the faults, when there are any. */
  throwIfAny(location: string): void {
    if (this.#count > 0) this.throwAll(location);
  }

  /** @throws {@link ModelconvError} with the faults that there are: nothing can be looked at any further. */
  throwAll(location: string): never {
    const listed = this.#listed.length;
    const { code, noun, next } = this.#use;
    throw new ModelconvError(code, {
      what: `${location} cannot be used as ${noun}`,
      why: `${this.#count} ${this.#count === 1 ? 'fault' : 'faults'}${this.#count > listed ? `, the first ${listed} are listed` : ''}`,
      next,
      faults: this.#listed,
    });
  }
}
