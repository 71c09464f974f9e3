import { FileWindow, MalformedError } from '../file-window.js';

/** A part of a file, read as if it were one. */
export class Section extends FileWindow {
  readonly #file: FileWindow;
  readonly #start: number;

  constructor(file: FileWindow, start: number, sizeBytes: number) {
    super(-1, sizeBytes);
    this.#file = file;
    this.#start = start;
  }

  override bytes(position: number, length: number): Buffer {
    if (position < 0 || length < 0 || position + length > this.sizeBytes)
      throw new MalformedError(`byte ${position} + ${length} lies outside the program`);
    return this.#file.bytes(this.#start + position, length);
  }
}
