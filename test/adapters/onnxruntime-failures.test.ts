import { describe, expect, it } from 'vitest';
import { onnxruntime } from '../../src/adapters/onnxruntime/index.js';
import type { ModelconvError } from '../../src/errors.js';

function explain(logTail: string, label = 'convert'): ModelconvError | undefined {
  return onnxruntime.explainFailure?.({
    step: { label, args: [], timeoutMs: 1 },
    tool: 'onnxruntime-node',
    exitCode: 1,
    signal: undefined,
    logTail,
  });
}

interface Known {
  readonly log: string;
  readonly step?: string;
  readonly code: string;
  /** What the message has to name. */
  readonly names?: string;
}

// Lines that ONNX Runtime 1.16 to 1.30 prints; the file names in them are shortened.
const KNOWN: readonly Known[] = [
  {
    log: 'Fatal error: com.acme:FrobnicateXYZ(-1) is not a registered function/op',
    code: 'E_NOT_CONVERTIBLE',
    names: 'com.acme:FrobnicateXYZ',
  },
  {
    log: 'Load model from source/m.onnx failed:Fatal error: com.acme:Foo(-1) is not a registered function/op',
    code: 'E_NOT_CONVERTIBLE',
    names: 'com.acme:Foo',
  },
  {
    log: 'This is an invalid model. In Node, ("n", Foo, "", -1) : No Op registered for Foo with domain_version of 17',
    code: 'E_NOT_CONVERTIBLE',
    names: 'Foo',
  },
  {
    log: "Could not find an implementation for GridSample(16) node with name '/GridSample'",
    code: 'E_NOT_CONVERTIBLE',
    names: 'GridSample',
  },
  {
    log: "Non-zero status code returned while running Gather node. Name:'/emb/Gather' Status Message: indices element out of data bounds, idx=99 must be within the inclusive range [-17,16]",
    step: 'run',
    code: 'E_SAMPLES_INVALID',
    names: '--samples',
  },
  {
    log: 'Got invalid dimensions for input: image for the following indices\n index: 2 Got: 9 Expected: 8',
    step: 'run',
    code: 'E_SAMPLES_INVALID',
  },
  {
    log: 'Unexpected input data type. Actual: (tensor(double)) , expected: (tensor(float))',
    step: 'run',
    code: 'E_SAMPLES_INVALID',
  },
  {
    log: "Non-zero status code returned while running Conv node. Name:'c'",
    step: 'convert',
    code: 'E_TOOL_FAILED',
  },
  { log: 'std::bad_alloc', code: 'E_TOOL_FAILED', names: 'memory' },
  {
    log: 'bfc_arena.cc:376 Failed to allocate memory for requested buffer of size 4294967296',
    code: 'E_TOOL_FAILED',
    names: 'memory',
  },
  { log: 'ENOSPC: no space left on device, write', code: 'E_OUTPUT', names: 'TMPDIR' },
  {
    log: 'open file fail, errcode = 28 - No space left on device',
    code: 'E_OUTPUT',
    names: 'TMPDIR',
  },
  {
    log: "Cannot find module '/x/node_modules/onnxruntime-node'\nRequire stack:\n- /x/driver.js",
    code: 'E_TOOL_MISSING',
    names: 'npm install onnxruntime-node',
  },
  {
    log: "/lib64/libm.so.6: version `GLIBC_2.29' not found (required by libonnxruntime.so.1)",
    code: 'E_TOOL_MISSING',
    names: 'GLIBC_2.29',
  },
  { log: 'onnxruntime_binding.node: invalid ELF header', code: 'E_TOOL_MISSING' },
  {
    log: 'Load model from source/m.onnx failed:Protobuf parsing failed.',
    code: 'E_MODEL_INVALID',
    names: 'Protobuf parsing failed',
  },
  {
    log: '[ONNXRuntimeError] : 10 : INVALID_GRAPH : This is an invalid model. Type Error: Type mismatch',
    code: 'E_MODEL_INVALID',
  },
  // onnxruntime.quantization 1.31.1
  {
    log: 'onnxruntime: quantization failed: ValueError: no operator of the model can be quantized',
    step: 'quantize',
    code: 'E_NOT_CONVERTIBLE',
    names: 'nothing to quantize',
  },
  {
    log: 'onnxruntime: quantization failed: AssertionError: scale issue',
    step: 'quantize',
    code: 'E_MODEL_INVALID',
    names: 'not finite',
  },
  {
    log: "onnxruntime: quantization failed: InvalidArgument: [ONNXRuntimeError] : 2 : INVALID_ARGUMENT : Non-zero status code returned while running Gather node. Name:'/embedding/Gather' Status Message: indices element out of data bounds, idx=99 must be within the inclusive range [-17,16]",
    step: 'quantize',
    code: 'E_CALIBRATION_INVALID',
    names: '--calibration',
  },
  {
    log: "onnxruntime: quantization failed: Fail: [ONNXRuntimeError] : 1 : FAIL : tensorprotoutils.cc:1534 ValidateEmbeddedTensorProtoDataSizeAndShape Initializer 'W': raw_data size (100 bytes) does not match expected size from shape and data type (432 bytes)",
    step: 'quantize',
    code: 'E_MODEL_INVALID',
  },
  {
    log: 'onnxruntime: quantization failed: Fail: [ONNXRuntimeError] : 1 : FAIL : Load model from tmp/ort.quant.njf2n8gl/augmented_model.onnx failed:Fatal error: com.acme:FrobnicateXYZ(-1) is not a registered function/op',
    step: 'quantize',
    code: 'E_NOT_CONVERTIBLE',
    names: 'com.acme:FrobnicateXYZ',
  },
  {
    log: "ModuleNotFoundError: No module named 'sympy'",
    step: 'quantize',
    code: 'E_TOOL_MISSING',
    names: 'modelconv toolchains install onnxruntime',
  },
  {
    log: 'numpy._core._exceptions._ArrayMemoryError: Unable to allocate 9.54 GiB for an array',
    step: 'quantize',
    code: 'E_TOOL_FAILED',
    names: 'memory',
  },
];

describe('a known line of the log is explained', () => {
  for (const { log, step, code, names = '' } of KNOWN) {
    it(`${step ?? 'convert'}: ${log.split('\n')[0]?.slice(0, 90)}`, () => {
      const error = explain(`[W:onnxruntime] noise before\n${log}\nnoise after`, step);
      expect(error?.code).toBe(code);
      expect([error?.message, error?.why, error?.next].join('\n')).toContain(names);
      // what the tool said stands in the error, so that nobody has to trust our reading of it
      expect(log).toContain(error?.why?.split('\n')[0]);
      expect(error?.next ?? '').not.toBe('');
    });
  }
});

it('an unknown log is left to the general message', () => {
  expect(explain('Segmentation fault')).toBeUndefined();
  expect(explain('')).toBeUndefined();
});

it('an operator is named without its version', () => {
  expect(
    explain('Fatal error: com.acme:Foo(-1) is not a registered function/op')?.message,
  ).not.toContain('(-1)');
});
