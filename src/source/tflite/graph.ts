import { MalformedError } from '../file-window.js';
import type { Table } from '../flatbuffers/table.js';
import {
  bitsOf,
  type QuantizedEntry,
  type QuantizedGraph,
  type Work,
} from '../quantization/graph.js';
import { convolutionMacs, elementsOf, productMacs } from '../quantization/macs.js';
import { decodeNumbers } from '../quantization/numbers.js';
import { elementCount, type OperatorUse, operatorName } from '../summary.js';
import { BLOCKWISE, BUFFER, MODEL, OPERATOR, QUANTIZATION, SUBGRAPH, TENSOR } from './schema.js';
import { dimsOf, type TfliteTensor } from './tensors.js';

/** BlockwiseQuantization, a member of the union QuantizationDetails. */
const BLOCKWISE_DETAILS = 2;

/**
 * The scales of a file, and which of its operators compute in integers.
 *
 * @param tensors - of all subgraphs, as `readTensors` gives them.
 * @param useOf - the operator of an operator table.
 */
export function quantizedGraph(
  model: Table,
  tensors: readonly TfliteTensor[],
  useOf: (operator: Table) => OperatorUse,
): QuantizedGraph {
  const seen = new Set<number>();
  const entries: QuantizedEntry[] = [];
  const floats: QuantizedGraph['floats'][number][] = [];
  let quantizedParameters = 0;
  for (const tensor of tensors) {
    const isScaled = tensor.quantization !== undefined;
    if (isScaled) entries.push(...entryOf(model, tensor, tensors));
    // tensors that share a buffer count once
    if (!tensor.constant || (tensor.buffer > 0 && seen.has(tensor.buffer))) continue;
    seen.add(tensor.buffer);
    const parameters = elementCount(dimsOf(tensor.table));
    if (isScaled) quantizedParameters += parameters;
    else if (tensor.dtype.includes('float'))
      floats.push({ name: nameOf(tensor), dtype: tensor.dtype, parameters });
  }
  return { entries, floats, work: [...workOf(model, tensors, useOf)], quantizedParameters };
}

function nameOf({ table }: TfliteTensor): string {
  return table.string(TENSOR.name) ?? '';
}

function entryOf(
  model: Table,
  tensor: TfliteTensor,
  tensors: readonly TfliteTensor[],
): QuantizedEntry[] {
  const { table, dtype, quantization, constant, outer } = tensor;
  if (quantization === undefined) return [];
  if (quantization.uint8(QUANTIZATION.detailsType) === BLOCKWISE_DETAILS)
    return blockwise(model, tensor, tensors);
  const count = quantization.listLength(QUANTIZATION.scale, 4);
  if (count === 0) return [];
  const isCode = bitsOf(dtype) !== undefined;
  return [
    {
      name: nameOf(tensor),
      role: !constant ? 'activation' : isCode ? 'weight' : 'bias',
      outer,
      dtype,
      ...(count > 1 ? { axis: quantization.int32(QUANTIZATION.axis) } : {}),
      count,
      shape: dimsOf(table).map((size) => (size < 0 ? '?' : size)),
      read: () =>
        // more zero points than scales: a list that is not this tensor's
        quantization.listLength(QUANTIZATION.zeroPoint, 8) > count
          ? undefined
          : {
              scale: [...quantization.float32s(QUANTIZATION.scale)],
              zeroPoint: [...quantization.int64s(QUANTIZATION.zeroPoint)],
            },
    },
  ];
}

/** Scales of blocks are the values of another tensor, and so are their zero points. */
function blockwise(
  model: Table,
  tensor: TfliteTensor,
  tensors: readonly TfliteTensor[],
): QuantizedEntry[] {
  const details = tensor.quantization?.table(QUANTIZATION.details);
  const blockSize = details?.int32(BLOCKWISE.blockSize) ?? 0;
  const at = (slot: 0 | 1): TfliteTensor | undefined => {
    const index = details?.int32(slot, -1) ?? -1;
    const found = index < 0 ? undefined : tensors[tensor.first + index];
    return found?.first === tensor.first ? found : undefined;
  };
  const scales = at(BLOCKWISE.scales);
  const zeroPoints = at(BLOCKWISE.zeroPoints);
  if (scales === undefined || blockSize < 1) return [];
  return [
    {
      name: nameOf(tensor),
      role: 'weight',
      dtype: tensor.dtype,
      axis: 0,
      blockSize,
      count: elementCount(dimsOf(scales.table)),
      shape: dimsOf(tensor.table),
      read: () => {
        const scale = valuesOf(model, scales);
        const isLong =
          zeroPoints !== undefined &&
          elementCount(dimsOf(zeroPoints.table)) > elementCount(dimsOf(scales.table));
        if (isLong) return undefined;
        const zeroPoint = zeroPoints === undefined ? undefined : valuesOf(model, zeroPoints);
        return scale === undefined ? undefined : { scale, zeroPoint };
      },
    },
  ];
}

/** The numbers of a constant; undefined where they lie outside of the flatbuffer. */
function valuesOf(model: Table, { buffer, dtype, table }: TfliteTensor): number[] | undefined {
  const count = elementCount(dimsOf(table));
  const bytes = model.tableAt(MODEL.buffers, buffer)?.allBytes(BUFFER.data, count * 8);
  return bytes === undefined || bytes.length === 0 ? undefined : decodeNumbers(bytes, dtype, count);
}

type Operands = readonly (TfliteTensor | undefined)[];
type Formula = (inputs: Operands, outputs: Operands) => number | undefined;

function shapeOf(tensor: TfliteTensor | undefined): readonly number[] | undefined {
  return tensor === undefined ? undefined : dimsOf(tensor.table);
}

function weightsPerOutput(shape: readonly number[] | undefined): number | undefined {
  return shape === undefined ? undefined : elementsOf(shape.slice(1));
}

/** Layouts of weights: [O, h, w, I]; depthwise [1, h, w, O]; 3d [d, h, w, I, O]; of a product [O, I]. */
const FORMULAS: Readonly<Record<string, Formula>> = {
  CONV_2D: ([, weights], [output]) =>
    convolutionMacs(shapeOf(output), weightsPerOutput(shapeOf(weights))),
  DEPTHWISE_CONV_2D: ([, weights], [output]) => {
    const shape = shapeOf(weights);
    return convolutionMacs(shapeOf(output), shape && elementsOf(shape.slice(0, -1)));
  },
  CONV_3D: ([, weights], [output]) => {
    const shape = shapeOf(weights);
    return convolutionMacs(shapeOf(output), shape && elementsOf(shape.slice(0, -1)));
  },
  FULLY_CONNECTED: ([, weights], [output]) =>
    convolutionMacs(shapeOf(output), weightsPerOutput(shapeOf(weights))),
  // the first input is the shape of the output
  TRANSPOSE_CONV: ([, weights, input]) => {
    const shape = shapeOf(weights);
    return convolutionMacs(shapeOf(input), shape && elementsOf(shape.slice(0, -1)));
  },
  BATCH_MATMUL: ([a], [output]) => productMacs(shapeOf(a), shapeOf(output)),
  UNIDIRECTIONAL_SEQUENCE_LSTM: () => undefined,
  BIDIRECTIONAL_SEQUENCE_LSTM: () => undefined,
  UNIDIRECTIONAL_SEQUENCE_RNN: () => undefined,
  LSTM: () => undefined,
};

function* workOf(
  model: Table,
  tensors: readonly TfliteTensor[],
  useOf: (operator: Table) => OperatorUse,
): Generator<Work> {
  let first = 0;
  for (const graph of model.tables(MODEL.subgraphs)) {
    const count = graph.listLength(SUBGRAPH.tensors, 4);
    for (const operator of graph.tables(SUBGRAPH.operators)) {
      const use = useOf(operator);
      const formula = use.domain === '' ? FORMULAS[use.opType] : undefined;
      if (formula === undefined) continue;
      const operands = (slot: 1 | 2): Operands =>
        [...operator.int32s(slot)].map((index) => {
          if (index >= count) throw new MalformedError(`an operator refers to tensor ${index}`);
          // -1: an input that is not given
          return index < 0 ? undefined : tensors[first + index];
        });
      const [inputs, outputs] = [operands(OPERATOR.inputs), operands(OPERATOR.outputs)];
      yield {
        name: outputs[0] === undefined ? '' : nameOf(outputs[0]),
        type: operatorName(use),
        macs: formula(inputs, outputs),
        computes: isInteger(use, inputs) ? 'integer' : 'float',
      };
    }
    first += count;
  }
}

/** An operator computes in integers when what it is fed and what it multiplies it by both are. */
function isInteger({ opType }: OperatorUse, inputs: Operands): boolean {
  const pair = opType === 'TRANSPOSE_CONV' ? [inputs[2], inputs[1]] : [inputs[0], inputs[1]];
  return pair.every(
    (tensor) => tensor?.quantization !== undefined && bitsOf(tensor.dtype) !== undefined,
  );
}
