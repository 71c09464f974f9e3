/** A piece of a template: text as it is, or the name of what is filled in. */
export type Piece = { readonly text: string } | { readonly name: string };

/** `{{` and `}}` are braces; `{name}` is filled in. */
const TOKEN = /\{\{|\}\}|\{([^{}]*)\}|[{}]/g;

/**
 * Take a template apart.
 *
 * @throws SyntaxError for a brace that stands alone.
 */
export function parseTemplate(template: string): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of template.matchAll(TOKEN)) {
    const [token, name] = match;
    if (match.index > end) pieces.push({ text: template.slice(end, match.index) });
    if (name !== undefined) pieces.push({ name });
    else if (token.length === 2) pieces.push({ text: token.slice(1) });
    else throw new SyntaxError(`a ${token} that belongs to no {NAME}: write ${token}${token}`);
    end = match.index + token.length;
  }
  if (end < template.length) pieces.push({ text: template.slice(end) });
  return pieces;
}

/**
 * Fill a template in. What is filled in is never looked at again: braces in a file name stay.
 *
 * @throws Error for a name that has no value: the lint lets no such template through.
 */
export function fillTemplate(template: string, values: ReadonlyMap<string, string>): string {
  return parseTemplate(template)
    .map((piece) => {
      if ('text' in piece) return piece.text;
      const value = values.get(piece.name);
      if (value === undefined) throw new Error(`no value for {${piece.name}}`);
      return value;
    })
    .join('');
}
