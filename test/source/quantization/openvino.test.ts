import { describe, expect, it } from 'vitest';
import type { ModelInfo, QuantizationReport } from '../../../src/schema/generated/types.js';
import { probeModel } from '../../../src/source/probe.js';
import { fixture } from '../../support/files.js';
import { reportBytes } from '../probe-bytes.js';

const floats = (...values: number[]): Buffer => Buffer.from(Float32Array.from(values).buffer);
const dims = (sizes: readonly number[]): string =>
  sizes.map((size) => `<dim>${size}</dim>`).join('');

/** Layers by name; ids are their places. */
class Net {
  readonly #layers: string[] = [];
  readonly #edges: string[] = [];
  readonly #bin: Buffer[] = [];

  const(name: string, type: string, shape: readonly number[], data: Buffer): number {
    const offset = Buffer.concat(this.#bin).length;
    this.#bin.push(data);
    return this.constAt(name, type, shape, offset, data.length);
  }

  constAt(
    name: string,
    type: string,
    shape: readonly number[],
    offset: number,
    size: number,
  ): number {
    const attributes = `element_type="${type}" shape="${shape.join(',')}" offset="${offset}" size="${size}"`;
    return this.layer(name, 'Const', [], shape, `<data ${attributes}/>`);
  }

  layer(
    name: string,
    type: string,
    inputs: readonly (readonly [id: number, shape: readonly number[]])[],
    output: readonly number[],
    data = '',
  ): number {
    const id = this.#layers.length;
    const ports = inputs.map(([, shape], port) => `<port id="${port}">${dims(shape)}</port>`);
    const out = `<output><port id="${inputs.length}">${dims(output)}</port></output>`;
    this.#layers.push(
      `<layer id="${id}" name="${name}" type="${type}" version="opset1">${data}<input>${ports.join('')}</input>${type === 'Result' ? '' : out}</layer>`,
    );
    for (const [port, [from]] of inputs.entries())
      this.#edges.push(
        `<edge from-layer="${from}" from-port="0" to-layer="${id}" to-port="${port}"/>`,
      );
    return id;
  }

  async read(bin = true): Promise<{ info: ModelInfo; report: Omit<QuantizationReport, 'file'> }> {
    const xml = `<?xml version="1.0"?><net name="n" version="11"><layers>${this.#layers.join('')}</layers><edges>${this.#edges.join('')}</edges></net>`;
    const beside = bin ? { 'model.bin': Buffer.concat(this.#bin) } : {};
    return await reportBytes(Buffer.from(xml), beside, 'model.xml');
  }
}

function input(net: Net, shape: readonly number[]): number {
  const data = `<data shape="${shape.join(',')}" element_type="f32"/>`;
  return net.layer('x', 'Parameter', [], shape, data);
}

/** FakeQuantize of a layer between two real numbers. */
function fake(net: Net, from: number, shape: readonly number[], low: number, high: number): number {
  const ends = [low, high, low, high].map((value, i) =>
    net.const(`range${from}${i}`, 'f32', [], floats(value)),
  );
  return net.layer(
    `fq${from}`,
    'FakeQuantize',
    [[from, shape], ...ends.map((end) => [end, []] as const)],
    shape,
    '<data levels="256"/>',
  );
}

/** Weights of [2, 4] behind a Convert, maybe a Subtract, and a Multiply. */
function weights(net: Net, scale: Buffer, scaleShape: readonly number[], zero?: Buffer): number {
  const shape = [2, 4];
  const stored = net.const('w', 'u8', shape, Buffer.alloc(8, 3));
  let last = net.layer('w/convert', 'Convert', [[stored, shape]], shape);
  if (zero !== undefined) {
    const points = net.const('z', 'u8', [2, 1], zero);
    const floating = net.layer('z/convert', 'Convert', [[points, [2, 1]]], [2, 1]);
    last = net.layer(
      'w/shift',
      'Subtract',
      [
        [last, shape],
        [floating, [2, 1]],
      ],
      shape,
    );
  }
  const factors = net.const('s', 'f32', scaleShape, scale);
  return net.layer(
    'w/scale',
    'Multiply',
    [
      [last, shape],
      [factors, scaleShape],
    ],
    shape,
  );
}

function product(net: Net, a: number, b: number): void {
  const y = net.layer(
    'y',
    'MatMul',
    [
      [a, [1, 4]],
      [b, [2, 4]],
    ],
    [1, 2],
  );
  net.layer('y/result', 'Result', [[y, [1, 2]]], []);
}

// Expected values: FakeQuantize and weights of the file as openvino 2026.4.1 gives them (ov.Core().read_model).
it('a model of NNCF has scales for weights, and of FakeQuantize layers for activations', async () => {
  const { info, quantization } = await probeModel(fixture('models/openvino/digits-cnn-int8.xml'), {
    quantization: true,
  });
  expect(info.quantization).toMatchObject({
    scheme: 'asymmetric',
    granularity: 'per-channel',
    axis: 0,
    coverage: {
      parameters: { quantized: 31_504, total: 31_674 },
      multiplyAccumulates: { quantized: 538_240, total: 538_240 },
      floatTensors: { count: 5 },
    },
  });
  const [image] = quantization?.tensors ?? [];
  expect(image).toMatchObject({
    name: 'image',
    role: 'activation',
    dtype: 'uint8',
    zeroPoint: [0],
  });
  expect(image?.scale?.[0]).toBeCloseTo(0.99875 / 255, 9);
});

describe('a product', () => {
  it('of quantized weights and activations is one of integers', async () => {
    const net = new Net();
    const x = fake(net, input(net, [1, 4]), [1, 4], -1, 127 / 128);
    product(net, x, weights(net, floats(0.5, 0.25), [2, 1]));
    const { info, report } = await net.read();
    expect(report.operators).toEqual([
      { name: 'y', type: 'MatMul', computes: 'integer', multiplyAccumulates: 8 },
    ]);
    expect(report.tensors).toEqual([
      expect.objectContaining({
        name: 'x',
        scheme: 'symmetric',
        scale: [1 / 128],
        zeroPoint: [128],
      }),
      {
        name: 'w',
        role: 'weight',
        dtype: 'uint8',
        shape: [2, 4],
        scheme: 'asymmetric',
        granularity: 'per-channel',
        axis: 0,
        scale: [0.5, 0.25],
        zeroPoint: [0],
      },
    ]);
    expect(info.quantization?.coverage).toMatchObject({ floatShare: 0 });
  });

  it('of compressed weights and floats is one of floats', async () => {
    const net = new Net();
    product(net, input(net, [1, 4]), weights(net, floats(0.5, 0.25), [2, 1], Buffer.of(1, 2)));
    const { info, report } = await net.read();
    expect(report.operators).toMatchObject([{ computes: 'float' }]);
    expect(report.tensors).toMatchObject([{ scale: [0.5, 0.25], zeroPoint: [1, 2] }]);
    expect(info.quantization).toMatchObject({
      type: 'int8-weights',
      coverage: { measuredBy: 'parameters', floatShare: 0 },
    });
  });

  it('of activations behind a layer that only moves them is one of integers', async () => {
    const net = new Net();
    const x = fake(net, input(net, [4, 1]), [4, 1], 0, 255);
    const moved = net.layer('t', 'Transpose', [[x, [4, 1]]], [1, 4]);
    product(net, moved, weights(net, floats(1), []));
    expect((await net.read()).report.operators).toMatchObject([{ computes: 'integer' }]);
  });

  it('behind a layer that changes them is not', async () => {
    const net = new Net();
    const x = fake(net, input(net, [1, 4]), [1, 4], 0, 255);
    const changed = net.layer('e', 'Exp', [[x, [1, 4]]], [1, 4]);
    product(net, changed, weights(net, floats(1), []));
    expect((await net.read()).report.operators).toMatchObject([{ computes: 'float' }]);
  });
});

describe('ranges', () => {
  it('whose zero is between two levels have the real number of the least level', async () => {
    const net = new Net();
    product(net, fake(net, input(net, [1, 4]), [1, 4], -0.75, 254.25), weights(net, floats(1), []));
    const [x] = (await net.read()).report.tensors;
    expect(x).toMatchObject({ scheme: 'asymmetric', scale: [1], minimum: [-0.75] });
    expect(x).not.toHaveProperty('zeroPoint');
  });

  it.each([
    ['without an end', 0, Number.POSITIVE_INFINITY],
    ['that are not numbers', Number.NaN, Number.NaN],
  ])('%s do not make scales that are none', async (_what, low, high) => {
    const net = new Net();
    product(net, fake(net, input(net, [1, 4]), [1, 4], low, high), weights(net, floats(1), []));
    const { info, report } = await net.read();
    expect(report.tensors[0]).toMatchObject({ name: 'x', omitted: { count: 1 } });
    expect(JSON.stringify(info)).not.toContain('null');
  });
});

it('without its .bin the number of scales is known, and not the numbers', async () => {
  const net = new Net();
  product(net, fake(net, input(net, [1, 4]), [1, 4], 0, 1), weights(net, floats(1, 2), [2, 1]));
  const { report } = await net.read(false);
  expect(report.tensors).toMatchObject([{ omitted: { count: 1 } }, { omitted: { count: 2 } }]);
});

describe('a damaged file', () => {
  it('with a scale outside of the .bin is refused', async () => {
    const net = new Net();
    const stored = net.const('w', 'i8', [2, 4], Buffer.alloc(8));
    const convert = net.layer('c', 'Convert', [[stored, [2, 4]]], [2, 4]);
    const scale = net.constAt('s', 'f32', [2, 1], 2 ** 40, 8);
    const w = net.layer(
      'm',
      'Multiply',
      [
        [convert, [2, 4]],
        [scale, [2, 1]],
      ],
      [2, 4],
    );
    product(net, input(net, [1, 4]), w);
    await expect(net.read()).rejects.toMatchObject({ code: 'E_MODEL_INVALID' });
  });

  it('whose layers feed each other in a circle is read to its end', async () => {
    const net = new Net();
    product(net, net.layer('a', 'Reshape', [[1, [1, 4]]], [1, 4]), 0);
    expect((await net.read()).report.operators).toMatchObject([{ computes: 'float' }]);
  });
});
