import type { Device } from '../../schema/generated/types.js';
import { type Inventory, resolveExtends } from '../inventory.js';
import type { Assignment } from './assignment.js';
import type { DeviceChange } from './device-change.js';

/**
 * A change with what the schema asks for beside it: who sets the version of an inherited stack means
 * the stack of that kind.
 *
 * @param own - the device as the file has it; undefined for a new one.
 */
export function completed(
  change: DeviceChange,
  own: Device | undefined,
  inventory: Inventory,
): DeviceChange {
  if (change.kind === 'remove') return change;
  const fields = change.kind === 'add' ? change.fields : change.set;
  const isOfStack = fields.some(({ path }) => path[0] === 'stack' && path.length > 1);
  const saysKind = fields.some(({ path }) => path.join('.') === 'stack.kind');
  if (!isOfStack || saysKind || own?.stack !== undefined) return change;
  const kind = inheritedKind(own, fields, inventory);
  if (kind === undefined) return change;
  const whole = [{ path: ['stack', 'kind'], value: kind }, ...fields];
  return change.kind === 'add' ? { ...change, fields: whole } : { ...change, set: whole };
}

function inheritedKind(
  own: Device | undefined,
  fields: readonly Assignment[],
  inventory: Inventory,
): string | undefined {
  const base = fields.findLast(({ path }) => path.join('.') === 'extends')?.value ?? own?.extends;
  if (typeof base !== 'string') return undefined;
  const entry = inventory.entries.find(({ device }) => device.name === base && device !== own);
  if (entry === undefined) return undefined;
  try {
    return resolveExtends(inventory, entry.device).stack?.kind;
  } catch {
    // what does not resolve is told when the whole change is checked
    return undefined;
  }
}
