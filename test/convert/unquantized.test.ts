import { expect, it } from 'vitest';
import { comparedPrecision, unquantized } from '../../src/convert/unquantized.js';
import type { DoneStage } from '../../src/convert/verify-model.js';
import type {
  ComputeUnits,
  ModelInfo,
  Precision,
  QuantizationCoverage,
} from '../../src/schema/generated/types.js';
import { IMAGE_JOB } from '../support/jobs.js';

function done(precision: Precision, info: Partial<ModelInfo>): DoneStage[] {
  const job = { ...IMAGE_JOB, precision };
  const toolchain = { ...IMAGE_JOB.toolchain, tool: 'acmec' };
  const converted = { info: { ...IMAGE_JOB.source.info, ...info } };
  return [{ stage: { job, toolchain }, converted, files: ['model'] } as unknown as DoneStage];
}

const quantized = (coverage: QuantizationCoverage): Partial<ModelInfo> => ({
  quantization: { type: 'int8', coverage },
});
const inFloats = quantized({
  floatShare: 0.62,
  measuredBy: 'multiplyAccumulates',
  floatOperators: { count: 4, names: ['a', 'b', 'c', 'd'] },
});

it('int8 that left most of the work in floating point is a warning with the share', () => {
  expect(unquantized(done('int8', inFloats))).toEqual([
    'int8 left most of the model in floating point: 62 % of its multiply-accumulates; among it a, b, c, …',
  ]);
});

it('of weights alone the share is of weights', () => {
  const info = quantized({
    floatShare: 0.9999,
    measuredBy: 'parameters',
    floatTensors: { count: 1, names: ['embedding'] },
  });
  expect(unquantized(done('int4', info))).toEqual([
    'int4 left most of the model in floating point: 99.99 % of its weights; among it embedding',
  ]);
});

it.each<[string, Precision, Partial<ModelInfo>]>([
  ['half of it is not most', 'int8', quantized({ floatShare: 0.5, measuredBy: 'parameters' })],
  ['a file that does not tell', 'int8', { quantization: { type: 'int8' } }],
  ['a source that was quantized before, kept in mixed precision', 'mixed', inFloats],
  ['a model that nobody asked to quantize', 'fp16', {}],
])('no warning: %s', (_what, precision, info) => {
  expect(unquantized(done(precision, info))).toEqual([]);
});

const units = (npuShare: number): ComputeUnits => ({
  npuOperators: 1,
  cpuOperators: 3,
  npuShare,
  cpuNames: { count: 3, names: ['Sin:y', 'Log:z', 'Exp:a'] },
});

it('a compiler that put nothing on the NPU is a warning in every precision', () => {
  expect(unquantized(done('fp16', { units: units(0) }))).toEqual([
    'acmec put 0 % of the work on the NPU, and the rest on the CPU (3 of 4 operators); among it Sin:y, Log:z, Exp:a',
  ]);
  expect(unquantized(done('fp16', { units: units(0.5) }))).toEqual([]);
});

it('only what the last converter made counts', () => {
  expect(unquantized([...done('int8', inFloats), ...done('fp16', {})])).toEqual([]);
  expect(unquantized([])).toEqual([]);
});

it.each([
  ['int8', true, 'int8', 'int8'],
  ['fp32', true, 'int8', 'int8'],
  ['mixed', true, 'int8', 'mixed'],
  ['fp32', false, 'fp32', 'fp32'],
  ['fp32', true, 'fp32', 'fp32'],
  [undefined, true, 'int8', 'int8'],
] as const)(
  'a model in %s, quantized: %s, of which %s was asked is held to the bounds of %s',
  (precision, isQuantized, asked, expected) => {
    const info = { ...IMAGE_JOB.source.info, quantized: isQuantized };
    const { precision: _own, ...rest } = info;
    expect(comparedPrecision(precision === undefined ? rest : { ...rest, precision }, asked)).toBe(
      expected,
    );
  },
);
