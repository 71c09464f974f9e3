import { describe, expect, it } from 'vitest';
import { FIT_RULES, refusalOf } from '../../src/device/runtime-fit.js';

describe('whether a converter fits the runtime of a device', () => {
  it.each([
    { kind: 'openvino', runtime: '2025.4.0', converter: '2025.4.1', fits: true },
    { kind: 'openvino', runtime: '2025.4.0', converter: '2026.1.0', fits: false },
    { kind: 'openvino', runtime: '2026.4.1', converter: '2025.4.1', fits: true },
    { kind: 'rknn', runtime: '2.3.2', converter: '2.5.0', fits: false },
    { kind: 'rknn', runtime: '2.3.0', converter: '2.3.2', fits: true },
    { kind: 'rknn', runtime: '2.10.0', converter: '2.5.0', fits: true },
    { kind: 'mnn', runtime: '3.5.0', converter: '3.6.1', fits: false },
    { kind: 'onnxruntime', runtime: '1.10.0', converter: '1.30.0', fits: true },
  ])('$kind $runtime and a converter $converter: $fits', ({ kind, runtime, converter, fits }) => {
    expect(refusalOf({ kind, version: runtime }, converter) === undefined).toBe(fits);
  });

  it('a device that does not say its version is not held back', () => {
    expect(refusalOf({ kind: 'rknn' }, '99.0.0')).toBeUndefined();
    expect(refusalOf(undefined, '99.0.0')).toBeUndefined();
  });

  it.each(FIT_RULES)('the rule for $stack says where it comes from', ({ rule, source }) => {
    expect(rule).not.toBe('');
    expect(source).toMatch(/^https:\/\//);
  });
});
