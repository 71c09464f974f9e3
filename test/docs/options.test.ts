import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import type { Adapter, AdapterOption } from '../../src/adapters/contract.js';
import { eachAdapter } from '../../src/adapters/registry.js';

const DOCUMENT = fileURLToPath(new URL('../../docs/options.md', import.meta.url));
const CATALOGUE = fileURLToPath(
  new URL('../../src/adapters/described/catalogue/', import.meta.url),
);

const HEAD = `# Options of the adapters

What \`modelconv convert --option NAME=VALUE\` takes, and \`options:\` in a request document or in \`converter\` of a device: nothing but these, and each is checked before any work. Which adapter makes models for a device: \`modelconv toolchains doctor\`. An option marked with * is about how a model is quantized; where none is, it is refused on the command line and in a request, and without effect in a device. A description of your own ([adapters.md](adapters.md)) has the options that it declares.

<!-- Made from the adapters by npm run options. -->
`;

/** Adapters that come with modelconv: not those of whoever runs the tests. */
async function ownAdapters(): Promise<Adapter[]> {
  const own: Adapter[] = [];
  for await (const adapter of eachAdapter()) {
    const file = adapter.description?.file;
    if (file === undefined || file.startsWith(CATALOGUE)) own.push(adapter);
  }
  return own;
}

function rowOf({ name, values, meaning, isForQuantizing, ...option }: AdapterOption): string {
  const mark = isForQuantizing === true ? ' *' : '';
  const isValue = values.includes(option.default);
  const cells = [
    `\`${name}\`${mark}`,
    values.map((value) => `\`${value}\``).join(', '),
    isValue ? `\`${option.default}\`` : option.default,
    asPhrase(meaning),
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

/** A sentence of a description as the phrases of the adapters with code are. */
function asPhrase(meaning: string): string {
  return meaning.replace(/\.$/, '').replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());
}

function sectionOf({ id, options = [] }: Adapter): string {
  if (options.length === 0) return `\n## ${id}\n\nNone.\n`;
  const rows = ['| option | values | default | meaning |', '|---|---|---|---|'];
  return `\n## ${id}\n\n${[...rows, ...options.map(rowOf)].join('\n')}\n`;
}

it('docs/options.md says what every adapter takes', async () => {
  const text = HEAD + (await ownAdapters()).map(sectionOf).join('');
  await expect(text).toMatchFileSnapshot(DOCUMENT);
});

it('every option says what it means and what holds without it', async () => {
  for (const { options = [] } of await ownAdapters())
    for (const option of options) {
      expect(option.meaning).not.toBe('');
      expect(option.default).not.toBe('');
    }
});
