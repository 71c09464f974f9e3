import type { Precision, Quantization } from '../../schema/generated/types.js';
import { coverageOf } from './coverage.js';
import {
  bitsOf,
  granularityOf,
  onlyOne,
  type QuantizedEntry,
  type QuantizedGraph,
} from './graph.js';
import { keepScales, schemeIn } from './scales.js';

/** Zero points, together, that are looked through for the scheme. */
const MAX_ZERO_POINTS = 2 * 1024 * 1024;

/**
 * How a model is quantized, in what a descriptor has room for.
 *
 * @param precision - of most of its weights.
 * @returns undefined when nothing is quantized.
 */
export function describeQuantization(
  graph: QuantizedGraph,
  precision: Precision | undefined,
): Quantization | undefined {
  const weights = graph.entries.filter(({ role }) => role === 'weight');
  const activations = graph.entries.filter(({ role }) => role === 'activation');
  const isInteger = graph.work.some(({ computes }) => computes === 'integer');
  if (weights.length === 0 && activations.length === 0 && !isInteger) return undefined;
  const weightBits = onlyOne(weights.map(({ dtype }) => bitsOf(dtype)));
  const activationBits = onlyOne(activations.map(({ dtype }) => bitsOf(dtype)));
  const scheme = schemeOf([...weights, ...activations]);
  return {
    type: typeOf(
      precision,
      weightBits,
      activations.length > 0 ? activationBits : isInteger ? 8 : 0,
    ),
    ...(scheme === undefined ? {} : { scheme }),
    ...commonGranularity(weights),
    ...(weightBits === undefined ? {} : { weightBits }),
    ...(activationBits === undefined ? {} : { activationBits }),
    ...describeScales(graph),
  };
}

/** The parts that every format has in common: scales, and how much is quantized. */
export function describeScales(
  graph: QuantizedGraph,
): Pick<Quantization, 'tensors' | 'leftOut' | 'coverage'> {
  const { tensors, leftOut } = keepScales(inOrder(graph.entries));
  return {
    ...(Object.keys(tensors).length === 0 ? {} : { tensors }),
    ...(leftOut === 0 ? {} : { leftOut }),
    coverage: coverageOf(graph),
  };
}

/** What people look for first comes first: inputs and outputs, weights, activations, biases. */
function* inOrder(entries: readonly QuantizedEntry[]): Generator<QuantizedEntry> {
  yield* entries.filter(({ outer }) => outer === true);
  for (const kind of ['weight', 'activation', 'bias'] as const)
    yield* entries.filter(({ role, outer }) => role === kind && outer !== true);
}

/** @param activationBits - 0 when activations are not quantized, undefined when in several ways. */
export function typeOf(
  precision: Precision | undefined,
  weightBits: number | undefined,
  activationBits: number | undefined,
): Quantization['type'] {
  const integer = precision === 'int4' || precision === 'int8' || precision === 'int16';
  if (!integer || weightBits === undefined) return 'mixed';
  if (activationBits === weightBits) return precision;
  return activationBits === 0 && precision !== 'int16' ? `${precision}-weights` : 'mixed';
}

/** Undefined where the zero points are too many to be looked through, or not in the file. */
export function schemeOf(entries: readonly QuantizedEntry[]): Quantization['scheme'] {
  const zeroPoints = entries.reduce((sum, { count }) => sum + count, 0);
  if (entries.length === 0 || zeroPoints > MAX_ZERO_POINTS) return undefined;
  const schemes = entries.map((entry) => schemeIn(entry.dtype, entry.read()));
  if (schemes.includes(undefined)) return undefined;
  return schemes.includes('asymmetric') ? 'asymmetric' : 'symmetric';
}

/** Granularity and axis that all weights have; blocks are told of each tensor alone. */
export function commonGranularity(
  weights: readonly QuantizedEntry[],
): Pick<Quantization, 'granularity' | 'axis'> {
  const kinds = weights.map(granularityOf);
  if (kinds.length === 0 || kinds.includes('per-block')) return {};
  if (!kinds.includes('per-channel')) return { granularity: 'per-tensor' };
  const axis = onlyOne(weights.filter(({ count }) => count > 1).map((weight) => weight.axis));
  return { granularity: 'per-channel', ...(axis === undefined || axis < 0 ? {} : { axis }) };
}
