import type { Precision } from '../../schema/generated/types.js';

/** One tensor in both models. */
export interface LayerError {
  readonly name: string;
  /** Length of the difference over the length of the reference; Infinity when one of them is not finite. */
  readonly relativeError: number;
  /** Tensors of the reference that it is computed from; undefined: not known, what comes before counts. */
  readonly from?: readonly string[] | undefined;
}

/** Where an error starts. */
export interface Jump<T extends LayerError> {
  readonly layer: T;
  /** The greatest error among what the layer is computed from; 0 for what follows from the inputs alone. */
  readonly before: number;
  /** Whether what the layer computes was quantized. */
  readonly isQuantized: boolean;
}

/**
 * What rounding in a precision does to one layer, with room: half a step of 8 bits is 0.4 % of the range, and
 * a tensor seldom fills its range.
 */
const ROUNDING: Readonly<Partial<Record<Precision, number>>> = {
  fp64: 1e-4,
  fp32: 1e-3,
  fp16: 1e-2,
  bf16: 5e-2,
  int16: 1e-2,
  int8: 0.2,
  int4: 0.4,
  mixed: 0.2,
};
const INTEGERS: ReadonlySet<Precision | undefined> = new Set(['int16', 'int8', 'int4', 'mixed']);
/** An error that is so many times the one before is made by the layer, and not handed on. */
const FACTOR = 4;

/**
 * The first layer that adds an error of its own: one beyond what rounding does, and several times that of what
 * it is computed from.
 *
 * @param layers - in the order of execution.
 * @param precision - of the other model.
 */
export function firstJump<T extends LayerError>(
  layers: readonly T[],
  precision: Precision | undefined,
): Jump<T> | undefined {
  const floor = ROUNDING[precision ?? 'fp32'] ?? 1e-3;
  const isQuantized = INTEGERS.has(precision);
  const inherited = inheritedErrors(layers);
  for (const layer of layers) {
    const before = inherited(layer);
    if (layer.relativeError > Math.max(floor, FACTOR * before))
      return { layer, before, isQuantized };
  }
  return undefined;
}

/** A fault of an input that is worth a name changes what is computed from it by more than this. */
const SAME_INPUT = 0.02;

/**
 * Whether all that is computed from the inputs alone is the same in both models: then the inputs are, too, as far
 * as anything depends on them.
 *
 * @returns false where it is not known what is computed from what.
 */
export function areInputsSame(layers: readonly LayerError[]): boolean {
  const first = layers.filter(({ from }) => from?.length === 0);
  return first.length > 0 && first.every(({ relativeError }) => relativeError <= SAME_INPUT);
}

/** Errors of what a layer is computed from. */
function inheritedErrors<T extends LayerError>(layers: readonly T[]): (layer: T) => number {
  const known = new Map(layers.map(({ name, relativeError }) => [name, relativeError]));
  return ({ name, from }) => {
    if (from !== undefined) return Math.max(0, ...from.map((before) => known.get(before) ?? 0));
    return layers[layers.findIndex((layer) => layer.name === name) - 1]?.relativeError ?? 0;
  };
}
