import { closeSync, ftruncateSync, openSync, statSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { Builder } from 'flatbuffers';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../support/files.js';
import {
  bareVarint,
  field,
  graph,
  INT64,
  join,
  model,
  node,
  tensor,
  varint,
} from '../support/onnx.js';
import { measuredProbe } from './measured-probe.js';

const GIB = 1024 ** 3;
const OK = { outcome: 'ok' };

/** Write `start`, a hole, and `end`: a large file that takes no room. */
function writeWithHole(file: string, start: Uint8Array, holeBytes: number, end: Uint8Array): void {
  const fd = openSync(file, 'w');
  writeSync(fd, start);
  ftruncateSync(fd, start.length + holeBytes);
  writeSync(fd, end, 0, end.length, start.length + holeBytes);
  closeSync(fd);
}

describe('a model of 4 GiB is probed in under a second and under 150 MiB', () => {
  const dims = [1024, 1024 * 1024];

  it('with its tensors in the file', async () => {
    const file = path.join(tempDir(), 'large.onnx');
    // raw_data is field 9 of the tensor, the tensor field 5 of the graph, the graph field 7
    const size = 4 * GIB;
    const tensorStart = join(
      tensor({ name: 'w', dims }),
      bareVarint((9 << 3) | 2),
      bareVarint(size),
    );
    const rest = graph();
    const graphStart = join(
      bareVarint((5 << 3) | 2),
      bareVarint(tensorStart.length + size),
      tensorStart,
    );
    const start = join(
      varint(1, 8),
      bareVarint((7 << 3) | 2),
      bareVarint(graphStart.length + size + rest.length),
      graphStart,
    );
    writeWithHole(file, start, size, rest);
    expect(statSync(file).size).toBeGreaterThan(size);
    const probed = await measuredProbe(file);
    expect(probed).toMatchObject(OK);
    expect(probed.info?.weights.sizeBytes).toBe(size);
    expect(probed.ms).toBeLessThan(1000);
    expect(probed.rssMiB).toBeLessThan(150);
  });

  it('with its tensors beside it', async () => {
    const dir = tempDir();
    const file = path.join(dir, 'large.onnx');
    const external = { location: 'w.bin', offset: '0', length: String(4 * GIB) };
    writeFileSync(file, model(graph({ initializers: [tensor({ name: 'w', dims, external })] })));
    writeWithHole(path.join(dir, 'w.bin'), Buffer.from('w'), 4 * GIB - 1, new Uint8Array(0));
    const probed = await measuredProbe(file);
    expect(probed).toMatchObject(OK);
    expect(probed.ms).toBeLessThan(1000);
    expect(probed.rssMiB).toBeLessThan(150);
  });
});

/** A vector that names the same table or string many times. */
function repeated(builder: Builder, offset: number, count: number): number {
  builder.startVector(4, count, 4);
  for (let i = 0; i < count; i++) builder.addOffset(offset);
  return builder.endVector();
}

/** An ORT file around the fields of its graph; slots as in onnxruntime's ort.fbs. */
function ortFile(fields: (builder: Builder) => Readonly<Record<number, number>>): Uint8Array {
  const builder = new Builder(1024);
  const table = (slots: Readonly<Record<number, number>>): number => {
    builder.startObject(16);
    for (const [slot, value] of Object.entries(slots))
      builder.addFieldOffset(Number(slot), value, 0);
    return builder.endObject();
  };
  const model = table({ 7: table(fields(builder)) });
  const version = builder.createString('6');
  builder.finish(table({ 0: version, 1: model }), 'ORTM');
  return builder.asUint8Array();
}

describe('a small file that is made to be expensive ends within 2 s and 200 MiB', () => {
  const cheap = async (name: string, bytes: Uint8Array): Promise<void> => {
    const file = path.join(tempDir(), name);
    writeFileSync(file, bytes);
    const probed = await measuredProbe(file);
    expect(['ok', 'E_MODEL_INVALID']).toContain(probed.outcome);
    expect(probed.ms).toBeLessThan(2000);
    expect(probed.rssMiB).toBeLessThan(200);
  };

  it('ONNX: thirty thousand nodes that take the same input', async () => {
    const relu = field(1, node('Relu', { inputs: ['x'], outputs: ['y'] }));
    await cheap(
      'same-input.onnx',
      model(join(graph(), Buffer.concat(Array<Uint8Array>(30_000).fill(relu)))),
    );
  });

  it('ONNX: two million empty nodes', async () => {
    const nodes = Buffer.alloc(4_000_000);
    for (let i = 0; i < nodes.length; i += 2) nodes[i] = 0x0a;
    await cheap('empty-nodes.onnx', model(join(graph(), nodes)));
  });

  it('ONNX: two hundred thousand tensors in one external file', async () => {
    const one = field(
      5,
      tensor({ name: '', dims: [1], dataType: INT64, external: { location: 'self' } }),
    );
    const dir = tempDir();
    const file = path.join(dir, 'many-tensors.onnx');
    writeFileSync(path.join(dir, 'self'), new Uint8Array(8));
    writeFileSync(file, model(join(graph(), Buffer.concat(Array<Uint8Array>(200_000).fill(one)))));
    const probed = await measuredProbe(file);
    expect(['ok', 'E_MODEL_INVALID']).toContain(probed.outcome);
  });

  it('ORT: a name of 1 MiB used ten thousand times', async () => {
    const bytes = ortFile((builder) => {
      const name = builder.createString('x'.repeat(1024 * 1024 - 1));
      return { 5: repeated(builder, name, 10_000) };
    });
    expect(bytes.length).toBeLessThan(1.2e6);
    await cheap('one-name.ort', bytes);
  });

  it('ORT: a node with five thousand inputs used five thousand times', async () => {
    const bytes = ortFile((builder) => {
      const inputs = repeated(builder, builder.createString(''), 5000);
      builder.startObject(11);
      builder.addFieldOffset(8, inputs, 0);
      return { 2: repeated(builder, builder.endObject(), 5000) };
    });
    expect(bytes.length).toBeLessThan(50_000);
    await cheap('one-node.ort', bytes);
  });

  it('ORT: graphs that hold the same graph twice, thirty deep', async () => {
    const bytes = ortFile((builder) => {
      const relu = builder.createString('Relu');
      const nodeWith = (slots: Readonly<Record<number, number>>): number => {
        builder.startObject(11);
        for (const [slot, value] of Object.entries(slots))
          builder.addFieldOffset(Number(slot), value, 0);
        return builder.endObject();
      };
      let nodes = repeated(builder, nodeWith({ 5: relu }), 1);
      for (let level = 0; level < 30; level++) {
        builder.startObject(9);
        builder.addFieldOffset(2, nodes, 0);
        const inner = builder.endObject();
        builder.startObject(13);
        builder.addFieldOffset(7, inner, 0);
        const attributes = repeated(builder, builder.endObject(), 2);
        nodes = repeated(builder, nodeWith({ 5: relu, 10: attributes }), 1);
      }
      return { 2: nodes };
    });
    expect(bytes.length).toBeLessThan(5000);
    await cheap('doubling.ort', bytes);
  });
});
