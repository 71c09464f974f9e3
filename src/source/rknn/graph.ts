import { dtypeOf } from '../dtype.js';
import { MalformedError } from '../file-window.js';
import type { Table } from '../flatbuffers/table.js';
import {
  bitsOf,
  type FloatWeight,
  type QuantizedEntry,
  type QuantizedGraph,
  type Work,
} from '../quantization/graph.js';
import { convolutionMacs, elementsOf, productMacs } from '../quantization/macs.js';

/**
 * Slots of the compiled graph, as in files of toolkit 2.5.0 for rk35xx. Rockchip has not published them:
 * each was compared with the table of layers that `RKNN(verbose=True)` prints, and with the ranges that it
 * measured. Weights are in it without scales: the compiler puts those into its program.
 */
const GRAPH = { tensors: 0, operators: 1 } as const;
const TENSOR = {
  dtype: 0,
  dims: 4,
  name: 5,
  method: 6,
  quantizedTo: 7,
  scale: 10,
  zeroPoint: 11,
} as const;
const OPERATOR = { type: 1, name: 2, unit: 3, inputs: 4, outputs: 5 } as const;
/** `unit` of operators on the NPU; it is not set for those on the CPU. */
const NPU = 2;

/** Names of types, and those of quantized numbers. */
const TYPES = /^(b?float|u?int|bool)\d*$/;
const LEVELS = /^u?int(4|8|16)$/;

const MAX_TENSORS = 200_000;
const MAX_RANK = 64;
const MAX_OPERANDS = 10_000;

/** What the graph says of quantization, and where each operator runs. @throws MalformedError. */
export function quantizedGraph(graph: Table): QuantizedGraph {
  const tensors = [...limited(graph, GRAPH.tensors)];
  const operators = [...limited(graph, GRAPH.operators)];
  const used = new Map<Table, 'weight' | 'bias'>();
  const work = operators.flatMap((operator) => workOf(operator, tensors, used));
  return { entries: tensors.flatMap(entryOf), work, ...parametersOf(used) };
}

function* limited(graph: Table, slot: 0 | 1): Generator<Table> {
  if (graph.listLength(slot, 4) > MAX_TENSORS)
    throw new MalformedError(`it names more than ${MAX_TENSORS} tensors or operators`);
  yield* graph.tables(slot);
}

function dimsOf(tensor: Table): number[] {
  if (tensor.listLength(TENSOR.dims, 4) > MAX_RANK)
    throw new MalformedError(`a tensor of more than ${MAX_RANK} axes cannot be`);
  return [...tensor.int32s(TENSOR.dims)].map((size) => Math.max(0, size));
}

function entryOf(tensor: Table): QuantizedEntry[] {
  const count = tensor.listLength(TENSOR.scale, 4);
  const quantizedTo = tensor.string(TENSOR.quantizedTo) ?? '';
  if (count === 0 || quantizedTo === '') return [];
  // releases that were not measured may have other slots: their numbers would be no scales
  const method = tensor.string(TENSOR.method) ?? '';
  if (!TYPES.test(quantizedTo) || !/^(layer|channel)?$/.test(method))
    throw new MalformedError('its tensors are not as they are known');
  // a table of real numbers has a scale, too, and no method by which it was found
  if (method === '' || !LEVELS.test(quantizedTo)) return [];
  return [
    {
      name: tensor.string(TENSOR.name) ?? '',
      role: 'activation',
      dtype: dtypeOf(tensor.uint8(TENSOR.dtype)),
      shape: dimsOf(tensor),
      count,
      ...(count > 1 ? { axis: 1 } : {}),
      read: () =>
        tensor.listLength(TENSOR.zeroPoint, 4) > count
          ? undefined
          : {
              scale: [...tensor.float32s(TENSOR.scale)],
              zeroPoint: [...tensor.int32s(TENSOR.zeroPoint)],
            },
    },
  ];
}

function operands(operator: Table, slot: 4 | 5, tensors: readonly Table[]): (Table | undefined)[] {
  if (operator.listLength(slot, 4) > MAX_OPERANDS)
    throw new MalformedError(`an operator of more than ${MAX_OPERANDS} tensors`);
  return [...operator.int32s(slot)].map((index) => tensors[index]);
}

function workOf(
  operator: Table,
  tensors: readonly Table[],
  used: Map<Table, 'weight' | 'bias'>,
): Work[] {
  const type = operator.string(OPERATOR.type) ?? '';
  const name = operator.string(OPERATOR.name) ?? '';
  // the ends of the model, where the runtime converts
  if (type === 'InputOperator' || type === 'OutputOperator') return [];
  // a Conv that hands numbers on to the CPU in its layout: no operator of the model has no name
  if (name === '') return [];
  const inputs = operands(operator, OPERATOR.inputs, tensors);
  const outputs = operands(operator, OPERATOR.outputs, tensors);
  const [input, weight, bias] = inputs;
  if (hasWeights(type)) {
    if (weight !== undefined) used.set(weight, 'weight');
    if (bias !== undefined) used.set(bias, 'bias');
  }
  const computed = input ?? outputs[0];
  const dtype = computed === undefined ? 'unknown' : dtypeOf(computed.uint8(TENSOR.dtype));
  return [
    {
      name,
      type,
      macs: macsOf(type, input, weight, outputs[0]),
      computes: dtype.includes('int') ? 'integer' : 'float',
      unit: operator.uint8(OPERATOR.unit) === NPU ? 'npu' : 'cpu',
    },
  ];
}

/** `Conv`, and its fusions `ConvRelu`, `ConvClip`, …; products of matrices with constants become these. */
function hasWeights(type: string): boolean {
  return /^(Conv|Deconv|Gemm)/.test(type);
}

/** Multiply-accumulates; 0 for operators that do not multiply. */
function macsOf(
  type: string,
  input: Table | undefined,
  weight: Table | undefined,
  output: Table | undefined,
): number | undefined {
  const shape = (tensor: Table | undefined): number[] | undefined =>
    tensor === undefined ? undefined : dimsOf(tensor);
  const weights = shape(weight);
  const perChannel = weights === undefined ? undefined : elementsOf(weights.slice(1));
  if (/^(ConvTranspose|Deconv)/.test(type)) return convolutionMacs(shape(input), perChannel);
  if (/^Conv/.test(type)) return convolutionMacs(shape(output), perChannel);
  if (/MatMul|^Gemm/.test(type)) return productMacs(shape(input), shape(output));
  return /LSTM|GRU|RNN|Attention/i.test(type) ? undefined : 0;
}

function parametersOf(
  used: ReadonlyMap<Table, 'weight' | 'bias'>,
): Pick<QuantizedGraph, 'floats' | 'quantizedParameters'> {
  const floats: FloatWeight[] = [];
  let quantizedParameters = 0;
  for (const tensor of used.keys()) {
    const dtype = dtypeOf(tensor.uint8(TENSOR.dtype));
    const parameters = elementsOf(dimsOf(tensor));
    if (dtype.includes('int')) quantizedParameters += parameters;
    else floats.push({ name: tensor.string(TENSOR.name) ?? '', dtype, parameters });
  }
  return { floats, quantizedParameters };
}

/** Bits of the weights of a graph, where all have the same. */
export function weightBitsOf(graph: Table): number | undefined {
  const tensors = [...limited(graph, GRAPH.tensors)];
  const bits = new Set<number | undefined>();
  for (const operator of limited(graph, GRAPH.operators)) {
    if (!hasWeights(operator.string(OPERATOR.type) ?? '')) continue;
    const weight = operands(operator, OPERATOR.inputs, tensors)[1];
    if (weight !== undefined) bits.add(bitsOf(dtypeOf(weight.uint8(TENSOR.dtype))));
  }
  return bits.size === 1 ? [...bits][0] : undefined;
}
