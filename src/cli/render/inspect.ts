import { accuracyText, dropText } from '../../accuracy/accuracy-text.js';
import { formatBytes } from '../../format-bytes.js';
import { fieldAt, type Inspection } from '../../inspect/inspect.js';
import { printableLine } from '../../printable.js';
import type {
  Accuracy,
  Descriptor,
  InspectResult,
  ModelInfo,
  ModelTensor,
  Verification,
} from '../../schema/generated/types.js';
import type { Style } from '../io.js';
import { measurementLine } from './bench.js';
import { alignColumns } from './columns.js';

type Row = readonly [label: string, value: string];

/** One field: text and numbers bare, anything larger as YAML, all as JSON with --json. */
export async function renderField(
  result: InspectResult,
  path: string,
  json: boolean,
): Promise<string> {
  const value = fieldAt(result.descriptor ?? result.model, path);
  if (json) return `${JSON.stringify(value, null, 2)}\n`;
  if (typeof value !== 'object' || value === null) return `${String(value)}\n`;
  const { stringify } = await import('yaml');
  return stringify(value, { lineWidth: 0 });
}

/** The descriptor as it stands in the package, byte for byte; the facts of a bare model file as YAML. */
export async function renderYaml({ result, descriptorText }: Inspection): Promise<string> {
  if (descriptorText !== undefined) return descriptorText;
  const { stringify } = await import('yaml');
  return stringify(result.model, { lineWidth: 0 });
}

/** A table for people. */
export function renderTable(result: InspectResult, style: Style): string {
  const rows = result.model === undefined ? packageRows(result) : modelRows(result.model);
  // what a file says about itself may hold anything: it must not drive the terminal
  return alignColumns(rows.map(([label, value]) => [style.bold(label), printableLine(value)]));
}

/** Only where it is not the one that everything is told in. */
function olderProtocol(written: string | undefined, { protocol }: Descriptor): string | undefined {
  return written === undefined || written === protocol
    ? undefined
    : `${written}, older than ${protocol}: modelconv upgrade brings it up to date`;
}

function packageRows({ package: info, descriptor }: InspectResult): Row[] {
  if (info === undefined || descriptor === undefined) return [];
  const { model, software, device, conversion, verification, files } = descriptor;
  const { measurements = [] } = descriptor;
  return [
    [
      'package',
      `${info.path}  ${formatBytes(info.sizeBytes)}${info.encrypted ? '  encrypted' : ''}`,
    ],
    ...optional('protocol', olderProtocol(info.protocol, descriptor)),
    ['name', `${descriptor.name} ${descriptor.version}`],
    ...optional('about', descriptor.description),
    ...optional('license', descriptor.license),
    ['model', modelLine(model)],
    ...optional('quantized', quantizationLine(model.quantization)),
    ...optional('on the NPU', unitsLine(model.units)),
    ...tensorRows('input', model.inputs),
    ...tensorRows('output', model.outputs),
    ['needs', stackLine(software)],
    ...optional(
      'device',
      device === undefined
        ? undefined
        : [device.name, device.class, device.soc, device.os, device.arch]
            .filter((part) => part !== undefined)
            .join('  '),
    ),
    ...conversionRows(conversion),
    ...optional(
      'verified',
      verification === undefined ? undefined : verificationLine(verification),
    ),
    ...optional(
      'accuracy',
      verification?.accuracy === undefined ? undefined : accuracyLine(verification.accuracy),
    ),
    ...optional('truth', truthLine(verification?.truth)),
    ...measurements.map((one, index): Row => [index === 0 ? 'measured' : '', measurementLine(one)]),
    ...files.map(
      ({ path, size, role }, index): Row => [
        index === 0 ? 'files' : '',
        `${path}  ${formatBytes(size)}  ${role}`,
      ],
    ),
  ];
}

function optional(label: string, value: string | undefined): Row[] {
  return value === undefined ? [] : [[label, value]];
}

function modelLine(model: Descriptor['model']): string {
  const version = model.formatVersion === undefined ? '' : ` version ${model.formatVersion}`;
  return [
    `${model.format}${version}`,
    model.precision ?? model.type,
    ...(model.weights?.parameters === undefined ? [] : [`${model.weights.parameters} parameters`]),
  ].join(', ');
}

function tensorRows(label: string, tensors: readonly ModelTensor[]): Row[] {
  return tensors.map(
    (tensor, index): Row => [
      index === 0 ? `${label}${tensors.length > 1 ? 's' : ''}` : '',
      tensorLine(tensor),
    ],
  );
}

function tensorLine(tensor: ModelTensor): string {
  const { name, sourceName, shape, dtype, exampleShape, kind } = tensor;
  if (kind !== undefined) return `${name}  ${kind}`;
  const source = sourceName === undefined || sourceName === name ? '' : ` (${sourceName})`;
  const example = exampleShape === undefined ? '' : `  (traced with [${exampleShape.join(', ')}])`;
  return `${name}${source}  [${shape?.join(', ') ?? '?'}]  ${dtype}${example}`;
}

function stackLine({ stack }: Descriptor['software']): string {
  const minimum =
    stack.minimumVersion === undefined ? '(minimum version unknown)' : `>= ${stack.minimumVersion}`;
  const tested =
    stack.testedWith === undefined ? '' : `, tested with ${stack.testedWith.join(', ')}`;
  return `${stack.kind} ${minimum}${tested}`;
}

function conversionRows(conversion: Descriptor['conversion']): Row[] {
  if (conversion === undefined) return [];
  const { source, converter } = conversion;
  const how =
    converter === undefined ? 'packed as it is' : `${converter.tool} ${converter.version}`;
  return [
    [
      'source',
      `${source.path}  ${source.format}  ${formatBytes(source.size)}  ${source.included ? 'in the package' : `sha256 ${source.sha256.slice(0, 16)}…`}`,
    ],
    ...optional(
      'producer',
      source.producer === undefined ? undefined : producerOf(source.producer),
    ),
    ['converted', how],
  ];
}

function producerOf({ name, version = '' }: NonNullable<ModelInfo['producer']>): string {
  return `${name} ${version}`.trim();
}

function verificationLine({
  passed,
  skipped,
  samples,
  inputs,
  metrics = {},
}: Verification): string {
  if (passed === undefined) return `no: ${skipped ?? 'unknown'}`;
  const cosine = Math.min(...Object.values(metrics).map((entry) => entry.cosine ?? 1));
  const figures = Object.keys(metrics).length === 0 ? '' : `, cosine ${cosine}`;
  return `${passed ? 'yes' : 'FAILED'}: ${samples ?? 0} ${inputs?.kind ?? ''} samples${figures}`;
}

/** `truth/raw-0.png, outputs of the source in onnxruntime 1.30.0` */
function truthLine(truth: Verification['truth']): string | undefined {
  if (truth === undefined) return undefined;
  const { inputs, outputs, runtime } = truth;
  const ran = runtime === undefined ? '' : ` in ${runtime.name} ${runtime.version}`;
  const from = outputs[0]?.from;
  const given = from === 'given' ? 'outputs as given' : `outputs of the ${from}${ran}`;
  const raw = inputs.map((input) => input.raw.path).join(', ');
  return `${raw}, ${from === undefined ? 'no outputs' : given}`;
}

/** `top-1 97.22 % -> 96.94 %, 360 samples; 0.28 points lost, 0.5 allowed` */
function accuracyLine(accuracy: Accuracy): string {
  const text = accuracyText(accuracy);
  return accuracy.drop === undefined && accuracy.maxDrop === undefined
    ? text
    : `${text}; ${dropText(accuracy)}`;
}

/** `int8, asymmetric, per-channel, 8 bit weights, 8 bit activations, 3 % of the work in floating point, scales of 21 tensors` */
function quantizationLine(quantization: ModelInfo['quantization']): string | undefined {
  if (quantization === undefined) return undefined;
  const { type, scheme, granularity, weightBits, activationBits, algorithm, tensors } =
    quantization;
  const { floatShare = 0, measuredBy } = quantization.coverage ?? {};
  const of = measuredBy === 'multiplyAccumulates' ? 'work' : 'weights';
  return [
    type,
    scheme,
    granularity,
    weightBits === undefined ? undefined : `${weightBits} bit weights`,
    activationBits === undefined ? undefined : `${activationBits} bit activations`,
    algorithm,
    floatShare === 0
      ? undefined
      : `${Number((floatShare * 100).toFixed(2))} % of the ${of} in floating point`,
    tensors === undefined ? undefined : `scales of ${Object.keys(tensors).length} tensors`,
  ]
    .filter((part) => part !== undefined)
    .join(', ');
}

/** `7 of 8 operators, 100 % of the work` */
function unitsLine(units: ModelInfo['units']): string | undefined {
  if (units === undefined) return undefined;
  const { npuOperators, cpuOperators, npuShare } = units;
  return `${npuOperators} of ${npuOperators + cpuOperators} operators, ${Number((npuShare * 100).toFixed(2))} % of the work`;
}

/** What `--embed` put into the file, as one line. */
function embeddedLine(embedded: ModelInfo['embedded']): string | undefined {
  if (embedded === undefined) return undefined;
  const { protocol, name, version } = embedded;
  return `descriptor ${[protocol, name, version].filter((part) => typeof part === 'string').join(' ')}; see it with --field embedded`;
}

function modelRows(info: ModelInfo): Row[] {
  const fact = (name: string): string =>
    info.facts[name] === undefined ? '' : `  (${info.facts[name]})`;
  const opsets = Object.entries(info.opsets ?? {}).map(
    ([domain, version]) => `${domain} ${version}`,
  );
  const operators = Object.entries(info.operators ?? {}).sort((a, b) => b[1] - a[1]);
  return [
    ['model', `${info.path}  ${formatBytes(info.sizeBytes)}`],
    [
      'format',
      `${info.format}${info.formatVersion === undefined ? '' : ` version ${info.formatVersion}`}${fact('formatVersion')}`,
    ],
    ...optional('producer', info.producer === undefined ? undefined : producerOf(info.producer)),
    ...optional('opsets', opsets.length === 0 ? undefined : opsets.join(', ')),
    [
      'precision',
      `${info.precision ?? 'unknown'}${info.quantized === true ? ', quantized' : ''}${fact('precision')}`,
    ],
    ...optional(
      'weights',
      info.weights === undefined
        ? undefined
        : `${info.weights.parameters} parameters, ${formatBytes(info.weights.sizeBytes)}`,
    ),
    ...optional('quantized', quantizationLine(info.quantization)),
    ...optional('on the NPU', unitsLine(info.units)),
    ...optional('made for', info.targets?.join(', ')),
    ...tensorRows('input', info.inputs),
    ...tensorRows('output', info.outputs),
    ...optional(
      'operators',
      operators.length === 0
        ? undefined
        : `${info.nodes}: ${operators
            .slice(0, 12)
            .map(([name, count]) => `${name} ${count}`)
            .join(', ')}${operators.length > 12 ? ', …' : ''}`,
    ),
    ...optional(
      'needs',
      info.minimumRuntime === undefined
        ? undefined
        : `${info.minimumRuntime.kind} >= ${info.minimumRuntime.version}: ${info.minimumRuntime.rule}`,
    ),
    ...(info.externalData ?? []).map(
      ({ path, sizeBytes }, index): Row => [
        index === 0 ? 'data in' : '',
        `${path}  ${formatBytes(sizeBytes ?? 0)}`,
      ],
    ),
    ...optional('embedded', embeddedLine(info.embedded)),
    ...Object.entries(info.metadata ?? {}).map(
      ([key, value], index): Row => [
        index === 0 ? 'metadata' : '',
        `${key}: ${value.length > 100 ? `${value.slice(0, 97)}...` : value}`,
      ],
    ),
  ];
}
