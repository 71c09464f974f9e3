import { describe, expect, it } from 'vitest';
import { minimumForOnnx, minimumForOrt } from '../../src/source/onnxruntime-versions.js';

describe('oldest ONNX Runtime for an ONNX file, by IR version and operator set', () => {
  it.each([
    [3, 7, '0.1'],
    [3, 9, '0.3'],
    [4, 9, '0.4'],
    [5, 11, '1.0'],
    [7, 12, '1.3'],
    [7, 13, '1.6'],
    [7, 14, '1.8'],
    [8, 13, '1.9'],
    [8, 16, '1.11'],
    [8, 17, '1.12'],
    [8, 18, '1.14'],
    [9, 17, '1.15'],
    [9, 20, '1.17'],
    [10, 18, '1.18'],
    [10, 22, '1.21'],
    [11, 21, '1.23'],
    [12, 24, '1.24.1'],
    [13, 25, '1.24.1'],
    [13, 26, '1.25'],
    [14, 9, '1.32'],
    [10, 28, '1.32'],
  ])('IR %i, opset %i: %s', (ir, opset, version) => {
    expect(minimumForOnnx(ir, opset)).toMatchObject({ kind: 'onnxruntime', version });
  });

  it.each([
    ['an IR version that is newer than the table', 15, 17],
    ['an operator set that is newer than the table', 8, 29],
    ['no operator set', 8, undefined],
    ['IR version 0', 0, 17],
    ['operator set 0', 8, 0],
  ])('%s: not known', (_what, ir, opset) => {
    expect(minimumForOnnx(ir, opset)).toBeUndefined();
  });

  it('the rule says which side asks for what', () => {
    expect(minimumForOnnx(9, 21)?.rule).toBe('ONNX IR 9 needs 1.15, ai.onnx 21 needs 1.18');
  });
});

describe('oldest ONNX Runtime for an ORT file, by format version and operator set', () => {
  it.each([
    [1, undefined, '1.14'],
    [4, 13, '1.14'],
    [4, 19, '1.15'],
    [5, 17, '1.13'],
    [5, 18, '1.14'],
    [6, undefined, '1.16'],
    [6, 17, '1.16'],
    [6, 20, '1.17'],
    [6, 27, '1.32'],
  ])('format %i, opset %s: %s', (format, opset, version) => {
    expect(minimumForOrt(format, opset)).toMatchObject({ kind: 'onnxruntime', version });
  });

  it.each([
    ['a format version that is newer than the table', 7, 17],
    ['an operator set that is newer than the table', 6, 29],
    ['a format version that is no number', Number.NaN, 17],
    ['format version 0', 0, 17],
  ])('%s: not known', (_what, format, opset) => {
    expect(minimumForOrt(format, opset)).toBeUndefined();
  });
});
