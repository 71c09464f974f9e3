import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

export type Shell = 'bash' | 'zsh' | 'fish';

/** Key that makes the shell write down the line as it stands. */
const WRITE_DOWN = '\u0007';
const KILL_LINE = '\u0015';
const POLL_MS = 20;

/** What each shell is told at its start: load the completion, and write the line to a file at ^G. */
const SETUP: Record<Shell, { start: string; rc: (script: string, extra: string) => string }> = {
  bash: {
    start: 'bash --noprofile --rcfile rc -i',
    rc: (script, extra) =>
      `source ${script}\n${extra}\nbind -x '"\\C-g": printf "%s\\n" "$READLINE_LINE" >> lines'\nPS1='> '\nPROMPT_COMMAND='touch ready'\n`,
  },
  zsh: {
    start: 'ZDOTDIR=$PWD zsh -i',
    rc: (script, extra) =>
      `autoload -U compinit; compinit -u -D\nsource ${script}\n${extra}\nwrite-down() { print -r -- "$BUFFER" >> lines }\nzle -N write-down; bindkey '^G' write-down; bindkey '^U' kill-whole-line\nPS1='> '\nprecmd() { touch ready }\n`,
  },
  fish: {
    start: 'fish --no-config -i -C "source rc"',
    rc: (script, extra) =>
      `source ${script}\n${extra}\nbind \\cg 'commandline >> lines'\nbind \\cu 'commandline ""'\nfunction fish_prompt; touch ready; echo "> "; end\n`,
  },
};

/** Whether a program is on PATH. */
export function isInstalled(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
}

/**
 * Type lines into a real, interactive shell in a terminal, each with a TAB at its end.
 *
 * @param dir - current directory of the shell; its files go there.
 * @returns what every line has become.
 */
export async function typeWithTab(
  shell: Shell,
  lines: readonly string[],
  options: { dir: string; script: string; path: string; rc?: string },
): Promise<string[]> {
  const { dir, script, rc = '' } = options;
  const { start, rc: rcOf } = SETUP[shell];
  writeFileSync(path.join(dir, shell === 'zsh' ? '.zshrc' : 'rc'), rcOf(script, rc));
  const env = { ...process.env, PATH: options.path, TERM: 'xterm', HOME: dir };
  const child = spawn('script', ['-qfec', start, '/dev/null'], { cwd: dir, env, stdio: 'pipe' });
  onTestFinished(() => {
    child.kill();
  });
  // a terminal that nobody reads from stops
  child.stdout.resume();
  await until(() => existsSync(path.join(dir, 'ready')));
  const file = path.join(dir, 'lines');
  const written = (): string[] =>
    existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
  for (const [index, line] of lines.entries()) {
    child.stdin.write(`${KILL_LINE}${line}\t${WRITE_DOWN}`);
    await until(() => written().length > index);
  }
  // its last files go into the directory that the test removes
  const ended = once(child, 'exit');
  child.stdin.end(`${KILL_LINE}exit\r`);
  await ended;
  return written();
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(POLL_MS);
}
