import { printableLine } from '../../printable.js';
import type { ComparedOutput, CompareResult } from '../../schema/generated/types.js';
import type { Style } from '../io.js';
import { alignColumns } from './columns.js';

const HEAD = ['output', 'max abs', 'max rel', 'RMSE', 'SNR dB', 'cosine', 'top-1'];

/** One row for each output, and below what is wrong. */
export function renderCompare(result: CompareResult, style: Style): string {
  const rows = result.outputs.map(rowOf);
  const [head = '', ...lines] = alignColumns([HEAD, ...rows])
    .trimEnd()
    .split('\n');
  const marked = lines.map((line, at) => {
    const isGood = result.outputs[at]?.faults.length === 0;
    return `${isGood ? style.green('✓') : style.red('✗')} ${line}`;
  });
  const faults = [
    ...result.faults,
    ...result.outputs.flatMap(({ name, faults: own }) => own.map((fault) => `${name}: ${fault}`)),
  ];
  return [
    `  ${style.dim(head)}`,
    ...marked,
    ...faults.map((fault) => `  ${style.red(printableLine(fault))}`),
    '',
  ].join('\n');
}

function rowOf({ name, metrics = { elements: 0 } }: ComparedOutput): string[] {
  const { maxAbs, maxRel, rmse, snrDb, cosine, top1Agreement } = metrics;
  return [
    printableLine(name),
    ...[maxAbs, maxRel, rmse].map(short),
    snrDb === undefined ? '' : snrDb.toFixed(1),
    cosine === undefined ? '' : String(cosine),
    top1Agreement === undefined ? '' : `${Number((top1Agreement * 100).toFixed(2))} %`,
  ];
}

function short(value: number | undefined): string {
  if (value === undefined) return '';
  return value !== 0 && Math.abs(value) < 1e-3
    ? value.toExponential(2)
    : String(Number(value.toPrecision(3)));
}
