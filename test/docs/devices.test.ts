import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { BUILTIN_DEVICES } from '../../src/device/builtin.js';

const read = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../${name}`, import.meta.url)), 'utf8');
const DOCUMENT = read('docs/devices.md');

it('docs/devices.md has every code of a reason, and no other', () => {
  const common = JSON.parse(read('schemas/common.schema.json')) as {
    $defs: { matchReason: { properties: { code: { enum: string[] } } } };
  };
  const rows = [...DOCUMENT.matchAll(/^\| `([A-Z_]+)` \| \S.* \| \S.* \|$/gm)];
  expect(rows.map(([, code]) => code)).toEqual(common.$defs.matchReason.properties.code.enum);
});

it('docs/devices.md has every stack and format of the kinds that are built in', () => {
  const rows = DOCUMENT.split('\n').filter((line) => line.startsWith('| `'));
  for (const { name, stack, formats = [] } of BUILTIN_DEVICES) {
    const own = rows.find((line) => line.includes(`| ${stack?.kind} | ${formats.at(-1)}`));
    expect(own, `${name}: ${stack?.kind}, ${formats.join(', ')}`).toBeDefined();
  }
});
