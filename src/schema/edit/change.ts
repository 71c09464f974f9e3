import type { YamlPath } from './source.js';

/** One change of a YAML document. What holds nothing any more is removed as well, but for lists. */
export type YamlChange =
  | { readonly kind: 'set'; readonly path: YamlPath; readonly value: unknown }
  | { readonly kind: 'append'; readonly path: YamlPath; readonly value: unknown }
  | { readonly kind: 'remove'; readonly path: YamlPath };

type Holder = Record<string | number, unknown>;

/** What a change makes of the data of a document; the data stays as it was. */
export function changedData(data: unknown, change: YamlChange): unknown {
  const copy = structuredClone(data);
  if (change.kind === 'append') {
    const list = valueAt(copy, change.path);
    if (Array.isArray(list)) list.push(change.value);
  } else if (change.kind === 'set') setIn(copy, change.path, change.value);
  else removeFrom(copy, change.path);
  return copy;
}

/** The value at a path; undefined where there is none. */
export function valueAt(data: unknown, path: YamlPath): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? (at as Holder)[key] : undefined),
    data,
  );
}

function setIn(data: unknown, path: YamlPath, value: unknown): void {
  const last = path.at(-1) ?? '';
  let at = data as Holder;
  for (const key of path.slice(0, -1)) {
    at[key] ??= {};
    at = at[key] as Holder;
  }
  at[last] = value;
}

function removeFrom(data: unknown, path: YamlPath): void {
  const above = path.slice(0, -1);
  const holder = valueAt(data, above);
  if (Array.isArray(holder)) holder.splice(Number(path.at(-1)), 1);
  else if (typeof holder === 'object' && holder !== null) {
    delete (holder as Holder)[path.at(-1) ?? ''];
    if (Object.keys(holder).length === 0 && above.length > 0) removeFrom(data, above);
  }
}
