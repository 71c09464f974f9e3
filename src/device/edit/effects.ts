import path from 'node:path';
import { ModelconvError } from '../../errors.js';
import type { Device, DeviceEntry } from '../../schema/generated/types.js';
import { findDevice, type Inventory, resolveExtends } from '../inventory.js';
import type { DeviceChange } from './device-change.js';

/** The inventory as it is when a file holds these devices; a file that is not part of it comes first. */
export function withFile(
  { entries }: Inventory,
  file: string,
  devices: readonly Device[],
): Inventory {
  const own = devices.map((device): DeviceEntry => ({ device, origin: 'file', file }));
  const at = entries.findIndex((entry) => isOf(entry, file));
  const others = entries.filter((entry) => !isOf(entry, file));
  const start = Math.max(at, 0);
  return { entries: [...others.slice(0, start), ...own, ...others.slice(start)] };
}

function isOf(entry: DeviceEntry, file: string): boolean {
  return entry.file !== undefined && path.resolve(entry.file) === path.resolve(file);
}

/** The device that was changed, with what it extends filled in. */
export function resolvedIn(after: Inventory, file: string, change: DeviceChange): Device {
  const name = nameAfter(change);
  const entry = after.entries.find((one) => isOf(one, file) && one.device.name === name);
  return entry === undefined ? findDevice(after, name).device : resolveExtends(after, entry.device);
}

/** An edit may give it another name. */
function nameAfter(change: DeviceChange): string {
  const set = change.kind === 'edit' ? change.set : [];
  const renamed = set.findLast(({ path: keys }) => keys.join('.') === 'name');
  return renamed === undefined ? change.name : String(renamed.value);
}

/**
 * Refuse to remove what others build on.
 *
 * @throws ModelconvError `E_USAGE`, with their names.
 */
export function refuseExtended({ entries }: Inventory, file: string, name: string): void {
  const others = entries.filter(
    (entry) =>
      entry.origin === 'file' &&
      entry.device.extends === name &&
      !(isOf(entry, file) && entry.device.name === name),
  );
  if (others.length === 0) return;
  const list = others.map(({ device, file: where }) => `${device.name} (${where})`).join(', ');
  throw new ModelconvError('E_USAGE', {
    what: `"${name}" is not removed`,
    why: `${others.length === 1 ? 'another device extends' : 'other devices extend'} it: ${list}`,
    next: `change ${others.length === 1 ? 'that one' : 'those'} first, or remove it all the same with --force`,
  });
}

/**
 * Hold every device of a file to what it extends, and of the other files those that resolved before.
 *
 * @param lenient - give what does not resolve back as warnings.
 * @throws ModelconvError `E_DEVICE_INVALID` for a base that does not exist or a circle.
 */
export function checkResolves(
  before: Inventory,
  after: Inventory,
  file: string,
  lenient: boolean,
): string[] {
  const warnings: string[] = [];
  for (const entry of after.entries) {
    if (entry.origin !== 'file') continue;
    const fault = faultOf(after, entry.device);
    if (fault === undefined) continue;
    if (!isOf(entry, file) && faultOf(before, entry.device) !== undefined) continue;
    if (!lenient) throw fault.withNext('correct the change; nothing was written');
    warnings.push(`${fault.message}: ${fault.why}`);
  }
  return warnings;
}

function faultOf(inventory: Inventory, device: Device): ModelconvError | undefined {
  try {
    resolveExtends(inventory, device);
    return undefined;
  } catch (error) {
    if (error instanceof ModelconvError) return error;
    throw error;
  }
}

/** What a new device of this name hides, or what hides it: the nearest definition counts. */
export function hiddenBy({ entries }: Inventory, file: string, name: string): string[] {
  const named = entries.filter(({ device }) => device.name === name);
  const [first, second] = named;
  if (first === undefined || second === undefined) return [];
  return isOf(first, file)
    ? [`it hides the device "${name}" ${placeOf(second)}`]
    : [`it is hidden by the device "${name}" ${placeOf(first)}`];
}

function placeOf({ origin, file }: DeviceEntry): string {
  if (file !== undefined) return `of ${file}`;
  return origin === 'probed' ? 'that is this machine' : 'that is built in';
}
