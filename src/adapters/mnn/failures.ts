import type { ExplainFailure } from '../../host/run-step.js';
import { explainBy } from '../failures.js';

/** Log lines of MNN 3.6.1, and what the driver says where MNN says nothing. */
export const explainFailure: ExplainFailure = explainBy('MNN', [
  {
    pattern: /auto_pad not support [^\n]*|Convert Onnx's Op [^\n]*failed[^\n]*/,
    code: 'E_NOT_CONVERTIBLE',
    what: 'MNN cannot convert an operator with its attributes',
    next: 'export the model with other attributes of that operator, or with a newer exporter',
  },
  {
    pattern: /These Op Not Support: ([^\n]*[^\s])[^\n]*/,
    code: 'E_NOT_CONVERTIBLE',
    what: 'the model uses an operator that MNN does not have: $1',
    next: 'export the model without the custom operator, or with one that the ai.onnx operator set has',
  },
  {
    pattern: /left out weights: Can't open file:[^\n]*/,
    code: 'E_INPUT',
    what: 'MNN did not find a file with weights of the model',
    next: 'put the file beside the model',
  },
  {
    pattern: /left out weights: Do not support weight bits[^\n]*/,
    code: 'E_NOT_CONVERTIBLE',
    what: 'MNN cannot read weights of this type',
    next: 'export the model with float32 weights',
  },
  {
    pattern: /Check it out ==> ([^\n]*has empty input[^\n]*)/,
    code: 'E_MODEL_INVALID',
    what: 'MNN refuses the model: a tensor that an operator needs is missing',
    why: '$1',
    next: 'check it with: python -m onnx.checker, or export it again',
  },
  {
    pattern:
      /(?:read onnx model failed|Invalid ONNX Model|Model file is not onnx model|Convert error, please check your file format)[^\n]*/,
    code: 'E_MODEL_INVALID',
    what: 'MNN cannot read the model: it is damaged',
    next: 'check it with: python -m onnx.checker, or export it again',
  },
  {
    pattern: /Data channel may be mismatch[^\n]*|Compute Shape Error for [^\n]*/i,
    code: 'E_SAMPLES_INVALID',
    what: 'MNN cannot run the model on these samples',
    next: 'give real ones with --samples FILE|DIR, or leave the parity check out with --no-verify',
    step: 'run',
  },
  {
    pattern: /Compute Shape Error for [^\n]*|MNN cannot (?:load|run) the model:[^\n]*/,
    code: 'E_NOT_CONVERTIBLE',
    what: 'MNN converted the model, but cannot run what it made of it',
    next: 'export the model to ONNX with fixed sizes, or with other operators',
  },
  {
    pattern: /the converter crashed with SIG(?!ABRT|KILL|TERM)[A-Z]+/,
    code: 'E_NOT_CONVERTIBLE',
    what: 'MNN crashed on the model: it has an operator or attribute that MNN does not expect',
    next: 'check it with: python -m onnx.checker, or export it again with other operators',
  },
  {
    pattern: /what\(\):\s+(?!\s|std::bad_alloc)[^\n]*/,
    code: 'E_NOT_CONVERTIBLE',
    what: 'MNN crashed on the model: it has an operator or attribute that MNN does not expect',
    next: 'check it with: python -m onnx.checker, or export it again with other operators',
  },
  {
    pattern: /MNN does not take inputs of type[^\n]*/,
    code: 'E_NOT_CONVERTIBLE',
    what: 'the model cannot be run here',
    next: 'leave the parity check out with --no-verify',
  },
]);
