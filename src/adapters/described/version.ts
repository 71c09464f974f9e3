import { readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import { ModelconvError, messageOf } from '../../errors.js';
import { readSmallText } from '../../host/files.js';
import { runStep, type Step } from '../../host/run-step.js';
import { withScratchDir } from '../../host/temp.js';
import { printable } from '../../printable.js';
import type { DescribedVersion } from '../../schema/generated/types.js';
import { versionBeside } from '../../toolchain/python-toolchain.js';

/** Some tools load all of their compiler to print a number. */
const ANSWER_MS = 60_000;
const MAX_FILE_BYTES = 1024 * 1024;
/** Same as in schemas/common.schema.json: it is written into the descriptor. */
const VERSION = /^[0-9A-Za-z][0-9A-Za-z.+_~-]{0,63}$/;

type Answer = { readonly version: string } | { readonly why: string };

/**
 * The version of a tool: from a file of it or from its Python environment where the description says
 * so, which starts nothing; else from what it prints.
 *
 * @param program - absolute path of the first program.
 * @param env - variables that it needs.
 */
export async function versionOf(
  { args, file, files, distribution, patterns }: DescribedVersion,
  program: string,
  env: Readonly<Record<string, string>>,
): Promise<Answer> {
  if (distribution !== undefined) {
    const version = await versionBeside(program, distribution);
    return version === undefined
      ? { why: `there is no Python environment with ${distribution} around it` }
      : { version };
  }
  const candidates = files ?? (file === undefined ? [] : [file]);
  if (candidates.length === 0) {
    const { text, failure } = await printed(program, args ?? [], env);
    const answer = matched(text, patterns ?? []);
    return 'why' in answer && failure !== undefined ? { why: `${answer.why}; ${failure}` } : answer;
  }
  const directory = path.dirname(await realpath(program));
  for (const candidate of candidates) {
    const place = path.join(directory, candidate);
    const text = await readSmallText(place, MAX_FILE_BYTES, 'E_CONFIG_INVALID').catch(() => '');
    if (text !== '') return matched(text, patterns ?? [], place);
  }
  return { why: `there is no ${candidates.join(' and no ')} from where it is` };
}

/** Groups joined by dots, without leading zeros: `v(\d\d)(\d\d)(\d\d)` of v100300 is 10.3.0. */
function matched(text: string, patterns: readonly string[], place?: string): Answer {
  for (const pattern of patterns) {
    const [, ...groups] = new RegExp(pattern, 'm').exec(text) ?? [];
    const parts = groups.filter((group) => group !== undefined && group !== '');
    const version = parts.map((part) => part.replace(/^0+(?=\d)/, '')).join('.');
    if (VERSION.test(version)) return { version };
  }
  const last = printable(text).trim().split('\n').at(-1)?.slice(0, 200);
  const where = place ?? `what it prints${last ? ` (its last line: ${last})` : ''}`;
  return { why: `nothing in ${where} looks like ${patterns.join(' or ')}` };
}

/**
 * Everything that the program prints, whatever its exit status: help texts often end with another one than
 * 0. How it failed, where it did.
 */
async function printed(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ readonly text: string; readonly failure: string | undefined }> {
  return await withScratchDir(async (workDir) => {
    const logFile = path.join(workDir, 'version.txt');
    const step: Step = { label: 'version', args, timeoutMs: ANSWER_MS };
    const launcher = { command: [program], binDir: path.dirname(program), env } as const;
    const failure = await runStep(step, program, launcher, { workDir, logFile }).then(
      () => undefined,
      (error: unknown) =>
        error instanceof ModelconvError ? `${error.message}: ${error.why}` : messageOf(error),
    );
    return { text: await readFile(logFile, 'utf8').catch(() => ''), failure };
  });
}
