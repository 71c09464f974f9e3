import { printableLine } from '../../printable.js';
import type { DeviceEntry } from '../../schema/generated/types.js';
import type { Style } from '../io.js';
import { alignColumns } from './columns.js';

/** The devices as a table: name, class, what it runs on, which stack and formats it takes, where it is defined. */
export function renderDeviceList(entries: readonly DeviceEntry[], style: Style): string {
  const head = ['NAME', 'CLASS', 'SYSTEM', 'STACK', 'TAKES', 'DEFINED'].map((title) =>
    style.bold(title),
  );
  const rows = entries.map(({ device, origin, file }) => [
    device.name,
    device.class ?? '-',
    [device.os, device.arch].filter((part) => part !== undefined).join('-') || 'any',
    device.stack === undefined
      ? '-'
      : `${device.stack.kind}${device.stack.version === undefined ? '' : ` ${device.stack.version}`}`,
    device.formats?.join(', ') ?? '-',
    file ?? origin,
  ]);
  return alignColumns([head, ...rows.map((row) => row.map(printableLine))]);
}
