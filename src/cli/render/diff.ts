import { printableLine } from '../../printable.js';
import type { DiffResult } from '../../schema/generated/types.js';
import type { Style } from '../io.js';
import { alignColumns } from './columns.js';

/** Longest value that is shown; `--json` has all of it. */
const MOST = 60;

/** One line for each field that differs, with both values. */
export function renderDiff({ a, b, same, differences }: DiffResult, style: Style): string {
  if (same) return `${printableLine(a)} and ${printableLine(b)} are the same\n`;
  const head = ['FIELD', printableLine(a), printableLine(b)].map((title) => style.bold(title));
  const rows = differences.map(({ field, ...values }) => [
    printableLine(field),
    shown(values.a),
    shown(values.b),
  ]);
  return alignColumns([head, ...rows]);
}

function shown(value: unknown): string {
  if (value === undefined) return '-';
  const text = printableLine(typeof value === 'string' ? value : JSON.stringify(value));
  return text.length > MOST ? `${text.slice(0, MOST - 1)}…` : text;
}
