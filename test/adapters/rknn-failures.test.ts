import { describe, expect, it } from 'vitest';
import { explainFailure } from '../../src/adapters/rknn/failures.js';
import { failedWith, type KnownLine } from '../support/jobs.js';

const ORT = 'onnxruntime.capi.onnxruntime_pybind11_state';
const GRAPH = `${ORT}.InvalidGraph: [ONNXRuntimeError] : 10 : INVALID_GRAPH : This is an invalid model.`;

// Lines that RKNN-Toolkit2 2.5.0 prints.
const KNOWN: readonly KnownLine[] = [
  {
    log: "E accuracy_analysis: The QAT model need set 'target'!\nrknn: accuracy_analysis failed: it returned -1, the reason stands above",
    code: 'E_NOT_CONVERTIBLE',
    names: 'comes quantized',
  },
  {
    log: "ValueError: All outputs ['y'] of model are constants, The model is invalid!",
    code: 'E_NOT_CONVERTIBLE',
    names: 'computes nothing',
  },
  {
    log: 'E RKNN: [23:14:10.178] Unkown op target: 0\nrknn: the simulator failed: it gave 1 outputs instead of 2',
    code: 'E_NOT_CONVERTIBLE',
    names: 'repeats another output',
  },
  {
    log: 'E load_onnx: Unsupport onnx opset 22, need <= 19!',
    code: 'E_NOT_CONVERTIBLE',
    names: 'opset 22',
  },
  {
    log: `${GRAPH} In Node, ("frobnicate", FrobnicateXYZ, "com.acme", -1) : ("positive": tensor(float),) -> ("y": tensor(float),) , Error No opset import for domain 'com.acme'`,
    code: 'E_NOT_CONVERTIBLE',
    names: 'FrobnicateXYZ',
  },
  {
    log: `${GRAPH} In Node, ("y", Foo, "", -1) : ("x": tensor(float),) -> ("y": tensor(float),) , Error No Op registered for Foo with domain_version of 19`,
    code: 'E_NOT_CONVERTIBLE',
    names: 'Foo',
  },
  {
    log: `${GRAPH} In Node, ("y", Conv, "", -1) : ("x": tensor(float),"W": tensor(float),) -> ("y": tensor(float),) , Error Unrecognized attribute: frob for operator Conv`,
    code: 'E_MODEL_INVALID',
  },
  {
    log: "E build: The input 0 of NonMaxSuppression('y') need to be constant! It will cause the graph to be a dynamic graph!\n         Remove NonMaxSuppression('y') manually and try again!",
    code: 'E_NOT_CONVERTIBLE',
    names: 'NonMaxSuppression',
  },
  {
    log: "ValueError: The Loop('y') will cause the graph to be a dynamic graph! Remove it manually and try again!",
    code: 'E_NOT_CONVERTIBLE',
    names: 'Loop',
  },
  {
    log: "Found Random node 'y', which is not supported, please remove it manually and try again!",
    code: 'E_NOT_CONVERTIBLE',
    names: 'random',
  },
  {
    log: 'E build: Current target_platform(rv1106) not support do_quantization = False!',
    code: 'E_NOT_CONVERTIBLE',
    names: 'rv1106',
  },
  {
    log: "ValueError: Invalid target_platform 'rv1126b'!",
    code: 'E_NOT_CONVERTIBLE',
    names: 'rv1126b',
  },
  {
    log: 'E RKNN: [14:44:29.775] Not Support Dtype: 2. please check precision!',
    code: 'E_NOT_CONVERTIBLE',
    names: 'type',
  },
  {
    log: 'RuntimeError: No corresponding Numpy type for Tensor Type. bfloat16',
    code: 'E_NOT_CONVERTIBLE',
    names: 'type',
  },
  {
    log: 'E RKNN: [14:46:51.475] Meet unsupported conv, input tensor name: image input type: 3',
    code: 'E_NOT_CONVERTIBLE',
    names: 'conv',
  },
  {
    log: 'E RKNN: [15:20:03.575] Can not find quantize information!, try to change request type to float16',
    code: 'E_NOT_CONVERTIBLE',
    names: 'quantized',
  },
  {
    log: "ValueError: The input shape ['batch', 1, 8, 8] of 'image' is not support!",
    code: 'E_NOT_CONVERTIBLE',
    names: 'image',
  },
  { log: 'ValueError: cannot convert float NaN to integer', code: 'E_MODEL_INVALID' },
  {
    log: 'ValueError: cannot reshape array of size 25 into shape (4,3,3,3)',
    code: 'E_MODEL_INVALID',
    names: 'fewer elements',
  },
  {
    log: `${ORT}.InvalidArgument: [ONNXRuntimeError] : 2 : INVALID_ARGUMENT : Non-zero status code returned while running Conv node. Name:'y' Status Message: Invalid input shape: {2,2}`,
    code: 'E_MODEL_INVALID',
  },
  {
    log: `${ORT}.Fail: [ONNXRuntimeError] : 1 : FAIL : Non-zero status code returned while running Conv node. Name:'y' Status Message: Input channels C is not equal to kernel channels * group. C: 5 kernel channels: 3`,
    code: 'E_MODEL_INVALID',
  },
  {
    log: "ValueError: Can not find tensor value info for 'missing'!",
    code: 'E_MODEL_INVALID',
  },
  {
    log: "ModuleNotFoundError: No module named 'pkg_resources'",
    code: 'E_TOOL_MISSING',
    names: 'setuptools',
  },
  {
    log: 'ImportError: libopenblas-r0-f650aae0.3.3.so: failed to map segment from shared object',
    code: 'E_TOOL_MISSING',
    names: 'not completely installed',
  },
  {
    log: 'numpy.core._exceptions._ArrayMemoryError: Unable to allocate 9.54 GiB for an array with shape (1, 20000, 64000)',
    code: 'E_TOOL_FAILED',
    names: 'memory',
  },
  {
    log: "rknn: load_pytorch failed: torch.onnx.errors.UnsupportedOperatorError: Exporting the operator 'aten::fft_fft2' to ONNX opset version 14 is not supported",
    code: 'E_NOT_CONVERTIBLE',
    names: 'aten::fft_fft2',
  },
  {
    log: 'rknn: load_pytorch failed: RuntimeError: input_values.size() == param_count_list.size() INTERNAL ASSERT FAILED at "graph_utils.cpp":56, please report a bug to PyTorch.  input_values:7 vs param_count_list:6',
    code: 'E_NOT_CONVERTIBLE',
    names: 'forward()',
  },
  {
    log: 'rknn: load_pytorch failed: RuntimeError: Given groups=1, weight of size [4, 1, 3, 3], expected input[1, 3, 8, 8] to have 1 channels, but got 3 channels instead',
    code: 'E_NOT_CONVERTIBLE',
    names: 'inputs of these sizes',
  },
];

describe('a failure of RKNN-Toolkit2', () => {
  it.each(KNOWN)('$log', ({ log, code, names = '' }) => {
    const error = explainFailure(failedWith(`I rknn-toolkit2 version: 2.5.0\n${log}\n`));
    expect(error).toMatchObject({ code, message: expect.stringContaining(names) });
    expect(error?.next).not.toBe('');
    expect(error?.logTail).toContain('rknn-toolkit2 version');
  });

  // these stand in the log of conversions that succeed
  it.each([
    'E RKNN: [14:38:13.244] Unkown op target: 0',
    'W run: The MMSE will consume a lot of memory!\n        If an error is reported due to insufficient memory, please increase the memory',
    "W build: The default input dtype of 'x' is changed from 'float32' to 'int8' in rknn model for performance!",
    'rknn: build failed: it returned -1, the reason stands above',
    // its own reader gives up, and torch.onnx.export takes over
    "E load_pytorch: The following operators are not implemented: ['aten::conv2d']",
  ])('is not explained by %s', (log) => {
    expect(explainFailure(failedWith(log))).toBeUndefined();
  });
});
