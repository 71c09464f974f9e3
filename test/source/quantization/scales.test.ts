import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { Dtype } from '../../../src/schema/generated/types.js';
import { coverageOf, unitsOf } from '../../../src/source/quantization/coverage.js';
import { describeQuantization, schemeOf } from '../../../src/source/quantization/describe.js';
import type {
  QuantizedEntry,
  QuantizedGraph,
  Scales,
  Work,
} from '../../../src/source/quantization/graph.js';
import { decodeNumbers } from '../../../src/source/quantization/numbers.js';
import { reportQuantization } from '../../../src/source/quantization/report.js';
import { keepScales } from '../../../src/source/quantization/scales.js';

const entry = (
  name: string,
  scales: Scales | undefined,
  more: Partial<QuantizedEntry> = {},
): QuantizedEntry => ({
  name,
  role: 'weight',
  dtype: 'int8',
  count: scales?.scale.length ?? 1,
  read: () => scales,
  ...more,
});
const graphOf = (part: Partial<QuantizedGraph>): QuantizedGraph => ({
  entries: [],
  floats: [],
  work: [],
  quantizedParameters: 0,
  ...part,
});
const work = (name: string, macs: number | undefined, computes: Work['computes']): Work => ({
  name,
  type: 'Conv',
  macs,
  computes,
});
const many = (count: number): number[] => Array.from({ length: count }, (_, i) => 0.001 + i * 1e-7);

describe('the scales of a descriptor', () => {
  it('stay within 150 KiB of YAML, however many there are, and nothing is passed over', () => {
    const entries = Array.from({ length: 3000 }, (_, i) => entry(`w${i}`, { scale: many(500) }));
    const { tensors, leftOut } = keepScales(entries);
    expect(stringify(tensors).length).toBeLessThan(150 * 1024);
    expect(Object.keys(tensors).length + leftOut).toBe(3000);
    expect(leftOut).toBeGreaterThan(0);
  });

  it('of one digit each take more room in YAML than in JSON, and that is counted', () => {
    const scales = {
      scale: Array(9000).fill(1),
      zeroPoint: Array.from({ length: 9000 }, (_, i) => i % 2),
    };
    const { tensors } = keepScales([entry('a', scales), entry('b', scales)]);
    expect(stringify(tensors).length).toBeLessThan(150 * 1024);
    expect(tensors['b']).toMatchObject({ omitted: { count: 9000, minimum: 1, maximum: 1 } });
  });

  it('that do not fit are told by number, range and the digest of 64-bit floats', () => {
    const scale = many(20_000);
    const zeroPoint = scale.map((_, i) => i % 7);
    const { tensors } = keepScales([entry('big', { scale, zeroPoint }, { axis: 0 })]);
    const floats = Buffer.from(Float64Array.from([...scale, ...zeroPoint]).buffer);
    expect(tensors['big']).toEqual({
      role: 'weight',
      dtype: 'int8',
      axis: 0,
      omitted: {
        count: 20_000,
        minimum: 0.001,
        maximum: scale.at(-1),
        sha256: createHash('sha256').update(floats).digest('hex'),
      },
    });
  });

  it.each([
    ['stand in another file', undefined],
    ['are not numbers', { scale: [Number.NaN] }],
    ['are infinite', { scale: [Number.POSITIVE_INFINITY] }],
  ])('that %s are told by their number alone', (_what, scales) => {
    expect(keepScales([entry('a', scales)]).tensors['a']).toEqual({
      role: 'weight',
      dtype: 'int8',
      omitted: { count: 1 },
    });
  });

  it('are not read where they are more than a probe may read', () => {
    let reads = 0;
    const read = (): Scales => {
      reads++;
      return { scale: [] };
    };
    const entries = [0, 1, 2].map((i) =>
      entry(`w${i}`, undefined, { count: 1_000_000_000 + i, read }),
    );
    const { tensors } = keepScales(entries);
    expect(reads).toBe(0);
    expect(tensors['w1']).toMatchObject({ omitted: { count: 1_000_000_001 } });
    expect(schemeOf(entries)).toBeUndefined();
    expect(reads).toBe(0);
  });

  it('of two tensors with one name are those of the first', () => {
    const { tensors, leftOut } = keepScales([
      entry('a', { scale: [1] }),
      entry('a', { scale: [2] }),
    ]);
    expect(tensors['a']).toMatchObject({ scale: [1] });
    expect(leftOut).toBe(0);
  });
});

describe('symmetric', () => {
  it.each<[string, Dtype, number[] | undefined, string]>([
    ['int8 at 0', 'int8', [0, 0], 'symmetric'],
    ['int8 without zero points', 'int8', undefined, 'symmetric'],
    ['uint8 at 128', 'uint8', [128], 'symmetric'],
    ['uint4 at 8', 'uint4', [8], 'symmetric'],
    ['uint8 at 0', 'uint8', [0], 'asymmetric'],
    ['int8 with one channel beside 0', 'int8', [0, 1], 'asymmetric'],
  ])('%s', (_what, dtype, zeroPoint, expected) => {
    expect(schemeOf([entry('a', { scale: [1], zeroPoint }, { dtype })])).toBe(expected);
  });
});

describe('coverage', () => {
  const activation = entry('x', { scale: [1] }, { role: 'activation' });

  it('is of multiply-accumulates where activations are quantized and all shapes are known', () => {
    const graph = graphOf({
      entries: [activation],
      floats: [{ name: 'w', dtype: 'float32', parameters: 10 }],
      quantizedParameters: 90,
      work: [work('a', 100, 'integer'), work('b', 300, 'float'), work('c', 600, 'float')],
    });
    expect(coverageOf(graph)).toEqual({
      parameters: { quantized: 90, total: 100 },
      multiplyAccumulates: { quantized: 100, total: 1000 },
      floatShare: 0.9,
      measuredBy: 'multiplyAccumulates',
      floatTensors: { count: 1, names: ['w'] },
      floatOperators: { count: 2, names: ['c', 'b'] },
    });
  });

  it('is of weights where a shape is not known', () => {
    const graph = graphOf({
      entries: [activation],
      quantizedParameters: 1,
      floats: [{ name: 'w', dtype: 'float32', parameters: 3 }],
      work: [work('a', 100, 'integer'), work('b', undefined, 'float')],
    });
    expect(coverageOf(graph)).toMatchObject({ floatShare: 0.75, measuredBy: 'parameters' });
    expect(coverageOf(graph)).not.toHaveProperty('multiplyAccumulates');
  });

  it('is of weights where they alone are quantized: the runtime decides how it computes', () => {
    const graph = graphOf({ quantizedParameters: 8, work: [work('a', 100, 'float')] });
    expect(coverageOf(graph)).toMatchObject({ floatShare: 0, measuredBy: 'parameters' });
  });

  it('has no share of nothing', () => {
    expect(coverageOf(graphOf({}))).not.toHaveProperty('floatShare');
  });

  it.each([
    [1, 1_000_000, 0.0001],
    [999_999, 1_000_000, 0.9999],
  ])('%i of %i in floats is neither nothing nor all', (float, all, share) => {
    const graph = graphOf({
      entries: [activation],
      work: [work('a', all - float, 'integer'), work('b', float, 'float')],
    });
    expect(coverageOf(graph).floatShare).toBe(share);
  });

  it('names at most 64 tensors, and counts all', () => {
    const floats = Array.from({ length: 1000 }, (_, i) => ({
      name: `w${i}`,
      dtype: 'float32' as const,
      parameters: i,
    }));
    const { floatTensors } = coverageOf(graphOf({ floats }));
    expect(floatTensors?.count).toBe(1000);
    expect(floatTensors?.names).toHaveLength(64);
    expect(floatTensors?.names[0]).toBe('w999');
  });

  it('does not give a name the whole descriptor', () => {
    const floats = [{ name: 'x'.repeat(100_000), dtype: 'float32' as const, parameters: 1 }];
    expect(coverageOf(graphOf({ floats })).floatTensors).toEqual({ count: 1, names: [] });
  });

  it('on an NPU is of its multiply-accumulates, or without any of its operators', () => {
    const npu = { ...work('a', 10, 'integer'), unit: 'npu' as const };
    const cpu = { ...work('b', 30, 'integer'), unit: 'cpu' as const };
    expect(unitsOf([npu, cpu])).toMatchObject({ npuOperators: 1, cpuOperators: 1, npuShare: 0.25 });
    expect(unitsOf([{ ...cpu, macs: 0 }])).toMatchObject({
      npuShare: 0,
      cpuNames: { names: ['b'] },
    });
    expect(unitsOf([work('a', 10, 'integer')])).toBeUndefined();
  });
});

describe('how a model is quantized', () => {
  it('is not said of one in floats', () => {
    const graph = graphOf({ work: [work('a', 1, 'float')] });
    expect(describeQuantization(graph, 'fp32')).toBeUndefined();
  });

  it('weights alone are not int8', () => {
    const graph = graphOf({ entries: [entry('w', { scale: [1, 2] }, { axis: 0 })] });
    expect(describeQuantization(graph, 'int8')).toMatchObject({
      type: 'int8-weights',
      granularity: 'per-channel',
      axis: 0,
      weightBits: 8,
    });
  });

  it('scales of blocks have no one granularity', () => {
    const blocks = entry('w', { scale: [1, 2] }, { axis: 0, blockSize: 32 });
    expect(describeQuantization(graphOf({ entries: [blocks] }), 'int8')).not.toHaveProperty(
      'granularity',
    );
  });
});

describe('a report', () => {
  it('has whole arrays, and the scheme and granularity of each tensor', () => {
    const scale = many(30_000);
    const weight = entry('w', { scale, zeroPoint: [0] }, { axis: 1 });
    const [tensor] = reportQuantization(graphOf({ entries: [weight] })).tensors;
    expect(tensor).toEqual({
      name: 'w',
      role: 'weight',
      dtype: 'int8',
      scheme: 'symmetric',
      granularity: 'per-channel',
      axis: 1,
      scale,
      zeroPoint: [0],
    });
  });

  it('of more scales than a report holds is cut with a mark', () => {
    const scales = { scale: [1] };
    const huge = { count: 13 * 1024 * 1024 };
    const { tensors } = reportQuantization(
      graphOf({ entries: [entry('a', scales, huge), entry('b', scales)] }),
    );
    expect(tensors[0]).toMatchObject({ omitted: { count: huge.count } });
    expect(tensors[1]).toMatchObject({ scale: [1] });
  });
});

describe('numbers', () => {
  it.each([
    ['int4', [0x8f, 0x07], 3, [-1, -8, 7]],
    ['uint4', [0x8f, 0x07], 3, [15, 8, 7]],
    ['int2', [0b11_10_01_00], 4, [0, 1, -2, -1]],
    ['bfloat16', [0x80, 0x3f], 1, [1]],
    ['float16', [0x00, 0x3c], 1, [1]],
  ] as const)('of %s', (dtype, bytes, count, expected) => {
    expect(decodeNumbers(Buffer.from(bytes), dtype, count)).toEqual(expected);
  });

  it('that are too few are a fault of the file', () => {
    expect(() => decodeNumbers(Buffer.alloc(3), 'float32', 1)).toThrow(/3 bytes/);
  });
});
