import { describe, expect, it } from 'vitest';
import { type MatchSubject, type MeasuredPeak, match } from '../../src/device/match.js';
import type { Device, MatchReason } from '../../src/schema/generated/types.js';

const device = (own: Partial<Device> = {}): Device => ({
  name: 'camera',
  formats: ['ort'],
  ...own,
});
const ort = (own: Partial<MatchSubject> = {}): MatchSubject => ({ format: 'ort', ...own });

const runtime = (minimumVersion?: string): NonNullable<MatchSubject['stack']> => ({
  kind: 'onnxruntime',
  ...(minimumVersion === undefined ? {} : { minimumVersion }),
});

function reasonOf(
  code: MatchReason['code'],
  subject: MatchSubject,
  on: Device,
): MatchReason | undefined {
  return match(subject, on).reasons.find((reason) => reason.code === code);
}

describe('FORMAT', () => {
  it('a format that the device takes fits', () => {
    expect(match(ort(), device())).toEqual({
      matches: true,
      reasons: [{ code: 'FORMAT', ok: true, message: 'camera takes ort' }],
    });
  });
  it('another format does not fit, and the conversion is named', () => {
    const result = match({ format: 'onnx' }, device({ formats: ['ort', 'rknn'] }));
    expect(result.matches).toBe(false);
    expect(result.reasons).toEqual([
      {
        code: 'FORMAT',
        ok: false,
        message: 'camera takes ort, rknn; this is onnx',
        next: 'modelconv convert SOURCE -d camera -o OUT',
      },
    ]);
  });
  it('a device that does not say is unknown, which speaks against nothing', () => {
    const result = match(ort(), { name: 'camera' });
    expect(result).toMatchObject({ matches: true, reasons: [{ code: 'FORMAT', ok: 'unknown' }] });
  });
  it('a device that takes no format takes none', () => {
    expect(match(ort(), device({ formats: [] })).matches).toBe(false);
  });
});

describe('what is compared where both sides say', () => {
  const stack = (kind: string, version?: string): Partial<Device> => ({
    stack: { kind, ...(version === undefined ? {} : { version }) },
  });
  const cases: readonly (readonly [
    MatchReason['code'],
    MatchReason['ok'],
    string,
    Partial<MatchSubject>,
    Partial<Device>,
  ])[] = [
    ['STACK_KIND', true, 'the same stack', { stack: runtime() }, stack('onnxruntime')],
    ['STACK_KIND', false, 'another stack', { stack: runtime() }, stack('rknn')],
    [
      'STACK_VERSION',
      true,
      'a newer stack',
      { stack: runtime('1.16') },
      stack('onnxruntime', '1.30.0'),
    ],
    [
      'STACK_VERSION',
      true,
      'the minimum itself',
      { stack: runtime('1.16') },
      stack('onnxruntime', '1.16.0'),
    ],
    [
      'STACK_VERSION',
      false,
      'an older stack',
      { stack: runtime('1.16') },
      stack('onnxruntime', '1.9.1'),
    ],
    [
      'STACK_VERSION',
      false,
      'a release candidate of the minimum',
      { stack: runtime('1.16') },
      stack('onnxruntime', '1.16.0rc1'),
    ],
    [
      'STACK_VERSION',
      'unknown',
      'a stack of unknown version',
      { stack: runtime('1.16') },
      stack('onnxruntime'),
    ],
    [
      'CONVERTER_VERSION',
      true,
      'a converter as old as the runtime',
      { producer: { name: 'rknn-toolkit2', version: '2.3.2' } },
      stack('rknn', '2.3.0'),
    ],
    [
      'CONVERTER_VERSION',
      false,
      'a converter too new for the runtime',
      { producer: { name: 'rknn-toolkit2', version: '2.5.0' } },
      stack('rknn', '2.0.0'),
    ],
    ['SOC', true, 'the same chip in other letters', { soc: 'RK3588' }, { soc: 'rk3588' }],
    ['SOC', false, 'another chip', { soc: 'RK3588' }, { soc: 'RK3566' }],
    [
      'PRECISION',
      true,
      'a precision that it computes in',
      { precision: 'int8' },
      { precisions: ['int8'] },
    ],
    ['PRECISION', false, 'another precision', { precision: 'fp32' }, { precisions: ['int8'] }],
    ['MEMORY', true, 'just enough memory', { memoryBytes: 100 }, { memoryBytes: 100 }],
    ['MEMORY', false, 'too little memory', { memoryBytes: 101 }, { memoryBytes: 100 }],
  ];

  it.each(cases)('%s %s: %s', (code, ok, _what, subject, own) => {
    const result = match(ort(subject), device(own));
    expect(result.reasons.find((reason) => reason.code === code)).toMatchObject({
      ok,
      message: expect.stringMatching(/\w/),
    });
    expect(result.matches).toBe(ok !== false);
  });

  it.each(['STACK_KIND', 'STACK_VERSION', 'SOC', 'PRECISION', 'MEMORY'] as const)(
    '%s is left out where one side does not say',
    (code) => {
      const full = ort({ stack: runtime('1.2'), soc: 'a', precision: 'fp32', memoryBytes: 1 });
      expect(reasonOf(code, full, device())).toBeUndefined();
      expect(
        reasonOf(
          code,
          ort(),
          device({
            stack: { kind: 'onnxruntime', version: '1.2' },
            soc: 'a',
            precisions: ['fp32'],
            memoryBytes: 1,
          }),
        ),
      ).toBeUndefined();
    },
  );

  it('versions of different stacks are not compared', () => {
    const on = device(stack('rknn', '0.1'));
    expect(reasonOf('STACK_VERSION', ort({ stack: runtime('1.16') }), on)).toBeUndefined();
  });

  it.each([
    ['a runtime of unknown version', { name: 'mnn', version: '3.6.1' }, 'mnn', undefined],
    ['a producer of unknown version', { name: 'mnn' }, 'mnn', '3.0'],
    ['a producer that no rule is about', { name: 'pytorch', version: '9' }, 'mnn', '3.0'],
    ['a stack that no rule is about', { name: 'mnn', version: '3.6.1' }, 'ncnn', '1'],
  ])('the converter is not held against %s', (_what, producer, kind, version) => {
    const on = device(stack(kind, version));
    expect(reasonOf('CONVERTER_VERSION', ort({ producer }), on)).toBeUndefined();
  });

  it('an old stack says what to update', () => {
    const on = device(stack('onnxruntime', '1.9'));
    expect(reasonOf('STACK_VERSION', ort({ stack: runtime('1.16') }), on)?.next).toContain('1.16');
  });
});

it('every reason against it is told at once, in a fixed order', () => {
  const result = match(
    {
      format: 'onnx',
      precision: 'fp64',
      stack: runtime('1.16'),
      soc: 'a',
      memoryBytes: 2,
    },
    device({
      stack: { kind: 'onnxruntime', version: '1.0' },
      soc: 'b',
      precisions: ['int8'],
      memoryBytes: 1,
    }),
  );
  expect(result.matches).toBe(false);
  expect(result.reasons.map(({ code, ok }) => [code, ok])).toEqual([
    ['FORMAT', false],
    ['STACK_KIND', true],
    ['STACK_VERSION', false],
    ['SOC', false],
    ['PRECISION', false],
    ['MEMORY', false],
  ]);
});

describe('memory that was measured', () => {
  const measured = (own: Partial<MeasuredPeak>, room: number): MatchReason | undefined =>
    reasonOf(
      'MEMORY',
      ort({ memoryBytes: 10, measuredPeaks: [{ device: 'camera', bytes: 100, ...own }] }),
      device({ memoryBytes: room, cpu: 'a', soc: 'rk3588' }),
    );

  it.each([
    ['on the device itself', {}, 99, false],
    ['and there is enough', {}, 100, true],
    ['on a device of its chip', { device: 'rk3588' }, 99, false],
    ['on another device', { device: 'other' }, 99, true],
    ['on a machine of that name with another processor', { cpu: 'b' }, 99, true],
    ['on one with the same processor', { cpu: 'a' }, 99, false],
  ])('%s', (_title, own, room, ok) => {
    expect(measured(own, room)?.ok).toBe(ok);
  });

  it('counts without the weights, and they without it', () => {
    const peaks = [{ device: 'camera', bytes: 100 }];
    const on = device({ memoryBytes: 50 });
    expect(reasonOf('MEMORY', ort({ measuredPeaks: peaks }), on)?.ok).toBe(false);
    expect(reasonOf('MEMORY', ort({ memoryBytes: 51, measuredPeaks: [] }), on)?.ok).toBe(false);
  });
});

describe('what helps with too little memory', () => {
  it('integers where the device computes in them, and other devices', () => {
    const subject = ort({ memoryBytes: 2, precision: 'fp32' });
    const next = (own: Partial<Device>): string | undefined =>
      reasonOf('MEMORY', subject, device({ memoryBytes: 1, ...own }))?.next;
    expect(next({ precisions: ['fp32', 'int8'] })).toMatch(/--precision int8.*devices match/);
    expect(next({ precisions: ['fp32'] })).not.toContain('int8');
  });
});
