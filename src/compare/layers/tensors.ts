import type { OutputResult } from '../../adapters/run-files.js';
import { isNumeric } from '../../tensor/elements.js';

/** A tensor between two layers, of one model. */
export interface Layer {
  readonly name: string;
  readonly operator?: string;
  /** Sizes in the first sample. */
  readonly shape: readonly number[];
  /** Elements of the first sample. */
  readonly values: Float64Array;
  readonly result: OutputResult;
}

/** Tensors of numbers, with what they hold for the first sample; flags and text say nothing about precision. */
export async function readLayers(results: readonly OutputResult[]): Promise<Layer[]> {
  const layers: Layer[] = [];
  for (const result of results) {
    const { name, operator, dtype, shapes } = result;
    const [shape = []] = shapes;
    if (!isNumeric(dtype) || dtype === 'bool' || shape.includes(0)) continue;
    const kind = operator === undefined ? {} : { operator };
    layers.push({ name, ...kind, shape, values: await result.sample(0), result });
  }
  return layers;
}
