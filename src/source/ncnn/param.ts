import { type FileWindow, MalformedError } from '../file-window.js';
import { parseObject } from '../quantized.js';
import { linesOf } from './lines.js';
import { type NcnnNote, NOTE_MARK, parseNote } from './note.js';

/** Line 1 of every file since 2017 (ncnn src/net.cpp, `Net::load_param`). */
export const PARAM_MAGIC = '7767517';
const MAX_LAYERS = 100_000;
/** Numbers of a line are C ints. */
const MAX_INT = 2 ** 31;
const MARK = '# modelconv ';

/** One layer: a line of a `.param` file. */
export interface NcnnLayer {
  readonly type: string;
  readonly name: string;
  readonly bottoms: readonly string[];
  readonly tops: readonly string[];
  /**
   * A whole number among the layer's parameters.
   *
   * @param otherwise - what ncnn takes when it is not there.
   * @throws MalformedError when it is no whole number.
   */
  int(id: number, otherwise: number): number;
}

export interface NcnnParam {
  readonly layers: readonly NcnnLayer[];
  /** The descriptor in a `# modelconv {…}` line behind the last layer, where ncnn no longer reads. */
  readonly embedded: Record<string, unknown> | undefined;
  /** What modelconv's driver noted in a line of that kind. */
  readonly note: NcnnNote | undefined;
}

/**
 * Parse a `.param` file: magic, counts, then one layer a line
 * (ncnn docs/developer-guide/param-and-model-file-structure.md).
 *
 * @throws MalformedError.
 */
export function parseParam(file: FileWindow): NcnnParam {
  const lines = linesOf(file);
  const magic = lines.next().value?.trim();
  if (magic !== PARAM_MAGIC)
    throw new MalformedError(`line 1 is not ${PARAM_MAGIC}: what is there is no text .param`);
  const { layerCount, blobCount } = counts(lines.next().value ?? '');
  const layers: NcnnLayer[] = [];
  const blobs = new Set<string>();
  let embedded: Record<string, unknown> | undefined;
  let note: string | undefined;
  for (const line of lines) {
    if (layers.length < layerCount) {
      if (line.trim() !== '') layers.push(parseLayer(line, layers.length + 3, blobs));
    } else if (line.startsWith(MARK)) {
      embedded = parseObject(line.slice(MARK.length)) ?? embedded;
    } else if (line.startsWith(NOTE_MARK)) note = line.slice(NOTE_MARK.length);
  }
  if (layers.length < layerCount)
    throw new MalformedError(
      `it has ${layers.length} of its ${layerCount} layers: the file is truncated`,
    );
  if (blobs.size > blobCount)
    throw new MalformedError(`its layers make ${blobs.size} blobs, but line 2 says ${blobCount}`);
  return { layers, embedded, note: note === undefined ? undefined : parseNote(note) };
}

function counts(line: string): { layerCount: number; blobCount: number } {
  const match = /^\s*(\d{1,10})\s+(\d{1,10})\s*$/.exec(line);
  const [layerCount, blobCount] = [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0)];
  if (layerCount === 0 || blobCount === 0)
    throw new MalformedError('line 2 does not hold the numbers of layers and blobs');
  if (layerCount > MAX_LAYERS) throw new MalformedError(`${layerCount} layers are too many`);
  return { layerCount, blobCount };
}

function parseLayer(line: string, number: number, blobs: Set<string>): NcnnLayer {
  const [type = '', name = '', bottomCount, topCount, ...rest] = line.trim().split(/\s+/);
  const bottomEnd = smallInt(bottomCount, number);
  const topEnd = bottomEnd + smallInt(topCount, number);
  if (topEnd > rest.length)
    throw new MalformedError(`line ${number} names ${rest.length} of its ${topEnd} blobs`);
  const bottoms = rest.slice(0, bottomEnd);
  const tops = rest.slice(bottomEnd, topEnd);
  const unknown = bottoms.find((blob) => !blobs.has(blob));
  if (unknown !== undefined)
    throw new MalformedError(
      `line ${number} reads a blob that no line before it makes: ${unknown}`,
    );
  for (const blob of tops) blobs.add(blob);
  // kept as text: most parameters are never asked for
  const params = ` ${rest.slice(topEnd).join(' ')} `;
  return {
    type,
    name,
    bottoms,
    tops,
    int: (id, otherwise) => intOf(params, id, otherwise, number),
  };
}

/** `6=144` between spaces; arrays (`-23309=…`) have numbers of their own. Of two, ncnn takes the last. */
function intOf(params: string, id: number, otherwise: number, line: number): number {
  const key = ` ${id}=`;
  const at = params.lastIndexOf(key);
  if (at < 0) return otherwise;
  const text = params.slice(at + key.length, params.indexOf(' ', at + 1));
  const value = Number(text);
  if (text === '' || !Number.isInteger(value) || Math.abs(value) >= MAX_INT)
    throw new MalformedError(`line ${line}: parameter ${id} is not a whole number: ${text}`);
  return value;
}

function smallInt(text: string | undefined, line: number): number {
  if (text === undefined || !/^\d{1,6}$/.test(text))
    throw new MalformedError(`line ${line} is not a layer`);
  return Number(text);
}
