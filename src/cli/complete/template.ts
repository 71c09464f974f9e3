import { readFile } from 'node:fs/promises';

/** Stands in `completion.SHELL` where what follows from the commands goes. */
const MARK = '@GENERATED@';

/** The script of a shell: what is the same for every program, and what follows from the commands. */
export async function fillScript(shell: string, generated: readonly string[]): Promise<string> {
  const text = await readFile(new URL(`./completion.${shell}`, import.meta.url), 'utf8');
  return text.replace(MARK, () => generated.join('\n').trimEnd());
}
