import { findDevice, type Inventory } from '../device/inventory.js';
import type { Descriptor, Device } from '../schema/generated/types.js';

/** The device that a package is upgraded for. */
export interface Target {
  readonly device: Device;
  /** What tells of it: the command line, the inventory, or the package alone. */
  readonly knownFrom: 'asked' | 'inventory' | 'package';
}

/**
 * The device that is asked for, else the one of the inventory that has the name in the package, else what
 * the package says of the one that it was made for.
 *
 * @returns undefined when nothing tells of any.
 * @throws ModelconvError `E_DEVICE_INVALID` as `findDevice` does.
 */
export function targetOf(
  descriptor: Descriptor,
  asked: Device | undefined,
  inventory: Inventory,
): Target | undefined {
  if (asked !== undefined) return { device: asked, knownFrom: 'asked' };
  const { device } = descriptor;
  if (device === undefined) return undefined;
  if (inventory.entries.some((entry) => entry.device.name === device.name))
    return { device: findDevice(inventory, device.name).device, knownFrom: 'inventory' };
  return { device: describedDevice(descriptor, device.name), knownFrom: 'package' };
}

/** What the package says is all that is known: it takes what it took. */
function describedDevice(
  { device = { name: '' }, model, software, conversion }: Descriptor,
  name: string,
): Device {
  const adapter = conversion?.converter?.adapter;
  return {
    ...device,
    name,
    formats: [model.format],
    stack: { kind: software.stack.kind },
    ...(adapter === undefined ? {} : { converter: { adapter } }),
  };
}
