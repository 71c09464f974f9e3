import { printableLine } from '../../printable.js';
import type { IoMap, IoTensor, SourceAxes, TensorSource } from '../../schema/generated/types.js';
import type { Style } from '../io.js';
import { alignColumns } from './columns.js';

const TENSOR = ['#', 'name', 'shape', 'type', 'layout'] as const;
const SOURCE = ['source', 'shape', 'type', 'axes', 'known by'] as const;

/** One table for the inputs and one for the outputs, in the order of the model. */
export function renderIoMap(map: IoMap, style: Style): string {
  const tensors = [...map.inputs, ...map.outputs];
  const hasSource = tensors.some((one) => one.source !== undefined || one.sourceName !== undefined);
  const head = ['', ...TENSOR, ...(hasSource ? SOURCE : [])];
  const rows = [
    head,
    ...map.inputs.map((one, at) => rowOf(at === 0 ? 'inputs' : '', one, hasSource)),
    ...map.outputs.map((one, at) => rowOf(at === 0 ? 'outputs' : '', one, hasSource)),
  ];
  const [first = '', ...lines] = alignColumns(rows).trimEnd().split('\n');
  const notes = [...(map.droppedInputs ?? []).map(droppedNote), ...tensors.flatMap(deviceNote)];
  return `${[style.dim(first), ...lines, ...notes.map(printableLine)].join('\n')}\n`;
}

function rowOf(label: string, tensor: IoTensor, hasSource: boolean): string[] {
  const { index, name, shape, dtype, layout = '' } = tensor;
  const own = [label, String(index), name, shapeText(shape), dtype, layout];
  return [...own, ...(hasSource ? sourceCells(tensor) : [])].map(printableLine);
}

function sourceCells(tensor: IoTensor): string[] {
  const { sourceName, source, dtype } = tensor;
  if (source === undefined) return [sourceName ?? UNKNOWN, '', '', UNKNOWN, ''];
  const { index, axes, matchedBy, axesFrom } = source;
  return [
    [index, sourceName].filter((one) => one !== undefined).join(' '),
    // without its place the source is not at hand
    index === undefined ? '' : shapeText(source.shape ?? sameShape(tensor)),
    index === undefined ? '' : (source.dtype ?? dtype),
    axes === undefined ? UNKNOWN : axesText(axes, rankOf(source, axes.length)),
    [...new Set([matchedBy, axesFrom])].filter((one) => one !== undefined).join(', '),
  ];
}

/** A source whose shape is not told has the same one, unless axes came or went: then it is not known. */
function sameShape({ shape, source }: IoTensor): IoTensor['shape'] {
  const isSame = source?.axes?.every((axis, at) => axis === at) ?? true;
  return isSame ? shape : undefined;
}

/** Where the shape of the source is not told, its axes go at least as far as those that are. */
function rankOf({ shape, axes = [] }: TensorSource, rank: number): number {
  return shape?.length ?? Math.max(rank, ...axes.map((axis) => (axis ?? -1) + 1));
}

const UNKNOWN = 'unknown';

function shapeText(shape: IoTensor['shape']): string {
  return shape === undefined ? '?' : `[${shape.join(',')}]`;
}

/** What was done to the axes of the source, in words. */
function axesText(axes: SourceAxes, rank: number): string {
  const kept = axes.filter((axis) => axis !== null);
  const gone = Array.from({ length: rank }, (_none, axis) => axis).filter(
    (axis) => !kept.includes(axis),
  );
  const isInOrder = kept.every((axis, at) => at === 0 || axis > (kept[at - 1] ?? -1));
  const words = [
    ...(isInOrder ? [] : [`transposed (${axes.map((axis) => axis ?? 'new').join(',')})`]),
    ...(gone.length === 0 ? [] : [`without ${gone.join(',')}`]),
    ...(isInOrder && kept.length < axes.length
      ? [`with a new one at ${[...axes.keys()].filter((at) => axes[at] === null).join(',')}`]
      : []),
  ];
  return words.length === 0 ? 'as they are' : words.join(', ');
}

function droppedNote(name: string): string {
  return `input ${name} of the source is gone: nothing in the model depends on it`;
}

function deviceNote({ name, layout, deviceLayout }: IoTensor): string[] {
  return deviceLayout === undefined || deviceLayout === layout
    ? []
    : [`the runtime takes or gives ${name} as ${deviceLayout} unless it is told otherwise`];
}
