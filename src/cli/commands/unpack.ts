import type { Command } from 'commander';
import { addGlobalFlags, type CommandContext, examples } from '../command.js';
import { type GlobalFlags, writeJson } from '../io.js';

interface UnpackFlags extends GlobalFlags {
  readonly directory: string;
  readonly force?: boolean;
}

/** `modelconv unpack PKG -C DIR` */
export function addUnpack(program: Command, { io }: CommandContext): void {
  const command = program
    .command('unpack')
    .summary('unpack a package after checking it')
    .description(
      'Check a package and unpack it into a directory. The directory appears complete or not at all.',
    )
    .argument('<package>', 'package to unpack')
    .requiredOption('-C, --directory <dir>', 'directory to make; must not exist or be empty')
    .option('-f, --force', 'replace a directory that is there already')
    .addHelpText('after', examples('modelconv unpack digits.tar -C digits/'))
    .action(async (file: string, flags: UnpackFlags) => {
      const { unpackPackage } = await import('../../package/unpack.js');
      const files = await unpackPackage(file, flags.directory, flags.force ?? false, io.signal);
      if (flags.json === true)
        writeJson(io.stdout, { package: file, directory: flags.directory, files });
      else if (flags.quiet !== true)
        io.stdout.write(
          files.map((name) => `${flags.directory.replace(/\/+$/, '')}/${name}\n`).join(''),
        );
    });
  addGlobalFlags(command, 'unpack-result');
}
