import { printableLine } from '../../printable.js';
import type {
  ComparedLayers,
  ComparedOutput,
  CompareResult,
} from '../../schema/generated/types.js';
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
    ...(result.layers === undefined ? [] : renderLayers(result.layers, style)),
    '',
  ].join('\n');
}

/** So many tensors around the first that differs are shown; `--json` has all. */
const SHOWN = 12;
const LAYER_HEAD = ['tensor', 'computed by', 'relative error', 'cosine', 'in the other model'];

/** What is between the layers: around the first that differs, or the ones with the greatest errors. */
function renderLayers(
  { first, tensors, unmatched, samples }: ComparedLayers,
  style: Style,
): string[] {
  const at = first === undefined ? -1 : tensors.findIndex(({ name }) => name === first.name);
  const start = at < 0 ? 0 : Math.max(0, Math.min(at - SHOWN / 2, tensors.length - SHOWN));
  const shown = tensors.slice(start, start + SHOWN);
  const rows = shown.map(({ name, operator, relativeError, cosine, otherName }) => [
    printableLine(name),
    printableLine(operator ?? ''),
    relativeError === undefined ? 'not finite' : short(relativeError),
    String(cosine),
    printableLine(otherName),
  ]);
  const [head = '', ...lines] = alignColumns([LAYER_HEAD, ...rows])
    .trimEnd()
    .split('\n');
  const verdict =
    first === undefined
      ? style.green('no layer adds an error beyond what rounding does')
      : style.red(printableLine(first.message));
  const left = tensors.length - shown.length;
  return [
    '',
    `  ${style.dim(head)}`,
    ...lines.map((line, index) =>
      start + index === at ? `${style.red('✗')} ${line}` : `  ${line}`,
    ),
    ...(left === 0 ? [] : [style.dim(`  … ${left} more tensors: --json has all`)]),
    `  ${tensors.length} tensors compared on ${samples} samples, ${unmatched.length} without a counterpart`,
    `  ${verdict}`,
  ];
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
