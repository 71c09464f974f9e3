import { writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { probeModel } from '../../src/source/probe.js';
import { tempDir } from '../support/files.js';
import {
  attribute,
  bareVarint,
  FLOAT,
  field,
  graph,
  INT64,
  join,
  type Message,
  model,
  node,
  sparseTensor,
  tensor,
  valueInfo,
  varint,
} from '../support/onnx.js';
import { processorTime } from '../support/processor-time.js';
import { probeBytes } from './probe-bytes.js';

const RUNS = Number(process.env['MODELCONV_FUZZ_RUNS'] ?? 300);
const invalid = { code: 'E_MODEL_INVALID' };

const withTensor = (spec: Parameters<typeof tensor>[0]): Message =>
  model(graph({ initializers: [tensor(spec)] }));

describe('what a model says about itself', () => {
  it('opsets, producer and metadata are read', async () => {
    const bytes = model(graph({ name: 'main' }), {
      ir: 9,
      producer: 'acme',
      producerVersion: '3.1',
      opsets: { '': 19, 'com.acme': 2 },
      metadata: { author: 'me', __proto__x: 'kept' },
    });
    const { info } = await probeBytes(bytes);
    expect(info).toMatchObject({
      formatVersion: '9',
      producer: { name: 'acme', version: '3.1' },
      graphName: 'main',
      opsets: { 'ai.onnx': 19, 'com.acme': 2 },
      metadata: { author: 'me', __proto__x: 'kept' },
      minimumRuntime: { version: '1.15' },
    });
  });

  it('a model without a producer says that it is unknown', async () => {
    const { info } = await probeBytes(model());
    expect(info.producer).toBeUndefined();
    expect(info.facts).toMatchObject({ producer: 'unknown' });
  });

  it.each([
    ['a fixed size', 3, 3],
    ['a name', 'batch', 'batch'],
    ['nothing', undefined, '?'],
    ['0, which exporters write for "not known"', 0, '?'],
    ['-1, which exporters write for "not known"', -1, '?'],
    ['an empty name', '', '?'],
  ])('a size given as %s', async (_what, written, read) => {
    const { info } = await probeBytes(
      model(graph({ inputs: [valueInfo('x', FLOAT, [written, 4])] })),
    );
    expect(info.inputs).toEqual([{ name: 'x', dtype: 'float32', shape: [read, 4] }]);
  });

  it('an input of unknown rank has no shape, a scalar has an empty one', async () => {
    const { info } = await probeBytes(
      model(graph({ inputs: [valueInfo('any', FLOAT), valueInfo('scalar', FLOAT, [])] })),
    );
    expect(info.inputs).toEqual([
      { name: 'any', dtype: 'float32' },
      { name: 'scalar', dtype: 'float32', shape: [] },
    ]);
  });

  it('an input that is a sequence is of unknown type', async () => {
    const sequence = join(field(1, 'list'), field(2, field(4, new Uint8Array(0))));
    const { info } = await probeBytes(model(graph({ inputs: [sequence] })));
    expect(info.inputs).toEqual([{ name: 'list', dtype: 'unknown' }]);
  });

  it('an input with a long description is still an input', async () => {
    const described = join(valueInfo('x', FLOAT, [1]), field(3, 'd'.repeat(100_000)));
    const { info } = await probeBytes(model(graph({ inputs: [described] })));
    expect(info.inputs).toEqual([{ name: 'x', dtype: 'float32', shape: [1] }]);
  });

  it('initializers that IR 3 lists among the inputs are no inputs', async () => {
    const bytes = model(
      graph({
        initializers: [tensor({ name: 'w', dims: [2, 2] })],
        inputs: [valueInfo('x', FLOAT, [2]), valueInfo('w', FLOAT, [2, 2])],
      }),
      { ir: 3 },
    );
    const { info } = await probeBytes(bytes);
    expect(info.inputs.map(({ name }) => name)).toEqual(['x']);
    expect(info.weights?.parameters).toBe(4);
  });

  it('a producer whose name starts with the mark of another format does not change the format', async () => {
    const { format } = await probeBytes(model(graph(), { producer: 'ORTModule' }));
    expect(format).toBe('onnx');
  });

  it.each([
    [15, undefined],
    [8, '1.12'],
  ])('IR version %i: oldest runtime %s', async (ir, version) => {
    const { info } = await probeBytes(model(graph(), { ir }));
    expect(info.minimumRuntime?.version).toBe(version);
    expect(info.facts['minimumRuntime']).toBe(version === undefined ? 'unknown' : 'read');
  });
});

describe('weights', () => {
  it.each([true, false])('sizes are read, packed: %s', async (packed) => {
    const { info } = await probeBytes(withTensor({ dims: [2, 3, 300], packed }));
    expect(info.weights).toEqual({ parameters: 1800, sizeBytes: 7200, dataFormat: 'float32' });
  });

  it('a scalar has one element, and a size of 0 none', async () => {
    const scalar = await probeBytes(withTensor({ dims: [] }));
    const empty = await probeBytes(withTensor({ dims: [0, 7] }));
    expect([scalar.info.weights?.parameters, empty.info.weights?.parameters]).toEqual([1, 0]);
  });

  it.each([
    ['a negative size', [-1]],
    ['two negative sizes', [-2, -2]],
    ['a negative size beside a size of 0', [0, -1]],
    ['sizes whose product overflows', [2 ** 32, 2 ** 32]],
    ['a size beyond 2^53', [2n ** 60n]],
  ] as const)('%s is refused', async (_what, dims) => {
    await expect(probeBytes(withTensor({ dims }))).rejects.toMatchObject(invalid);
  });

  it('data in the file is counted by its shape and never read', async () => {
    const bytes = withTensor({ dims: [4], rawData: new Uint8Array(16) });
    expect((await probeBytes(bytes)).info.weights?.sizeBytes).toBe(16);
  });

  it('Constant tensors count', async () => {
    const constant = node('Constant', {
      outputs: ['c'],
      attributes: [attribute({ name: 'value', tensor: tensor({ dims: [5] }) })],
    });
    const { info } = await probeBytes(model(graph({ nodes: [constant] })));
    expect(info.weights?.parameters).toBe(5);
  });

  it('tensors in a list attribute count', async () => {
    const acme = node('Acme', {
      attributes: [
        attribute({ name: 'tables', tensors: [tensor({ dims: [2] }), tensor({ dims: [3] })] }),
      ],
    });
    expect((await probeBytes(model(graph({ nodes: [acme] })))).info.weights?.parameters).toBe(5);
  });

  it('sparse initializers are weights of the type of their values', async () => {
    const sparse = sparseTensor(
      tensor({ name: 's', dims: [6] }),
      tensor({ name: '', dims: [6], dataType: INT64 }),
    );
    const { info } = await probeBytes(
      model(
        graph({
          sparseInitializers: [sparse],
          inputs: [valueInfo('x', FLOAT, [1]), valueInfo('s', FLOAT, [10])],
        }),
      ),
    );
    expect(info.precision).toBe('fp32');
    expect(info.weights?.parameters).toBeGreaterThanOrEqual(6);
    expect(info.inputs.map(({ name }) => name)).toEqual(['x']);
  });

  it('sparse tensors in attributes are weights', async () => {
    const constant = node('Constant', {
      attributes: [
        attribute({
          name: 'sparse_value',
          sparse: sparseTensor(
            tensor({ dims: [6], dataType: 10 }),
            tensor({ dims: [6], dataType: INT64 }),
          ),
        }),
      ],
    });
    expect((await probeBytes(model(graph({ nodes: [constant] })))).info.precision).toBe('fp16');
  });
});

describe('precision', () => {
  const FLOAT16 = 10;
  const INT8 = 3;
  const of = (types: readonly (readonly [type: number, count: number])[], ...ops: string[]) =>
    probeBytes(
      model(
        graph({
          nodes: ['Relu', ...ops].map((op) => node(op)),
          initializers: types.map(([dataType, count], i) =>
            tensor({ name: `w${i}`, dataType, dims: [count] }),
          ),
        }),
      ),
    ).then(({ info }) => [info.precision, info.quantized, info.weights?.dataFormat]);

  it('more than half of the weights decide', async () => {
    expect(
      await of([
        [FLOAT16, 6],
        [FLOAT, 5],
      ]),
    ).toEqual(['fp16', false, 'float16']);
  });
  it('half and half is mixed', async () => {
    expect(
      (
        await of([
          [FLOAT16, 5],
          [FLOAT, 5],
        ])
      )[0],
    ).toBe('mixed');
  });
  it('integers are weights only where they stand for real numbers', async () => {
    const types = [
      [INT8, 100],
      [FLOAT, 5],
    ] as const;
    expect(await of(types)).toEqual(['fp32', false, 'float32']);
    expect(await of(types, 'DequantizeLinear')).toEqual(['int8', true, 'int8']);
    expect(await of(types, 'QLinearConv')).toEqual(['int8', true, 'int8']);
    expect(await of(types, 'MatMulNBits')).toEqual(['int8', true, 'int8']);
  });
  it('a model of indices alone has no precision', async () => {
    expect(await of([[INT64, 100]])).toEqual([undefined, false, undefined]);
  });
  it.each([
    [11, 'fp64'],
    [16, 'bf16'],
    [1, 'fp32'],
  ])('ONNX type %i alone is %s', async (type, precision) => {
    expect((await of([[type, 3]]))[0]).toBe(precision);
  });
  it.each([
    [22, 'int4', 2],
    [21, 'int4', 2],
    [5, 'int16', 6],
    [2, 'int8', 3],
  ])('quantized weights of ONNX type %i are %s', async (type, precision, sizeBytes) => {
    const { info } = await probeBytes(
      model(
        graph({
          nodes: [node('DequantizeLinear')],
          initializers: [tensor({ dataType: type, dims: [3] })],
        }),
      ),
    );
    expect([info.precision, info.quantized, info.weights?.sizeBytes]).toEqual([
      precision,
      true,
      sizeBytes,
    ]);
  });
});

describe('graphs in graphs', () => {
  const branch = (op: string, elements: number): Message =>
    graph({
      nodes: [node(op)],
      initializers: [tensor({ dims: [elements] })],
      inputs: [],
      outputs: [valueInfo('z')],
    });

  it('operators and weights of both branches of an If count', async () => {
    const decide = node('If', {
      inputs: ['x'],
      outputs: ['y'],
      attributes: [
        attribute({ name: 'then_branch', graph: branch('Sin', 3) }),
        attribute({ name: 'else_branch', graph: branch('Cos', 4) }),
      ],
    });
    const { info } = await probeBytes(model(graph({ nodes: [decide] })));
    expect(info).toMatchObject({
      nodes: 3,
      operators: { Cos: 1, If: 1, Sin: 1 },
      weights: { parameters: 7 },
    });
  });

  it('lists of graphs count', async () => {
    const many = node('Acme', {
      attributes: [
        attribute({ name: 'bodies', graphs: [branch('A', 1), branch('B', 2), branch('A', 3)] }),
      ],
    });
    const { info } = await probeBytes(model(graph({ nodes: [many] })));
    expect(info).toMatchObject({
      operators: { A: 2, Acme: 1, B: 1 },
      weights: { parameters: 6 },
    });
  });

  const nested = (levels: number): Message => {
    let inner = branch('Relu', 1);
    for (let i = 0; i < levels; i++)
      inner = graph({
        nodes: [node('If', { attributes: [attribute({ name: 'b', graph: inner })] })],
      });
    return model(inner);
  };

  it('thirty graphs in one another are read', async () => {
    expect((await probeBytes(nested(30))).info.operators).toMatchObject({ If: 30, Relu: 1 });
  });

  it('a thousand graphs in one another are refused', async () => {
    await expect(probeBytes(nested(1000))).rejects.toMatchObject(invalid);
  });

  it('operators of functions count', async () => {
    const { info } = await probeBytes(
      model(graph(), { functions: [[node('Sin'), node('Mine', { domain: 'local' })]] }),
    );
    expect(info.operators).toEqual({ Relu: 1, Sin: 1, 'local:Mine': 1 });
  });
});

describe('inputs that index a table', () => {
  const limitsOf = async (
    nodes: readonly Message[],
    tables: Readonly<Record<string, readonly number[]>> = { table: [50, 8] },
  ): Promise<unknown> => {
    const probed = await probeBytes(
      model(
        graph({
          nodes,
          initializers: Object.entries(tables).map(([name, dims]) => tensor({ name, dims })),
          inputs: [valueInfo('ids', INT64, [1, 6])],
        }),
      ),
    );
    return Object.fromEntries(probed.indexLimits);
  };
  const gather = (table: string, ids: string, axis?: number): Message =>
    node('Gather', {
      inputs: [table, ids],
      outputs: ['out'],
      attributes: axis === undefined ? [] : [attribute({ name: 'axis', int: axis })],
    });
  const pass = (opType: string, inputs: string[], output: string): Message =>
    node(opType, { inputs, outputs: [output] });

  it('a Gather from a weight limits its indices to the rows', async () => {
    expect(await limitsOf([gather('table', 'ids')])).toEqual({ ids: 50 });
  });
  it.each([
    [0, 50],
    [1, 8],
    [-1, 8],
  ])('axis %i of the table counts', async (axis, rows) => {
    expect(await limitsOf([gather('table', 'ids', axis)])).toEqual({ ids: rows });
  });
  it('an axis that the table does not have limits nothing', async () => {
    expect(await limitsOf([gather('table', 'ids', 5)])).toEqual({});
  });
  it('indices are followed through casts and reshapes', async () => {
    expect(
      await limitsOf([
        pass('Cast', ['ids'], 'a'),
        pass('Reshape', ['a', 'shape'], 'b'),
        gather('table', 'b'),
      ]),
    ).toEqual({ ids: 50 });
  });
  it('a table is followed through its dequantization', async () => {
    expect(
      await limitsOf([pass('DequantizeLinear', ['table', 's'], 'dq'), gather('dq', 'ids')]),
    ).toEqual({ ids: 50 });
  });
  it('the smallest of several tables counts', async () => {
    expect(
      await limitsOf([gather('big', 'ids'), gather('small', 'ids'), gather('big', 'ids')], {
        big: [90, 1],
        small: [9, 1],
      }),
    ).toEqual({ ids: 9 });
  });
  it('arithmetic ends the trail', async () => {
    expect(await limitsOf([pass('Add', ['ids', 'one'], 'a'), gather('table', 'a')])).toEqual({});
  });
  it('an input that is only the new shape of the indices is not limited', async () => {
    expect(await limitsOf([pass('Reshape', ['other', 'ids'], 'a'), gather('table', 'a')])).toEqual(
      {},
    );
  });
  it('nodes in a circle end', async () => {
    expect(
      await limitsOf([
        pass('Identity', ['ids'], 'a'),
        pass('Identity', ['a'], 'b'),
        pass('Identity', ['b'], 'a'),
        gather('table', 'b'),
      ]),
    ).toEqual({ ids: 50 });
  });
});

describe('protobuf', () => {
  it('unknown fields of every wire type are stepped over', async () => {
    const unknown = join(
      varint(100, 1n << 62n),
      field(101, 'text'),
      field(101, new Uint8Array(200_000)),
      Buffer.from([0xb5, 0x06, 1, 2, 3, 4]), // field 102, 32 bits
      Buffer.from([0xb9, 0x06, 1, 2, 3, 4, 5, 6, 7, 8]), // field 103, 64 bits
    );
    const { info } = await probeBytes(model(join(graph(), unknown), { extra: unknown }));
    expect(info.operators).toEqual({ Relu: 1 });
  });

  it.each([3, 4, 6, 7])('wire type %i is refused', async (wire) => {
    const extra = bareVarint((31 << 3) | wire);
    await expect(probeBytes(model(graph(), { extra }))).rejects.toMatchObject(invalid);
  });

  it.each([
    ['a number of eleven bytes', Buffer.from([0x08, ...Array(10).fill(0xff), 0x01])],
    ['a number without its last byte', Buffer.from([0x08, 0xff])],
    ['a length beyond the end', Buffer.from([0x3a, 0x7f, 0x00])],
    ['a length beyond 2^63', Buffer.from([0x3a, ...Array(9).fill(0xff), 0x01])],
    ['field number 0', Buffer.from([0x02, 0x00])],
    ['a model without a graph', Buffer.from(varint(1, 8))],
    ['an empty graph', Buffer.from(field(7, ''))],
    ['a graph that is a number', Buffer.from(varint(7, 8))],
    ['names that are numbers', model(join(graph(), varint(2, 5)))],
    ['nodes that are numbers', model(join(graph(), varint(1, 300)))],
    [
      'a packed size without its last byte',
      model(graph({ initializers: [field(1, Buffer.from([0x85]))] })),
    ],
    ['a zero byte', Buffer.from([0])],
    ['text', Buffer.from('this is not a model at all\n'.repeat(20))],
    ['zeros', Buffer.alloc(4096)],
    ['an empty file', Buffer.alloc(0)],
  ])('%s is refused', async (_what, bytes) => {
    await expect(probeBytes(bytes)).rejects.toMatchObject(invalid);
  });

  it('a field number beyond 2^29 is refused, not taken for another field', async () => {
    const smuggled = join(
      varint(1, 8),
      bareVarint((2 ** 29 + 7) * 8 + 2),
      bareVarint(graph().length),
      graph(),
    );
    await expect(probeBytes(smuggled)).rejects.toMatchObject(invalid);
  });

  it('a version that is text does not become another version', async () => {
    const version = await probeBytes(model(graph(), { extra: field(1, 'eight') })).then(
      ({ info }) => info.formatVersion,
      (error: { code: string }) => error.code,
    );
    expect(['8', 'E_MODEL_INVALID']).toContain(version);
  });

  it('a graph in two fields is read, the later one wins', async () => {
    const { info } = await probeBytes(
      model(graph({ name: 'second' }), { extra: field(7, graph({ name: 'first' })) }),
    );
    expect(info.graphName).toBe('second');
  });
});

describe('damage', () => {
  const whole = model(
    graph({
      nodes: [
        node('Gather', { inputs: ['w', 'x'], outputs: ['y'] }),
        node('If', { attributes: [attribute({ name: 'then_branch', graph: graph() })] }),
      ],
      initializers: [tensor({ name: 'w', dims: [3, 2], rawData: new Uint8Array(24) })],
    }),
    { producer: 'acme', metadata: { k: 'v' } },
  );

  it('a model cut off at any byte is refused', async () => {
    const file = path.join(tempDir(), 'cut.onnx');
    for (let length = 0; length < whole.length; length++) {
      writeFileSync(file, whole.subarray(0, length));
      await expect(probeModel(file), `${length} bytes`).rejects.toMatchObject(invalid);
    }
    writeFileSync(file, whole);
    expect((await probeModel(file)).info.nodes).toBe(3);
  });

  it('a model whose graph stands first is refused or smaller when it is cut off', async () => {
    const first = join(field(7, graph()), varint(1, 8), field(2, 'acme'), field(14, field(1, 'k')));
    const end = field(7, graph()).length;
    const file = path.join(tempDir(), 'cut.onnx');
    const read: number[] = [];
    for (let length = 0; length < first.length; length++) {
      writeFileSync(file, first.subarray(0, length));
      const code = await probeModel(file).then(
        () => undefined,
        (error: { code: string }) => error.code,
      );
      if (code === undefined) read.push(length - end);
      else expect(code).toBe('E_MODEL_INVALID');
    }
    expect(read).toEqual([0, 2, 8]);
  });

  const survives = async (file: string): Promise<void> => {
    const elapsedMs = processorTime();
    await probeModel(file).catch((error: unknown) => {
      // damage in the location of external data may name a file that is not there
      expect(error).toMatchObject({ name: 'ModelconvError' });
      expect(['E_MODEL_INVALID', 'E_INPUT']).toContain((error as { code: string }).code);
    });
    expect(elapsedMs()).toBeLessThan(2000);
  };

  it('changed bytes never cause anything but the documented errors', async () => {
    const file = path.join(tempDir(), 'changed.onnx');
    const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), async (changes) => {
        const bytes = Buffer.from(whole);
        for (const [at, value] of changes) bytes[at] = value;
        writeFileSync(file, bytes);
        await survives(file);
      }),
      { numRuns: RUNS },
    );
  });

  it('random bytes never cause anything but the documented errors', async () => {
    const file = path.join(tempDir(), 'random.onnx');
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), async (bytes) => {
        writeFileSync(file, bytes);
        await survives(file);
      }),
      { numRuns: RUNS },
    );
  });
});
