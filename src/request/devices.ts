import { findDevice, type Inventory, resolveExtends } from '../device/inventory.js';
import { ModelconvError } from '../errors.js';
import type { ConversionRequest, Device } from '../schema/generated/types.js';
import type { RequestFlags } from './flags.js';
import { missing } from './refusals.js';

/** The devices as they were named; the command line wins over the document. */
export function wantedDevices(
  flags: RequestFlags,
  document: ConversionRequest | undefined,
): (string | Device)[] {
  if (flags.devices !== undefined && flags.devices.length > 0) return [...flags.devices];
  return [
    ...(document?.device === undefined ? [] : [document.device]),
    ...(document?.devices ?? []),
  ];
}

export async function resolveDevices(
  flags: RequestFlags,
  document: ConversionRequest | undefined,
  inventory: Inventory,
): Promise<Device[]> {
  const wanted = wantedDevices(flags, document);
  if (wanted.length === 0)
    throw missing(
      'the device',
      'name one with -d DEVICE; see what there is: modelconv devices list',
    );
  const devices = await Promise.all(
    wanted.map(async (device) =>
      typeof device === 'string'
        ? await deviceNamed(device, inventory)
        : resolveExtends(inventory, device),
    ),
  );
  const twice = devices.find(
    ({ name }, index) => devices.findIndex((device) => device.name === name) !== index,
  );
  if (twice !== undefined)
    throw new ModelconvError('E_USAGE', {
      what: `device ${twice.name} is named twice`,
      next: 'name each device once',
    });
  return devices;
}

/** Whether a device is named by the file that holds it. */
export function isDeviceFile(name: string): boolean {
  return /[\\/]|\.ya?ml$|\.json$/.test(name);
}

/** A name of the inventory, or the path of a file with one device in it. */
export async function deviceNamed(name: string, inventory: Inventory): Promise<Device> {
  if (!isDeviceFile(name)) return findDevice(inventory, name).device;
  const { readDeviceFile } = await import('../device/device-file.js');
  const devices = await readDeviceFile(name);
  const [only] = devices;
  if (only === undefined || devices.length > 1)
    throw new ModelconvError('E_USAGE', {
      what: `${name} holds ${devices.length} devices`,
      next: `name one of them: --devices ${name} -d NAME`,
    });
  return resolveExtends(inventory, only);
}
