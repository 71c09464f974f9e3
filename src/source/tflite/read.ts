import type { ModelInfo, ModelTensor } from '../../schema/generated/types.js';
import { type FileWindow, MalformedError } from '../file-window.js';
import { Table } from '../flatbuffers/table.js';
import type { QuantizedGraph } from '../quantization/graph.js';
import { type ScaledTensor, summarizeScaled } from '../quantized.js';
import type { ModelStructure } from '../structure.js';
import type { OperatorUse } from '../summary.js';
import { quantizedGraph } from './graph.js';
import { readMetadata, type TfliteMetadata } from './metadata.js';
import { operatorOf } from './operators.js';
import { describeQuantization } from './quantization.js';
import { MODEL, OPERATOR, OPERATOR_CODE, SUBGRAPH } from './schema.js';
import { dimsOf, outerTensors, readTensors, type TfliteTensor } from './tensors.js';

/**
 * Read the structure of a TensorFlow Lite file; tensor data is not read, only checked to be there.
 * The inputs and outputs are those of the first subgraph; tensors and operators of all are counted.
 *
 * @throws MalformedError when offsets or lengths do not fit the file.
 */
export function readTflite(file: FileWindow): ModelStructure {
  const model = Table.root(file);
  const graph = model.tableAt(MODEL.subgraphs, 0);
  if (graph === undefined) throw new MalformedError('it holds no graph: the file is damaged');
  const tensors = readTensors(model, file.sizeBytes);
  const quantized = quantizedGraph(model, tensors, operatorReader(model));
  return {
    info: describe(model, graph, tensors, quantized, readMetadata(model)),
    externalSizes: new Map(),
    indexLimits: new Map(),
    quantized,
  };
}

function describe(
  model: Table,
  graph: Table,
  tensors: readonly TfliteTensor[],
  quantized: QuantizedGraph,
  metadata: TfliteMetadata,
): Omit<ModelInfo, 'path' | 'sizeBytes'> {
  const summary = summarizeScaled(operators(model), weights(tensors));
  const { precision, ...counts } = summary;
  const quantization = describeQuantization(tensors, quantized, summary);
  const producer = producerOf(model, metadata);
  const graphName = graph.string(SUBGRAPH.name);
  const { minimumRuntime } = metadata;
  return {
    format: 'tflite',
    formatVersion: String(model.uint32(MODEL.version)),
    ...(producer === undefined ? {} : { producer }),
    ...(graphName ? { graphName } : {}),
    ...(precision === undefined ? {} : { precision }),
    ...counts,
    ...(quantization === undefined ? {} : { quantization }),
    inputs: outerTensors(graph, SUBGRAPH.inputs).map((one) => withNote(one, metadata)),
    outputs: outerTensors(graph, SUBGRAPH.outputs).map((one) => withNote(one, metadata)),
    metadata: metadata.entries,
    ...(metadata.embedded === undefined ? {} : { embedded: metadata.embedded }),
    ...(minimumRuntime === undefined
      ? {}
      : {
          minimumRuntime: {
            kind: 'tflite',
            version: minimumRuntime,
            rule: 'min_runtime_version in the file',
          },
        }),
    facts: {
      formatVersion: 'read',
      inputs: 'read',
      outputs: 'read',
      precision: precision === undefined ? 'unknown' : 'read',
      producer: producer === undefined ? 'unknown' : 'read',
      minimumRuntime: minimumRuntime === undefined ? 'unknown' : 'read',
      ...(quantization === undefined ? {} : { quantization: 'read' }),
    },
  };
}

/** What the driver that converted says of the axes of a tensor. */
function withNote(tensor: ModelTensor, { channelsLast }: TfliteMetadata): ModelTensor {
  return channelsLast.has(tensor.name) && tensor.shape?.length === 4
    ? { ...tensor, layout: 'NHWC', sourceAxes: [0, 2, 3, 1] }
    : tensor;
}

/** TensorFlow's converter signs in its own metadata, others in the description ("onnx2tf flatbuffer_direct"). */
function producerOf(model: Table, { tensorflow }: TfliteMetadata): ModelInfo['producer'] {
  if (tensorflow !== undefined) return { name: 'tensorflow', version: tensorflow };
  const description = model.string(MODEL.description);
  return description ? { name: description } : undefined;
}

/** Tensors that share a buffer count once. */
function* weights(tensors: readonly TfliteTensor[]): Generator<ScaledTensor> {
  const seen = new Set<number>();
  for (const { table, dtype, constant, buffer, quantization } of tensors) {
    if (!constant || (buffer > 0 && seen.has(buffer))) continue;
    seen.add(buffer);
    yield { dtype, dims: dimsOf(table), quantized: quantization !== undefined };
  }
}

function* operators(model: Table): Generator<OperatorUse> {
  const useOf = operatorReader(model);
  for (const graph of model.tables(MODEL.subgraphs))
    for (const operator of graph.tables(SUBGRAPH.operators)) yield useOf(operator);
}

/** Gives the operator of an operator table; each code is read once. */
function operatorReader(model: Table): (operator: Table) => OperatorUse {
  const known = new Map<number, OperatorUse>();
  return (operator) => {
    const index = operator.uint32(OPERATOR.code);
    const use = known.get(index) ?? operatorAt(model, index);
    known.set(index, use);
    return use;
  };
}

function operatorAt(model: Table, index: number): OperatorUse {
  const code = model.tableAt(MODEL.operatorCodes, index);
  if (code === undefined) throw new MalformedError(`operator code ${index} is not there`);
  // the old field is a byte and ends at 127; the runtime takes the greater of the two
  const builtin = Math.max(code.uint8(OPERATOR_CODE.oldBuiltin), code.int32(OPERATOR_CODE.builtin));
  return operatorOf(builtin, code.string(OPERATOR_CODE.custom));
}
