import { describe, expect, it } from 'vitest';
import {
  boundOf,
  FIT_RULES,
  type FitRule,
  fittingSpecifier,
  fittingVersions,
  misfitOf,
  type RuntimeBound,
  updateRuntime,
} from '../../src/device/runtime-fit.js';

function bound(kind: string, version: string, own: readonly FitRule[] = []): RuntimeBound {
  const found = boundOf({ kind, version }, own);
  if (found === undefined) throw new Error(`no rule for ${kind}`);
  return found;
}

const SAME: FitRule = {
  stack: 'tensorrt',
  parts: 3,
  relation: 'same',
  rule: 'an engine loads only in its own version',
  source: 'https://example.org',
};

describe('whether a converter fits the runtime of a device', () => {
  it.each([
    { kind: 'openvino', runtime: '2025.4.0', converter: '2025.4.1', fits: true },
    { kind: 'openvino', runtime: '2025.4.0', converter: '2026.1.0', fits: false },
    { kind: 'openvino', runtime: '2026.4.1', converter: '2025.4.1', fits: true },
    { kind: 'rknn', runtime: '2.3.2', converter: '2.5.0', fits: false },
    { kind: 'rknn', runtime: '2.3.0', converter: '2.3.2', fits: true },
    { kind: 'rknn', runtime: '2.10.0', converter: '2.5.0', fits: true },
    { kind: 'mnn', runtime: '3.5.0', converter: '3.6.1', fits: false },
    // the first part of a version stands for all that begin with it
    { kind: 'openvino', runtime: '2026.2', converter: '2026', fits: true },
    { kind: 'openvino', runtime: '2025.4', converter: '2026', fits: false },
    { kind: 'rknn', runtime: '2', converter: '2.2.0', fits: false },
    { kind: 'rknn', runtime: 'v2.3.0', converter: '2.3.2', fits: true },
  ])('$kind $runtime and a converter $converter: $fits', ({ kind, runtime, converter, fits }) => {
    expect(misfitOf(converter, bound(kind, runtime))).toBe(fits ? undefined : 'too new');
  });

  it.each([
    ['10.3.0', undefined],
    ['10.3', undefined],
    ['10.3.1', 'too new'],
    ['10', undefined],
    ['8.6.2', 'too old'],
    ['8', 'too old'],
  ])('where both have to be the same, %s for 10.3.0 is %s', (converter, misfit) => {
    expect(misfitOf(converter, bound('tensorrt', '10.3.0', [SAME]))).toBe(misfit);
  });

  it('a device that does not say its version, or has a stack without a rule, takes any', () => {
    expect(boundOf({ kind: 'rknn' })).toBeUndefined();
    expect(boundOf(undefined)).toBeUndefined();
    expect(boundOf({ kind: 'onnxruntime', version: '1.10.0' })).toBeUndefined();
  });

  it.each([
    { kind: 'openvino', runtime: '2025.2.0', people: '2025.2 or older', pip: '<2025.3' },
    { kind: 'rknn', runtime: '2', people: '2 or older', pip: '<2.1' },
    { kind: 'mnn', runtime: 'v3.9.1-rc1', people: '3.9 or older', pip: '<3.10' },
    { kind: 'tensorrt', runtime: '10.3.0', people: '10.3.0', pip: '==10.3.0.*' },
  ])('what fits $kind $runtime is $people, for pip $pip', ({ kind, runtime, people, pip }) => {
    const asked = bound(kind, runtime, [SAME]);
    expect([fittingVersions(asked), fittingSpecifier(asked)]).toEqual([people, pip]);
  });

  it('a runtime that is to take what a converter makes has its version or a newer one', () => {
    expect(updateRuntime('2026.4.1', bound('openvino', '2025.2'))).toBe(
      'update openvino on the device to 2026.4 or newer',
    );
    expect(updateRuntime('10.3.0', bound('tensorrt', '8.6.2', [SAME]))).toMatch(/to 10\.3\.0$/);
  });

  it.each(FIT_RULES)('the rule for $stack says where it comes from', ({ rule, source }) => {
    expect(rule).not.toBe('');
    expect(source).toMatch(/^https:\/\//);
  });
});
