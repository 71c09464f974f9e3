import { describe, expect, it } from 'vitest';
import { tflite } from '../../src/adapters/tflite/index.js';
import type { ModelconvError } from '../../src/errors.js';

function explain(logTail: string, label = 'convert'): ModelconvError | undefined {
  return tflite.explainFailure?.({
    step: { label, args: [], timeoutMs: 1 },
    tool: 'onnx2tf',
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

// Last lines of real runs with onnx2tf 2.6.9, TensorFlow 2.21 and LiteRT 2.1; long ones are cut.
const KNOWN: readonly Known[] = [
  {
    log: 'failed: the TFLite runtime cannot run the model: ValueError: Tensor data is null. Run allocate_tensors() first',
    code: 'E_NOT_CONVERTIBLE',
    names: 'repeats another output',
  },
  {
    log: 'failed: the TFLite runtime refuses the model: RuntimeError: Encountered unresolved custom op: ONNX_FROBNICATEXYZ. See instructions: https://www.tensorflow.org/lite/guide/ops_custom Node number 1 (ONNX_FROBNICATEXYZ) failed to prepare.',
    code: 'E_NOT_CONVERTIBLE',
    names: 'do not have: FROBNICATEXYZ',
  },
  {
    log: 'failed: ModelIRSavedModelExportError: flatbuffer_direct_output_saved_model does not support CUSTOM ops. Found 1 CUSTOM node(s): customCode=ONNX_FROBNICATEXYZ onnxOp=FrobnicateXYZ onnxNodeName=frobnicate',
    code: 'E_NOT_CONVERTIBLE',
    names: 'do not have: FrobnicateXYZ',
  },
  {
    log: 'failed: TensorFlow\'s converter: ConverterError: Could not translate MLIR to FlatBuffer.<unknown>:0: error: loc(callsite(fused["RealDiv:", "truediv@__inference__serve_impl_9"])): \'tf.RealDiv\' op is neither a custom op nor a flex op <unknown>:0: note:',
    code: 'E_NOT_CONVERTIBLE',
    names: 'do not have: RealDiv',
  },
  {
    log: 'failed: the TFLite runtime refuses the model: RuntimeError: Select TensorFlow op(s), included in the given model, is(are) not supported by this interpreter. Make sure you apply/link the Flex delegate before inference. See instructions: https://www.tensorflow.org/lite/guide/ops_selectNode number 87 (FlexErf) failed to prepare.',
    code: 'E_NOT_CONVERTIBLE',
    names: 'FlexErf',
  },
  {
    log: 'failed: onnxsim, which onnx2tf starts, is not on PATH',
    code: 'E_TOOL_MISSING',
    names: 'toolchains doctor',
  },
  { log: 'failed: input image has an open size', code: 'E_NOT_CONVERTIBLE', names: '--input' },
  {
    log: 'failed: the weights are larger than the 2 GB that a TFLite file can hold',
    code: 'E_NOT_CONVERTIBLE',
    names: 'too large',
  },
  {
    log: 'ModelIRSavedModelExportError: Tensor is unbound during SavedModel export: tensor=sng_LSTM_0_h0_state',
    code: 'E_NOT_CONVERTIBLE',
    names: '--precision fp32',
  },
  { log: 'failed: int8 needs calibration data', code: 'E_USAGE', names: '--calibration' },
  {
    log: 'ValueError: Cannot set tensor: Got value of type FLOAT32 but expected type INT64 for input 0, name: serving_default_tokens:0 ',
    code: 'E_CALIBRATION_INVALID',
    names: 'FLOAT32',
  },
  {
    log: 'failed: RuntimeError: gather index out of boundsNode number 4 (GATHER) failed to invoke.',
    step: 'run',
    code: 'E_SAMPLES_INVALID',
    names: '--samples',
  },
  {
    log: 'failed: the TFLite runtime cannot run the model: RuntimeError: tflite/kernels/div.cc:242 data[i] != 0 was not true.Node number 19 (DIV) failed to invoke.',
    code: 'E_NOT_CONVERTIBLE',
    names: '--precision fp16',
  },
  {
    log: 'failed: ValueError: buffer size must be a multiple of element size',
    code: 'E_MODEL_INVALID',
    names: 'onnx.checker',
  },
  {
    log: "failed: DecodeError: Error parsing message with type 'onnx.ModelProto': Wire format was corrupt",
    code: 'E_MODEL_INVALID',
    names: 'Wire format was corrupt',
  },
  {
    log: 'failed: the TFLite runtime refuses the model: RuntimeError: tflite/kernels/batch_matmul.cc:381 accum_dim_lhs != accum_dim_rhs (3 != 4)Node number 0 (BATCH_MATMUL) failed to prepare.',
    code: 'E_NOT_CONVERTIBLE',
    names: '3 != 4',
  },
  {
    log: "failed: TensorFlow's converter: ConverterError: something else",
    code: 'E_NOT_CONVERTIBLE',
    names: '--precision fp32',
  },
  { log: 'MemoryError\nfailed: MemoryError: ', code: 'E_TOOL_FAILED', names: 'memory' },
  {
    log: 'failed: OSError: [Errno 28] No space left on device',
    code: 'E_OUTPUT',
    names: 'TMPDIR',
  },
  {
    log: "failed: ModuleNotFoundError: No module named 'tensorflow'",
    code: 'E_TOOL_MISSING',
    names: 'tensorflow',
  },
];

describe('a known line of the log is explained', () => {
  for (const { log, step, code, names = '' } of KNOWN) {
    it(`${step ?? 'convert'}: ${log.slice(0, 90)}`, () => {
      const noise =
        'E0000 00:00:1 1 cuda_platform.cc:52] failed call to cuInit: INTERNAL: CUDA error';
      const error = explain(`${noise}\n${log}\n${noise}`, step);
      expect(error?.code).toBe(code);
      expect([error?.message, error?.why, error?.next].join('\n')).toContain(names);
      // what the tool said stands in the error, so that nobody has to trust our reading of it
      expect(log).toContain(error?.why);
      expect(error?.next ?? '').not.toBe('');
    });
  }
});

it('what a run says is not taken for a fault of the model', () => {
  const log = "failed: ValueError: axes don't match array";
  expect(explain(log, 'run')?.code).toBe('E_SAMPLES_INVALID');
  expect(explain(log, 'convert')).toBeUndefined();
});

it('an unknown log is left to the general message', () => {
  expect(explain('Segmentation fault')).toBeUndefined();
  expect(explain('')).toBeUndefined();
});
