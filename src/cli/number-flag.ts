import { InvalidArgumentError } from 'commander';

/** Reads the number of a flag. @throws InvalidArgumentError for what is none, or out of bounds. */
export function numberFrom(
  least: number,
  integer: boolean,
  greatest: number = Number.MAX_SAFE_INTEGER,
): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (
      text.trim() === '' ||
      !Number.isFinite(value) ||
      value < least ||
      value > greatest ||
      (integer && !Number.isInteger(value))
    ) {
      throw new InvalidArgumentError(
        `it must be ${integer ? 'a whole number' : 'a number'} from ${least} to ${greatest}.`,
      );
    }
    return value;
  };
}
