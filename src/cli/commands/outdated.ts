import type { Command } from 'commander';
import { addGlobalFlags, type CommandContext, collect, examples } from '../command.js';
import { type GlobalFlags, styleFor, writeJson } from '../io.js';

interface OutdatedFlags extends GlobalFlags {
  readonly device?: string[];
  readonly devices?: string;
  readonly exitCode?: boolean;
}

/** Something is outdated, and --exit-code asks to be told so. */
const EXIT_OUTDATED = 2;

/** `modelconv outdated PATHS` */
export function addOutdated(program: Command, { io, setExitCode }: CommandContext): void {
  const command = program
    .command('outdated')
    .summary('list packages whose device or vendor tool moved on')
    .description(
      'List packages that `upgrade` would change: their device is known otherwise by now, a newer version of their vendor tool is here, or their descriptor is of an older protocol. Only their heads are read, and nothing is changed.',
    )
    .argument('<paths...>', 'packages, and directories below which every *.tar is looked at')
    .option(
      '-d, --device <name>',
      'look at the packages of this device only; may be given several times',
      collect,
    )
    .option('--devices <file>', 'device inventory to look in first')
    .option('--exit-code', 'exit status 2 when a package is outdated')
    .addHelpText(
      'after',
      examples(
        'modelconv outdated models/ --devices fleet.yaml',
        'modelconv outdated gate.tar door.tar --exit-code',
        'modelconv outdated models/ --json',
      ),
    )
    .action(async (paths: string[], flags: OutdatedFlags) => {
      const [{ outdatedPackages }, { inventoryFor }, { findDevice }] = await Promise.all([
        import('../../upgrade/outdated.js'),
        import('../inventory.js'),
        import('../../device/inventory.js'),
      ]);
      const inventory = await inventoryFor(io, flags.devices);
      // a name that is written wrongly would find nothing, and look like good news
      for (const name of flags.device ?? []) findDevice(inventory, name);
      const result = await outdatedPackages(paths, inventory, flags.device ?? [], io.signal);
      if (flags.json === true) writeJson(io.stdout, result);
      else if (flags.quiet !== true) {
        const { renderOutdated } = await import('../render/outdated.js');
        io.stdout.write(renderOutdated(result, await styleFor(io.stdout, io, flags)));
      }
      if (flags.exitCode === true && result.packages.some(({ outdated }) => outdated))
        setExitCode(EXIT_OUTDATED);
    });
  addGlobalFlags(command, 'outdated-result');
}
