// Whole processes, timed from outside; two of them in turn, so that a slow moment of the machine meets both.
import { spawnSync } from 'node:child_process';

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** Timers for commands that run in `cwd`. @param env added to the environment. */
export function timing(cwd, env = {}) {
  const timed = (command) => {
    const started = process.hrtime.bigint();
    const { status, stderr } = spawnSync(command[0], command.slice(1), {
      stdio: ['ignore', 'ignore', 'pipe'],
      cwd,
      env: { ...process.env, ...env },
    });
    const seconds = Number(process.hrtime.bigint() - started) / 1e9;
    if (status !== 0) throw new Error(`${command.join(' ')}: status ${status}\n${stderr}`);
    return seconds;
  };
  /** Medians of two commands run in turn, and of their ratio pair by pair. */
  const pair = (a, b, runs) => {
    timed(a);
    timed(b);
    const rounds = Array.from({ length: runs }, () => [timed(a), timed(b)]);
    return {
      a: median(rounds.map(([x]) => x)),
      b: median(rounds.map(([, y]) => y)),
      ratio: median(rounds.map(([x, y]) => x / y)),
      extra: median(rounds.map(([x, y]) => x - y)),
      /** What is left beyond `share` times the second one, in seconds. */
      beyond: (share) => median(rounds.map(([x, y]) => x - share * y)),
    };
  };
  return { timed, pair };
}
