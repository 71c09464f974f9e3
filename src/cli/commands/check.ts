import type { Command } from 'commander';
import type { DeviceEntry } from '../../schema/generated/types.js';
import { addGlobalFlags, type CommandContext, collect, examples } from '../command.js';
import { type GlobalFlags, type Io, styleFor, writeJson } from '../io.js';

interface CheckFlags extends GlobalFlags {
  readonly device?: string[];
  readonly devices?: string;
}

/** One of the devices does not take it. */
const EXIT_NO = 2;

/** `modelconv check PKG` */
export function addCheck(program: Command, { io, setExitCode }: CommandContext): void {
  const command = program
    .command('check')
    .summary('tell whether a package will load and run on a device')
    .description(
      'Tell whether a package, or a bare model file, will load and run on devices: format, software stack and its version, system on chip, precision, memory. Every reason has a code, and where there is one the command that helps. Nothing is run, and no key is needed. Exit status 2 when one of the devices does not take it.',
    )
    .argument('<file>', 'package or model file')
    .option(
      '-d, --device <name>',
      'device to check for; several times for several (default: all of your device files)',
      collect,
    )
    .option('--devices <file>', 'device inventory to look in first')
    .addHelpText(
      'after',
      examples(
        'modelconv check gate.tar -d rk3588',
        'modelconv check gate.tar --devices fleet.yaml --json',
      ),
    )
    .action(async (file: string, flags: CheckFlags) => {
      const devices = await devicesFor(flags, io);
      const { checkFile } = await import('../../inspect/fit.js');
      const result = await checkFile(file, devices);
      const isNo = result.devices.some(({ matches }) => !matches);
      if (flags.json === true) writeJson(io.stdout, result);
      else if (flags.quiet !== true || isNo) {
        const { renderCheck } = await import('../render/check.js');
        io.stdout.write(renderCheck(result, await styleFor(io.stdout, io, flags)));
      }
      if (isNo) setExitCode(EXIT_NO);
    });
  addGlobalFlags(command, 'check-result');
}

/** @throws ModelconvError `E_DEVICE_UNKNOWN`, `E_USAGE` when nothing says which devices are meant. */
async function devicesFor(
  { device: names, devices: file }: CheckFlags,
  io: Io,
): Promise<DeviceEntry[]> {
  const [{ inventoryFor }, { findDevice, resolveExtends, visibleEntries }, { ModelconvError }] =
    await Promise.all([
      import('../inventory.js'),
      import('../../device/inventory.js'),
      import('../../errors.js'),
    ]);
  const inventory = await inventoryFor(io, file);
  if (names !== undefined) return names.map((name) => findDevice(inventory, name));
  const own = visibleEntries(inventory).filter(({ origin }) => origin === 'file');
  if (own.length > 0)
    return own.map((entry) => ({ ...entry, device: resolveExtends(inventory, entry.device) }));
  throw new ModelconvError('E_USAGE', {
    what: 'no device is named',
    why: 'there is no device file to take all devices of',
    next: 'name one with -d NAME; see what there is: modelconv devices list',
  });
}
