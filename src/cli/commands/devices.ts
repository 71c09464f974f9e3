import type { Command } from 'commander';
import type { DeviceEntry } from '../../schema/generated/types.js';
import { addGlobalFlags, type CommandContext, examples } from '../command.js';
import { type GlobalFlags, styleFor, writeJson } from '../io.js';

interface DeviceFlags extends GlobalFlags {
  readonly devices?: string;
}

/** No device takes it. */
const EXIT_NONE = 2;

/** `modelconv devices list|show|match|probe` */
export function addDevices(program: Command, context: CommandContext): void {
  const { io } = context;
  const devices = program
    .command('devices')
    .summary('list, show and probe devices')
    .description(
      'List, show and probe devices: this machine, built-in kinds, and the ones in your device files.',
    )
    .addHelpText(
      'after',
      examples(
        'modelconv devices list',
        'modelconv devices show raspberry-pi-4',
        'modelconv devices match gate.tar',
        'modelconv devices probe > local.yaml',
      ),
    );

  const list = devices
    .command('list')
    .summary('list the devices that can be named')
    .description('List the devices that -d can name, nearest definition first.')
    .option('--devices <file>', 'device inventory to look in first')
    .action(async (flags: DeviceFlags) => {
      const { inventoryFor } = await import('../inventory.js');
      const { resolveExtends, visibleEntries } = await import('../../device/inventory.js');
      const { renderDeviceList } = await import('../render/devices.js');
      const inventory = await inventoryFor(io, flags.devices);
      const entries = visibleEntries(inventory).map(
        (entry): DeviceEntry => ({ ...entry, device: resolveExtends(inventory, entry.device) }),
      );
      if (flags.json === true) writeJson(io.stdout, { devices: entries });
      else io.stdout.write(renderDeviceList(entries, await styleFor(io.stdout, io, flags)));
    });
  addGlobalFlags(list, 'devices-list-result');

  const show = devices
    .command('show')
    .summary('show one device')
    .description('Show one device as YAML, with what it extends filled in.')
    .argument('<name>', 'name of the device')
    .option('--devices <file>', 'device inventory to look in first')
    .action(async (name: string, flags: DeviceFlags) => {
      const { inventoryFor } = await import('../inventory.js');
      const { findDevice } = await import('../../device/inventory.js');
      await printDevice(findDevice(await inventoryFor(io, flags.devices), name), flags, context);
    });
  addGlobalFlags(show, 'device-result');

  const matching = devices
    .command('match')
    .summary('show which devices can run a model')
    .description(
      'Show which of all devices can run a package or a model file as it is, and why the others cannot. Exit status 2 when none can.',
    )
    .argument('<file>', 'package or model file')
    .option('--devices <file>', 'device inventory to look in first')
    .action(async (file: string, flags: DeviceFlags) => {
      const { inventoryFor } = await import('../inventory.js');
      const { resolveExtends, visibleEntries } = await import('../../device/inventory.js');
      const { checkFile } = await import('../../inspect/fit.js');
      const inventory = await inventoryFor(io, flags.devices);
      const all = visibleEntries(inventory).map(({ device }) => resolveExtends(inventory, device));
      const result = await checkFile(file, all);
      if (flags.json === true) writeJson(io.stdout, result);
      else {
        const { renderMatches } = await import('../render/check.js');
        io.stdout.write(renderMatches(result, await styleFor(io.stdout, io, flags)));
      }
      if (!result.devices.some(({ matches }) => matches)) context.setExitCode(EXIT_NONE);
    });
  addGlobalFlags(matching, 'check-result');

  const probe = devices
    .command('probe')
    .summary('probe this machine')
    .description(
      'Look at this machine (architecture, system, processor features, memory, bundled runtime) and print it as a device.',
    )
    .action(async (flags: GlobalFlags) => {
      const { probeThisMachine } = await import('../inventory.js');
      await printDevice({ device: await probeThisMachine(), origin: 'probed' }, flags, context);
    });
  addGlobalFlags(probe, 'device-result');
}

async function printDevice(
  entry: DeviceEntry,
  flags: GlobalFlags,
  { io }: CommandContext,
): Promise<void> {
  if (flags.json === true) {
    writeJson(io.stdout, entry);
    return;
  }
  const { stringify } = await import('yaml');
  io.stdout.write(stringify(entry.device, { lineWidth: 0 }));
}
