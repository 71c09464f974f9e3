/** Text as man(7) takes it: nothing in it is a request, and a hyphen stays one that can be copied. */
export function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll(/[^\n -~]/gu, (char) => `\\[u${codeOf(char)}]`)
    .replaceAll(/^([.'])/gm, '\\&$1');
}

function codeOf(char: string): string {
  return (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
}

/** Text of a Markdown line: `code` in bold. */
export function prose(text: string): string {
  return roff(text).replaceAll(/`([^`]*)`/g, '\\fB$1\\fP');
}

export function section(title: string, body: readonly string[]): string[] {
  return body.length === 0 ? [] : [`.SH ${/\s/.test(title) ? `"${title}"` : title}`, ...body];
}

/** A term in bold, and what it means. */
export function entry(term: string, meaning: string): string[] {
  return ['.TP', `\\fB${roff(term)}\\fP`, prose(meaning)];
}

/** A flag: its names in bold, its value in italics. */
export function flagEntry(flags: string, meaning: string): string[] {
  const [, names = flags, value = ''] = /^(.*?)(?: ([<[].*))?$/.exec(flags) ?? [];
  const parts = names.split(', ').map((name) => `\\fB${roff(name)}\\fP`);
  const place = value === '' ? '' : ` \\fI${roff(value.replaceAll(/[<>]/g, ''))}\\fP`;
  return ['.TP', `${parts.join(', ')}${place}`, prose(meaning)];
}

/** Lines as they are typed. */
export function typed(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['.nf', ...lines.map(roff), '.fi'];
}
