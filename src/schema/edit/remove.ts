import { isPair, type Pair, type YAMLMap, type YAMLSeq } from 'yaml';
import { columnOf, isFirstOnLine, lineStart, nextLine } from './lines.js';
import { colonOf, dashOf, type EditedSource, endOf, type Splice, startOf } from './source.js';

/** Take a pair out of a map that has others, with the comment lines right above it. */
export function removePair(source: EditedSource, map: YAMLMap, index: number): Splice {
  if (map.flow === true) return removeInline(map, index);
  const { text } = source;
  const pair = map.items[index];
  const start = startOf(pair?.key);
  const end = nextLine(text, endOf(pair?.value ?? pair?.key));
  if (isFirstOnLine(text, start)) return removeLines(text, start, end);
  // the first key stands behind a dash: the next one takes its place
  const next = startOf(map.items[index + 1]?.key);
  if (text.slice(end, next).trim() === '') return { start, end: next, text: '' };
  return { start: start - trailingBlanks(text, start), end: end - lineEnd(text, end), text: '' };
}

/** Take an entry out of a list that has others, with the comment lines right above it. */
export function removeItem(source: EditedSource, list: YAMLSeq, index: number): Splice {
  if (list.flow === true) return removeInline(list, index);
  const { text } = source;
  const dash = dashOf(list, index);
  const end = nextLine(text, endOf(list.items[index]));
  return isFirstOnLine(text, dash)
    ? removeLines(text, dash, end)
    : { start: dash, end: dashOf(list, index + 1), text: '' };
}

/** Take the only entry out of a list. */
export function emptyList(source: EditedSource, list: YAMLSeq, pair: Pair): Splice[] {
  if (list.flow === true) return [removeInline(list, 0)];
  const { text } = source;
  const at = colonOf(text, pair) + 1;
  const end = nextLine(text, endOf(list));
  return [removeLines(text, dashOf(list, 0), end), { start: at, end: at, text: ' []' }];
}

/** Whole lines, from the comments right above them on; of two gaps around them one stays. */
function removeLines(text: string, position: number, end: number): Splice {
  const start = withCommentsAbove(text, position);
  const above = lineStart(text, start - 1);
  const isGapAbove = start > 0 && text.slice(above, start).trim() === '';
  const isGapBelow = text.slice(end, nextLine(text, end)).trim() === '';
  return { start: isGapAbove && isGapBelow ? above : start, end, text: '' };
}

/** Start of the comment lines right above a line and as far in; the head of a file is about the file. */
function withCommentsAbove(text: string, position: number): number {
  const column = columnOf(text, position);
  const first = lineStart(text, position);
  let start = first;
  while (start > 0) {
    const above = lineStart(text, start - 1);
    const line = text.slice(above, start);
    if (!line.trimStart().startsWith('#') || line.length - line.trimStart().length !== column)
      break;
    start = above;
  }
  return start === 0 ? first : start;
}

/** Something between brackets, with the comma that parts it from its neighbour. */
function removeInline(holder: YAMLMap | YAMLSeq, index: number): Splice {
  const starts = holder.items.map((item: unknown) => startOf(isPair(item) ? item.key : item));
  const ends = holder.items.map((item: unknown) =>
    endOf(isPair(item) ? (item.value ?? item.key) : item),
  );
  const [start, end, next] = [starts[index] ?? 0, ends[index] ?? 0, starts[index + 1]];
  if (next !== undefined) return { start, end: next, text: '' };
  return { start: ends[index - 1] ?? start, end, text: '' };
}

function trailingBlanks(text: string, position: number): number {
  return /[ \t]*$/.exec(text.slice(0, position))?.[0].length ?? 0;
}

/** Length of the newline before a position. */
function lineEnd(text: string, position: number): number {
  return /\r?\n$/.exec(text.slice(0, position))?.[0].length ?? 0;
}
