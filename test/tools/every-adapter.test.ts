import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { builtInAdapterIds } from '../../dist/adapters/registry.js';
import { fixture } from '../support/files.js';

it.each(builtInAdapterIds())('%s has a suite with its real tool', (id) => {
  expect(existsSync(fixture(`../test/tools/${id}.test.ts`))).toBe(true);
});

it('every tool that is required is one that there is', () => {
  const required = (process.env['MODELCONV_REQUIRE_TOOLS'] ?? '').split(',').filter(Boolean);
  expect(required.filter((id) => !builtInAdapterIds().includes(id))).toEqual([]);
});
