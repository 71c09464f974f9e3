const OPENING: ReadonlySet<string> = new Set(['(', '[', '{']);
const CLOSING: ReadonlySet<string> = new Set([')', ']', '}']);

/** Places of a code text that lie in no string, with the depth of brackets in front of them. */
function* places(text: string, start: number): Generator<{ at: number; depth: number }> {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const letter = text[at] ?? '';
    if (letter === '"' || letter === "'") {
      at = endOfString(text, at);
      continue;
    }
    if (CLOSING.has(letter)) depth--;
    yield { at, depth };
    if (OPENING.has(letter)) depth++;
  }
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== text[start]) at += text[at] === '\\' ? 2 : 1;
  return at;
}

/** Where the first of some letters stands outside of all brackets and strings; undefined when none does. */
export function findOutside(text: string, start: number, letters: string): number | undefined {
  for (const { at, depth } of places(text, start)) {
    if (depth < 0) return undefined;
    if (depth === 0 && letters.includes(text[at] ?? '')) return at;
  }
  return undefined;
}

/** The inside of the bracket that opens at `start`, and where it closes; undefined when it does not. */
export function bracketed(
  text: string,
  start: number,
): { readonly inside: string; readonly end: number } | undefined {
  for (const { at, depth } of places(text, start))
    if (depth === 0 && at > start) return { inside: text.slice(start + 1, at), end: at };
  return undefined;
}

/** The parts between the commas outside of all brackets, trimmed; an empty last one is none. */
export function splitList(text: string): string[] {
  const parts: string[] = [];
  let start = 0;
  for (const { at, depth } of places(text, 0)) {
    if (depth !== 0 || text[at] !== ',') continue;
    parts.push(text.slice(start, at).trim());
    start = at + 1;
  }
  const last = text.slice(start).trim();
  return last === '' ? parts : [...parts, last];
}
