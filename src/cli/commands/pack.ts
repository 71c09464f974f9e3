import type { Command } from 'commander';
import { addGlobalFlags, type CommandContext, examples } from '../command.js';
import { type GlobalFlags, writeJson } from '../io.js';
import { type TruthFlags, truthFlags, truthRequest } from '../truth-flags.js';

interface PackFlags extends GlobalFlags, TruthFlags {
  readonly descriptor: string;
  readonly output: string;
  readonly tolerance?: string;
  readonly force?: boolean;
  readonly ifChanged?: boolean;
}

/** `modelconv pack FILES… --descriptor FILE -o OUT` */
export function addPack(program: Command, { io }: CommandContext): void {
  const command = program
    .command('pack')
    .summary('pack weights that were converted elsewhere')
    .description(
      'Pack files that were converted elsewhere with a descriptor. Digests, sizes and what the files say about themselves are filled in.',
    )
    .argument('<files...>', 'files, or directories of files, of the converted model')
    .requiredOption(
      '--descriptor <file>',
      'descriptor (YAML); what can be read from the files may be left out',
    )
    .requiredOption('-o, --output <file>', 'package to write');
  truthFlags(command, 'the model')
    .option(
      '--tolerance <bounds>',
      'bounds for the outputs of the truth, e.g. cosine=0.999 (default: by precision)',
    )
    .option('-f, --force', 'replace an output that is there already')
    .option(
      '--if-changed',
      'replace an output that is there only when its bytes change; else its time stays, too',
    )
    .addHelpText(
      'after',
      examples(
        'modelconv pack digits.ort labels.txt --descriptor digits.yaml -o digits.tar',
        'modelconv pack gate.rknn --descriptor gate.yaml --truth gate.png --truth-tensor gate.npy --truth-outputs scores.npy -o gate.tar',
      ),
    )
    .action(async (files: string[], flags: PackFlags) => {
      const [{ packFiles }, { parseTolerance }, { requireSample }] = await Promise.all([
        import('../../pack/pack-files.js'),
        import('../../tensor/tolerance.js'),
        import('../../request/truth.js'),
      ]);
      const { descriptor, ...packed } = await packFiles({
        files,
        descriptor: flags.descriptor,
        output: flags.output,
        truth: requireSample(truthRequest(flags)),
        tolerance: flags.tolerance === undefined ? undefined : parseTolerance(flags.tolerance),
        warn: (message) => {
          if (flags.quiet !== true) io.stderr.write(`warning: ${message}\n`);
        },
        force: flags.force === true || flags.ifChanged === true,
        ifChanged: flags.ifChanged,
        signal: io.signal,
      });
      if (flags.json === true)
        writeJson(io.stdout, { package: flags.output, ...packed, descriptor });
      else if (flags.quiet !== true) {
        if (packed.unchanged === true) io.stderr.write(`${flags.output} is unchanged\n`);
        io.stdout.write(`${flags.output}\n`);
      }
    });
  addGlobalFlags(command, 'pack-result');
}
