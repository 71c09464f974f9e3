import path from 'node:path';
import { ModelconvError } from '../errors.js';
import { exists } from '../host/files.js';
import { userConfigDir } from '../host/user-dirs.js';
import type { Device, DeviceEntry } from '../schema/generated/types.js';
import { didYouMean } from '../schema/nearest.js';
import { BUILTIN_DEVICES } from './builtin.js';

export const PROJECT_FILE = 'modelconv.devices.yaml';

/** All devices that can be named, nearest definition first. */
export interface Inventory {
  readonly entries: readonly DeviceEntry[];
}

/**
 * Gather the devices: `--devices FILE`, the project's `modelconv.devices.yaml`, `devices.yaml` in the
 * user's configuration directory, `local`, and the built-in kinds. A nearer definition hides a farther one.
 */
export async function loadInventory(options: {
  file?: string | undefined;
  cwd: string;
  local: Device;
}): Promise<Inventory> {
  const readable = await deviceFiles(options);
  const own = await Promise.all(
    readable.map(async (file) =>
      (await (await import('./device-file.js')).readDeviceFile(file)).map(
        (device): DeviceEntry => ({ device, origin: 'file', file }),
      ),
    ),
  );
  const entries: DeviceEntry[] = [
    ...own.flat(),
    { device: options.local, origin: 'probed' },
    ...BUILTIN_DEVICES.map((device): DeviceEntry => ({ device, origin: 'built-in' })),
  ];
  return { entries };
}

/** The files that devices come from, nearest first: the named one whether or not it is there, others that are. */
export async function deviceFiles(options: {
  file?: string | undefined;
  cwd: string;
}): Promise<string[]> {
  const places = [path.join(options.cwd, PROJECT_FILE), path.join(userConfigDir(), 'devices.yaml')];
  const named = options.file === undefined ? undefined : path.resolve(options.cwd, options.file);
  const present = await Promise.all(
    places.map(async (file) => (file !== named && (await exists(file)) ? [file] : [])),
  );
  return [...(options.file === undefined ? [] : [options.file]), ...present.flat()];
}

/** The entries that can be named: a nearer definition hides a farther one of the same name. */
export function visibleEntries({ entries }: Inventory): DeviceEntry[] {
  return entries.filter(
    (entry, index) =>
      entries.findIndex(({ device }) => device.name === entry.device.name) === index,
  );
}

/** The entry that a name stands for. @throws {@link ModelconvError} `E_DEVICE_UNKNOWN` with the nearest name. */
export function findDevice(inventory: Inventory, name: string): DeviceEntry {
  const entry = inventory.entries.find(({ device }) => device.name === name);
  if (entry === undefined)
    throw unknownDevice(inventory, name, 'see what there is: modelconv devices list');
  return { ...entry, device: resolveExtends(inventory, entry.device) };
}

function unknownDevice(inventory: Inventory, name: string, next: string): ModelconvError {
  const names = inventory.entries.map(({ device }) => device.name);
  return new ModelconvError('E_DEVICE_UNKNOWN', {
    what: `there is no device named "${name}".${didYouMean(name, names)}`,
    next,
  });
}

/**
 * A device with the fields of what it extends filled in. `stack` is merged field by field,
 * everything else is taken as a whole.
 *
 * @throws {@link ModelconvError} `E_DEVICE_INVALID` for a base that does not exist or a circle.
 */
export function resolveExtends(inventory: Inventory, device: Device): Device {
  let resolved = device;
  const seen = new Set<Device>([device]);
  for (let base = device.extends; base !== undefined; ) {
    const wanted = base;
    // a file may extend a built-in kind of the same name
    const found = inventory.entries.find(
      (entry) => entry.device.name === wanted && !seen.has(entry.device),
    )?.device;
    if (found === undefined) {
      const circle = inventory.entries.some((entry) => entry.device.name === wanted);
      throw new ModelconvError('E_DEVICE_INVALID', {
        what: `device "${device.name}" cannot be resolved`,
        why: circle
          ? `it extends itself through "${wanted}"`
          : `it extends "${wanted}", which does not exist.${didYouMean(
              wanted,
              inventory.entries.map((entry) => entry.device.name),
            )}`,
        next: 'see what there is: modelconv devices list',
      });
    }
    seen.add(found);
    resolved = merge(found, resolved);
    base = found.extends;
  }
  const { extends: _done, ...rest } = resolved;
  return rest;
}

function merge(base: Device, own: Device): Device {
  const stack =
    base.stack === undefined || own.stack === undefined || base.stack.kind !== own.stack.kind
      ? (own.stack ?? base.stack)
      : { ...base.stack, ...own.stack };
  return { ...base, ...own, ...(stack === undefined ? {} : { stack }) };
}
