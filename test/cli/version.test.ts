import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { cli } from '../support/cli.js';

it('--version prints the version of package.json', async () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  expect(await cli(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' });
});
