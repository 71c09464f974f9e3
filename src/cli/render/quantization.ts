import { printableLine } from '../../printable.js';
import type {
  Calibration,
  Quantization,
  QuantizationReport,
  ReportedOperator,
  ReportedTensor,
} from '../../schema/generated/types.js';
import type { Style } from '../io.js';
import { alignColumns } from './columns.js';

type Row = readonly [label: string, value: string];

const TENSOR_HEAD = ['tensor', 'role', 'type', 'scheme', 'granularity', 'scale', 'zero point'];
const OPERATOR_HEAD = ['operator', 'type', 'in', 'multiply-accumulates'];

/** The sums, then a row for each quantized tensor, each weight in floating point, each operator. */
export function renderQuantization(report: QuantizationReport, style: Style): string {
  const { tensors, floatTensors, operators } = report;
  return [
    alignColumns(
      summaryRows(report).map(([label, value]) => [style.bold(label), printableLine(value)]),
    ),
    ...section(style, TENSOR_HEAD, tensors.map(tensorRow)),
    ...section(
      style,
      ['in floating point', 'type', 'parameters'],
      floatTensors.map(({ name, dtype, parameters }) => [name, dtype, String(parameters)]),
    ),
    ...section(style, operatorHead(operators), operators.map(operatorRow)),
  ].join('\n');
}

function section(style: Style, head: readonly string[], rows: readonly string[][]): string[] {
  if (rows.length === 0) return [];
  const [first = '', ...lines] = alignColumns([head, ...rows.map((row) => row.map(printableLine))])
    .trimEnd()
    .split('\n');
  return [`${style.dim(first)}\n${lines.join('\n')}\n`];
}

function summaryRows({
  file,
  summary,
  tensors,
  floatTensors,
  operators,
}: QuantizationReport): Row[] {
  if (summary === undefined)
    return [
      ['model', file],
      [
        'quantized',
        tensors.length === 0 && floatTensors.length === 0 ? 'the file does not tell' : 'nothing',
      ],
    ];
  return [
    ['model', file],
    ['quantized', quantizationWords(summary)],
    ...calibrationRows(summary.calibration),
    ...coverageRows(summary.coverage),
    ...unitRows(operators),
    ...(tensors.length === 0 ? [['scales', 'the file does not tell them'] as const] : []),
  ];
}

/** `int8, asymmetric, per-channel on axis 0, 8 bit weights, 8 bit activations` */
function quantizationWords({
  type,
  scheme,
  granularity,
  axis,
  weightBits,
  activationBits,
  algorithm,
}: Quantization): string {
  return [
    type,
    scheme,
    granularity === undefined || axis === undefined
      ? granularity
      : `${granularity} on axis ${axis}`,
    weightBits === undefined ? undefined : `${weightBits} bit weights`,
    activationBits === undefined ? undefined : `${activationBits} bit activations`,
    algorithm,
  ]
    .filter((part) => part !== undefined)
    .join(', ');
}

function calibrationRows(calibration: Calibration | undefined): Row[] {
  if (calibration === undefined) return [];
  const { method, algorithm, samples, synthetic, sha256 } = calibration;
  const how = [method, algorithm === undefined ? undefined : `(${algorithm})`]
    .filter((part) => part !== undefined)
    .join(' ');
  return [
    [
      'calibrated',
      [
        ...(how === '' ? [] : [how]),
        `${samples} ${synthetic ? 'generated ' : ''}samples`,
        ...(sha256 === undefined ? [] : [`sha256 ${sha256.slice(0, 16)}…`]),
      ].join(', '),
    ],
  ];
}

function coverageRows(coverage: Quantization['coverage']): Row[] {
  const { parameters, multiplyAccumulates } = coverage ?? {};
  return [
    ...(parameters === undefined ? [] : [['weights', shareOf(parameters, 'parameters')] as const]),
    ...(multiplyAccumulates === undefined
      ? []
      : [['work', shareOf(multiplyAccumulates, 'multiply-accumulates')] as const]),
  ];
}

/** Where the operators of a compiled model run. */
function unitRows(operators: readonly ReportedOperator[]): Row[] {
  const placed = operators.filter(({ unit }) => unit !== undefined);
  const onNpu = placed.filter(({ unit }) => unit === 'npu').length;
  return placed.length === 0 ? [] : [['on the NPU', `${onNpu} of ${placed.length} operators`]];
}

function shareOf({ quantized, total }: { quantized: number; total: number }, of: string): string {
  const percent = total === 0 ? 0 : Number(((quantized / total) * 100).toFixed(2));
  return `${percent} % in integers, ${quantized} of ${total} ${of}`;
}

function tensorRow(tensor: ReportedTensor): string[] {
  const { name, role, dtype, scheme, granularity, axis, blockSize, omitted } = tensor;
  const { scale = [], zeroPoint = [], minimum = [] } = tensor;
  const where = axis === undefined ? '' : ` on axis ${axis}`;
  const blocks = blockSize === undefined ? '' : ` of ${blockSize}`;
  return [
    name,
    role,
    dtype ?? '?',
    scheme ?? '?',
    `${granularity}${blocks}${where}`,
    omitted === undefined
      ? rangeOf(scale, short)
      : omitted.minimum === undefined
        ? `${omitted.count} scales that are not in the file`
        : `${omitted.count}: ${short(omitted.minimum)} to ${short(omitted.maximum ?? 0)}`,
    minimum.length === 0 ? rangeOf(zeroPoint, String) : `least level at ${rangeOf(minimum, short)}`,
  ];
}

/** The one number, or how many there are and from where to where. */
function rangeOf(values: readonly number[], print: (value: number) => string): string {
  const [first] = values;
  if (first === undefined) return '';
  let [least, most] = [first, first];
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  if (values.length === 1) return print(first);
  return `${values.length}: ${print(least)} to ${print(most)}`;
}

function short(value: number): string {
  return value !== 0 && Math.abs(value) < 1e-3
    ? value.toExponential(3)
    : String(Number(value.toPrecision(4)));
}

function operatorHead(operators: readonly ReportedOperator[]): string[] {
  return operators.some(({ unit }) => unit !== undefined)
    ? [...OPERATOR_HEAD, 'on']
    : OPERATOR_HEAD;
}

function operatorRow({
  name,
  type,
  computes,
  multiplyAccumulates,
  unit,
}: ReportedOperator): string[] {
  return [
    name,
    type,
    computes === 'integer' ? 'integers' : 'floats',
    multiplyAccumulates === undefined ? '?' : String(multiplyAccumulates),
    ...(unit === undefined ? [] : [unit.toUpperCase()]),
  ];
}
