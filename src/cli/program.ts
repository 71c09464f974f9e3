import { Command, CommanderError } from 'commander';
import { ModelconvError } from '../errors.js';
import { MODELCONV_VERSION } from '../version.js';
import { type CommandContext, examples } from './command.js';
import { reportError } from './exit.js';
import type { GlobalFlags, Io } from './io.js';

/** Every command, in the order of the help; loaded only when it is asked for, or the help of all is. */
const COMMANDS = {
  convert: async () => (await import('./commands/convert.js')).addConvert,
  pack: async () => (await import('./commands/pack.js')).addPack,
  inspect: async () => (await import('./commands/inspect.js')).addInspect,
  compare: async () => (await import('./commands/compare.js')).addCompare,
  bench: async () => (await import('./commands/bench.js')).addBench,
  unpack: async () => (await import('./commands/unpack.js')).addUnpack,
  verify: async () => (await import('./commands/verify.js')).addVerify,
  check: async () => (await import('./commands/check.js')).addCheck,
  upgrade: async () => (await import('./commands/upgrade.js')).addUpgrade,
  outdated: async () => (await import('./commands/outdated.js')).addOutdated,
  diff: async () => (await import('./commands/diff.js')).addDiff,
  devices: async () => (await import('./commands/devices.js')).addDevices,
  cache: async () => (await import('./commands/cache.js')).addCache,
  toolchains: async () => (await import('./commands/toolchains.js')).addToolchains,
  completion: async () => (await import('./commands/completion.js')).addCompletion,
} as const satisfies Record<
  string,
  () => Promise<(program: Command, context: CommandContext) => void>
>;

/** The command that a line starts with; all of them for anything else: help, a mistake, a global flag. */
async function loadCommands([first = '']: readonly string[]) {
  const named = Object.entries(COMMANDS).filter(([name]) => name === first);
  const wanted = named.length > 0 ? named : Object.entries(COMMANDS);
  return await Promise.all(wanted.map(([, load]) => load()));
}

async function createProgram(context: CommandContext, args: readonly string[]): Promise<Command> {
  const { io } = context;
  const program = new Command('modelconv')
    .description(
      'Convert a trained model for a device, check that it still computes the same, and pack it with all that is needed to run it.',
    )
    .version(MODELCONV_VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: () => {},
      outputError: () => {},
    })
    .showSuggestionAfterError(true)
    .exitOverride()
    .addHelpText(
      'after',
      examples(
        'modelconv convert model.onnx -d local -o model.tar',
        'modelconv inspect model.tar',
        'modelconv devices list',
      ),
    );
  for (const add of await loadCommands(args)) add(program, context);
  program.hook('preAction', (_program, command) => context.onFlags(command.opts()));
  return program;
}

/** The program with every command, to be read and not to be run. */
export async function wholeProgram(io: Io): Promise<Command> {
  const context: CommandContext = {
    io,
    onFlags: () => {},
    setExitCode: () => {},
    wholeProgram: async () => await wholeProgram(io),
  };
  return await createProgram(context, []);
}

/** commander's own complaints in our form: `error: unknown option '--jsn'\n(Did you mean --json?)`. */
function usageError(error: CommanderError): ModelconvError {
  const [what = '', ...hints] = error.message.replace(/^error: /, '').split('\n');
  return new ModelconvError('E_USAGE', {
    what: [what, ...hints.map((hint) => hint.replace(/^\((.*)\)$/, '$1'))].join('. '),
    next: 'modelconv --help, or modelconv COMMAND --help',
  });
}

/** Known before the flags are parsed: a usage error under --json is JSON, too. */
function flagsAtFirstSight(args: readonly string[]): GlobalFlags {
  const asEvents = args.some(
    (word, index) =>
      word === '--progress=json' || (word === 'json' && args[index - 1] === '--progress'),
  );
  return {
    json: args.includes('--json'),
    color: !args.includes('--no-color'),
    ...(asEvents ? { progress: 'json' } : {}),
  };
}

/**
 * Run the program.
 *
 * @param args - command line without interpreter and script.
 * @returns the exit status; nothing of the process itself is touched.
 */
export async function main(args: readonly string[], io: Io): Promise<number> {
  let flags = flagsAtFirstSight(args);
  let exitCode = 0;
  const context: CommandContext = {
    io,
    onFlags: (own) => {
      flags = own;
    },
    setExitCode: (code) => {
      exitCode = code;
    },
    wholeProgram: async () => await wholeProgram(io),
  };
  const program = await createProgram(context, args);
  try {
    if (args.length === 0) {
      io.stderr.write(program.helpInformation());
      return 64;
    }
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) return await reportError(error, io, flags);
    if (error.exitCode === 0) return 0;
    // `modelconv devices` alone asks for help
    if (error.code === 'commander.help') {
      io.stderr.write(
        program.commands.find((command) => command.name() === args[0])?.helpInformation() ?? '',
      );
      return 64;
    }
    return await reportError(usageError(error), io, flags);
  }
}
