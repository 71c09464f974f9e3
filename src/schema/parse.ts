import { type Document, Lexer, LineCounter, parseDocument } from 'yaml';
import { type ErrorCode, type Fault, ModelconvError, messageOf } from '../errors.js';
import {
  checkDocument,
  DOCUMENT_CODES,
  type DocumentKind,
  type DocumentTypes,
  invalidDocument,
  MAX_FAULTS,
  type Places,
} from './check.js';
import { findNodeFaults } from './yaml-faults.js';

/** YAML text as plain data, with the place of each value kept for error messages. */
export interface ParsedYaml extends Places {
  readonly data: unknown;
}

/** A document larger than this is refused before it is parsed: a descriptor may take 256 KiB. */
const MAX_DOCUMENT_BYTES = 4 * 1024 * 1024;
/** Deeper than any document of ours; the YAML parser recurses once per level. */
const MAX_DEPTH = 100;

/**
 * Parse YAML or JSON strictly: YAML 1.2 core schema, unique keys, no aliases, one document.
 *
 * @param label - how messages name the document: its path.
 * @throws {@link ModelconvError} with `code` when the text is not such a document.
 */
export function parseYaml(text: string, label: string, code: ErrorCode): ParsedYaml {
  if (Buffer.byteLength(text) > MAX_DOCUMENT_BYTES) {
    throw new ModelconvError(code, {
      what: `${label} is larger than ${MAX_DOCUMENT_BYTES} bytes`,
      next: 'no document of modelconv is: check whether it is the right file',
    });
  }
  refuseDeepNesting(text, label, code);
  const lineCounter = new LineCounter();
  const doc = parseDocument(text, {
    lineCounter,
    // doubled keys are looked for in findNodeFaults, in linear time
    uniqueKeys: false,
    logLevel: 'error',
    schema: 'core',
    version: '1.2',
    prettyErrors: false,
  });
  const at = (position: number, message: string): Fault => {
    const { line, col } = lineCounter.linePos(position);
    return { path: '', message, line, column: col };
  };
  const faults = [
    ...[...doc.errors, ...doc.warnings].map((error) => at(error.pos[0], error.message)),
    ...findNodeFaults(doc).map(({ node, message }) => at(node.range?.[0] ?? 0, message)),
  ].slice(0, MAX_FAULTS);
  if (faults.length > 0) throw invalidDocument(code, label, 'it is not valid YAML', faults);
  return { data: toData(doc, label, code), place: (path) => placeOf(doc, lineCounter, path) };
}

/** Deep nesting exhausts the parser's stack; the lexer, which does not recurse, shows it before. */
function refuseDeepNesting(text: string, label: string, code: ErrorCode): void {
  if (nestingOf(text) <= MAX_DEPTH) return;
  throw new ModelconvError(code, {
    what: `${label} is nested more than ${MAX_DEPTH} levels deep`,
    next: 'no document of modelconv needs that: check where it comes from',
  });
}

/** An upper bound of the nesting: brackets, and of blocks the indentation with the marks before the text. */
function nestingOf(text: string): number {
  let flow = 0;
  let line = 0;
  let isStart = true;
  let deepest = 0;
  for (const token of new Lexer().lex(text)) {
    if (token === '[' || token === '{') flow++;
    else if (token === ']' || token === '}') flow--;
    if (/^\r?\n$/.test(token)) {
      line = 0;
      isStart = true;
    } else if (isStart && /^ +$/.test(token)) line += token.length;
    else if (isStart && (token === '-' || token === '?')) line += 2;
    else if (token !== ' ') isStart = false;
    // a level takes at least two columns, or it is a mark
    deepest = Math.max(deepest, flow, line / 2);
    if (deepest > MAX_DEPTH) break;
  }
  return deepest;
}

function toData(doc: Document, label: string, code: ErrorCode): unknown {
  try {
    return doc.toJS({ maxAliasCount: 0 });
  } catch (error) {
    throw new ModelconvError(code, {
      what: `${label} uses YAML aliases`,
      why: messageOf(error),
      next: 'write the values out: anchors and aliases are not allowed here',
      cause: error,
    });
  }
}

function placeOf(
  doc: Document,
  counter: LineCounter,
  path: readonly string[],
): { line: number; column: number } | undefined {
  for (let length = path.length; length >= 0; length--) {
    const node = doc.getIn(path.slice(0, length), true);
    if (typeof node !== 'object' || node === null || !('range' in node)) continue;
    const range = node.range as readonly number[] | null | undefined;
    if (range?.[0] === undefined) continue;
    const { line, col } = counter.linePos(range[0]);
    return { line, column: col };
  }
  return undefined;
}

/** Parse and check in one go. @see parseYaml @see checkDocument */
export async function parseDocumentOf<K extends DocumentKind>(
  kind: K,
  text: string,
  label: string,
): Promise<DocumentTypes[K]> {
  const parsed = parseYaml(text, label, DOCUMENT_CODES[kind]);
  return await checkDocument(kind, parsed.data, label, parsed);
}
