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

/** The flags of `modelconv upgrade`. */
export interface UpgradeFlags extends GlobalFlags {
  readonly device?: string;
  readonly devices?: string;
  readonly plan?: boolean;
  readonly output?: string;
  /** A path, or false for --no-backup; true where neither is given. */
  readonly backup?: string | boolean;
  readonly source?: string;
  readonly search?: string[];
  readonly calibration?: string;
  readonly calibrationSamples?: number;
  readonly recalibrate?: boolean;
  readonly samples?: string;
  readonly tolerance?: string;
  readonly eval?: string;
  readonly evalOutput?: string;
  readonly evalSamples?: number;
  readonly maxDrop?: string;
  readonly toolchain?: string[];
  readonly rebuild?: boolean;
  readonly name?: string;
  readonly modelVersion?: string;
  readonly description?: string;
  readonly license?: string;
  readonly force?: boolean;
  readonly timeout?: number;
  readonly log?: string;
  readonly report?: string;
}

/** `modelconv upgrade PKG` */
export function addUpgrade(program: Command, context: CommandContext): void {
  const command = program
    .command('upgrade')
    .summary('bring a package up to date by its own descriptor')
    .description(
      'Bring a package up to date by what its descriptor says: migrate it from an older protocol, convert its source again by the recorded recipe with a newer tool or for another device, or change what is only described. The new model is checked against the source and against the old package, which stays as it was on any failure and is kept as PKG.bak otherwise. A package that is current is left alone.',
    )
    .argument('<package>', 'package')
    .option('-n, --plan', 'print what would change and why, field by field, and do nothing')
    .option(
      '-d, --device <name>',
      'device that it is wanted for, or a device file (default: the one that it was made for)',
    )
    .option('--devices <file>', 'device inventory to look in first')
    .option('-o, --output <file>', 'where the new package goes (default: in place of the old one)')
    .option(
      '--backup <file>',
      'where the old package is kept (default: PKG.bak, then PKG.bak.2, …)',
    )
    .option('--no-backup', 'do not keep the old package')
    .option('--source <file>', 'source model, where the package has only its digest')
    .option(
      '--search <dir>',
      'look for the source by its digest below this directory, too; may be given several times',
      collect,
    )
    .option(
      '--calibration <path>',
      'the data that the package was quantized with, or the word synthetic',
    )
    .option(
      '--calibration-samples <number>',
      'most calibration samples to take (default: as many as before)',
      numberFrom(1, true, 100_000),
    )
    .option('--recalibrate', 'take other calibration data than the package was quantized with')
    .option(
      '--toolchain <[name@]version>',
      'version of the vendor tool, or its first part (default: what fits the device)',
      collect,
    )
    .option('--rebuild', 'convert again, though nothing moved on')
    .option('--name <name>', 'another name in the package')
    .option('--model-version <version>', 'another version in the package')
    .option('--description <text>', 'another description in the package')
    .option('--license <licence>', 'another licence in the package')
    .option(
      '--samples <file|dir>',
      'real inputs for both parity checks: .npy, or a directory of <input>.npy',
    )
    .option(
      '--tolerance <bounds>',
      'bounds of both parity checks (default: those that the package was checked with)',
    )
    .option('--eval <path>', 'labelled data to measure the accuracy on, before and after')
    .option('--eval-output <name>', 'output that the labels are for, where several can be meant')
    .option(
      '--eval-samples <number>',
      'most labelled samples to take (default: all)',
      numberFrom(1, true, 10_000_000),
    )
    .option('--max-drop <percent>', 'greatest drop of accuracy that is allowed (default: any)')
    .option('--report <file>', 'write what was compared with the source as one HTML file')
    .option('-f, --force', 'replace an output, a backup or a report that is there already')
    .option(
      '--timeout <seconds>',
      'longest time for one step of the vendor tool (default: 1800)',
      numberFrom(0.001, false),
    )
    .option('--log <file>', 'keep the whole output of the vendor tools')
    .addHelpText(
      'after',
      examples(
        'modelconv upgrade gate.tar --plan',
        'modelconv upgrade gate.tar --source gate.onnx --calibration ./calib',
        'modelconv upgrade gate.rk3566.tar -d rk3588 -o gate.rk3588.tar',
        'modelconv upgrade gate.tar --model-version 1.3.0 --no-backup',
      ),
    )
    .action(async (file: string, flags: UpgradeFlags) => {
      const { runUpgrade } = await import('./upgrade-run.js');
      await runUpgrade(file, flags, context);
    });
  addProgressFlag(command);
  addGlobalFlags(command, 'upgrade-result');
}
