import { Document, isScalar, type Scalar, visit } from 'yaml';
import type { EditedSource } from './source.js';

const PLAIN = { lineWidth: 0, flowCollectionPadding: false } as const;

/** A block of text would take what stands below it for its own. */
function quoteLines(_key: unknown, node: Scalar): void {
  if (typeof node.value === 'string' && node.value.includes('\n')) node.type = 'QUOTE_DOUBLE';
}

/** A value on one line, as it may stand within brackets, too. */
export function inlineText(value: unknown, { isJson }: Pick<EditedSource, 'isJson'>): string {
  if (isJson) return JSON.stringify(value);
  const document = new Document([value]);
  visit(document, {
    Collection: (_key, node) => {
      node.flow = true;
    },
    Scalar: quoteLines,
  });
  return document.toString(PLAIN).trim().slice(1, -1);
}

/** `key: value` on one line. */
export function inlinePair(key: string, value: unknown, source: EditedSource): string {
  return `${inlineText(key, source)}: ${inlineText(value, source)}`;
}

/**
 * A value as lines of their own, each indented; lists of words are written in brackets.
 *
 * @returns with a newline at the end.
 */
export function blockText(value: unknown, indent: number, eol: string): string {
  const document = new Document(value);
  visit(document, {
    Seq: (_key, node) => {
      if (node.items.every(isScalar)) node.flow = true;
    },
    Scalar: quoteLines,
  });
  const lines = document.toString(PLAIN).trimEnd().split('\n');
  return lines.map((line) => (line === '' ? '' : ' '.repeat(indent) + line) + eol).join('');
}
