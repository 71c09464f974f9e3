import {
  type Document,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';

/** A YAML text that is edited: its nodes say where in the text they stand. */
export interface EditedSource {
  readonly text: string;
  readonly document: Document;
  /** How its lines end. */
  readonly eol: string;
  /** JSON has no plain words. */
  readonly isJson: boolean;
}

/** Path of a value: keys of maps, places in lists. */
export type YamlPath = readonly (string | number)[];

/** One replacement in a text: what stands from `start` to before `end` becomes `text`. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A text whose nodes know their places; faults are for `parseYaml` to tell. */
export function readSource(text: string): EditedSource {
  return {
    text,
    document: parseDocument(text, { keepSourceTokens: true, version: '1.2', schema: 'core' }),
    eol: /\r\n/.test(text) ? '\r\n' : '\n',
    isJson: isJsonText(text),
  };
}

function isJsonText(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}

/** The text with one replacement made. */
export function spliced(text: string, { start, end, text: put }: Splice): string {
  return text.slice(0, start) + put + text.slice(end);
}

/** Where a node starts. @throws RangeError for one that was not read from the text. */
export function startOf(node: unknown): number {
  return rangeOf(node)[0];
}

/** Where the last value in a node ends; comments behind it are not part of it. */
export function endOf(node: unknown): number {
  if ((isMap(node) || isSeq(node)) && node.flow !== true) {
    const last: unknown = node.items.at(-1);
    if (isPair(last)) return endOf(last.value ?? last.key);
    if (last !== undefined) return endOf(last);
  }
  return rangeOf(node)[1];
}

function rangeOf(node: unknown): readonly number[] & { 0: number; 1: number } {
  const range = (node as Node | null | undefined)?.range;
  if (range === null || range === undefined) throw new RangeError('a node without a place');
  return range;
}

/** The node at a path. */
export function nodeAt({ document }: EditedSource, path: YamlPath): unknown {
  return path.length === 0 ? document.contents : document.getIn(path, true);
}

/** The pair of a key in a map. */
export function pairOf(map: YAMLMap, key: string): Pair | undefined {
  return map.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === key);
}

/** Where the entry of a block list starts: its dash. */
export function dashOf(list: YAMLSeq, index: number): number {
  const token = list.srcToken;
  const start = token?.type === 'block-seq' ? token.items[index]?.start : undefined;
  const dash = start?.find(({ type }) => type === 'seq-item-ind');
  if (dash === undefined) throw new RangeError('a list entry without a dash');
  return dash.offset;
}

/** Where the colon of a pair is; a key and its colon have nothing but blanks between them. */
export function colonOf(text: string, pair: Pair): number {
  const colon = text.indexOf(':', rangeOf(pair.key)[1]);
  if (colon < 0) throw new RangeError('a key without a colon');
  return colon;
}
