import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { expect, it } from 'vitest';
import { SCHEMA_FILES } from '../cli/schemas.js';
import { leaves, program } from '../support/program.js';

const DOCUMENT = fileURLToPath(new URL('../../docs/json.md', import.meta.url));

/** Documents that people write, and what the results are made of; they are no result of a command. */
const NO_RESULTS = [
  'adapter',
  'common',
  'conversion-request',
  'descriptor',
  'device',
  'device-inventory',
  'error',
  'model-info',
  'preprocess',
  'progress-event',
  'toolchains',
].map((name) => `${name}.schema.json`);

/** The schemas that a command names in the description of its --json. */
function schemasOf(command: Command): string[] {
  const flag = command.options.find(({ long }) => long === '--json');
  return [...(flag?.description ?? '').matchAll(/schemas\/([\w-]+\.schema\.json)/g)].map(
    ([, file = '']) => file,
  );
}

function descriptionOf(file: string): string {
  const text = readFileSync(new URL(`../../schemas/${file}`, import.meta.url), 'utf8');
  return (JSON.parse(text) as { description: string }).description;
}

it('every command with --json names the schemas of its result, and every schema of a result is named', async () => {
  const named = leaves(await program()).flatMap(({ words, command }) => {
    const takesJson = command.options.some(({ long }) => long === '--json');
    const schemas = schemasOf(command);
    if (takesJson) expect(schemas, words.join(' ')).not.toEqual([]);
    for (const file of schemas) expect(SCHEMA_FILES, words.join(' ')).toContain(file);
    return schemas;
  });
  expect([...new Set([...named, ...NO_RESULTS])].sort()).toEqual(
    SCHEMA_FILES.filter((file) => file.endsWith('.schema.json')),
  );
});

it('the table of docs/json.md has every command with its schemas', async () => {
  const rows = leaves(await program()).flatMap(({ words, command }) =>
    schemasOf(command).map(
      (file) =>
        `| \`${words.join(' ')}\` | [${file}](../schemas/${file}) | ${descriptionOf(file)} |`,
    ),
  );
  const text = readFileSync(DOCUMENT, 'utf8');
  const [head = '', , tail = ''] = text.split(/<!-- (?:begin|end): results -->\n/);
  const table = ['| command | schema | |', '|---|---|---|', ...rows].join('\n');
  const marked = `<!-- begin: results -->\n${table}\n<!-- end: results -->\n`;
  await expect(head + marked + tail).toMatchFileSnapshot(DOCUMENT);
});
