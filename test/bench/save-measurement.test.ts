import { expect, it } from 'vitest';
import { withMeasurement } from '../../src/bench/save-measurement.js';
import type { Descriptor, Measurement } from '../../src/schema/generated/types.js';
import { DRAFT } from '../support/package.js';

const DESCRIPTOR: Descriptor = { ...DRAFT, files: [] };
const FIRST: Measurement = {
  kind: 'latency',
  device: { name: 'local', cpu: 'Acme 1', arch: 'x64', os: 'linux' },
  runtime: { name: 'onnxruntime', version: '1.30.0' },
  threads: 1,
  warmup: 10,
  runs: 100,
  samples: 8,
  inputs: { kind: 'generated', sha256: '0'.repeat(64) },
  inputShapes: { a: [1, 4], b: [1] },
  latency: { minMs: 1, p50Ms: 2, p90Ms: 3, p99Ms: 4 },
  throughput: 500,
};

it('the same set-up measured again replaces what was measured before', () => {
  const again = { ...FIRST, runs: 7, inputShapes: { b: [1], a: [1, 4] } };
  const descriptor = withMeasurement(withMeasurement(DESCRIPTOR, FIRST), again);
  expect(descriptor.measurements).toEqual([again]);
});

it.each<[string, Partial<Measurement>]>([
  ['processor', { device: { ...FIRST.device, cpu: 'Acme 2' } }],
  ['version of the runtime', { runtime: { ...FIRST.runtime, version: '1.31.0' } }],
  ['number of threads', { threads: 2 }],
  ['size of an input', { inputShapes: { a: [2, 4], b: [1] } }],
])('another %s is kept beside it', (_title, difference) => {
  const other = { ...FIRST, ...difference };
  const descriptor = withMeasurement(withMeasurement(DESCRIPTOR, FIRST), other);
  expect(descriptor.measurements).toEqual([FIRST, other]);
});
