import type { Command } from 'commander';
import {
  addGlobalFlags,
  addProgressFlag,
  type CommandContext,
  collect,
  examples,
} from '../command.js';
import type { GlobalFlags } from '../io.js';
import { numberFrom } from '../number-flag.js';

/** The flags of `modelconv compare`. */
export interface CompareFlags extends GlobalFlags {
  readonly input?: string[];
  readonly samples?: string;
  readonly seed?: number;
  readonly tolerance?: string;
  readonly report?: string;
  readonly layers?: boolean;
  readonly force?: boolean;
  readonly timeout?: number;
  readonly log?: string;
}

/** `modelconv compare A B` */
export function addCompare(program: Command, context: CommandContext): void {
  const command = program
    .command('compare')
    .summary('run two models on the same inputs and compare what they compute')
    .description(
      'Run two forms of a model, each in its own runtime, on the same inputs and compare every output: sources, packages and bare converted files in any combination. The first is the reference. Exit status 2 when they do not compute the same.',
    )
    .argument('<reference>', 'source model, package or converted model file')
    .argument('<other>', 'source model, package or converted model file')
    .option(
      '--samples <file|dir>',
      'real inputs: .npy, or a directory of <input>.npy (default: generated)',
    )
    .option('--seed <number>', 'seed of generated inputs', numberFrom(0, true, 4_294_967_295))
    .option('--input <name=sizes>', 'fix the size of an input, e.g. image=1,3,224,224', collect)
    .option(
      '--tolerance <bounds>',
      'bounds to meet, e.g. cosine=0.999,maxAbs=1e-3 names: cosine, maxAbs, maxRel, rmse, snrDb, top1 (default: by precision, docs/request.md)',
    )
    .option('--layers', 'compare what is between the layers, too, and find the first that differs')
    .option('--report <file>', 'write an HTML report with pictures')
    .option('-f, --force', 'replace a report that is there already')
    .option(
      '--timeout <seconds>',
      'longest time for one run (default: 1800)',
      numberFrom(0.001, false),
    )
    .option('--log <file>', 'keep what the runtimes print')
    .addHelpText(
      'after',
      examples(
        'modelconv compare digits.onnx digits.tar',
        'modelconv compare digits.onnx digits.tflite --samples test.npy --report digits.html',
        'modelconv compare digits.onnx digits-int8.tar --layers',
        'modelconv compare old.tar new.tar --tolerance maxAbs=0.01 --json',
      ),
    )
    .action(async (reference: string, other: string, flags: CompareFlags) => {
      const { runCompare } = await import('./compare-run.js');
      await runCompare(reference, other, flags, context);
    });
  addProgressFlag(command);
  addGlobalFlags(command, 'compare-result');
}
