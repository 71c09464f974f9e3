import { describe, expect, it } from 'vitest';
import { subjectOfModel, subjectOfPackage } from '../../src/device/subject.js';
import type { Descriptor, Measurement, ModelInfo } from '../../src/schema/generated/types.js';

const tflite = (operators: ModelInfo['operators']): ModelInfo => ({
  path: 'x.tflite',
  sizeBytes: 1,
  format: 'tflite',
  ...(operators === undefined ? {} : { operators }),
  inputs: [],
  outputs: [],
  facts: {},
});

describe('a TFLite file', () => {
  it('that Vela compiled is for Ethos-U alone', () => {
    expect(subjectOfModel(tflite({ 'custom:ethos-u': 1, SOFTMAX: 1 }))).toEqual({
      format: 'vela-tflite',
      stack: { kind: 'ethos-u' },
    });
  });
  it.each([{ CONV_2D: 1 }, { 'custom:ethos-unlike': 1 }, undefined])(
    'with %j is not',
    (operators) => {
      expect(subjectOfModel(tflite(operators)).format).toBe('tflite');
    },
  );
});

describe('a package', () => {
  const descriptor = (own: Partial<Descriptor>): Descriptor =>
    ({
      model: { format: 'rknn' },
      software: { stack: { kind: 'rknn' } },
      ...own,
    }) as Descriptor;

  it('brings the peaks of memory that were measured, and on what', () => {
    const on = (name: string, peakMemoryBytes?: number): Measurement =>
      ({ device: { name, cpu: 'c', arch: 'x64', os: 'linux' }, peakMemoryBytes }) as Measurement;
    const subject = subjectOfPackage(descriptor({ measurements: [on('a', 7), on('b')] }));
    expect(subject.measuredPeaks).toEqual([{ device: 'a', cpu: 'c', bytes: 7 }]);
  });

  it.each([
    ['bmodel', 'bm1684x'],
    ['cvimodel', 'cv181x'],
    ['kmodel', 'k210'],
    ['espdl', 'esp32s3'],
    ['vela-tflite', 'ethos-u55-128'],
    ['ort', undefined],
  ])('of a %s is for %s', (format, soc) => {
    const packed = descriptor({
      model: { format } as Descriptor['model'],
      device: { name: 'd', soc: soc ?? 'any' } as NonNullable<Descriptor['device']>,
    });
    expect(subjectOfPackage(packed).soc).toBe(soc);
  });
});
