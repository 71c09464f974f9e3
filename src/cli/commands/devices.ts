import type { Command } from 'commander';
import type { DeviceEntry } from '../../schema/generated/types.js';
import { addGlobalFlags, type CommandContext, examples } from '../command.js';
import { type GlobalFlags, styleFor, writeJson } from '../io.js';

interface DeviceFlags extends GlobalFlags {
  readonly devices?: string;
}

/** `modelconv devices list|show|probe` */
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
      const { resolveExtends } = await import('../../device/inventory.js');
      const { renderDeviceList } = await import('../render/devices.js');
      const inventory = await inventoryFor(io, flags.devices);
      // a nearer definition hides a farther one of the same name
      const visible = inventory.entries.filter(
        (entry, index) =>
          inventory.entries.findIndex(({ device }) => device.name === entry.device.name) === index,
      );
      const entries = visible.map(
        (entry): DeviceEntry => ({ ...entry, device: resolveExtends(inventory, entry.device) }),
      );
      if (flags.json === true) writeJson(io.stdout, { devices: entries });
      else io.stdout.write(renderDeviceList(entries, await styleFor(io.stdout, io, flags)));
    });
  addGlobalFlags(list);

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
  addGlobalFlags(show);

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
  addGlobalFlags(probe);
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
