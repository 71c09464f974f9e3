import { type Command, Option } from 'commander';
import type { Inventory } from '../../device/inventory.js';
import type { Device, DeviceEntry } from '../../schema/generated/types.js';
import { addGlobalFlags, type CommandContext, examples } from '../command.js';
import { type GlobalFlags, styleFor, writeJson } from '../io.js';
import { createProgress } from '../progress.js';
import { addDeviceEdits, DEVICE_CLASSES, type EditFlags, saveDevice } from './devices-edit.js';

interface DeviceFlags extends GlobalFlags {
  readonly devices?: string;
}

/** No device takes it. */
const EXIT_NONE = 2;

interface ListFlags extends DeviceFlags {
  readonly class?: string;
  readonly format?: string;
  readonly origin?: string;
}

const ORIGINS = ['built-in', 'probed', 'file'] satisfies DeviceEntry['origin'][];

interface ProbeFlags extends EditFlags {
  readonly name?: string;
  readonly save?: boolean;
}

/** `modelconv devices list|show|add|edit|remove|match|probe` */
export function addDevices(program: Command, context: CommandContext): void {
  const { io } = context;
  const devices = program
    .command('devices')
    .summary('list, show, change and probe devices')
    .description(
      'List, show and probe devices: this machine, built-in kinds, and the ones in your device files, which can be changed.',
    )
    .addHelpText(
      'after',
      examples(
        'modelconv devices list',
        'modelconv devices show raspberry-pi-4',
        'modelconv devices add gate-camera --extends rk3588 --stack rknn@2.3.2',
        'modelconv devices match gate.tar',
        'modelconv devices probe --save --name workbench',
      ),
    );

  const list = devices
    .command('list')
    .summary('list the devices that can be named')
    .description('List the devices that -d can name, nearest definition first.')
    .option('--devices <file>', 'device inventory to look in first')
    .addOption(new Option('--class <class>', 'devices of this class alone').choices(DEVICE_CLASSES))
    .option('--format <format>', 'devices alone that take this format, e.g. rknn')
    .addOption(
      new Option('--origin <origin>', 'devices alone that are defined there').choices(ORIGINS),
    )
    .action(async (flags: ListFlags) => {
      const { inventoryFor } = await import('../inventory.js');
      const { renderDeviceList } = await import('../render/devices.js');
      const all = await visibleDevices(await inventoryFor(io, flags.devices));
      const entries = all.filter((entry) => isWanted(entry, flags));
      if (flags.json === true) writeJson(io.stdout, { devices: entries });
      else io.stdout.write(renderDeviceList(entries, await styleFor(io.stdout, io, flags), io.cwd));
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

  addDeviceEdits(devices, context);

  const matching = devices
    .command('match')
    .summary('show which devices can run a model')
    .description(
      'Show which of all devices can run a package or a model file as it is, for which of the others a bare model can be converted and by which adapter, and why the rest cannot run it. Exit status 2 when none can run it as it is.',
    )
    .argument('<file>', 'package or model file')
    .option('--devices <file>', 'device inventory to look in first')
    .action(async (file: string, flags: DeviceFlags) => {
      const { inventoryFor } = await import('../inventory.js');
      const { checkFile } = await import('../../inspect/fit.js');
      const all = await visibleDevices(await inventoryFor(io, flags.devices));
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
      'Look at this machine (architecture, system, processor features, memory, bundled runtime) and print it as a device, or add it to a device file.',
    )
    .option('--name <name>', 'name to give it (default: local)')
    .option('--save', 'add it to the device file of the project')
    .option('--to <file>', 'add it to this device file')
    .option('--user', 'add it to the device file in your configuration directory')
    .option('-n, --dry-run', 'with the above: print the file as it would be, write nothing')
    .action(async (flags: ProbeFlags) => {
      const { probeThisMachine } = await import('../inventory.js');
      const device = { ...(await probeThisMachine()), ...nameOf(flags) };
      if (!savesProbed(flags)) await printDevice({ device, origin: 'probed' }, flags, context);
      else await saveDevice(await named(device, flags), flags, context);
    });
  addGlobalFlags(probe, 'device-result', 'device-edit-result');
}

/** Every device that can be named, with what it extends filled in. */
async function visibleDevices(inventory: Inventory): Promise<DeviceEntry[]> {
  const { resolveExtends, visibleEntries } = await import('../../device/inventory.js');
  return visibleEntries(inventory).map((entry) => ({
    ...entry,
    device: resolveExtends(inventory, entry.device),
  }));
}

function isWanted({ device, origin }: DeviceEntry, flags: ListFlags): boolean {
  return (
    (flags.class === undefined || device.class === flags.class) &&
    (flags.format === undefined || device.formats?.includes(flags.format) === true) &&
    (flags.origin === undefined || origin === flags.origin)
  );
}

function nameOf({ name }: ProbeFlags): { readonly name?: string } {
  return name === undefined ? {} : { name };
}

function savesProbed({ save, to, user, dryRun }: ProbeFlags): boolean {
  return save === true || to !== undefined || user === true || dryRun === true;
}

/** @throws ModelconvError `E_USAGE`: `local` is looked at anew each time, and a copy would hide it. */
async function named(device: Device, { name }: ProbeFlags): Promise<Device> {
  if (name !== undefined) return device;
  const { ModelconvError } = await import('../../errors.js');
  throw new ModelconvError('E_USAGE', {
    what: 'the device has no name to be saved under',
    why: 'local is this machine, whichever it is',
    next: 'give it one: --name NAME',
  });
}

async function printDevice(
  entry: DeviceEntry,
  flags: GlobalFlags,
  { io }: CommandContext,
): Promise<void> {
  const { versionWarning } = await import('../../device/known-versions.js');
  const warning = versionWarning(entry.device);
  if (flags.json === true) {
    writeJson(io.stdout, { ...entry, ...(warning === undefined ? {} : { warnings: [warning] }) });
    return;
  }
  const { stringify } = await import('yaml');
  io.stdout.write(stringify(entry.device, { lineWidth: 0 }));
  if (warning !== undefined) (await createProgress(io, flags)).warn(warning);
}
