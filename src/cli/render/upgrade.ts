import { printableLine } from '../../printable.js';
import type { UpgradeChange, UpgradePlan, UpgradeResult } from '../../schema/generated/types.js';
import type { Style } from '../io.js';
import { alignColumns } from './columns.js';

/** Longest value that is shown; `--json` has all of it. */
const MOST = 60;

const ACTIONS: Readonly<Record<UpgradePlan['action'], string>> = {
  none: 'is current',
  rewrite: 'its descriptor would be written anew; every other file stays as it is',
  convert: 'its source would be converted again',
};

/** What an upgrade would do: why, from what, and every field that would change. */
export function renderPlan({ path, plan }: UpgradeResult, style: Style): string {
  const { action, device, reasons, notes, changes, blockers } = plan;
  const told = device === 'none' ? '' : ` for ${printableLine(device)}`;
  return [
    `${style.bold(printableLine(path))}${told}: ${ACTIONS[action]}\n`,
    section(
      'why',
      reasons.map(({ code, message }) => [code, printableLine(message)]),
      style,
    ),
    section(
      'note',
      notes.map((note) => [printableLine(note)]),
      style,
    ),
    section('from', origins(plan), style),
    section('changes', changes.map(changeRow), style),
    ...blockers.map(
      ({ code, message, next }) =>
        `${style.red('missing')}  ${code}: ${printableLine(message)}\n${next === undefined ? '' : `  next: ${printableLine(next)}\n`}`,
    ),
  ].join('');
}

function section(title: string, rows: readonly string[][], style: Style): string {
  if (rows.length === 0) return '';
  return `${style.bold(title)}\n${alignColumns(rows.map(([first = '', ...rest]) => [`  ${first}`, ...rest]))}`;
}

function origins({ source, calibration }: UpgradePlan): string[][] {
  const at = (path: string | undefined): string =>
    path === undefined ? '' : ` ${printableLine(path)}`;
  return [
    ...(source === undefined
      ? []
      : [['source', `${source.found}${at(source.path)}`, `sha256 ${source.sha256}`]]),
    ...(calibration === undefined
      ? []
      : [
          [
            'calibration',
            `${calibration.found}${at(calibration.path)}`,
            `${calibration.samples} samples${calibration.sha256 === undefined ? '' : `, sha256 ${calibration.sha256}`}`,
          ],
        ]),
  ];
}

function changeRow({ field, from, to, measured, reason }: UpgradeChange): string[] {
  if (measured === true) return [field, '', '', 'what the converter makes', reason];
  return [printableLine(field), shown(from), '->', shown(to), reason];
}

function shown(value: unknown): string {
  if (value === undefined) return '-';
  const text = printableLine(typeof value === 'string' ? value : JSON.stringify(value));
  return text.length > MOST ? `${text.slice(0, MOST - 1)}…` : text;
}
