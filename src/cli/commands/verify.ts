import type { Command } from 'commander';
import { addGlobalFlags, type CommandContext, examples } from '../command.js';
import { type GlobalFlags, writeJson } from '../io.js';

/** `modelconv verify PKG` */
export function addVerify(program: Command, { io }: CommandContext): void {
  const command = program
    .command('verify')
    .summary('check that a package is whole and unchanged')
    .description(
      'Check a package in one pass: descriptor, the list of files, sizes and digests. Exit status 0 when all is right, 65 when not.',
    )
    .argument('<package>', 'package to check')
    .addHelpText('after', examples('modelconv verify digits.tar'))
    .action(async (file: string, flags: GlobalFlags) => {
      const { verifyPackage } = await import('../../package/verify.js');
      const { descriptor, descriptorSha256, sizeBytes, files } = await verifyPackage(
        file,
        io.signal,
      );
      const { name, version, verification } = descriptor;
      const accuracy = verification?.accuracy;
      if (flags.json === true)
        writeJson(io.stdout, {
          package: file,
          sizeBytes,
          descriptorSha256,
          name,
          version,
          files,
          ...(accuracy === undefined ? {} : { accuracy }),
          valid: true,
        });
      else if (flags.quiet !== true) {
        io.stdout.write(
          `${file}: ${name} ${version}, ${files} file${files === 1 ? '' : 's'}, all digests agree\n`,
        );
        if (accuracy !== undefined) {
          const { accuracyText } = await import('../../accuracy/accuracy-text.js');
          io.stdout.write(`  accuracy when it was made: ${accuracyText(accuracy)}\n`);
        }
      }
    });
  addGlobalFlags(command);
}
