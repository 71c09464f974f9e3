import { describe, expect, it } from 'vitest';
import { ncnn } from '../../src/adapters/ncnn/index.js';
import type { ModelconvError } from '../../src/errors.js';
import { failedWith } from '../support/jobs.js';

const explain = (log: string, step?: string): ModelconvError | undefined =>
  ncnn.explainFailure?.(failedWith(log, step));

const CRASH = '\nmodelconv: pnnx crashed with SIGSEGV';
const REFUSED = '\nmodelconv: ncnn cannot load the model: its layers are refused';

// Lines that pnnx and ncnn 20261020 print for the models named.
const KNOWN = [
  {
    title: 'a custom operator',
    log: `ort CreateSession failed Fatal error: com.acme:FrobnicateXYZ(-1) is not a registered function/op${CRASH}`,
    code: 'E_NOT_CONVERTIBLE',
    names: 'com.acme:FrobnicateXYZ',
  },
  {
    title: 'an unknown operator of the standard domain',
    log: `ort CreateSession failed This is an invalid model. In Node, ("Frobnicate_1", Frobnicate, "", -1) : ("pnnx_0": tensor(float),) -> ("pnnx_1",) , Error No Op registered for Frobnicate with domain_version of 17${CRASH}`,
    code: 'E_NOT_CONVERTIBLE',
    names: 'Frobnicate',
  },
  {
    title: 'external data',
    log: `ort CreateSession failed External data path validation failed for initializer: onnx::Conv_48. Error: External data path for model loaded from bytes escapes working directory.${CRASH}`,
    code: 'E_NOT_CONVERTIBLE',
    names: 'one file',
  },
  {
    title: 'an operator set of the future',
    log: `ort CreateSession failed ONNX Runtime only *guarantees* support for models stamped with official released onnx opset versions. Opset 99 is under development. Current official support for domain ai.onnx is till opset 26.${CRASH}`,
    code: 'E_NOT_CONVERTIBLE',
    names: 'older opset',
  },
  {
    title: 'an input that is an output',
    log: `ort CreateSession failed Invalid model. Node input 'out0' is not a graph input, initializer, or output of a previous node.${CRASH}`,
    code: 'E_NOT_CONVERTIBLE',
    names: 'without that output',
  },
  {
    title: 'a truncated tensor',
    log: `ort CreateSession failed tensorprotoutils.cc:1469 ValidateEmbeddedTensorProtoDataSizeAndShape Initializer 'onnx::Conv_48': raw_data size (100 bytes) does not match expected size from shape and data type (55296 bytes)${CRASH}`,
    code: 'E_MODEL_INVALID',
    names: 'onnx::Conv_48',
  },
  {
    title: 'a stride of 0',
    log: `ort CreateSession failed Node (Conv_0) Op (Conv) [ShapeInferenceError] Attribute strides must only contain positive values${CRASH}`,
    code: 'E_MODEL_INVALID',
    names: 'strides',
  },
  {
    title: 'a graph with a circle',
    log: `ort CreateSession failed This is an invalid model. Error: the graph is not acyclic.${CRASH}`,
    code: 'E_MODEL_INVALID',
    names: 'not acyclic',
  },
  {
    title: 'a corrupt file',
    log: 'read_proto_from_binary failed\nmodelconv: pnnx ended with status 255',
    code: 'E_MODEL_INVALID',
    names: 'read_proto_from_binary failed',
  },
  {
    title: 'a tensor of bool',
    log: 'unsupported tensor elem data type 9\nmodelconv: pnnx ended with status 255',
    code: 'E_NOT_CONVERTIBLE',
    names: 'data type 9',
  },
  {
    title: 'an operator that pnnx only copies',
    log: `ignore ArgMax ArgMax_1 param axis=1\nlayer ArgMax not exists or registered${REFUSED}`,
    code: 'E_NOT_CONVERTIBLE',
    names: 'ArgMax',
  },
  {
    title: 'an operator of torch that is left',
    log: `layer Tensor.to not exists or registered${REFUSED}`,
    code: 'E_NOT_CONVERTIBLE',
    names: 'Tensor.to',
  },
  {
    title: 'a layer that ncnn refuses',
    log: `ignore LSTM LSTM_0 param hidden_size=8\nlayer load_param 3 LSTM_0 failed${REFUSED}`,
    code: 'E_NOT_CONVERTIBLE',
    names: 'LSTM_0',
  },
  {
    title: 'a constant output',
    log: 'modelconv: pnnx kept 1 of 2 inputs or outputs: y, z',
    code: 'E_NOT_CONVERTIBLE',
    names: 'y, z',
  },
  {
    title: 'a batch of four',
    log: 'modelconv: ncnn has no batch: x has 4 along axis 0',
    code: 'E_NOT_CONVERTIBLE',
    names: '--input NAME=1',
  },
  {
    title: 'two outputs that are one',
    log: `############# pass_ncnn${CRASH}`,
    code: 'E_NOT_CONVERTIBLE',
    names: 'SIGSEGV',
  },
  {
    title: 'two outputs that are one, with the memory of pnnx in disorder',
    log: 'shape_inference ...\nfree(): invalid next size (fast)\nmodelconv: pnnx crashed with SIGABRT',
    code: 'E_NOT_CONVERTIBLE',
    names: 'invalid next size',
  },
  {
    title: 'memory',
    log: `terminate called after throwing an instance of 'std::bad_alloc'\n  what():  std::bad_alloc\nmodelconv: pnnx crashed with SIGABRT`,
    code: 'E_TOOL_FAILED',
    names: 'memory',
  },
  {
    title: 'a scripted convolution',
    log: '############# pass_level1\nmodelconv: pnnx crashed with SIGSEGV on model.pt',
    code: 'E_NOT_CONVERTIBLE',
    names: 'torch.jit.trace',
  },
  {
    title: 'an argument with a default',
    log: "  what():  forward() is missing value for argument 'k.1'. Declaration: forward(__torch__.O s.1, Tensor left.1, float k.1) -> (Tensor 29)\nmodelconv: pnnx crashed with SIGABRT on model.pt",
    code: 'E_NOT_CONVERTIBLE',
    names: 'the argument k',
  },
  {
    title: 'an argument that is no tensor',
    log: "  what():  forward() Expected a value of type 'Tuple[Tensor, Tensor]' for argument 'b.1' but instead found type 'Tensor'.",
    code: 'E_NOT_CONVERTIBLE',
    names: 'takes Tuple[Tensor, Tensor] as b',
  },
  {
    title: 'sizes that the model does not take',
    log: 'RuntimeError: Given groups=1, weight of size [4, 1, 3, 3], expected input[1, 3, 8, 8] to have 1 channels, but got 3 channels instead',
    code: 'E_NOT_CONVERTIBLE',
    names: '--input NAME=SIZES:TYPE',
  },
  {
    title: 'an operator of another package in TorchScript',
    log: 'Load torchscript failed: \nUnknown builtin op: torchvision::nms.\nCould not find any similar ops',
    code: 'E_NOT_CONVERTIBLE',
    names: 'torchvision::nms',
  },
  {
    title: 'a TorchScript that is truncated',
    log: 'Load torchscript failed: PytorchStreamReader failed reading zip archive: failed finding central directory.',
    code: 'E_MODEL_INVALID',
    names: 'torch.jit.trace',
  },
] as const;

it('inputs that became constants are named', () => {
  expect(explain('modelconv: pnnx folded inputs into constants: ids, mask')).toMatchObject({
    code: 'E_NOT_CONVERTIBLE',
    message: expect.stringContaining('ids, mask'),
    next: expect.stringContaining('torch.jit.trace'),
  });
});

describe('a known failure of pnnx is explained', () => {
  for (const { title, log, code, names } of KNOWN) {
    it(title, () => {
      const error = explain(`############# pass_level0 onnx\n${log}\n`);
      expect(error?.code).toBe(code);
      expect([error?.message, error?.why, error?.next].join('\n')).toContain(names);
      expect(log).toContain(error?.why?.split('\n')[0]);
      expect(error?.next ?? '').not.toBe('');
    });
  }
});

it('samples of another shape are the fault of the samples', () => {
  const line = 'modelconv: input image has the shape [1, 1, 9, 9], not [1, 1, 8, 8]';
  expect(explain(line, 'run')).toMatchObject({ code: 'E_SAMPLES_INVALID' });
  expect(explain(line, 'convert')).toBeUndefined();
});

it('an end by the memory keeper has a next step that helps', () => {
  expect(explain('modelconv: pnnx crashed with SIGKILL')).toMatchObject({
    code: 'E_TOOL_FAILED',
    next: expect.stringContaining('more memory'),
  });
});

it('an unknown end is left to the general message', () => {
  expect(explain('modelconv: pnnx ended with status 1')).toBeUndefined();
  expect(explain('')).toBeUndefined();
});
