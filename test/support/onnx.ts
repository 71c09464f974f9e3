import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** Builders of ONNX messages (onnx.proto3), field by field, so that a test says what is odd in its model. */
export type Message = Uint8Array;

/** Type of an attribute that is a whole number. */
const INT = 2;
export const FLOAT = 1;
export const INT64 = 7;

/** A length-delimited field: a nested message, bytes or text. */
export function field(number: number, value: Uint8Array | string): Message {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return new BinaryWriter().tag(number, WireType.LengthDelimited).bytes(bytes).finish();
}

/** A varint field; negative numbers take ten bytes, as in protobuf. */
export function varint(number: number, value: number | bigint): Message {
  return new BinaryWriter().tag(number, WireType.Varint).int64(BigInt(value)).finish();
}

/** A number alone, as lengths are written: without a tag. */
export function bareVarint(value: number): Message {
  return new BinaryWriter().uint64(BigInt(value)).finish();
}

export function join(...parts: readonly Uint8Array[]): Message {
  return Buffer.concat(parts);
}

const fields = (number: number, values: readonly (Uint8Array | string)[] = []): Message =>
  join(...values.map((value) => field(number, value)));

const pairs = (number: number, entries: Readonly<Record<string, string>> = {}): Message =>
  fields(
    number,
    Object.entries(entries).map(([key, value]) => join(field(1, key), field(2, value))),
  );

interface TensorSpec {
  readonly name?: string;
  readonly dims?: readonly (number | bigint)[];
  readonly dataType?: number;
  /** One field with all sizes (proto3), or one field for each (proto2). */
  readonly packed?: boolean;
  readonly rawData?: Uint8Array;
  readonly external?: Readonly<Record<string, string>>;
  /** Whether the tensor says that its data is external; true when `external` is given. */
  readonly isExternal?: boolean;
}

export function tensor({
  name = 'weight',
  dims = [],
  dataType = FLOAT,
  packed = true,
  rawData,
  external,
  isExternal = external !== undefined,
}: TensorSpec): Message {
  const list = new BinaryWriter();
  for (const size of dims) list.int64(BigInt(size));
  return join(
    packed ? field(1, list.finish()) : join(...dims.map((size) => varint(1, size))),
    varint(2, dataType),
    field(8, name),
    ...(rawData === undefined ? [] : [field(9, rawData)]),
    pairs(13, external),
    ...(isExternal ? [varint(14, 1)] : []),
  );
}

/** SparseTensorProto: the values that are there, and where they stand. */
export function sparseTensor(values: Message, indices: Message): Message {
  return join(field(1, values), field(2, indices));
}

interface AttributeSpec {
  readonly name: string;
  readonly int?: number;
  readonly tensor?: Message;
  readonly tensors?: readonly Message[];
  readonly sparse?: Message;
  readonly graph?: Message;
  readonly graphs?: readonly Message[];
}

export function attribute(spec: AttributeSpec): Message {
  return join(
    field(1, spec.name),
    ...(spec.int === undefined ? [] : [varint(3, spec.int), varint(20, INT)]),
    ...(spec.tensor === undefined ? [] : [field(5, spec.tensor)]),
    ...(spec.graph === undefined ? [] : [field(6, spec.graph)]),
    fields(10, spec.tensors),
    fields(11, spec.graphs),
    ...(spec.sparse === undefined ? [] : [field(22, spec.sparse)]),
  );
}

interface NodeSpec {
  readonly inputs?: readonly string[];
  readonly outputs?: readonly string[];
  readonly domain?: string;
  readonly attributes?: readonly Message[];
}

export function node(opType: string, spec: NodeSpec = {}): Message {
  return join(
    fields(1, spec.inputs),
    fields(2, spec.outputs),
    field(4, opType),
    fields(5, spec.attributes),
    ...(spec.domain === undefined ? [] : [field(7, spec.domain)]),
  );
}

/** A tensor's name, type and shape; a size may be a number, a name, or undefined for "not said". */
export function valueInfo(
  name: string,
  elemType: number = FLOAT,
  shape?: readonly (number | string | undefined)[],
): Message {
  const dims = (shape ?? []).map((size) => {
    if (size === undefined) return new Uint8Array(0);
    return typeof size === 'number' ? varint(1, size) : field(2, size);
  });
  const type = join(
    varint(1, elemType),
    ...(shape === undefined ? [] : [field(2, fields(1, dims))]),
  );
  return join(field(1, name), field(2, field(1, type)));
}

interface GraphSpec {
  readonly name?: string;
  readonly nodes?: readonly Message[];
  readonly initializers?: readonly Message[];
  readonly sparseInitializers?: readonly Message[];
  readonly inputs?: readonly Message[];
  readonly outputs?: readonly Message[];
}

/** A graph; without nodes of its own it gets one Relu, so that it is not empty. */
export function graph(spec: GraphSpec = {}): Message {
  return join(
    fields(1, spec.nodes ?? [node('Relu', { inputs: ['x'], outputs: ['y'] })]),
    field(2, spec.name ?? 'graph'),
    fields(5, spec.initializers),
    fields(11, spec.inputs ?? [valueInfo('x', FLOAT, [1, 4])]),
    fields(12, spec.outputs ?? [valueInfo('y', FLOAT, [1, 4])]),
    fields(15, spec.sparseInitializers),
  );
}

interface ModelSpec {
  readonly ir?: number;
  readonly producer?: string;
  readonly producerVersion?: string;
  readonly opsets?: Readonly<Record<string, number>>;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Bodies of functions: their nodes. */
  readonly functions?: readonly (readonly Message[])[];
  /** Fields of ModelProto put before the graph. */
  readonly extra?: Message;
}

/** A model. The graph stands last: whatever is cut off, the graph is cut. */
export function model(graphMessage: Message = graph(), spec: ModelSpec = {}): Message {
  return join(
    varint(1, spec.ir ?? 8),
    ...(spec.producer === undefined ? [] : [field(2, spec.producer)]),
    ...(spec.producerVersion === undefined ? [] : [field(3, spec.producerVersion)]),
    ...Object.entries(spec.opsets ?? { '': 17 }).map(([domain, version]) =>
      field(8, join(field(1, domain), varint(2, version))),
    ),
    pairs(14, spec.metadata),
    ...(spec.functions ?? []).map((nodes) => field(25, fields(7, nodes))),
    spec.extra ?? new Uint8Array(0),
    field(7, graphMessage),
  );
}
