import path from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../support/files.js';
import { leaves, program } from '../support/program.js';
import { commandLines, guidePages } from './guide/pages.js';
import { runPage } from './guide/run-page.js';
import { modelconvCalls } from './guide/shell-words.js';

const PAGES = guidePages();

/** The program with every action taken out: it takes a line, or refuses it, and does nothing. */
async function parserAlone(): Promise<Command> {
  const whole = await program();
  for (const { command } of leaves(whole)) command.action(() => {});
  return whole;
}

/** What the parser has against a line; undefined for a line that it takes. */
async function complaint(words: readonly string[]): Promise<string | undefined> {
  try {
    await (await parserAlone()).parseAsync(words, { from: 'user' });
    return undefined;
  } catch (error) {
    // --version and --help end by an error, too
    const { exitCode, message } = error as { exitCode: number; message: string };
    return exitCode === 0 ? undefined : message;
  }
}

describe.each(PAGES)('$file', (page) => {
  const lines = commandLines(page);

  it('has command lines that the parser takes, every flag and value of them', async () => {
    const complaints: string[] = [];
    for (const { text, number } of lines)
      for (const words of modelconvCalls(text)) {
        const said = await complaint(words);
        if (said !== undefined) complaints.push(`${page.file}:${number}: ${text}: ${said}`);
      }
    expect(complaints).toEqual([]);
    expect(lines.length).toBeGreaterThan(0);
  });

  const RUN = lines.filter(({ needs, notRun }) => needs === undefined && notRun === undefined);
  it.skipIf(RUN.length === 0)(
    `does what it says: ${RUN.length} of ${lines.length} lines`,
    {
      timeout: 300_000,
    },
    async () => {
      const dir = tempDir();
      const env = { MODELCONV_HOME: path.join(dir, 'toolchains') };
      const { ran, faults } = await runPage(page, dir, (line) => RUN.includes(line), env);
      expect(faults).toEqual([]);
      expect(ran).toEqual(RUN);
    },
  );

  // told by name, so that nothing is left out in silence
  for (const { text, number, needs, notRun } of lines)
    if (needs !== undefined || notRun !== undefined)
      it.skip(
        `line ${number} is not run here (${notRun ?? `the suite of real tools does, with ${needs}`}): ${text}`,
      );
});

it('a slip in a command line is found', async () => {
  expect(await complaint(['convert', 'a.onnx', '--ouput', 'x'])).toContain('--ouput');
  expect(await complaint(['toolchains', 'instal', 'x'])).toContain('instal');
  expect(await complaint(['completion', 'tcsh'])).toContain('tcsh');
  expect(modelconvCalls("npm ci && npx modelconv inspect 'a b' > x # modelconv y")).toEqual([
    ['inspect', 'a b'],
  ]);
  expect(modelconvCalls('source <(modelconv completion bash); true')).toEqual([
    ['completion', 'bash'],
  ]);
});
