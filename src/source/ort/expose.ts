import type { FileWindow } from '../file-window.js';
import { readOrtLayers } from './read.js';

/** Bytes to put in a file at a position; a position at its end makes it longer. */
export interface Patch {
  readonly at: number;
  readonly bytes: Buffer;
}

/**
 * What makes every layer of an ORT format file an output of it: a new list of outputs at the end of the file,
 * and the offset that leads there. Offsets of flatbuffers lead forward, so what is there stays.
 *
 * @throws MalformedError when offsets or lengths do not fit the file.
 */
export function exposingPatches(file: FileWindow): Patch[] {
  const { layers, outputs, outputsAt } = readOrtLayers(file);
  const added = layers.map(({ name }) => name).filter((name) => !outputs.includes(name));
  const start = aligned(file.sizeBytes);
  const offset = Buffer.alloc(4);
  offset.writeUInt32LE(start - outputsAt);
  const padding = Buffer.alloc(start - file.sizeBytes);
  return [
    { at: outputsAt, bytes: offset },
    { at: file.sizeBytes, bytes: Buffer.concat([padding, listOf([...outputs, ...added])]) },
  ];
}

/** A vector of strings: its length, an offset to each, and the strings, which end in a zero byte. */
function listOf(names: readonly string[]): Buffer {
  const head = Buffer.alloc(4 + 4 * names.length);
  head.writeUInt32LE(names.length);
  const strings: Buffer[] = [];
  let at = head.length;
  for (const [place, name] of names.entries()) {
    const text = Buffer.from(name);
    const string = Buffer.alloc(aligned(4 + text.length + 1));
    string.writeUInt32LE(text.length);
    text.copy(string, 4);
    head.writeUInt32LE(at - (4 + 4 * place), 4 + 4 * place);
    strings.push(string);
    at += string.length;
  }
  return Buffer.concat([head, ...strings]);
}

function aligned(size: number): number {
  return Math.ceil(size / 4) * 4;
}
