import type { Dtype, ModelInfo, Quantization } from '../../schema/generated/types.js';
import type { Table } from '../flatbuffers/table.js';
import { keepScales, type ScaleSource } from '../quantized.js';
import type { GraphSummary } from '../summary.js';
import { dtypeOfMnn, NET, TENSOR_DESCRIBE, TENSOR_QUANT } from './schema.js';
import type { MnnWeight } from './weights.js';

const MAX_DESCRIBED = 100_000;

interface Activation extends ScaleSource {
  readonly dtype: Dtype;
  readonly symmetric: boolean;
}

/**
 * How a file is quantized. Scales stand under the tensor's name, those of weights under that of their
 * operator, as many as {@link keepScales} has room for: inputs and outputs, weights, activations
 * (`x-leftOut` counts the rest). Asymmetric weights have no whole zero point in this format; the
 * real number of the least level stands in `x-minimum`. Scales of blocks are not listed.
 *
 * @returns undefined when nothing is quantized.
 */
export function describeQuantization(
  net: Table,
  weights: readonly MnnWeight[],
  summary: GraphSummary,
  { inputs, outputs }: Pick<ModelInfo, 'inputs' | 'outputs'>,
): Quantization | undefined {
  const quantized = weights.filter((weight) => weight.quantized);
  const activations = [...activationsOf(net)];
  if (quantized.length === 0 && activations.length === 0)
    return weights.some(({ dtype }) => dtype === 'float16')
      ? { type: 'fp16-weights', weightBits: 16 }
      : undefined;
  const outer = new Set([...inputs, ...outputs].map(({ name }) => name));
  const { tensors, leftOut } = keepScales([
    ...activations.filter(({ name }) => outer.has(name)),
    ...quantized.flatMap(({ scales }) => scales ?? []),
    ...activations,
  ]);
  const weightBits = onlyOne(quantized.map(({ bits }) => bits));
  const symmetric = [...quantized, ...activations].every((tensor) => tensor.symmetric === true);
  return {
    type: typeOf(summary, weightBits, activations),
    scheme: symmetric ? 'symmetric' : 'asymmetric',
    ...granularityOf(quantized),
    ...(weightBits === undefined ? {} : { weightBits }),
    ...(activations.length === 0 ? {} : { activationBits: 8 }),
    ...(Object.keys(tensors).length === 0 ? {} : { tensors }),
    ...(leftOut === 0 ? {} : { 'x-leftOut': leftOut }),
  };
}

function typeOf(
  { precision }: GraphSummary,
  weightBits: number | undefined,
  activations: readonly Activation[],
): Quantization['type'] {
  if (weightBits === undefined || (precision !== 'int8' && precision !== 'int4')) return 'mixed';
  if (activations.length === 0) return `${precision}-weights`;
  return weightBits === 8 ? 'int8' : 'mixed';
}

function granularityOf(weights: readonly MnnWeight[]): Pick<Quantization, 'granularity' | 'axis'> {
  const perChannel = weights.map(({ scalesPerChannel }) => scalesPerChannel);
  if (perChannel.length === 0 || perChannel.some((count) => count === undefined || count > 1))
    return {};
  // weights lie output channel first
  if (perChannel.every((count) => count === 1)) return { granularity: 'per-channel', axis: 0 };
  return perChannel.every((count) => count !== 1) ? { granularity: 'per-tensor' } : {};
}

/** Tensors with a scale, which calibration writes; a scale of 0 stands for none. */
function* activationsOf(net: Table): Generator<Activation> {
  let left = MAX_DESCRIBED;
  for (const describe of net.tables(NET.tensorDescribe)) {
    if (left-- === 0) return;
    const quant = describe.table(TENSOR_DESCRIBE.quant);
    const scale = quant?.float32(TENSOR_QUANT.scale) ?? 0;
    const dtype = dtypeOfMnn(quant?.int32(TENSOR_QUANT.type) ?? 0);
    if (quant === undefined || scale === 0 || dtype !== 'int8') continue;
    const zero = quant.float32(TENSOR_QUANT.zero);
    const name =
      net.stringAt(NET.tensorNames, describe.int32(TENSOR_DESCRIBE.index)) ??
      describe.string(TENSOR_DESCRIBE.name) ??
      '';
    const read = (): ReturnType<ScaleSource['read']> => ({
      scale: [scale],
      ...(Number.isSafeInteger(zero) ? { zeroPoint: [zero] } : {}),
    });
    yield { name, count: 1, dtype, symmetric: zero === 0, read };
  }
}

function onlyOne<T>(values: readonly T[]): T | undefined {
  return new Set(values).size === 1 ? values[0] : undefined;
}
