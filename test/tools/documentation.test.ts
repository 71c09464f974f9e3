import { describe, expect, it } from 'vitest';
import { userDataDir } from '../../dist/host/user-dirs.js';
import { commandLines, guidePages } from '../docs/guide/pages.js';
import type { PageLine } from '../docs/guide/read-page.js';
import { runPage } from '../docs/guide/run-page.js';
import { tempDir } from '../support/files.js';
import { findTool, skipByName } from './tool.js';

/** The tools of which the documentation has command lines, and whether they are here. */
const NAMED = guidePages()
  .flatMap(commandLines)
  .flatMap(({ needs, without }) => [needs, without].filter((name) => name !== undefined));
const FOUND = new Map(
  await Promise.all(
    [...new Set(NAMED)].map(async (name) => [name, (await findTool(name)).detection] as const),
  ),
);

function isHere(name: string | undefined): boolean {
  return name !== undefined && FOUND.get(name)?.found === true;
}

function runs({ needs, without, notRun }: PageLine): boolean {
  return notRun === undefined && (needs === undefined || isHere(needs)) && !isHere(without);
}

describe('the documentation, with real tools', () => {
  for (const [name, detection] of FOUND)
    if (!detection.found) skipByName(name, detection.why, `documentation of ${name}`);

  const pages = guidePages().filter((page) =>
    commandLines(page).some(({ needs }) => isHere(needs)),
  );
  it.each(pages)('$file does what it says', async (page) => {
    const { ran, faults } = await runPage(page, tempDir(), runs, {
      // the page runs with a home directory of its own
      MODELCONV_HOME: userDataDir(),
    });
    expect(faults).toEqual([]);
    expect(ran).toEqual(commandLines(page).filter(runs));
  });
});
