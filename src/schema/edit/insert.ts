import { isPair, type Pair, type YAMLMap, type YAMLSeq } from 'yaml';
import { columnOf, isFirstOnLine, lineStart, nextLine } from './lines.js';
import { blockText, inlinePair, inlineText } from './render.js';
import { colonOf, dashOf, type EditedSource, endOf, type Splice, startOf } from './source.js';

/** Add a pair at the end of a map. */
export function insertPair(
  source: EditedSource,
  map: YAMLMap,
  key: string,
  value: unknown,
): Splice {
  if (map.flow === true) return insertInline(source, map, inlinePair(key, value, source));
  const { text, eol } = source;
  const indent = columnOf(text, startOf(map.items[0]?.key));
  return insertLines(text, endOf(map), blockText({ [key]: value }, indent, eol), eol);
}

/** Add an entry at the end of a list. */
export function insertItem(source: EditedSource, list: YAMLSeq, value: unknown): Splice {
  if (list.flow === true) return insertInline(source, list, inlineText(value, source));
  const { text, eol } = source;
  const indent = columnOf(text, dashOf(list, 0));
  const gap = isSpaced(text, list) ? eol : '';
  return insertLines(text, endOf(list), gap + blockText([value], indent, eol), eol);
}

/** Give an empty list its first entry, on lines of its own. */
export function fillList(source: EditedSource, pair: Pair, value: unknown): Splice[] {
  const { text, eol } = source;
  const indent = columnOf(text, startOf(pair.key)) + 2;
  const end = endOf(pair.value);
  return [
    insertLines(text, end, blockText([value], indent, eol), eol),
    { start: colonOf(text, pair) + 1, end, text: '' },
  ];
}

/** Whether the entries of a list stand apart. */
function isSpaced(text: string, list: YAMLSeq): boolean {
  if (list.items.length < 2) return false;
  const from = nextLine(text, endOf(list.items.at(-2)));
  const between = text.slice(from, lineStart(text, dashOf(list, list.items.length - 1)));
  return /^[ \t]*\r?\n/m.test(between);
}

/** Lines behind the one that something ends on. */
function insertLines(text: string, end: number, lines: string, eol: string): Splice {
  const at = nextLine(text, end);
  const isOpen = at > 0 && text[at - 1] !== '\n';
  return { start: at, end: at, text: isOpen ? eol + lines.slice(0, -eol.length) : lines };
}

/** Something between brackets: on a line of its own where the one before it has one. */
function insertInline({ text, eol }: EditedSource, holder: YAMLMap | YAMLSeq, put: string): Splice {
  const last: unknown = holder.items.at(-1);
  if (last === undefined) {
    const at = startOf(holder) + 1;
    return { start: at, end: at, text: put };
  }
  const first = startOf(isPair(last) ? last.key : last);
  const at = endOf(isPair(last) ? (last.value ?? last.key) : last);
  const gap = isFirstOnLine(text, first) ? eol + ' '.repeat(columnOf(text, first)) : ' ';
  return { start: at, end: at, text: `,${gap}${put}` };
}
