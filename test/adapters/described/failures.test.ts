import { describe, expect, it } from 'vitest';
import { readDescription } from '../../../src/adapters/described/read.js';
import { loadAdapter } from '../../../src/adapters/registry.js';
import type { ErrorCode } from '../../../src/errors.js';
import { failedWith } from '../../support/jobs.js';

interface Known {
  readonly log: string;
  readonly code: ErrorCode;
  /** What the message has to name. */
  readonly names: string;
}

// Lines as the vendors' sources, documentation and public reports have them; none is from a run of theirs
// here (that of onnx.checker is: onnx 1.23).
const QUALCOMM: readonly Known[] = [
  {
    log: '2024-03-01 10:00:00,123 - 235 - ERROR - Encountered Error: Missing command line inputs for dynamic inputs [image]',
    code: 'E_NOT_CONVERTIBLE',
    names: '--input',
  },
  {
    log: 'ERROR - ERROR_OP_NOT_SUPPORTED_BY_ONNX: Operation Resize is not supported by this onnx version',
    code: 'E_TOOL_FAILED',
    names: 'older than the opset',
  },
  {
    log: 'ERROR - ERROR_OP_SCHEMA_NOT_FOUND: Operation schema not found for op type Frobnicate',
    code: 'E_NOT_CONVERTIBLE',
    names: 'an operator that',
  },
  {
    log: 'ERROR - ERROR_OP_SCHEMA_VERSION_NOT_FOUND: Resize version 99',
    code: 'E_NOT_CONVERTIBLE',
    names: 'an operator that',
  },
  {
    log: 'WARNING - WARNING_OP_NOT_SUPPORTED: Operation Frobnicate Not Supported.',
    code: 'E_NOT_CONVERTIBLE',
    names: 'an operator that',
  },
  {
    log: 'ERROR - ERROR_UNSUPPORTED_ATTRIBUTE_VALUE: Attribute ceil_mode in Pool with value 2 is unsupported',
    code: 'E_NOT_CONVERTIBLE',
    names: 'in a form',
  },
  {
    log: 'ERROR - ERROR_RESIZE_UNSUPPORTED_MODE: cubic',
    code: 'E_NOT_CONVERTIBLE',
    names: 'in a form',
  },
  {
    log: 'ERROR - ERROR_PADDING_TYPE_UNSUPPORTED in node Pad_3',
    code: 'E_NOT_CONVERTIBLE',
    names: 'in a form',
  },
  {
    log: 'ERROR - ERROR_SLICE_DYNAMIC_INPUTS: Slice_4',
    code: 'E_NOT_CONVERTIBLE',
    names: 'in a form',
  },
  {
    log: 'ERROR - ERROR_WEIGHTS_MISSING_KEY: Key fc.weight not found in weights',
    code: 'E_NOT_CONVERTIBLE',
    names: 'onnxsim',
  },
  {
    log: "ERROR_ONNX_NOT_FOUND: No module named 'onnx'. Please ensure ONNX has been installed",
    code: 'E_TOOL_MISSING',
    names: 'the Python package onnx',
  },
  {
    log: "ModuleNotFoundError: No module named 'onnx'",
    code: 'E_TOOL_MISSING',
    names: 'package onnx',
  },
  {
    log: "ImportError: cannot import name 'libPyIrGraph' from 'qti.aisw.converters.common' (unknown location)",
    code: 'E_TOOL_MISSING',
    names: 'envsetup.sh',
  },
  {
    log: "ModuleNotFoundError: No module named 'libPyIrGraph310'",
    code: 'E_TOOL_MISSING',
    names: 'envsetup.sh',
  },
  {
    log: "ModuleNotFoundError: No module named 'qti'",
    code: 'E_TOOL_MISSING',
    names: 'envsetup.sh',
  },
  {
    log: 'qairt-quantizer: error while loading shared libraries: libc++.so.1: cannot open shared object file: No such file or directory',
    code: 'E_TOOL_MISSING',
    names: 'check-linux-dependency.sh',
  },
  {
    log: 'ImportError: libpython3.10.so.1.0: cannot open shared object file: No such file or directory',
    code: 'E_TOOL_MISSING',
    names: 'check-linux-dependency.sh',
  },
  {
    log: "google.protobuf.message.DecodeError: Error parsing message with type 'onnx.ModelProto'",
    code: 'E_MODEL_INVALID',
    names: 'onnx.checker',
  },
  {
    log: 'onnx.onnx_cpp2py_export.checker.ValidationError: model with IR version >= 3 must specify opset_import for ONNX',
    code: 'E_MODEL_INVALID',
    names: 'onnx.checker',
  },
  {
    log: 'ERROR - ERROR_TENSOR_SHAPES_MISMATCH: shapes do not agree',
    code: 'E_TOOL_FAILED',
    names: 'ERROR_TENSOR_SHAPES_MISMATCH',
  },
];

const KNOWN: Readonly<Record<string, readonly Known[]>> = {
  'ascend-atc': [
    {
      log: 'E10001: Value Ascend999 for parameter --soc_version is invalid. Reason: The value is not supported',
      code: 'E_NOT_CONVERTIBLE',
      names: 'Ascend999',
    },
    {
      log: 'E10001: Value Ascend999 for parameter [--soc_version] is invalid.',
      code: 'E_NOT_CONVERTIBLE',
      names: 'operator package',
    },
    {
      log: 'E10002: Value [a:b:1] for parameter [--input_shape] is invalid. Reason: Invalid format',
      code: 'E_NOT_CONVERTIBLE',
      names: 'modelconv inspect',
    },
    {
      log: 'E10011: Value [x] for parameter [--input_shape] is invalid.',
      code: 'E_NOT_CONVERTIBLE',
      names: '--input',
    },
    {
      log: 'E10012: Parameter [--input_shape] is invalid. Dimensions of input x are dynamic',
      code: 'E_NOT_CONVERTIBLE',
      names: '--input',
    },
    {
      log: 'E10049: Dimension count 3 configured in parameter --input_shape differs',
      code: 'E_NOT_CONVERTIBLE',
      names: 'refuses the sizes',
    },
    {
      log: 'E11005: The dimension of input x is -1',
      code: 'E_NOT_CONVERTIBLE',
      names: 'refuses the sizes',
    },
    {
      log: 'E10041: Failed to load the model from model.onnx. Reason: no such format',
      code: 'E_MODEL_INVALID',
      names: 'onnx.checker',
    },
    {
      log: 'E13005: Failed to parse file model.onnx',
      code: 'E_MODEL_INVALID',
      names: 'refuses the model',
    },
    {
      log: 'E16004: ONNX model does not meet the requirements',
      code: 'E_MODEL_INVALID',
      names: 'refuses the model',
    },
    {
      log: 'E16001: Value x for parameter y is invalid in the ONNX model',
      code: 'E_MODEL_INVALID',
      names: 'refuses the model',
    },
    {
      log: 'E16002: No ONNX parser is registered for optype [ai.onnx::11::Frobnicate]',
      code: 'E_NOT_CONVERTIBLE',
      names: 'ai.onnx::11::Frobnicate',
    },
    {
      log: 'E13010: No operator plugin is registered for Op: Frobnicate',
      code: 'E_NOT_CONVERTIBLE',
      names: 'a newer CANN',
    },
    {
      log: 'E10501: IR for Op Frobnicate[node_1] is not registered',
      code: 'E_TOOL_MISSING',
      names: 'set_env.sh',
    },
    {
      log: '[ERROR] The environment variable ASCEND_OPP_PATH is not configured, please set it',
      code: 'E_TOOL_MISSING',
      names: 'set_env.sh',
    },
    {
      log: "ModuleNotFoundError: No module named 'decorator'",
      code: 'E_TOOL_MISSING',
      names: 'pip install decorator',
    },
    {
      log: 'E13023: Model size exceeds the limit of 2 GB',
      code: 'E_NOT_CONVERTIBLE',
      names: 'larger',
    },
    { log: 'E13004: Failed to write file out/x.om', code: 'E_OUTPUT', names: 'TMPDIR' },
    { log: 'E13001: Failed to open file out/x.om', code: 'E_OUTPUT', names: 'TMPDIR' },
    { log: 'E40021: Failed to compile Op [Conv_0]', code: 'E_TOOL_FAILED', names: 'E40021' },
    { log: 'EZ9999: Inner Error!', code: 'E_TOOL_FAILED', names: 'EZ9999' },
  ],
  hailo: [
    {
      log: 'hailo_sdk_client.model_translator.exceptions.ParsingWithRecommendationException: Parsing failed with recommendations for end node names: [/head/Conv]',
      code: 'E_NOT_CONVERTIBLE',
      names: '/head/Conv',
    },
    {
      log: 'UnsupportedOperationError in op /layer/Frobnicate: Frobnicate operation is unsupported',
      code: 'E_NOT_CONVERTIBLE',
      names: 'the operator Frobnicate',
    },
    {
      log: 'UnsupportedShuffleLayerError in op Reshape_12: Failed to determine type of layer to create',
      code: 'E_NOT_CONVERTIBLE',
      names: '(Shuffle)',
    },
    {
      log: 'hailo_sdk_client.exceptions.UnsupportedModelError: Unexpected node',
      code: 'E_NOT_CONVERTIBLE',
      names: 'opset',
    },
    {
      log: "hailo_model_optimization.acceleras.utils.acceleras_exceptions.BadInputsShape: Data shape (8, 8, 1) doesn't match network's input shape (1, 8, 8)",
      code: 'E_NOT_CONVERTIBLE',
      names: '--layout',
    },
    {
      log: 'hailo_sdk_client.sdk_backend.sdk_backend_exceptions.BackendAllocatorException: Compilation failed: No successful assignments: concat1 errors:',
      code: 'E_NOT_CONVERTIBLE',
      names: 'fit the chip',
    },
    {
      log: '[error] Mapping Failed (allocation time: 2s)',
      code: 'E_NOT_CONVERTIBLE',
      names: 'fit the chip',
    },
    { log: 'Agent infeasible', code: 'E_NOT_CONVERTIBLE', names: 'fit the chip' },
    {
      log: '[error] Failed to produce compiled graph: Compiler could not find a valid partition to contexts',
      code: 'E_NOT_CONVERTIBLE',
      names: 'fit the chip',
    },
    {
      log: 'Watchdog expired before finding feasible solution',
      code: 'E_TOOL_FAILED',
      names: 'too long',
    },
    {
      log: 'This CPU does not support `avx` instructions, and they are needed to run Tensorflow.',
      code: 'E_TOOL_FAILED',
      names: 'AVX',
    },
    {
      log: "hailo: error: argument command: invalid choice: 'parser' (choose from 'fw-update', 'run')",
      code: 'E_TOOL_MISSING',
      names: 'HailoRT',
    },
    {
      log: 'onnx.onnx_cpp2py_export.checker.ValidationError: model with IR version >= 3 must specify opset_import for ONNX',
      code: 'E_MODEL_INVALID',
      names: 'onnx.checker',
    },
    {
      log: "google.protobuf.message.DecodeError: Error parsing message with type 'onnx.ModelProto'",
      code: 'E_MODEL_INVALID',
      names: 'onnx.checker',
    },
  ],
  qairt: QUALCOMM,
  snpe: QUALCOMM,
  tensorrt: [
    {
      log: '[05/01/2025-10:00:00] [E] Static model does not take explicit shapes since the shape of inference tensors will be determined by the model itself',
      code: 'E_USAGE',
      names: 'leave --input out',
    },
    { log: '[E] Unknown option: --noTF32 ', code: 'E_TOOL_FAILED', names: 'the flag --noTF32' },
    {
      log: '[E] [TRT] ModelImporter.cpp:739: No importer registered for op: acme::Frobnicate. Attempting to import as plugin.',
      code: 'E_NOT_CONVERTIBLE',
      names: 'acme::Frobnicate',
    },
    {
      log: '[E] [TRT] ModelImporter.cpp:768: While parsing node number 12 [Resize -> "out"]:',
      code: 'E_NOT_CONVERTIBLE',
      names: 'Resize',
    },
    {
      log: '[E] [TRT] ModelImporter.cpp:688: Failed to parse ONNX model from file: source/model.onnx',
      code: 'E_MODEL_INVALID',
      names: 'onnx.checker',
    },
    { log: '[E] Failed to parse onnx file', code: 'E_MODEL_INVALID', names: 'onnx.checker' },
    { log: '[E] Parsing model failed', code: 'E_MODEL_INVALID', names: 'onnx.checker' },
    {
      log: '[E] Cannot find input tensor with name "imgae" in the network inputs! Please make sure the input tensor names are correct.',
      code: 'E_NOT_CONVERTIBLE',
      names: 'imgae',
    },
    {
      log: '[E] Cannot create DLA engine, 0 not available',
      code: 'E_NOT_CONVERTIBLE',
      names: '--option dla',
    },
    {
      log: '[W] [TRT] Unable to determine GPU memory usage: CUDA initialization failure with error: 35',
      code: 'E_TOOL_MISSING',
      names: 'no GPU',
    },
    {
      log: 'Cuda failure: CUDA driver version is insufficient for CUDA runtime version',
      code: 'E_TOOL_MISSING',
      names: 'no GPU',
    },
    {
      log: 'Cuda failure: no CUDA-capable device is detected',
      code: 'E_TOOL_MISSING',
      names: 'no GPU',
    },
    { log: '[E] Could not load library libnvinfer.so.10', code: 'E_TOOL_MISSING', names: 'no GPU' },
    {
      log: 'trtexec: error while loading shared libraries: libcuda.so.1: cannot open shared object file: No such file or directory',
      code: 'E_TOOL_MISSING',
      names: 'no GPU',
    },
    {
      log: '[E] Error[1]: [defaultAllocator.cpp::allocate::31] Error Code 1: Cuda Runtime (out of memory)',
      code: 'E_TOOL_FAILED',
      names: 'GPU memory',
    },
    {
      log: '[W] Requested amount of GPU memory (4294967296 bytes) could not be allocated.',
      code: 'E_TOOL_FAILED',
      names: 'GPU memory',
    },
    {
      log: '[E] Error Code 2: OutOfMemory (no further information)',
      code: 'E_TOOL_FAILED',
      names: 'GPU memory',
    },
    { log: '[E] Saving engine to file failed.', code: 'E_OUTPUT', names: 'TMPDIR' },
    { log: '[E] Network And Config setup failed', code: 'E_TOOL_FAILED', names: '--log FILE' },
    { log: '[E] Building engine failed', code: 'E_TOOL_FAILED', names: '--log FILE' },
    { log: '[E] Engine set up failed', code: 'E_TOOL_FAILED', names: '--log FILE' },
    {
      log: '[E] Failed to create engine from model or file.',
      code: 'E_TOOL_FAILED',
      names: '--log FILE',
    },
  ],
};

for (const [id, lines] of Object.entries(KNOWN))
  describe(`what ${id} prints is explained`, async () => {
    const adapter = await loadAdapter(id);
    const { failures, tool } = await readDescription(adapter?.description?.file ?? '');

    for (const { log, code, names } of lines)
      it(log.slice(0, 100), () => {
        const error = adapter?.explainFailure?.(failedWith(`[info] loading\n${log}\n[info] end`));
        expect(error?.code).toBe(code);
        expect([error?.message, error?.why, error?.next].join('\n')).toContain(names);
        // what the tool said stands in the error, so that nobody has to trust our reading of it
        expect(log).toContain(error?.why);
        expect(error?.next ?? '').not.toBe('');
        expect([error?.message, error?.why, error?.next].join('\n')).not.toMatch(/TOOL|\$\d/);
      });

    it.each(failures.map(({ pattern }, index) => [index, pattern]))(
      'entry %s is met by one of these lines, and hidden by no other entry: %s',
      (index) => {
        const explainedBy = lines.map(({ log }) =>
          failures.findIndex(({ pattern }) => new RegExp(pattern, 'm').test(log)),
        );
        expect(explainedBy).toContain(index);
      },
    );

    it('a log that nobody knows is left to the general message', () => {
      expect(adapter?.explainFailure?.(failedWith('Segmentation fault'))).toBeUndefined();
      expect(adapter?.explainFailure?.(failedWith(''))).toBeUndefined();
    });

    it('what happens to any tool is explained, too, in the name of the tool', () => {
      const full = adapter?.explainFailure?.(failedWith('write: No space left on device'));
      expect(full).toMatchObject({ code: 'E_OUTPUT', message: expect.stringContaining(tool) });
    });
  });
