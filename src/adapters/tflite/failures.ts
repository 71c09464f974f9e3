import type { ExplainFailure } from '../../host/run-step.js';
import { explainBy } from '../failures.js';

const NO_SUCH_OPERATOR = {
  code: 'E_NOT_CONVERTIBLE',
  what: 'the model uses an operator that TFLite runtimes do not have: $1',
  next: 'export the model without the operator, or with one that the ai.onnx operator set has',
} as const;

/** Log lines of onnx2tf 2.6.9, TensorFlow 2.21, LiteRT 2.1 and of the driver. */
export const explainFailure: ExplainFailure = explainBy('onnx2tf', [
  { pattern: /unresolved custom op: (?:ONNX_)?(\w+)[^\n]*/, ...NO_SUCH_OPERATOR },
  { pattern: /does not support CUSTOM ops\.[^\n]*?onnxOp=([^\s,]+)[^\n]*/, ...NO_SUCH_OPERATOR },
  { pattern: /'tf\.(\w+)' op is neither a custom op nor a flex op/, ...NO_SUCH_OPERATOR },
  {
    pattern: /Select TensorFlow op\(s\)[^\n]*?\((Flex\w+)\)[^\n]*/,
    ...NO_SUCH_OPERATOR,
  },
  {
    pattern: /Tensor data is null[^\n]*/,
    code: 'E_NOT_CONVERTIBLE',
    what: 'onnx2tf left an output of the model without data: one that repeats another output or an input',
    next: 'export the model without the output that repeats another one',
  },
  {
    pattern: /onnxsim, which onnx2tf starts, is not on PATH/,
    code: 'E_TOOL_MISSING',
    what: 'onnx2tf is not completely installed',
    next: 'REPAIR',
  },
  {
    pattern: /input [^\n]* has an open size/,
    code: 'E_NOT_CONVERTIBLE',
    what: 'TFLite models have fixed sizes here, and the model leaves one open',
    next: 'fix it with --input NAME=SIZE,SIZE,…',
  },
  {
    pattern: /larger than the 2 GB that a TFLite file can hold|outside of the 2 GB[^\n]*/,
    code: 'E_NOT_CONVERTIBLE',
    what: 'the model is too large for TFLite',
    next: 'split the model, or use a device with another runtime: modelconv devices list',
  },
  {
    pattern: /ModelIRSavedModelExportError: [^\n]*/,
    code: 'E_NOT_CONVERTIBLE',
    what: "onnx2tf cannot hand the model to TensorFlow's converter, which makes fp16 and int8",
    next: 'use --precision fp32',
  },
  {
    pattern: /int8 needs calibration data/,
    code: 'E_USAGE',
    what: 'int8 needs calibration data',
    next: 'give images or arrays with --calibration DIR',
  },
  {
    pattern: /Cannot set tensor: [^\n]*/,
    code: 'E_CALIBRATION_INVALID',
    what: 'the calibration data does not fit the inputs of the model',
    next: 'give one array for each input, in its type and shape',
    step: 'convert',
  },
  {
    pattern: /(?:gather index out of bounds|Cannot set tensor: |axes don't match array)[^\n]*/,
    code: 'E_SAMPLES_INVALID',
    what: 'the model cannot be run on the samples',
    next: 'give samples as the model takes them, with --samples FILE',
    step: 'run',
  },
  {
    // an integer division by a quantized number that is so small that it became zero
    pattern: /div\.cc:\d+ data\[i\] != 0 was not true[^\n]*/,
    code: 'E_NOT_CONVERTIBLE',
    what: 'the model divides by a number that becomes zero as an integer',
    next: 'use --precision fp16',
  },
  {
    pattern:
      /(?:buffer size must be a multiple of element size|DecodeError: |ParseFromString|cannot reshape array of size)[^\n]*/,
    code: 'E_MODEL_INVALID',
    what: 'the model is damaged: its data does not fit its description',
    next: 'check it with: python -m onnx.checker, or export it again',
    step: 'convert',
  },
  {
    pattern: /(?:the TFLite runtime refuses the model|cannot run the model): [^\n]*/,
    code: 'E_NOT_CONVERTIBLE',
    what: 'what onnx2tf wrote is not a model that the TFLite runtime takes',
    next: 'check the source with: python -m onnx.checker, try --precision fp32, or simplify the model',
    step: 'convert',
  },
  {
    pattern: /TensorFlow's converter: [^\n]*/,
    code: 'E_NOT_CONVERTIBLE',
    what: "TensorFlow's converter refuses the model",
    next: 'use --precision fp32',
    step: 'convert',
  },
]);
