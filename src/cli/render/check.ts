import { printableLine, shellWord } from '../../printable.js';
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

/**
 * One line for each device: those that take it first, then those that it can be converted for, by which
 * adapters, then the others with the first reason against it, and the codes of further ones.
 */
export function renderMatches({ path, devices }: CheckResult, style: Style): string {
  const rows = [...devices]
    .sort((a, b) => rankOf(a) - rankOf(b))
    .map((fit) => [markOf(fit, style), printableLine(fit.device), printableLine(whyOf(fit))]);
  const help = devices.some(({ convertedBy }) => convertedBy !== undefined)
    ? `\n→ can be converted for it: modelconv convert ${printableLine(shellWord(path))} -d DEVICE -o OUT\n`
    : '';
  return alignColumns(rows) + help;
}

function rankOf({ matches, convertedBy }: DeviceFit): number {
  if (matches) return 0;
  return convertedBy === undefined ? 2 : 1;
}

function markOf(fit: DeviceFit, style: Style): string {
  return [style.green('✓'), style.yellow('→'), style.red('✗')][rankOf(fit)] ?? '';
}

function whyOf({ matches, reasons, convertedBy }: DeviceFit): string {
  if (convertedBy !== undefined) return `converted by ${convertedBy.join(', then ')}`;
  const told = reasons.filter(({ ok }) => ok === (matches ? 'unknown' : false));
  const [first, ...others] = told;
  if (first === undefined) return '';
  const also = others.length === 0 ? '' : `; also ${others.map(({ code }) => code).join(', ')}`;
  return `${first.code}: ${first.message}${also}`;
}
