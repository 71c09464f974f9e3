import type { ModelTensor, TensorSource } from '../schema/generated/types.js';
import { axesByShape, axesInOrder, movedLayout } from './tensor-axes.js';

/** An output of the source, and the one of the converted model that gave the same. */
export interface ProvenPair {
  readonly source: string;
  readonly converted: string;
  /** What came as [N, H, W, C] is [N, C, H, W] in the source. */
  readonly isTransposed: boolean;
}

/** What is known when the tensors of two models are matched. */
export interface MapEvidence {
  /** The converted model, fed by name and then by place, gave what the source gives. */
  readonly isProven: boolean;
  /** For outputs: which was compared with which. */
  readonly pairs?: readonly ProvenPair[] | undefined;
  /** Whether the converted file has its shapes from itself: those taken from the source prove nothing. */
  readonly areShapesRead: boolean;
  /** The tensors of the source with the sizes that it was converted with, in its order. */
  readonly fixed?: readonly ModelTensor[] | undefined;
}

/** A tensor of the converted model, and what it is in the source. */
export interface MappedTensor {
  readonly tensor: ModelTensor;
  /** Absent where nothing in the source can be it. */
  readonly sourceName?: string;
  readonly source?: TensorSource;
  readonly layout?: string;
}

interface Found {
  readonly from: ModelTensor;
  readonly matchedBy: TensorSource['matchedBy'];
}

/**
 * Which tensor of the source each input, or each output, of a converted model is, and what the converter
 * did to its axes: as the file says, as a passed parity check proves, or as nothing else is possible.
 */
export function mapTensors(
  source: readonly ModelTensor[],
  converted: readonly ModelTensor[],
  evidence: MapEvidence,
): MappedTensor[] {
  const found = matchTensors(source, converted, evidence);
  return converted.map((tensor, place) => {
    const match = found[place];
    if (match === undefined)
      return { tensor, ...(tensor.layout === undefined ? {} : { layout: tensor.layout }) };
    const { from, matchedBy } = match;
    const index = source.indexOf(from);
    const fixed = evidence.fixed?.[index] ?? from;
    const known = axesOf(fixed, tensor, evidence);
    // of a source that says no shapes those that it was converted with
    const shape = from.shape ?? fixed.shape;
    const moved =
      from.layout === undefined || known === undefined
        ? undefined
        : movedLayout(from.layout, known.axes);
    const layout = tensor.layout ?? moved;
    return {
      tensor,
      sourceName: from.name,
      ...(layout === undefined ? {} : { layout }),
      source: {
        index,
        ...(shape === undefined || isSame(shape, tensor.shape) ? {} : { shape }),
        ...(from.dtype === tensor.dtype ? {} : { dtype: from.dtype }),
        ...known,
        matchedBy,
      },
    };
  });
}

/** A model that is packed as it is: every tensor is itself. */
export function sameTensors(tensors: readonly ModelTensor[]): MappedTensor[] {
  return tensors.map((tensor, index) => ({
    tensor,
    sourceName: tensor.name,
    ...(tensor.layout === undefined ? {} : { layout: tensor.layout }),
    source: {
      index,
      ...(tensor.shape === undefined
        ? {}
        : { axes: tensor.shape.map((_size, axis) => axis), axesFrom: 'same' as const }),
      matchedBy: 'same',
    },
  }));
}

/** The surest sign first; each tensor of the source is taken once. */
function matchTensors(
  source: readonly ModelTensor[],
  converted: readonly ModelTensor[],
  { isProven, pairs = [], areShapesRead }: MapEvidence,
): (Found | undefined)[] {
  const found: (Found | undefined)[] = converted.map(() => undefined);
  const free = new Set(source);
  const hasSameCount = source.length === converted.length;
  const take = (
    matchedBy: TensorSource['matchedBy'],
    choose: (tensor: ModelTensor, place: number) => ModelTensor | undefined,
  ): void => {
    for (const [place, tensor] of converted.entries()) {
      if (found[place] !== undefined) continue;
      const from = choose(tensor, place);
      if (from === undefined || !free.has(from)) continue;
      free.delete(from);
      found[place] = { from, matchedBy };
    }
  };
  const named = (name: string | undefined): ModelTensor | undefined =>
    source.find((tensor) => tensor.name === name);
  take('file', ({ sourceName }) => named(sourceName));
  take('name', ({ name }) => named(name));
  take('parity', ({ name }) => named(pairs.find((pair) => pair.converted === name)?.source));
  if (hasSameCount) {
    if (source.length === 1) take('only', () => source[0]);
    if (isProven) take('parity', (_tensor, place) => source[place]);
    const left = converted.filter((_tensor, place) => found[place] === undefined);
    if (areShapesRead) take('shape', (tensor) => onlyFit(tensor, free, left));
    take('place', (_tensor, place) => source[place]);
  }
  return found;
}

/** The one tensor of the source that can have this shape, and that no other tensor can be. */
function onlyFit(
  tensor: ModelTensor,
  free: ReadonlySet<ModelTensor>,
  converted: readonly ModelTensor[],
): ModelTensor | undefined {
  const fits = [...free].filter((from) => canBe(from, tensor));
  const [only, ...more] = fits;
  if (only === undefined || more.length > 0) return undefined;
  return converted.filter((other) => canBe(only, other)).length === 1 ? only : undefined;
}

/** Whether the sizes of two shapes, in any order and but for those of 1, are the same; unknown ones can be any. */
function canBe({ shape: a }: ModelTensor, { shape: b }: ModelTensor): boolean {
  if (a === undefined || b === undefined) return true;
  if ([...a, ...b].some((size) => typeof size === 'string')) return true;
  const sizes = (shape: NonNullable<ModelTensor['shape']>): string =>
    shape
      .filter((size) => size !== 1)
      .sort((x, y) => Number(x) - Number(y))
      .join();
  return sizes(a) === sizes(b);
}

function axesOf(
  from: ModelTensor,
  tensor: ModelTensor,
  { isProven, pairs = [], areShapesRead }: MapEvidence,
): Required<Pick<TensorSource, 'axes' | 'axesFrom'>> | undefined {
  if (tensor.sourceAxes !== undefined) return { axes: tensor.sourceAxes, axesFrom: 'file' };
  const pair = pairs.find(({ source }) => source === from.name);
  if (pair?.isTransposed === true) return { axes: [0, 2, 3, 1], axesFrom: 'parity' };
  if (from.shape === undefined || tensor.shape === undefined) return undefined;
  const kept = isProven ? axesInOrder(from.shape, tensor.shape) : undefined;
  if (kept !== undefined) return { axes: kept, axesFrom: 'parity' };
  const only = areShapesRead ? axesByShape(from.shape, tensor.shape) : undefined;
  return only === undefined ? undefined : { axes: only, axesFrom: 'shape' };
}

function isSame(a: ModelTensor['shape'], b: ModelTensor['shape']): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Inputs of the source that the converted model does not have; empty while a tensor is not matched. */
export function droppedTensors(
  source: readonly ModelTensor[],
  mapped: readonly MappedTensor[],
): string[] {
  if (mapped.some((one) => one.source === undefined)) return [];
  const kept = new Set(mapped.map(({ sourceName }) => sourceName));
  return source.map(({ name }) => name).filter((name) => !kept.has(name));
}
