import { StringDecoder } from 'node:string_decoder';
import { type FileWindow, MalformedError } from '../file-window.js';

const CHUNK_BYTES = 64 * 1024;
/** A layer is a line of about 100 characters; the longest real ones hold arrays of some thousand numbers. */
const MAX_LINE = 1024 * 1024;
/** Far above any real structure: weights are in the other file. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * The lines of a text file, read piece by piece.
 *
 * @throws MalformedError when the file or one line of it is too long to be what it says it is.
 */
export function* linesOf(file: FileWindow): Generator<string> {
  if (file.sizeBytes > MAX_BYTES)
    throw new MalformedError(
      `a structure of ${file.sizeBytes} bytes: the weights belong in a .bin`,
    );
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for (let at = 0; at < file.sizeBytes; at += CHUNK_BYTES) {
    rest += decoder.write(file.bytes(at, Math.min(CHUNK_BYTES, file.sizeBytes - at)));
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_LINE)
      throw new MalformedError(`a line of more than ${MAX_LINE} characters`);
    for (const line of lines) yield line.trimEnd();
  }
  rest += decoder.end();
  if (rest !== '') yield rest.trimEnd();
}
