import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { ERRORS } from '../../src/errors.js';

const DOCUMENT = fileURLToPath(new URL('../../docs/errors.md', import.meta.url));

it('docs/errors.md has every code with its exit status, and no other', () => {
  const rows = [...readFileSync(DOCUMENT, 'utf8').matchAll(/^\| `(E_\w+)` \| (\d+) \| \S/gm)];
  expect(Object.fromEntries(rows.map(([, code, status]) => [code, Number(status)]))).toEqual(
    ERRORS,
  );
  expect(rows).toHaveLength(Object.keys(ERRORS).length);
});
