import { printableLine } from '../../printable.js';
import type { CheckResult, DeviceFit, MatchReason } from '../../schema/generated/types.js';
import type { Style } from '../io.js';
import { alignColumns } from './columns.js';

/** A verdict for each device, and below it every reason. */
export function renderCheck({ path, devices }: CheckResult, style: Style): string {
  return devices
    .map(({ device, matches, reasons }) => {
      const verdict = matches ? style.green('yes') : style.red('no');
      const head = `${printableLine(path)} on ${printableLine(device)}: ${verdict}\n`;
      return head + reasons.map((reason) => reasonLines(reason, style)).join('');
    })
    .join('\n');
}

function reasonLines({ code, ok, message, next }: MatchReason, style: Style): string {
  const mark = ok === true ? style.green('✓') : ok === false ? style.red('✗') : '?';
  const fix = next === undefined || ok === true ? '' : `    next: ${printableLine(next)}\n`;
  return `  ${mark} ${code}: ${printableLine(message)}\n${fix}`;
}

/** One line for each device: those that take it first, the others with the first reason against it. */
export function renderMatches({ devices }: CheckResult, style: Style): string {
  const rows = [...devices]
    .sort((a, b) => Number(b.matches) - Number(a.matches))
    .map((fit) => [
      fit.matches ? style.green('✓') : style.red('✗'),
      printableLine(fit.device),
      printableLine(whyOf(fit)),
    ]);
  return alignColumns(rows);
}

function whyOf({ matches, reasons }: DeviceFit): string {
  const told = reasons.filter(({ ok }) => ok === (matches ? 'unknown' : false));
  return told.map(({ code, message }) => `${code}: ${message}`).join('; ');
}
