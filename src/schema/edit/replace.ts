import { isMap, isSeq, type Pair } from 'yaml';
import { nextLine } from './lines.js';
import { inlineText } from './render.js';
import { colonOf, type EditedSource, endOf, type Splice, startOf } from './source.js';

/** Give a pair another value: on the line of its key, whatever the old one looked like. */
export function replaceValue(source: EditedSource, pair: Pair, value: unknown): Splice[] {
  const { text, eol } = source;
  const put = inlineText(value, source);
  const old = pair.value;
  if ((isMap(old) || isSeq(old)) && old.flow !== true) return replaceBlock(source, pair, put);
  const [start, end] = [startOf(old), endOf(old)];
  // nothing there yet: the colon needs its blank
  if (start === end) {
    const at = colonOf(text, pair) + 1;
    return [{ start: at, end: at, text: ` ${put}` }];
  }
  // a block of text ends with a newline
  return [{ start, end, text: text[end - 1] === '\n' ? put + eol : put }];
}

/** The lines of the old value go; a comment behind the key stays. */
function replaceBlock({ text }: EditedSource, pair: Pair, put: string): Splice[] {
  const at = colonOf(text, pair) + 1;
  const below = nextLine(text, at);
  return [
    { start: below, end: nextLine(text, endOf(pair.value)), text: '' },
    { start: at, end: at, text: ` ${put}` },
  ];
}
