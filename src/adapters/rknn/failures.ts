import type { ExplainFailure } from '../../host/run-step.js';
import { explainBy } from '../failures.js';

const EXPORT_AGAIN = 'check it with: python -m onnx.checker, or export it again';

/**
 * Log lines of RKNN-Toolkit2 2.5.0. Lines that begin with "E RKNN" stand in the log of successful
 * conversions too ("Unkown op target: 0"), so only whole sentences are looked for.
 */
export const explainFailure: ExplainFailure = explainBy('RKNN-Toolkit2', [
  {
    pattern: /Unsupport onnx opset (\d+), need <= (\d+)/,
    code: 'E_NOT_CONVERTIBLE',
    what: 'the model uses ONNX opset $1, and RKNN-Toolkit2 takes opsets up to $2',
    next: 'export it with opset $2: torch.onnx.export(..., opset_version=$2)',
  },
  {
    pattern:
      /In Node, \("[^"\n]*", (\w+), "[^"\n]*", -?\d+\)[^\n]*Error No (?:opset import for domain|Op registered for)[^\n]*/,
    code: 'E_NOT_CONVERTIBLE',
    what: 'the model uses the operator $1, which RKNN-Toolkit2 does not have',
    next: 'export the model without the custom operator, or with one that the ai.onnx operator set has',
  },
  {
    pattern: /The input \d+ of (\w+)\([^\n]*\) need to be constant![^\n]*/,
    code: 'E_NOT_CONVERTIBLE',
    what: 'the model has an output of $1 whose size depends on its input, and an NPU needs every size fixed',
    next: 'cut $1 and what follows it off the model, and compute that on the host',
  },
  {
    pattern: /The (\w+)\([^\n]*\) will cause the graph to be a dynamic graph![^\n]*/,
    code: 'E_NOT_CONVERTIBLE',
    what: 'the model has a $1, and an NPU needs a graph that does not change',
    next: 'export the model with its loops and branches written out',
  },
  {
    pattern: /Found Random node '[^\n]*', which is not supported[^\n]*/,
    code: 'E_NOT_CONVERTIBLE',
    what: 'the model draws random numbers, which the NPU does not do',
    next: 'make the random numbers an input of the model',
  },
  {
    pattern: /Current target_platform\((\w+)\) not support do_quantization = False/,
    code: 'E_NOT_CONVERTIBLE',
    what: 'the NPU of $1 takes quantized models alone',
    next: 'use --precision int8 with --calibration DIR',
  },
  {
    pattern: /Invalid target_platform '(\w+)'/,
    code: 'E_NOT_CONVERTIBLE',
    what: 'this RKNN-Toolkit2 does not compile for $1',
    next: 'install a newer one: modelconv toolchains install rknn',
  },
  {
    pattern: /Exporting the operator '?([\w:]+)'? to ONNX opset version \d+ is not supported[^\n]*/,
    code: 'E_NOT_CONVERTIBLE',
    what: 'the model uses the operator $1, which RKNN-Toolkit2 does not have',
    next: 'export the model with other operators',
  },
  {
    // arguments of forward() with a default, and what else it takes besides its inputs
    pattern: /input_values\.size\(\) == param_count_list\.size\(\)[^\n]*/,
    code: 'E_NOT_CONVERTIBLE',
    what: 'the forward() of the model has arguments that RKNN-Toolkit2 gives no value',
    next: 'wrap the model in a module whose forward() takes tensors alone, without defaults, and trace that',
  },
  {
    pattern: /load_pytorch failed: RuntimeError: ([^\n]*)/,
    code: 'E_NOT_CONVERTIBLE',
    what: 'the model does not run on inputs of these sizes',
    why: '$1',
    next: 'correct them: --input NAME=SIZE,SIZE,…',
  },
  {
    pattern: /(?:Not Support Dtype: \d+|No corresponding Numpy type for Tensor Type)[^\n]*/,
    code: 'E_NOT_CONVERTIBLE',
    what: 'the model holds tensors of a type that RKNN-Toolkit2 does not take',
    next: 'export it in float32',
  },
  {
    pattern: /Meet unsupported (\w+)[^\n]*/,
    code: 'E_NOT_CONVERTIBLE',
    what: 'the NPU does not have this form of $1',
    next: 'change the layer, or use another --precision',
  },
  {
    pattern: /Can not find quantize information![^\n]*/,
    code: 'E_NOT_CONVERTIBLE',
    what: 'a part of the model cannot be quantized, and this NPU computes in int8 alone',
    next: 'leave integer arithmetic out of the model, or convert for a chip that computes in fp16',
  },
  {
    pattern: /The input shape \[[^\n]*\] of '([^\n']*)' is not support/,
    code: 'E_NOT_CONVERTIBLE',
    what: 'input $1 is of open size, and RKNN-Toolkit2 fixes every size',
    next: 'fix the size: --input NAME=SIZE,SIZE,…',
  },
  {
    pattern: /All outputs \[[^\n]*\] of model are constants/,
    code: 'E_NOT_CONVERTIBLE',
    what: 'the model computes nothing: all of its outputs are constants',
    next: 'export the model with its inputs',
  },
  {
    pattern: /the simulator failed: it gave \d+ outputs instead of \d+/,
    code: 'E_NOT_CONVERTIBLE',
    what: 'RKNN-Toolkit2 left out an output of the model: one that repeats another output or an input',
    next: 'export the model without the output that repeats another one',
  },
  {
    pattern: /The QAT model need set 'target'![^\n]*/,
    code: 'E_NOT_CONVERTIBLE',
    what: 'RKNN-Toolkit2 shows the layers of a model that comes quantized on a board alone',
    next: 'leave --layers out',
  },
  {
    pattern: /cannot convert float (?:NaN|infinity) to integer/,
    code: 'E_MODEL_INVALID',
    what: 'the model cannot be quantized: weights or computed values are not finite numbers',
    next: 'export the model again from a checkpoint without NaN',
  },
  {
    pattern: /cannot reshape array of size \d+ into shape [^\n]*/,
    code: 'E_MODEL_INVALID',
    what: 'RKNN-Toolkit2 refuses the model: a tensor has fewer elements than its shape says',
    next: EXPORT_AGAIN,
  },
  {
    pattern:
      /(?:INVALID_GRAPH|INVALID_PROTOBUF|INVALID_ARGUMENT|Can not find tensor value info for|Error parsing message|Input channels C is not equal to)[^\n]*/,
    code: 'E_MODEL_INVALID',
    what: 'RKNN-Toolkit2 refuses the model: its graph is not valid',
    next: EXPORT_AGAIN,
  },
  {
    pattern: /No module named 'pkg_resources'/,
    code: 'E_TOOL_MISSING',
    what: 'RKNN-Toolkit2 is installed beside a setuptools that is too new for it',
    next: 'in its environment: pip install "setuptools<81"; or unset MODELCONV_RKNN and run: modelconv toolchains install rknn',
  },
]);
