import type { ModelTensor } from '../../schema/generated/types.js';
import { MalformedError } from '../file-window.js';
import { parseObject } from '../quantized.js';

/** Line behind the layers in which modelconv's driver says which tensor of the source each blob stands for. */
export const NOTE_MARK = '# modelconv-io ';

const MAX_NAME = 1024;
const MAX_AXES = 64;

/** A blob of ncnn and the tensor of the source that it stands for. */
interface NotedBlob {
  readonly name: string;
  readonly source?: string;
  /** As in the source. */
  readonly shape?: readonly number[];
  /** The axis of the source's tensor that the blob does not have. */
  readonly batchAxis?: number;
}

/** What the file itself does not have: the order of the source's inputs and outputs, their names and shapes. */
export interface NcnnNote {
  readonly inputs: readonly NotedBlob[];
  readonly outputs: readonly NotedBlob[];
}

/** @throws MalformedError when the line is not as the driver writes it. */
export function parseNote(text: string): NcnnNote {
  const { inputs, outputs } = parseObject(text) ?? {};
  if (isList(inputs) && isList(outputs)) return { inputs, outputs };
  throw new MalformedError(`its line "${NOTE_MARK.trim()}" is damaged`);
}

function isList(value: unknown): value is NotedBlob[] {
  return Array.isArray(value) && value.every(isBlob);
}

function isBlob(value: unknown): value is NotedBlob {
  const { name, source, shape, batchAxis } = Object(value) as Record<string, unknown>;
  return (
    isName(name) &&
    (source === undefined || isName(source)) &&
    (shape === undefined ||
      (Array.isArray(shape) && shape.length <= MAX_AXES && shape.every(isSize))) &&
    (batchAxis === undefined || isSize(batchAxis))
  );
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && value.length <= MAX_NAME;
}

function isSize(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** The tensors in the order of the note, with what it says of them; one that the file does not have is left out. */
export function withNote(
  found: readonly ModelTensor[],
  noted: readonly NotedBlob[],
): ModelTensor[] {
  const byName = new Map(found.map((tensor) => [tensor.name, tensor]));
  return noted.flatMap(({ name, source, shape, batchAxis }) => {
    const tensor = byName.get(name);
    if (tensor === undefined) return [];
    const own = shape?.filter((_size, axis) => axis !== batchAxis);
    return [
      {
        ...tensor,
        ...(source === undefined ? {} : { sourceName: source }),
        ...(own === undefined
          ? {}
          : { shape: own, sourceAxes: axesWithout(batchAxis, own.length) }),
      },
    ];
  });
}

/** The axes of the source's tensor that a blob has. */
function axesWithout(dropped: number | undefined, rank: number): number[] {
  return Array.from({ length: rank }, (_none, axis) =>
    dropped !== undefined && axis >= dropped ? axis + 1 : axis,
  );
}
