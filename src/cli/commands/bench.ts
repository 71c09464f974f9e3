import { type Command, Option } from 'commander';
import { MAX_RUNS } from '../../bench/max-runs.js';
import {
  addGlobalFlags,
  addProgressFlag,
  type CommandContext,
  collect,
  examples,
} from '../command.js';
import type { GlobalFlags } from '../io.js';
import { numberFrom } from '../number-flag.js';

/** The flags of `modelconv bench`. */
export interface BenchFlags extends GlobalFlags {
  readonly runs?: number;
  readonly duration?: number;
  readonly warmup?: number;
  readonly threads?: number;
  readonly samples?: string;
  readonly input?: string[];
  readonly timeout?: number;
  readonly log?: string;
  readonly save?: boolean;
  readonly output?: string;
  readonly force?: boolean;
}

const MAX_THREADS = 1024;
/** Longest measurement, in seconds: a day. */
const MAX_DURATION_S = 86_400;

/** `modelconv bench PKG|MODEL` */
export function addBench(program: Command, context: CommandContext): void {
  const command = program
    .command('bench')
    .summary('time a model in its runtime on this machine')
    .description(
      'Run the model of a package, or a bare model file, in its runtime on this machine: warm-up, then runs one after the other, each timed by the process of the runtime itself. Prints latency, throughput and peak memory; --save keeps them in the package.',
    )
    .argument('<model>', 'package, source model or converted model file')
    .addOption(
      new Option('--runs <number>', 'timed runs (default: 100)')
        .argParser(numberFrom(1, true, MAX_RUNS))
        .conflicts('duration'),
    )
    .option(
      '--duration <seconds>',
      'time runs for so long instead',
      numberFrom(0.001, false, MAX_DURATION_S),
    )
    .option(
      '--warmup <number>',
      'runs before the first timed one (default: 10)',
      numberFrom(0, true, MAX_RUNS),
    )
    .option(
      '--threads <number>',
      'threads of the runtime for one run (default: 1)',
      numberFrom(1, true, MAX_THREADS),
    )
    .option(
      '--samples <file|dir>',
      'real inputs: .npy, or a directory of <input>.npy (default: generated)',
    )
    .option(
      '--input <name=sizes>',
      'fix the size of an input, e.g. image=1,3,224,224, and its type, e.g. ids=1,64:int64',
      collect,
    )
    .option('--save', 'keep the measurement in the package')
    .option('-o, --output <file>', 'with --save: write a new package, and leave this one as it is')
    .option('-f, --force', 'replace an output that is there already')
    .option(
      '--timeout <seconds>',
      'longest time for all of it (default: 1800 and the duration)',
      numberFrom(0.001, false),
    )
    .option('--log <file>', 'keep what the runtime prints')
    .addHelpText(
      'after',
      examples(
        'modelconv bench digits.tar',
        'modelconv bench digits.tflite --duration 5 --threads 4 --samples test.npy',
        'modelconv bench digits.tar --save -o measured.tar',
      ),
    )
    .action(async (file: string, flags: BenchFlags) => {
      const { runBench } = await import('./bench-run.js');
      await runBench(file, flags, context);
    });
  addProgressFlag(command);
  addGlobalFlags(command, 'bench-result');
}
