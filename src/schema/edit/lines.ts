/** Start of the line that a position is on. */
export function lineStart(text: string, position: number): number {
  return text.lastIndexOf('\n', position - 1) + 1;
}

/** Start of the line after the one that a value ends on; a block of text ends behind its last line. */
export function nextLine(text: string, end: number): number {
  if (end > 0 && text[end - 1] === '\n') return end;
  const newline = text.indexOf('\n', end);
  return newline < 0 ? text.length : newline + 1;
}

/** Column of a position, from 0. */
export function columnOf(text: string, position: number): number {
  return position - lineStart(text, position);
}

/** Whether nothing but blanks stands before a position on its line. */
export function isFirstOnLine(text: string, position: number): boolean {
  return text.slice(lineStart(text, position), position).trim() === '';
}
