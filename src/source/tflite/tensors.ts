import type { Dtype, ModelTensor } from '../../schema/generated/types.js';
import { MalformedError } from '../file-window.js';
import type { Table } from '../flatbuffers/table.js';
import { BUFFER, dtypeOfTflite, MODEL, QUANTIZATION, SUBGRAPH, TENSOR } from './schema.js';

/** A tensor of any subgraph; its name and shape are read when they are asked for. */
export interface TfliteTensor {
  readonly table: Table;
  readonly dtype: Dtype;
  /** Whether the file holds its data. */
  readonly constant: boolean;
  /** Index of its buffer, which several tensors may share. */
  readonly buffer: number;
  /** Its quantization, when its integers stand for real numbers. */
  readonly quantization: Table | undefined;
  /** Whether it is an input or output of the model. */
  readonly outer: boolean;
  /** Place of its subgraph's first tensor among all. */
  readonly first: number;
}

/** Far beyond any real model: the largest have some ten thousand. */
const MAX_TENSORS = 200_000;
const MAX_OUTER = 10_000;
/** As in the schema of a shape. */
const MAX_RANK = 64;

/** All tensors of all subgraphs. @throws MalformedError when the file lacks data that a tensor needs. */
export function readTensors(model: Table, fileBytes: number): TfliteTensor[] {
  const tensors: TfliteTensor[] = [];
  const held = new Map<number, boolean>();
  const isHeld = (buffer: number): boolean => {
    const known = held.get(buffer) ?? hasData(model, buffer, fileBytes);
    held.set(buffer, known);
    return known;
  };
  let main = true;
  for (const graph of model.tables(MODEL.subgraphs)) {
    const outer = main ? new Set([...outerIndexes(graph)]) : new Set<number>();
    main = false;
    const first = tensors.length;
    let index = 0;
    for (const table of graph.tables(SUBGRAPH.tensors)) {
      const buffer = table.uint32(TENSOR.buffer);
      tensors.push({
        table,
        dtype: dtypeOfTflite(table.uint8(TENSOR.type)),
        // the data of an external buffer lies in another file, whose name the runtime is told
        constant: isHeld(buffer) || table.uint32(TENSOR.externalBuffer) > 0,
        buffer,
        quantization: quantizationOf(table),
        outer: outer.has(index++),
        first,
      });
      if (tensors.length > MAX_TENSORS)
        throw new MalformedError(`it names more than ${MAX_TENSORS} tensors`);
    }
  }
  return tensors;
}

function* outerIndexes(graph: Table): Generator<number> {
  for (const slot of [SUBGRAPH.inputs, SUBGRAPH.outputs]) {
    if (graph.listLength(slot, 4) > MAX_OUTER)
      throw new MalformedError(`it has more than ${MAX_OUTER} inputs or outputs`);
    yield* graph.int32s(slot);
  }
}

function hasData(model: Table, index: number, fileBytes: number): boolean {
  const buffer = model.tableAt(MODEL.buffers, index);
  // buffer 0 stands for no data, and an empty model has not even that
  if (buffer === undefined && index === 0) return false;
  if (buffer === undefined) throw new MalformedError(`a tensor refers to buffer ${index}`);
  // files over 2 GB keep their data behind the flatbuffer; offsets 0 and 1 mean that they do not
  const offset = buffer.int64(BUFFER.offset);
  if (offset <= 1) return buffer.byteLength(BUFFER.data) > 0;
  const end = offset + buffer.int64(BUFFER.size);
  if (offset < 0 || end < offset || end > fileBytes)
    throw new MalformedError(
      `buffer ${index} ends at byte ${end}, past the end: the file is truncated`,
    );
  return end > offset;
}

function quantizationOf(table: Table): Table | undefined {
  const quantization = table.table(TENSOR.quantization);
  if (quantization === undefined) return undefined;
  const scaled =
    quantization.listLength(QUANTIZATION.scale, 4) > 0 ||
    quantization.uint8(QUANTIZATION.detailsType) > 0;
  return scaled ? quantization : undefined;
}

/** The inputs or outputs of the main graph. @throws MalformedError for an index without a tensor. */
export function outerTensors(graph: Table, slot: 1 | 2): ModelTensor[] {
  return [...graph.int32s(slot)].map((index) => {
    const table = graph.tableAt(SUBGRAPH.tensors, index);
    if (table === undefined)
      throw new MalformedError(`tensor ${index} of the inputs and outputs is not there`);
    return {
      // names are for people in this format: the runtime works without
      name: table.string(TENSOR.name) || `#${index}`,
      dtype: dtypeOfTflite(table.uint8(TENSOR.type)),
      ...shapeOf(table),
    };
  });
}

/** Older converters do not tell a scalar from an unknown rank: an empty shape is not taken for either then. */
function shapeOf(table: Table): Pick<ModelTensor, 'shape'> {
  const signature = dimsOf(table, TENSOR.shapeSignature);
  const shape = signature.length > 0 ? signature : dimsOf(table, TENSOR.shape);
  if (shape.length === 0 && table.uint8(TENSOR.hasRank) === 0) return {};
  return { shape: shape.map((size) => (size < 0 ? '?' : size)) };
}

/** Sizes of the axes; -1 where unknown. */
export function dimsOf(table: Table, slot: 0 | 7 = TENSOR.shape): number[] {
  const rank = table.listLength(slot, 4);
  if (rank > MAX_RANK) throw new MalformedError(`a tensor of ${rank} axes cannot be`);
  return [...table.int32s(slot)];
}
