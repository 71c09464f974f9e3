import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { run } from '../cli/run-main.js';

const DOCUMENT = fileURLToPath(new URL('../../docs/commands.md', import.meta.url));

const HEAD = `# Commands

What \`modelconv COMMAND --help\` prints, of every command. What a request document takes in their place: [request.md](request.md); what \`--option\` takes: [options.md](options.md); the errors: [errors.md](errors.md).

<!-- Made from the program by npm run options. -->
`;

/** Commands with an action of their own, as the words that call them. */
async function leaves(words: readonly string[]): Promise<string[][]> {
  const help = await helpOf(words);
  const names = (/\nCommands:\n([\s\S]*?)(?:\n\n|$)/.exec(help)?.[1] ?? '')
    .split('\n')
    .flatMap((line) => /^ {2}(\S+)/.exec(line)?.[1] ?? [])
    .filter((name) => name !== 'help');
  if (names.length === 0) return [[...words]];
  return (await Promise.all(names.map(async (name) => await leaves([...words, name])))).flat();
}

async function helpOf(words: readonly string[]): Promise<string> {
  const { code, stdout } = await run([...words, '--help']);
  expect(code).toBe(0);
  return stdout;
}

it('docs/commands.md says what every command takes', async () => {
  const commands = await leaves([]);
  expect(commands.length).toBeGreaterThan(10);
  const sections: string[] = [];
  for (const words of commands) {
    const help = await helpOf(words);
    sections.push(`\n## ${words.join(' ')}\n\n\`\`\`\n${help.trimEnd()}\n\`\`\`\n`);
  }
  await expect(HEAD + sections.join('')).toMatchFileSnapshot(DOCUMENT);
});
