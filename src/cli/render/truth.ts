import { printableLine } from '../../printable.js';
import type { TruthResult } from '../../schema/generated/types.js';
import type { Style } from '../io.js';
import { alignColumns } from './columns.js';

/** What holds and what does not, one line for each tensor, and below what explains it. */
export function renderTruth(truth: TruthResult, style: Style): string {
  const mark = (passed: boolean): string => (passed ? style.green('✓') : style.red('✗'));
  const rows = [
    ...truth.inputs.map(({ name, passed, maxAbs, bound }) => [
      mark(passed),
      'preprocessing',
      printableLine(name),
      maxAbs === undefined
        ? 'another number of elements'
        : `max abs ${short(maxAbs)} (at most ${short(bound)})`,
    ]),
    ...truth.outputs.map(({ name, passed, metrics }) => [
      mark(passed),
      'model',
      printableLine(name),
      metrics === undefined
        ? ''
        : `cosine ${metrics.cosine ?? 1}, max abs ${short(metrics.maxAbs ?? 0)}`,
    ]),
  ];
  const said = [
    ...truth.inputs.flatMap(({ name, findings }) => findings.map((one) => `${name}: ${one}`)),
    ...truth.findings,
    ...truth.outputs.flatMap(({ name, faults }) => faults.map((one) => `${name}: ${one}`)),
  ];
  const notRun = truth.notRun === undefined ? [] : [`the model was not run: ${truth.notRun}`];
  return [
    alignColumns(rows).trimEnd(),
    ...said.map((one) => `  ${style.red(printableLine(one))}`),
    ...notRun.map((one) => `  ${printableLine(one)}`),
    '',
  ].join('\n');
}

function short(value: number): string {
  return value !== 0 && value < 1e-3
    ? value.toExponential(2)
    : String(Number(value.toPrecision(3)));
}
