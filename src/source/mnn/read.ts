import type { ModelInfo, ModelTensor } from '../../schema/generated/types.js';
import { type FileWindow, MalformedError } from '../file-window.js';
import { Table } from '../flatbuffers/table.js';
import { summarizeScaled } from '../quantized.js';
import type { ModelStructure } from '../structure.js';
import { readMetadata } from './metadata.js';
import { operatorName } from './operators.js';
import { describeQuantization, type MnnQuantization, quantizedGraph } from './quantization.js';
import { DATA_FORMATS, dtypeOfMnn, INPUT, MAIN, NET, OP, OP_TYPE, SUBGRAPH } from './schema.js';
import { type MnnWeight, weightsOf } from './weights.js';

/** Far beyond any real model. */
const MAX_WEIGHTS = 200_000;
const MAX_OUTER = 10_000;
/** As in the schema of a shape. */
const MAX_RANK = 64;
/** As in the schema of a tensor. */
const MAX_NAME = 1024;

/**
 * Read the structure of an MNN file; weights are not read, only checked to be there. The file has the
 * names of its outputs, not their shapes and types: those follow when it runs. Weights that are kept
 * in a second file (`.mnn.weight`) are counted, their file is not looked for.
 *
 * @throws MalformedError when offsets or lengths do not fit the file.
 */
export function readMnn(file: FileWindow): ModelStructure {
  const net = Table.root(file);
  if (net.tableAt(NET.operators, 0) === undefined)
    throw new MalformedError('it holds no graph: the file is damaged');
  const weights = allWeights(net);
  const outer = { inputs: [...inputsOf(net)], outputs: outputsOf(net) };
  const quantized = quantizedGraph(net, weights, outer);
  return {
    info: describe(net, weights, outer, quantized),
    externalSizes: new Map(),
    indexLimits: new Map(),
    quantized: quantized.graph,
  };
}

function describe(
  net: Table,
  weights: readonly MnnWeight[],
  { inputs, outputs }: Pick<ModelInfo, 'inputs' | 'outputs'>,
  quantized: MnnQuantization,
): Omit<ModelInfo, 'path' | 'sizeBytes'> {
  const summary = summarizeScaled(operatorUses(net), weights);
  const { precision, ...counts } = summary;
  const quantization = describeQuantization(quantized, weights, summary);
  const { entries, version, embedded } = readMetadata(net);
  return {
    format: 'mnn',
    ...(version === undefined ? {} : { producer: { name: 'mnn', version } }),
    ...(precision === undefined ? {} : { precision }),
    ...counts,
    ...(quantization === undefined ? {} : { quantization }),
    inputs,
    outputs,
    metadata: entries,
    ...(embedded === undefined ? {} : { embedded }),
    facts: {
      // the format has no version of its own
      formatVersion: 'unknown',
      inputs: 'read',
      outputs: 'read',
      precision: precision === undefined ? 'unknown' : 'read',
      producer: version === undefined ? 'unknown' : 'read',
      minimumRuntime: 'unknown',
      ...(quantization === undefined ? {} : { quantization: 'read' }),
    },
  };
}

function* operators(net: Table): Generator<Table> {
  yield* net.tables(NET.operators);
  for (const graph of net.tables(NET.subgraphs)) yield* graph.tables(SUBGRAPH.operators);
}

function* operatorUses(net: Table): Generator<{ opType: string; domain: string }> {
  for (const op of operators(net)) {
    const type = op.int32(OP.type);
    yield { opType: operatorName(type) ?? `OpType_${type}`, domain: '' };
  }
}

function allWeights(net: Table): MnnWeight[] {
  const weights: MnnWeight[] = [];
  for (const op of operators(net)) {
    for (const weight of weightsOf(op)) {
      weights.push(weight);
      if (weights.length > MAX_WEIGHTS)
        throw new MalformedError(`it has more than ${MAX_WEIGHTS} lists of weights`);
    }
  }
  return weights;
}

function* inputsOf(net: Table): Generator<ModelTensor> {
  let left = MAX_OUTER;
  for (const op of net.tables(NET.operators)) {
    if (op.int32(OP.type) !== OP_TYPE.input) continue;
    if (left-- === 0) throw new MalformedError(`it has more than ${MAX_OUTER} inputs`);
    const input = op.uint8(OP.mainType) === MAIN.input ? op.table(OP.main) : undefined;
    const [index] = op.int32s(OP.outputs);
    yield {
      name: shortName(net.stringAt(NET.tensorNames, index ?? -1) || op.string(OP.name)),
      ...(input === undefined ? { dtype: 'unknown' } : typeOf(input)),
    };
  }
}

function typeOf(input: Table): Omit<ModelTensor, 'name'> {
  const rank = input.listLength(INPUT.dims, 4);
  const format = rank === 4 ? DATA_FORMATS[input.uint8(INPUT.format)] : undefined;
  if (rank > MAX_RANK) throw new MalformedError(`an input of ${rank} axes cannot be`);
  return {
    dtype: dtypeOfMnn(input.int32(INPUT.dtype, 1)),
    // no sizes: the rank is not known
    ...(rank === 0
      ? {}
      : { shape: [...input.int32s(INPUT.dims)].map((size) => (size < 0 ? '?' : size)) }),
    ...(format === undefined ? {} : { deviceLayout: format }),
  };
}

function outputsOf(net: Table): ModelTensor[] {
  if (net.listLength(NET.outputs, 4) > MAX_OUTER)
    throw new MalformedError(`it has more than ${MAX_OUTER} outputs`);
  return [...net.strings(NET.outputs)].map((name) => ({
    name: shortName(name),
    dtype: 'unknown',
  }));
}

/** A name as the schema of a tensor takes it. */
function shortName(name: string | undefined): string {
  if ((name?.length ?? 0) > MAX_NAME)
    throw new MalformedError(`an input or output whose name has ${name?.length} characters`);
  return name || '?';
}
