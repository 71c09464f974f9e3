import type { OutputResult } from '../../adapters/run-files.js';
import { isNumeric } from '../../tensor/elements.js';
import { layouts, type Places } from './layout.js';

/** A tensor between two layers, of one model. */
export interface Layer {
  readonly name: string;
  readonly operator?: string;
  /** Sizes in the first sample. */
  readonly shape: readonly number[];
  /** Number of elements of the first sample. */
  readonly elements: number;
  readonly result: OutputResult;
}

/** A tensor of the reference, with the elements of the first sample that are looked at to find its counterpart. */
export interface ReferenceLayer extends Layer {
  readonly probe: Float64Array;
}

/** A tensor of the other model, with the elements that stand for those probes, for every way in which it may be laid out. */
export interface OtherLayer extends Layer {
  /** By the sizes of the tensor of the reference. */
  readonly ways: ReadonlyMap<string, readonly Way[]>;
}

/** One way to lay out the elements of a tensor of the reference, and what is found there. */
export interface Way {
  readonly places: Places;
  readonly probe: Float64Array;
}

/** So many elements say how alike two tensors are: no tensor is held whole. */
const PROBED = 1024;

/** Tensors of the reference, with some of what they hold. @throws ModelconvError `E_TOOL_OUTPUT`. */
export async function readReference(results: readonly OutputResult[]): Promise<ReferenceLayer[]> {
  const layers: ReferenceLayer[] = [];
  for (const layer of ofNumbers(results)) {
    const values = await layer.result.sample(0);
    layers.push({ ...layer, probe: probeOf(values, (index) => index) });
  }
  return layers;
}

/** Tensors of the other model, with what they hold where the reference was probed. @throws ModelconvError `E_TOOL_OUTPUT`. */
export async function readOthers(
  results: readonly OutputResult[],
  reference: readonly Layer[],
): Promise<OtherLayer[]> {
  const shapes = new Map<number, Map<string, readonly number[]>>();
  for (const { shape, elements } of reference)
    shapes.set(elements, (shapes.get(elements) ?? new Map()).set(shape.join(), shape));
  const layers: OtherLayer[] = [];
  for (const layer of ofNumbers(results)) {
    const values = await layer.result.sample(0);
    const ways = new Map<string, Way[]>();
    for (const [sizes, shape] of shapes.get(layer.elements) ?? []) {
      const found = layouts(shape, layer.shape);
      if (found.length > 0)
        ways.set(
          sizes,
          found.map((places) => ({ places, probe: probeOf(values, places) })),
        );
    }
    layers.push({ ...layer, ways });
  }
  return layers;
}

/** Flags and text say nothing about precision. */
function ofNumbers(results: readonly OutputResult[]): Layer[] {
  return results.flatMap((result) => {
    const { name, operator, dtype, shapes } = result;
    const [shape = []] = shapes;
    if (!isNumeric(dtype) || dtype === 'bool' || shape.includes(0)) return [];
    const elements = shape.reduce((product, size) => product * size, 1);
    return [{ name, ...(operator === undefined ? {} : { operator }), shape, elements, result }];
  });
}

function probeOf(values: Float64Array, places: Places): Float64Array {
  // an odd step: one that shares no factor with usual sizes meets every column
  const step = Math.max(1, Math.floor(values.length / PROBED)) | 1;
  return Float64Array.from(
    { length: Math.ceil(values.length / step) },
    (_none, at) => values[places(at * step)] ?? 0,
  );
}
