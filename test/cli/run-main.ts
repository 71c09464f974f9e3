import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, vi } from 'vitest';
// the built program: its converter starts dist/adapters/onnxruntime/driver.js
import { main } from '../../dist/cli/program.js';
import { tempDir } from '../support/files.js';
import { expectValid } from './schemas.js';

export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Whether both streams are terminals. */
  readonly isTTY?: boolean;
}

/** Run the built program within this process: the same code as the shell's, without a new Node.js each time. */
export async function run(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const { env = {}, cwd = process.cwd(), isTTY = false } = options;
  const out: string[] = [];
  const err: string[] = [];
  const code = await main(args, {
    stdout: { write: (text) => out.push(text), isTTY },
    stderr: { write: (text) => err.push(text), isTTY },
    env,
    cwd,
    signal: new AbortController().signal,
  });
  return { code, stdout: out.join(''), stderr: err.join('') };
}

/** A directory for outputs, and a temporary directory that only this test uses. */
export interface Sandbox {
  readonly dir: string;
  readonly out: string;
  readonly tmp: string;
  /**
   * Fails when anything is left in the temporary directory, or in `out` but the names given. The log of a
   * tool that failed and the report of a check that failed may stand there, too: failure-log.test.ts and
   * failure-report.test.ts say when.
   */
  expectOnly(...names: readonly string[]): void;
}

export function sandbox(): Sandbox {
  const dir = tempDir();
  const [out, tmp] = [path.join(dir, 'out'), path.join(dir, 'tmp')];
  mkdirSync(out);
  mkdirSync(tmp);
  vi.stubEnv('TMPDIR', tmp);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  return {
    dir,
    out,
    tmp,
    expectOnly: (...names) => {
      const left = readdirSync(out).filter((name) => !isKeptOfFailure(path.join(out, name)));
      expect(left.sort()).toEqual([...names].sort());
      expect(readdirSync(tmp)).toEqual([]);
    },
  };
}

/** First bytes of what a conversion that failed leaves, by the end of its name. */
const KEPT_OF_FAILURE = {
  '.tar.log': '# modelconv: ',
  '.tar.parity.html': '<!doctype html><!-- modelconv convert: ',
  '.tar.parity.json': '{\n  "kind": "ConversionReport"',
};

function isKeptOfFailure(file: string): boolean {
  return Object.entries(KEPT_OF_FAILURE).some(
    ([end, start]) => file.endsWith(end) && readFileSync(file, 'utf8').startsWith(start),
  );
}

/** What a refusal has to be. */
export interface Refusal {
  readonly exit: number;
  readonly code: string;
  /** Words that the message has to hold: the file, the tool, the device. */
  readonly names?: readonly string[];
}

/** A failure as people want it: the documented status, the culprit named, a next step, no stack trace, nothing on stdout. */
export function expectRefusal(result: RunResult, { exit, code, names = [] }: Refusal): void {
  expect(result).toMatchObject({ code: exit, stdout: '' });
  expect(result.stderr).toContain(`error[${code}]: `);
  for (const name of names) expect(result.stderr).toContain(name);
  expect(result.stderr).not.toMatch(/^ {4}at /m);
  expect(result.stderr).not.toMatch(/node:internal|ModelconvError|undefined|\[object /);
  // whatever stood in the input, it must not drive the terminal
  expect(result.stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/);
  // a next step, or the places in the document to correct, or the word that was meant
  expect(result.stderr).toMatch(/^ {2}next: \S|^ {2}\d+:\d+ |Did you mean/m);
}

/** The result on stdout, checked against its schema. */
export function jsonResult(result: RunResult, schema: string): unknown {
  expect(result.stderr).toBe('');
  expect(result.code).toBe(0);
  return expectValid(schema, JSON.parse(result.stdout));
}
