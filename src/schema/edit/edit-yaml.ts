import { isDeepStrictEqual } from 'node:util';
import { isMap, isSeq } from 'yaml';
import { ModelconvError } from '../../errors.js';
import { changedData, type YamlChange } from './change.js';
import { fillList, insertItem, insertPair } from './insert.js';
import { emptyList, removeItem, removePair } from './remove.js';
import { replaceValue } from './replace.js';
import {
  type EditedSource,
  nodeAt,
  pairOf,
  readSource,
  type Splice,
  spliced,
  type YamlPath,
} from './source.js';

/**
 * Change a YAML or JSON document in its text: every other byte stays as it is, comments, order, blank
 * lines and quotes included.
 *
 * @param text - a document that `parseYaml` takes.
 * @param label - how messages name the document: its path.
 * @throws ModelconvError `E_OUTPUT` when the text is laid out in a way that cannot be edited so.
 */
export function editYaml(text: string, label: string, change: YamlChange): string {
  const source = readSource(text);
  const wanted = changedData(source.document.toJS() as unknown, change);
  const result = tryEdit(source, change);
  // whatever the layout: what is written is what was meant, or nothing is
  if (result !== undefined && isDeepStrictEqual(readSource(result).document.toJS(), wanted))
    return result;
  throw new ModelconvError('E_OUTPUT', {
    what: `${label} cannot be changed by a program`,
    why: `${change.path.join('.') || 'it'} is laid out in a way that modelconv does not edit`,
    next: 'change it in an editor',
  });
}

function tryEdit(source: EditedSource, change: YamlChange): string | undefined {
  try {
    const inOrder = splicesOf(source, change).toSorted((a, b) => b.start - a.start);
    return inOrder.reduce(spliced, source.text);
  } catch (error) {
    // a node that has no place in the text
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function splicesOf(source: EditedSource, change: YamlChange): Splice[] {
  switch (change.kind) {
    case 'set':
      return setting(source, change.path, change.value);
    case 'append':
      return appending(source, change.path, change.value);
    case 'remove':
      return removing(source, change.path);
  }
}

/** The first map on the way that lacks its key gets all that is below it. */
function setting(source: EditedSource, path: YamlPath, value: unknown): Splice[] {
  for (const [depth, key] of path.entries()) {
    const map = nodeAt(source, path.slice(0, depth));
    if (!isMap(map)) continue;
    const pair = pairOf(map, String(key));
    const below = path.slice(depth + 1);
    if (pair === undefined) return [insertPair(source, map, String(key), nested(below, value))];
    if (below.length === 0) return replaceValue(source, pair, value);
  }
  throw new RangeError('nothing to set it in');
}

function nested(path: YamlPath, value: unknown): unknown {
  return path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
}

function appending(source: EditedSource, path: YamlPath, value: unknown): Splice[] {
  const list = nodeAt(source, path);
  if (!isSeq(list)) throw new RangeError('no list');
  const holder = nodeAt(source, path.slice(0, -1));
  const pair = isMap(holder) ? pairOf(holder, String(path.at(-1))) : undefined;
  return list.items.length === 0 && isMap(holder) && holder.flow !== true && pair !== undefined
    ? fillList(source, pair, value)
    : [insertItem(source, list, value)];
}

/** The last pair of a map takes the map with it; a list may be empty. */
function removing(source: EditedSource, path: YamlPath): Splice[] {
  const above = path.slice(0, -1);
  const [holder, key] = [nodeAt(source, above), path.at(-1)];
  if (isMap(holder)) {
    if (holder.items.length === 1 && above.length > 0) return removing(source, above);
    const pair = pairOf(holder, String(key));
    return pair === undefined ? [] : [removePair(source, holder, holder.items.indexOf(pair))];
  }
  if (!isSeq(holder) || typeof key !== 'number') throw new RangeError('nothing to remove it from');
  if (holder.items.length > 1) return [removeItem(source, holder, key)];
  const around = nodeAt(source, above.slice(0, -1));
  const pair = isMap(around) ? pairOf(around, String(above.at(-1))) : undefined;
  if (pair === undefined) throw new RangeError('a list in a list');
  return emptyList(source, holder, pair);
}
