import { printableLine } from '../../printable.js';
import type { OutdatedResult, PackageState } from '../../schema/generated/types.js';
import type { Style } from '../io.js';
import { alignColumns } from './columns.js';

/** The packages that are outdated, each with every reason and the command that mends it; then how many are not. */
export function renderOutdated({ packages, unreadable }: OutdatedResult, style: Style): string {
  const outdated = packages.filter((one) => one.outdated);
  const current = packages.length - outdated.length;
  const lines = [
    ...outdated.map((one) => renderPackage(one, style)),
    ...unreadable.map(
      ({ path, code, message }) =>
        `${printableLine(path)}  ${style.yellow('not looked at')}: ${code}, ${printableLine(message)}\n`,
    ),
    `${outdated.length} outdated, ${current} current${unreadable.length === 0 ? '' : `, ${unreadable.length} unreadable`}\n`,
  ];
  return lines.join('');
}

function renderPackage(
  { path, name, version, device, reasons, next }: PackageState,
  style: Style,
): string {
  const rows = reasons.map(({ code, message }) => [`  ${code}`, printableLine(message)]);
  const head = `${style.bold(printableLine(path))}  ${name} ${version} for ${printableLine(device)}\n`;
  return `${head}${alignColumns(rows)}${next === undefined ? '' : `  next: ${printableLine(next)}\n`}`;
}
