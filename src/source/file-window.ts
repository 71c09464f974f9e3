import { readSync } from 'node:fs';

const PAGE_BYTES = 64 * 1024;
const MAX_PAGES = 64;
/** Far beyond any real structure: a file that makes its reader look more often than this loops. */
const MAX_LOOKS = 6_000_000;

/** Thrown by the readers when a file says something about itself that cannot be. */
export class MalformedError extends Error {
  override readonly name = 'MalformedError';
}

/**
 * Random access to a file through at most 4 MiB of cached pages, so that a reader can walk a file of
 * any size in constant memory and never touches the bytes it skips. Reads are synchronous: a
 * structure is a few pages long, and awaiting every field would cost more than the reading.
 */
export class FileWindow {
  readonly sizeBytes: number;
  readonly #fd: number;
  readonly #pages = new Map<number, Buffer>();
  #looks = 0;

  constructor(fd: number, sizeBytes: number) {
    this.#fd = fd;
    this.sizeBytes = sizeBytes;
  }

  /**
   * The bytes at `[position, position + length)`. Not to be written to.
   *
   * @throws MalformedError when the range does not lie in the file.
   */
  bytes(position: number, length: number): Buffer {
    if (
      !Number.isSafeInteger(position) ||
      position < 0 ||
      length < 0 ||
      position + length > this.sizeBytes
    ) {
      throw new MalformedError(
        `byte ${position} + ${length} lies outside the file (${this.sizeBytes} bytes)`,
      );
    }
    if (++this.#looks > MAX_LOOKS)
      throw new MalformedError('its structure refers to itself too often');
    const page = Math.floor(position / PAGE_BYTES);
    const offset = position - page * PAGE_BYTES;
    if (offset + length <= PAGE_BYTES) return this.#page(page).subarray(offset, offset + length);
    return this.#read(position, length);
  }

  #page(index: number): Buffer {
    const cached = this.#pages.get(index);
    if (cached !== undefined) return cached;
    const start = index * PAGE_BYTES;
    const page = this.#read(start, Math.min(PAGE_BYTES, this.sizeBytes - start));
    const oldest = this.#pages.keys().next();
    if (this.#pages.size >= MAX_PAGES && !oldest.done) this.#pages.delete(oldest.value);
    this.#pages.set(index, page);
    return page;
  }

  #read(position: number, length: number): Buffer {
    const buffer = Buffer.allocUnsafe(length);
    let filled = 0;
    while (filled < length) {
      const read = readSync(this.#fd, buffer, filled, length - filled, position + filled);
      if (read === 0) throw new MalformedError('the file became shorter while it was read');
      filled += read;
    }
    return buffer;
  }
}
