import type { Dtype, Quantization, QuantizedTensor } from '../../schema/generated/types.js';
import { keepScales, type ScaleSource, shortened } from '../quantized.js';
import type { GraphSummary } from '../summary.js';
import { QUANTIZATION, TENSOR } from './schema.js';
import type { TfliteTensor } from './tensors.js';

const BITS: Readonly<Partial<Record<Dtype, number>>> = {
  int2: 2,
  int4: 4,
  uint4: 4,
  int8: 8,
  uint8: 8,
  int16: 16,
};

/**
 * How a file is quantized, and the scales of its tensors: inputs and outputs first, then weights,
 * activations and biases, as many as {@link keepScales} has room for (`x-leftOut` counts the rest).
 * Blockwise scales are tensors themselves and are not listed.
 *
 * @returns undefined when nothing is quantized.
 */
export function describeQuantization(
  tensors: readonly TfliteTensor[],
  summary: GraphSummary,
): Quantization | undefined {
  const scaled = tensors.filter(({ quantization }) => quantization !== undefined);
  const weights = scaled.filter(({ constant, dtype }) => constant && BITS[dtype] !== undefined);
  const activations = scaled.filter(
    ({ constant, dtype }) => !constant && BITS[dtype] !== undefined,
  );
  if (weights.length === 0 && activations.length === 0) return halfWeights(tensors);
  const weightBits = onlyOne(weights.map(({ dtype }) => BITS[dtype]));
  const activationBits = onlyOne(activations.map(({ dtype }) => BITS[dtype]));
  const { tensors: kept, leftOut } = keepScales(inOrder(scaled));
  return {
    type: typeOf(summary, weightBits, activations.length === 0 ? 0 : activationBits),
    scheme: [...weights, ...activations].every(isSymmetric) ? 'symmetric' : 'asymmetric',
    ...granularityOf(weights),
    ...(weightBits === undefined ? {} : { weightBits }),
    ...(activationBits === undefined ? {} : { activationBits }),
    ...(Object.keys(kept).length === 0 ? {} : { tensors: kept }),
    ...(leftOut === 0 ? {} : { 'x-leftOut': leftOut }),
  };
}

/** Half-precision weights under single-precision work: the runtime dequantizes them when it loads. */
function halfWeights(tensors: readonly TfliteTensor[]): Quantization | undefined {
  const half = tensors.filter(({ dtype }) => dtype === 'float16');
  return half.length > 0 && half.every(({ constant }) => constant)
    ? { type: 'fp16-weights', weightBits: 16 }
    : undefined;
}

/** @param activationBits - 0 when activations are not quantized, undefined when in several ways. */
function typeOf(
  { precision }: GraphSummary,
  weightBits: number | undefined,
  activationBits: number | undefined,
): Quantization['type'] {
  const integer = precision === 'int4' || precision === 'int8' || precision === 'int16';
  if (!integer || weightBits === undefined) return 'mixed';
  if (activationBits === weightBits) return precision;
  return activationBits === 0 && precision !== 'int16' ? `${precision}-weights` : 'mixed';
}

function onlyOne<T>(values: readonly T[]): T | undefined {
  return new Set(values).size === 1 ? values[0] : undefined;
}

function isSymmetric({ quantization }: TfliteTensor): boolean {
  for (const zero of quantization?.int64s(QUANTIZATION.zeroPoint) ?? []) {
    if (zero !== 0) return false;
  }
  return true;
}

function granularityOf(
  weights: readonly TfliteTensor[],
): Pick<Quantization, 'granularity' | 'axis'> {
  const tables = weights.flatMap(({ quantization }) => quantization ?? []);
  if (tables.some((table) => table.uint8(QUANTIZATION.detailsType) > 0)) return {};
  const several = tables.filter((table) => table.listLength(QUANTIZATION.scale, 4) > 1);
  if (several.length === 0) return tables.length === 0 ? {} : { granularity: 'per-tensor' };
  const axis = onlyOne(several.map((table) => table.int32(QUANTIZATION.axis)));
  return {
    granularity: 'per-channel',
    ...(axis === undefined || axis < 0 ? {} : { axis }),
  };
}

function* inOrder(scaled: readonly TfliteTensor[]): Generator<ScaleSource> {
  const isWeight = ({ constant, dtype }: TfliteTensor): boolean =>
    constant && BITS[dtype] !== undefined;
  yield* scaled.filter(({ outer }) => outer).flatMap(sourceOf);
  yield* scaled.filter((tensor) => !tensor.outer && isWeight(tensor)).flatMap(sourceOf);
  yield* scaled.filter(({ outer, constant }) => !outer && !constant).flatMap(sourceOf);
  yield* scaled
    .filter((tensor) => !tensor.outer && tensor.constant && !isWeight(tensor))
    .flatMap(sourceOf);
}

function sourceOf({ table, quantization }: TfliteTensor): ScaleSource[] {
  const count = quantization?.listLength(QUANTIZATION.scale, 4) ?? 0;
  if (quantization === undefined || count === 0) return [];
  const read = (): QuantizedTensor => {
    const zeroPoint = shortened([...quantization.int64s(QUANTIZATION.zeroPoint)]);
    return {
      scale: [...quantization.float32s(QUANTIZATION.scale)],
      ...(zeroPoint.length === 0 ? {} : { zeroPoint }),
    };
  };
  return [{ name: table.string(TENSOR.name) ?? '', count, read }];
}
