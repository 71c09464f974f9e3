import { writeSync } from 'node:fs';

/** Write all of `data` at the descriptor's position; a short write is continued until it fails. */
export function writeAllSync(fd: number, data: Uint8Array): void {
  for (let done = 0; done < data.length; ) done += writeSync(fd, data, done);
}
