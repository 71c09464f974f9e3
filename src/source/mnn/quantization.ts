import type { Dtype, ModelInfo, Quantization } from '../../schema/generated/types.js';
import type { Table } from '../flatbuffers/table.js';
import { commonGranularity, describeScales, typeOf } from '../quantization/describe.js';
import { onlyOne, type QuantizedEntry, type QuantizedGraph } from '../quantization/graph.js';
import { elementCount, type GraphSummary } from '../summary.js';
import { dtypeOfMnn, NET, TENSOR_DESCRIBE, TENSOR_QUANT } from './schema.js';
import type { MnnWeight } from './weights.js';

const MAX_DESCRIBED = 100_000;

interface Activation extends QuantizedEntry {
  readonly dtype: Dtype;
  readonly symmetric: boolean;
}

/** What of a file is quantized: scales stand under the tensor's name, those of weights under that of their operator. */
export interface MnnQuantization {
  readonly graph: QuantizedGraph;
  readonly activations: readonly Activation[];
}

/**
 * The scales of a file. Its tensors have no shapes, so that the work of an operator is not known; operators
 * whose weights are floats compute in floating point.
 */
export function quantizedGraph(
  net: Table,
  weights: readonly MnnWeight[],
  { inputs, outputs }: Pick<ModelInfo, 'inputs' | 'outputs'>,
): MnnQuantization {
  const outer = new Set([...inputs, ...outputs].map(({ name }) => name));
  const activations = [...activationsOf(net)].map((one) => ({
    ...one,
    outer: outer.has(one.name),
  }));
  const quantized = weights.filter((weight) => weight.quantized);
  const floats = weights.filter((weight) => !weight.quantized && weight.dtype.includes('float'));
  return {
    activations,
    graph: {
      entries: [...quantized.flatMap(({ scales }) => scales ?? []), ...activations],
      floats: floats.map(({ name = '', dtype, dims }) => ({
        name,
        dtype,
        parameters: elementCount(dims.map(Math.floor)),
      })),
      work: [],
      quantizedParameters: quantized.reduce(
        (sum, { dims }) => sum + elementCount(dims.map(Math.floor)),
        0,
      ),
    },
  };
}

/**
 * How a file is quantized. Asymmetric weights have no whole zero point in this format; the real number of
 * the least level stands in `minimum`.
 *
 * @returns undefined when nothing is quantized.
 */
export function describeQuantization(
  { graph, activations }: MnnQuantization,
  weights: readonly MnnWeight[],
  { precision }: GraphSummary,
): Quantization | undefined {
  const quantized = weights.filter((weight) => weight.quantized);
  if (quantized.length === 0 && activations.length === 0)
    return weights.some(({ dtype }) => dtype === 'float16')
      ? { type: 'fp16-weights', weightBits: 16 }
      : undefined;
  const weightBits = onlyOne(quantized.map(({ bits }) => bits));
  const symmetric = [...quantized, ...activations].every((tensor) => tensor.symmetric === true);
  return {
    type: typeOf(precision, weightBits, activations.length === 0 ? 0 : 8),
    scheme: symmetric ? 'symmetric' : 'asymmetric',
    ...granularityOf(quantized),
    ...(weightBits === undefined ? {} : { weightBits }),
    ...(activations.length === 0 ? {} : { activationBits: 8 }),
    ...describeScales(graph),
  };
}

/** Scales that are kept in a second file are known by their number alone, and count as well. */
function granularityOf(weights: readonly MnnWeight[]): Pick<Quantization, 'granularity' | 'axis'> {
  if (weights.length === 0 || weights.some(({ scales }) => scales === undefined)) return {};
  return commonGranularity(weights.flatMap(({ scales }) => scales ?? []));
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
    const zeroPoint = Number.isSafeInteger(zero) ? { zeroPoint: [zero] } : {};
    const read = (): ReturnType<QuantizedEntry['read']> => ({ scale: [scale], ...zeroPoint });
    yield { name, role: 'activation', count: 1, dtype, symmetric: zero === 0, read };
  }
}
