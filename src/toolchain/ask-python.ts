import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { runProcess } from '../host/process.js';
import { withScratchDir } from '../host/temp.js';

/** How a Python is started: a path, or a launcher with its arguments. */
export type PythonCommand = readonly [file: string, ...args: string[]];

/** Cold disks and antivirus programs make a first start slow. */
const ANSWER_MS = 30_000;

/** The environment of this process without what bends a Python away from its own packages. */
export function environmentForPython(): Record<string, string> {
  const entries = Object.entries(process.env).filter(
    ([name]) => !/^(PYTHON.*|VIRTUAL_ENV|__PYVENV_LAUNCHER__|CONDA_PREFIX)$/i.test(name),
  );
  return Object.fromEntries(entries.map(([name, value]) => [name, value ?? '']));
}

/**
 * Ask a Python something: the script puts its answer, as JSON, into the file that its first argument
 * names. What it prints does not matter, so a noisy start-up cannot spoil the answer.
 *
 * @returns undefined when it cannot be started, fails, or does not answer within 30 s.
 */
export async function askPython(
  command: PythonCommand,
  script: string,
  args: readonly string[] = [],
  signal?: AbortSignal,
): Promise<unknown> {
  return await withScratchDir(async (dir) => {
    const answer = path.join(dir, 'answer.json');
    const [file, ...leading] = command;
    const result = await runProcess({
      file,
      // -I: neither the user's packages nor those of the current directory, as steps have it
      args: [...leading, '-I', '-c', script, answer, ...args],
      cwd: dir,
      env: environmentForPython(),
      timeoutMs: ANSWER_MS,
      logFile: path.join(dir, 'log'),
      signal,
    });
    if (result.exitCode !== 0) return undefined;
    return await readFile(answer, 'utf8').then(
      (text) => JSON.parse(text) as unknown,
      () => undefined,
    );
  });
}
