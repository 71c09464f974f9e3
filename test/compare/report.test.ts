import { describe, expect, it } from 'vitest';
import { decodePng } from '../../src/calibration/png.js';
import { OutputCollector } from '../../src/compare/collect.js';
import { DifferenceHistogram } from '../../src/compare/histogram.js';
import { histogramChart, scatterChart, shortNumber } from '../../src/compare/report/charts.js';
import { htmlReport } from '../../src/compare/report/html.js';
import { encodePng } from '../../src/compare/report/png.js';
import { sampleImage } from '../../src/compare/report/sample-image.js';
import type { CompareResult } from '../../src/schema/generated/types.js';
import type { SampleInput } from '../../src/tensor/samples.js';
import { float32 } from '../support/npy.js';

describe('the histogram of differences', () => {
  it('has four bins for each power of ten, from the least to the greatest difference', () => {
    const histogram = new DifferenceHistogram();
    for (const difference of [0, 0, 0.0011, 0.0012, 0.9]) histogram.add(difference);
    const { edges, counts, equal } = histogram.result();
    expect(equal).toBe(2);
    expect(edges).toHaveLength(counts.length + 1);
    expect(counts[0]).toBe(2);
    expect(counts.at(-1)).toBe(1);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(3);
    expect(edges[0]).toBeLessThanOrEqual(0.0011);
    expect(edges.at(-1)).toBeGreaterThan(0.9);
  });

  it('is empty where all is equal', () => {
    const histogram = new DifferenceHistogram();
    histogram.add(0);
    expect(histogram.result()).toEqual({ edges: [], counts: [], equal: 1 });
    expect(histogramChart(histogram.result())).toContain('all 1 elements are equal');
  });

  it.each([1e-300, 1e300])('counts %s in the last bin on its side', (difference) => {
    const histogram = new DifferenceHistogram();
    histogram.add(difference);
    expect(histogram.result().counts).toEqual([1]);
  });
});

describe('what is collected of an output', () => {
  it('names the samples that differ most, the worst first, and none that is equal', () => {
    const collector = new OutputCollector(6);
    for (const difference of [0, 0.5, 2])
      collector.add(Float64Array.of(1, 2), Float64Array.of(1, 2 + difference), undefined);
    expect(collector.worst.map(({ index, maxAbs }) => [index, maxAbs])).toEqual([
      [2, 2],
      [1, 0.5],
    ]);
  });

  it('keeps at most 2000 points, and none that is not finite', () => {
    const collector = new OutputCollector(10_000);
    const values = Float64Array.from({ length: 10_000 }, (_none, at) =>
      at === 0 ? Number.NaN : at,
    );
    collector.add(values, values, undefined);
    expect(collector.points.length).toBeLessThanOrEqual(2000);
    expect(collector.points.length).toBeGreaterThan(1000);
    expect(collector.points.flat().every(Number.isFinite)).toBe(true);
  });
});

describe('a sample as an image', () => {
  const input = (shape: readonly number[], ...values: readonly number[]): SampleInput => ({
    name: 'image',
    dtype: 'float32',
    shape,
    data: float32(...values),
  });

  it.each([1, 3] as const)('a PNG of %d channels has the pixels that it was given', (channels) => {
    const data = Uint8Array.from({ length: 5 * 4 * channels }, (_none, at) => (at * 37) % 256);
    const decoded = decodePng(encodePng({ width: 5, height: 4, channels, data }));
    expect(decoded).toMatchObject({ width: 5, height: 4 });
    expect([...decoded.data]).toEqual([...data]);
  });

  it('spreads the values of the sample over black to white', () => {
    const values = [...Array(16).keys()].map((value) => value - 8);
    const source = sampleImage(input([1, 1, 4, 4], ...values, ...values.map(() => 0)), 0);
    const png = decodePng(Buffer.from(source?.split(',')[1] ?? '', 'base64'));
    expect(png.data[0]).toBe(0);
    expect(png.data[15]).toBe(255);
  });

  it('channels may stand first or last', () => {
    const planes = [...Array(48).keys()];
    const first = sampleImage(input([1, 3, 4, 4], ...planes), 0);
    const last = sampleImage(
      input([1, 4, 4, 3], ...planes.map((_none, at) => (at % 3) * 16 + Math.floor(at / 3))),
      0,
    );
    expect(last).toBe(first);
  });

  it.each([[[1, 64]], [[1, 2, 4, 4]], [[2, 1, 4, 4]], [[1, 1, 1, 4]]])('%j is none', (shape) => {
    expect(sampleImage(input(shape, 1), 0)).toBeUndefined();
  });
});

describe('the report', () => {
  const collector = new OutputCollector(4);
  collector.add(Float64Array.of(0, 1), Float64Array.of(0, 1.5), undefined);
  const name = '<img src=x onerror=alert(1)>&"';
  const model = {
    path: `dir/${name}.onnx`,
    kind: 'model',
    format: 'onnx',
    runtime: { name: 'onnxruntime', version: '1' },
  } as const;
  const faults = [': cosine 0.5 (at least 0.99)'];
  const result: CompareResult = {
    a: model,
    b: model,
    samples: 1,
    inputs: { kind: 'user', sha256: 'a'.repeat(64) },
    tolerance: { cosine: 0.99 },
    passed: false,
    outputs: [{ name, faults: ['cosine 0.5 (at least 0.99)'], worstSamples: [...collector.worst] }],
    faults: ['outputs a and b are swapped'],
  };
  const output = { name, dtype: 'float32', shape: [1, 2], collector, faults } as const;
  const image: SampleInput = {
    name,
    dtype: 'float32',
    shape: [1, 1, 4, 4],
    data: float32(...Array(16).keys()),
  };
  const html = htmlReport({
    result,
    outputs: [output],
    samples: { kind: 'user', count: 1, inputs: [image] },
  });

  it('takes no text of a model for markup', () => {
    expect(html).not.toContain('<img src=x');
    expect(html).toContain('&lt;img src=x onerror=alert(1)&gt;&amp;&quot;');
  });

  it('needs nothing but itself: no script, no style sheet and no image from elsewhere', () => {
    expect(html).not.toMatch(/<script|<link|@import|url\(|https?:/);
    for (const [, source] of html.matchAll(/src="([^"]*)"/g))
      expect(source).toMatch(/^data:image\/png;base64,/);
  });

  it('tells the verdict, the findings, the metrics, the pictures and the worst samples', () => {
    for (const part of [
      '✗',
      'swapped',
      'at least 0.99',
      '<svg',
      'circle',
      'sample 0',
      '<img src="data:',
    ])
      expect(html).toContain(part);
  });

  it('has a name for every picture', () => {
    for (const [svg] of html.matchAll(/<svg[^>]*>/g)) expect(svg).toMatch(/aria-label="[^"]+"/);
    for (const [img] of html.matchAll(/<img[^>]*>/g)) expect(img).toMatch(/alt="[^"]+"/);
  });

  it('is drawn where nothing could be compared, too', () => {
    expect(scatterChart([])).toContain('nothing could be compared');
    expect(scatterChart([[1, 1]])).not.toContain('NaN');
  });
});

it.each([
  [0, '0'],
  [0.00012345, '1.2e-4'],
  [1.23456, '1.235'],
  [123456, '1.2e+5'],
])('%d is written %s', (value, text) => {
  expect(shortNumber(value)).toBe(text);
});
