import type { Command } from 'commander';
import { addGlobalFlags, type CommandContext, examples } from '../command.js';
import { type GlobalFlags, styleFor, writeJson } from '../io.js';

/** The two are not the same. */
const EXIT_DIFFERENT = 2;

/** `modelconv diff A B` */
export function addDiff(program: Command, { io, setExitCode }: CommandContext): void {
  const command = program
    .command('diff')
    .summary('show in what two packages differ')
    .description(
      'Show field by field in what two packages differ: model, runtime, device, conversion, measured parity side by side, and every file by its digest. Nothing is unpacked or run. Exit status 2 when they differ.',
    )
    .argument('<a>', 'package')
    .argument('<b>', 'package')
    .addHelpText(
      'after',
      examples('modelconv diff old.tar new.tar', 'modelconv diff old.tar new.tar --json'),
    )
    .action(async (a: string, b: string, flags: GlobalFlags) => {
      const { diffPackages } = await import('../../inspect/diff.js');
      const result = await diffPackages(a, b);
      if (flags.json === true) writeJson(io.stdout, result);
      else if (flags.quiet !== true) {
        const { renderDiff } = await import('../render/diff.js');
        io.stdout.write(renderDiff(result, await styleFor(io.stdout, io, flags)));
      }
      if (!result.same) setExitCode(EXIT_DIFFERENT);
    });
  addGlobalFlags(command, 'diff-result');
}
