import path from 'node:path';
import { printableLine } from '../../printable.js';
import type { DeviceEntry } from '../../schema/generated/types.js';
import type { Style } from '../io.js';
import { alignColumns } from './columns.js';

/**
 * The devices as a table: name, class, which stack and formats it takes, where it is
 * defined. The kinds that are built in fit into 80 columns.
 *
 * @param cwd - files within it are named from there.
 */
export function renderDeviceList(
  entries: readonly DeviceEntry[],
  style: Style,
  cwd: string,
): string {
  const head = ['NAME', 'CLASS', 'STACK', 'TAKES', 'FROM'].map((title) => style.bold(title));
  const rows = entries.map(({ device, origin, file }) => [
    device.name,
    device.class ?? '-',
    device.stack === undefined
      ? '-'
      : `${device.stack.kind}${device.stack.version === undefined ? '' : ` ${device.stack.version}`}`,
    device.formats?.join(', ') ?? '-',
    file === undefined ? origin : nearName(file, cwd),
  ]);
  return alignColumns([head, ...rows.map((row) => row.map(printableLine))]);
}

function nearName(file: string, cwd: string): string {
  const near = path.relative(cwd, path.resolve(file));
  return near.startsWith('..') ? file : near;
}
