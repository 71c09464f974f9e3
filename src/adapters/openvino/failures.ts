import type { ExplainFailure } from '../../host/run-step.js';
import { explainBy } from '../failures.js';

/** Log lines of OpenVINO 2025.4 and 2026.4. */
export const explainFailure: ExplainFailure = explainBy('OpenVINO', [
  {
    pattern: /No conversion rule found for operations?: ([^\n]+)/,
    code: 'E_NOT_CONVERTIBLE',
    what: 'the model uses an operator that OpenVINO does not have: $1',
    next: 'export the model without the custom operator, or with one that the ai.onnx operator set has',
  },
  {
    pattern: /Cannot recognize input model[^\n]*/,
    code: 'E_MODEL_INVALID',
    what: 'OpenVINO does not recognize the model',
    next: 'export the model to ONNX again',
  },
  {
    pattern:
      /(?:Model wasn't loaded|Error in model proto|ParseFromIstream|onnx::checker|Model can't be parsed)[^\n]*/,
    code: 'E_MODEL_INVALID',
    what: 'OpenVINO refuses the model: it is damaged',
    next: 'check it with: python -m onnx.checker, or export it again',
  },
  {
    pattern: /ValidationError: [^\n]*|No quantizable (?:nodes|operations)[^\n]*/,
    code: 'E_NOT_CONVERTIBLE',
    what: 'NNCF cannot quantize the model',
    next: 'use --precision fp16',
    step: 'quantize',
  },
]);
