// The program as the shell runs it: importing this module runs it.
import { setMaxListeners } from 'node:events';
import { rmSync, writeSync } from 'node:fs';
import { ModelconvError, messageOf } from '../errors.js';
import { unfinishedOutputs } from '../host/outputs.js';
import { openScratchDirs } from '../host/temp.js';
import { MODELCONV_VERSION } from '../version.js';

const SIGNALS = [
  ['SIGINT', 'E_INTERRUPTED', 'interrupted'],
  ['SIGTERM', 'E_TERMINATED', 'terminated'],
  ['SIGHUP', 'E_HANGUP', 'the terminal was closed'],
] as const;

/** The first signal ends the work in order; a second one ends it at once, with what can still be cleaned up. */
function abortOnSignals(controller: AbortController): void {
  for (const [signal, code, what] of SIGNALS) {
    process.on(signal, () => {
      const reason = new ModelconvError(code, { what });
      if (!controller.signal.aborted) {
        controller.abort(reason);
        return;
      }
      for (const path of [...unfinishedOutputs(), ...openScratchDirs()])
        rmSync(path, { recursive: true, force: true });
      process.exit(reason.exitCode);
    });
  }
}

/** A reader that has seen enough (`modelconv inspect x | head -1`) is not an error; a full disk is. */
function endOnBrokenStreams(): void {
  for (const [name, stream] of [
    ['stdout', process.stdout],
    ['stderr', process.stderr],
  ] as const) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') return;
      endAtOnce(
        new ModelconvError('E_OUTPUT', { what: `${name} cannot be written: ${error.message}` }),
      );
    });
  }
}

/** One line on stderr, for what goes wrong outside of any command. */
function endAtOnce(error: ModelconvError): never {
  try {
    writeSync(2, `error[${error.code}]: ${error.message}\n`);
  } catch {
    // nobody can be told
  }
  process.exit(error.exitCode);
}

/** The current directory can be gone: removed while the shell stands in it. */
function currentDirectory(): string {
  try {
    return process.cwd();
  } catch {
    return endAtOnce(
      new ModelconvError('E_INPUT', {
        what: 'the current directory no longer exists; cd to another one',
      }),
    );
  }
}

const args = process.argv.slice(2);
const controller = new AbortController();
// every conversion at the same time listens to it
setMaxListeners(0, controller.signal);
endOnBrokenStreams();
if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  // asked for by scripts all the time: answered before the command line parser is loaded
  process.stdout.write(`${MODELCONV_VERSION}\n`);
} else if (args[0] === '__complete') {
  // asked for by completion scripts while somebody types: no parser, and no error in the line
  const { candidateLines } = await import('./complete/values.js');
  const place = { words: args.slice(2), cwd: currentDirectory(), home: process.env['HOME'] };
  process.stdout.write(await candidateLines(args[1] ?? '', place));
} else {
  abortOnSignals(controller);
  // the rest of the program may not load: too few file descriptors, a damaged installation
  const { main } = await import('./program.js').catch((error: unknown) =>
    endAtOnce(
      new ModelconvError('E_INTERNAL', {
        what: `modelconv could not be loaded: ${messageOf(error)}`,
      }),
    ),
  );
  process.exitCode = await main(args, {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: currentDirectory(),
    signal: controller.signal,
  });
}
