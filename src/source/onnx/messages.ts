import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { DATA } from './message-specs.js';
import type {
  OnnxAttribute,
  OnnxGraph,
  OnnxModel,
  OnnxNode,
  OnnxTensor,
  OnnxValue,
} from './model.js';
import { decodePlace, LOCATED } from './sparse.js';

// Field numbers: onnx.proto3 of the ONNX repository (IR version 12); they are never reused.

type Handlers = Readonly<Record<number, (reader: BinaryReader, wire: WireType) => void>>;

/**
 * Read the fields of a message that have a handler.
 *
 * @param numbers - fields that are varints; all others are text, bytes or messages.
 * @param lists - fields that are numbers, packed or not.
 * @throws Error when a field has another wire type: read as its own it would give nonsense.
 */
function decode(
  bytes: Uint8Array,
  handlers: Handlers,
  numbers: readonly number[] = [],
  lists: readonly number[] = [],
): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    const handler = handlers[field];
    if (handler === undefined) {
      reader.skip(wire, field);
      continue;
    }
    const expected = numbers.includes(field) ? WireType.Varint : WireType.LengthDelimited;
    if (wire !== expected && !(lists.includes(field) && wire === WireType.Varint))
      throw new Error(`field ${field} has wire type ${wire}`);
    handler(reader, wire);
  }
}

function ints(reader: BinaryReader, wire: WireType, into: number[]): void {
  if (wire !== WireType.LengthDelimited) {
    into.push(Number(reader.int64()));
    return;
  }
  const packed = new BinaryReader(reader.bytes());
  while (packed.pos < packed.len) into.push(Number(packed.int64()));
}

/** Key and value of a StringStringEntryProto. @throws Error when the bytes are no such message. */
export function decodePair(bytes: Uint8Array): [string, string] {
  const pair: [string, string] = ['', ''];
  decode(bytes, {
    1: (r) => {
      pair[0] = r.string();
    },
    2: (r) => {
      pair[1] = r.string();
    },
  });
  return pair;
}

function decodeTensor(bytes: Uint8Array): OnnxTensor {
  const tensor: OnnxTensor = {
    name: '',
    dims: [],
    dataType: 0,
    external: new Map(),
    data: new Map(),
  };
  const located: Handlers = Object.fromEntries(
    Object.values(DATA).map((field) => [
      field + LOCATED,
      (r: BinaryReader) => {
        tensor.data.set(field, decodePlace(r.bytes()));
      },
    ]),
  );
  let location = 0;
  decode(
    bytes,
    {
      1: (r, wire) => ints(r, wire, tensor.dims),
      2: (r) => {
        tensor.dataType = r.int32();
      },
      8: (r) => {
        tensor.name = r.string();
      },
      13: (r) => {
        const [key, value] = decodePair(r.bytes());
        tensor.external.set(key, value);
      },
      14: (r) => {
        location = r.int32();
      },
      ...located,
    },
    [2, 14],
    [1],
  );
  if (location !== 1) tensor.external.clear();
  return tensor;
}

function decodeSparseTensor(bytes: Uint8Array): OnnxTensor[] {
  const tensors: OnnxTensor[] = [];
  const part = (r: BinaryReader): void => {
    tensors.push(decodeTensor(r.bytes()));
  };
  decode(bytes, { 1: part, 2: part });
  return tensors;
}

function decodeAttribute(bytes: Uint8Array): OnnxAttribute {
  const attribute: OnnxAttribute = { name: '', int: undefined, tensors: [], graphs: [] };
  const tensor = (r: BinaryReader): void => {
    attribute.tensors.push(decodeTensor(r.bytes()));
  };
  const graph = (r: BinaryReader): void => {
    attribute.graphs.push(decodeGraph(r.bytes()));
  };
  const sparse = (r: BinaryReader): void => {
    for (const part of decodeSparseTensor(r.bytes())) attribute.tensors.push(part);
  };
  decode(
    bytes,
    {
      1: (r) => {
        attribute.name = r.string();
      },
      3: (r) => {
        attribute.int = Number(r.int64());
      },
      5: tensor,
      6: graph,
      10: tensor,
      11: graph,
      22: sparse,
      23: sparse,
    },
    [3],
  );
  return attribute;
}

function decodeNode(bytes: Uint8Array): OnnxNode {
  const node: OnnxNode = {
    name: '',
    inputs: [],
    outputs: [],
    opType: '',
    domain: '',
    attributes: [],
  };
  decode(bytes, {
    1: (r) => {
      node.inputs.push(r.string());
    },
    2: (r) => {
      node.outputs.push(r.string());
    },
    3: (r) => {
      node.name = r.string();
    },
    4: (r) => {
      node.opType = r.string();
    },
    5: (r) => {
      node.attributes.push(decodeAttribute(r.bytes()));
    },
    7: (r) => {
      node.domain = r.string();
    },
  });
  return node;
}

function decodeShape(bytes: Uint8Array): (number | string)[] {
  const shape: (number | string)[] = [];
  decode(bytes, {
    1: (r) => {
      let size: number | string = '?';
      decode(
        r.bytes(),
        {
          1: (dim) => {
            const value = Number(dim.int64());
            // exporters write 0 or -1 where they mean "not known"
            size = value > 0 ? value : '?';
          },
          2: (dim) => {
            size = dim.string() || '?';
          },
        },
        [1],
      );
      shape.push(size);
    },
  });
  return shape;
}

function decodeValue(bytes: Uint8Array): OnnxValue {
  const value: OnnxValue = { name: '', elemType: 0, shape: undefined };
  const tensorType = (r: BinaryReader): void => {
    decode(
      r.bytes(),
      {
        1: (t) => {
          value.elemType = t.int32();
        },
        2: (t) => {
          value.shape = decodeShape(t.bytes());
        },
      },
      [1],
    );
  };
  decode(bytes, {
    1: (r) => {
      value.name = r.string();
    },
    2: (r) => decode(r.bytes(), { 1: tensorType }),
  });
  return value;
}

function decodeGraph(bytes: Uint8Array): OnnxGraph {
  const graph: OnnxGraph = {
    name: '',
    nodes: [],
    initializers: [],
    inputs: [],
    outputs: [],
    values: [],
  };
  decode(bytes, {
    1: (r) => {
      graph.nodes.push(decodeNode(r.bytes()));
    },
    2: (r) => {
      graph.name = r.string();
    },
    5: (r) => {
      graph.initializers.push(decodeTensor(r.bytes()));
    },
    11: (r) => {
      graph.inputs.push(decodeValue(r.bytes()));
    },
    12: (r) => {
      graph.outputs.push(decodeValue(r.bytes()));
    },
    13: (r) => {
      graph.values.push(decodeValue(r.bytes()));
    },
    15: (r) => {
      for (const part of decodeSparseTensor(r.bytes())) graph.initializers.push(part);
    },
  });
  return graph;
}

function decodeOpset(bytes: Uint8Array): [string, number] {
  let domain = '';
  let version = 0;
  decode(
    bytes,
    {
      1: (r) => {
        domain = r.string();
      },
      2: (r) => {
        version = Number(r.int64());
      },
    },
    [2],
  );
  return [domain, version];
}

/** Decode a ModelProto. @throws Error when the bytes are no such message. */
export function decodeModel(bytes: Uint8Array): OnnxModel {
  const model: OnnxModel = {
    irVersion: 0,
    producerName: '',
    producerVersion: '',
    graph: undefined,
    functions: [],
    opsets: new Map(),
    metadata: new Map(),
  };
  decode(
    bytes,
    {
      1: (r) => {
        model.irVersion = Number(r.int64());
      },
      2: (r) => {
        model.producerName = r.string();
      },
      3: (r) => {
        model.producerVersion = r.string();
      },
      7: (r) => {
        model.graph = decodeGraph(r.bytes());
      },
      8: (r) => {
        const [domain, version] = decodeOpset(r.bytes());
        model.opsets.set(domain, version);
      },
      14: (r) => {
        const [key, value] = decodePair(r.bytes());
        model.metadata.set(key, value);
      },
      25: (r) =>
        decode(r.bytes(), {
          7: (f) => {
            model.functions.push(decodeNode(f.bytes()));
          },
        }),
    },
    [1],
  );
  return model;
}
