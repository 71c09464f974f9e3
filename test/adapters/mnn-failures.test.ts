import { describe, expect, it } from 'vitest';
import { mnn } from '../../src/adapters/mnn/index.js';
import type { ModelconvError } from '../../src/errors.js';
import { failedWith } from '../support/jobs.js';

const explain = (log: string, step?: string): ModelconvError | undefined =>
  mnn.explainFailure?.(failedWith(log, step));

const NONE = '\nmodelconv: the converter wrote no model';

// Lines that MNN 3.6.1 prints, and the driver where it prints nothing.
const KNOWN = [
  {
    title: 'a custom operator',
    log: `[15:18:15] :220: These Op Not Support: ONNX::FrobnicateXYZ\nConverted Failed!${NONE}`,
    code: 'E_NOT_CONVERTIBLE',
    names: 'ONNX::FrobnicateXYZ',
  },
  {
    title: 'an attribute that is not known',
    log: `Conv auto_pad not support SAME_BOGUS\nConvert Onnx's Op /f/Conv_output_0 , type = Conv, failed, may be some node is not const\n[15:18:13] :220: These Op Not Support: ONNX::Conv \nConverted Failed!${NONE}`,
    code: 'E_NOT_CONVERTIBLE',
    names: 'SAME_BOGUS',
  },
  {
    title: 'external data that is not there, of which it makes a model all the same',
    log: "Can't open file:source/w.bin\nConverted Success!\nmodelconv: the converter left out weights: Can't open file:source/w.bin",
    code: 'E_INPUT',
    names: 'source/w.bin',
  },
  {
    title: 'weights in bfloat16, of which it makes a model all the same',
    log: 'Converted Success!\nmodelconv: the converter left out weights: Do not support weight bits=16',
    code: 'E_NOT_CONVERTIBLE',
    names: 'float32 weights',
  },
  {
    title: 'a corrupt file',
    log: `[15:18:14] :35: Check failed: success ==> read onnx model failed: source/corrupt.onnx\n[ERROR] Model file is not onnx model.\n[ERROR] Convert error, please check your file format.${NONE}`,
    code: 'E_MODEL_INVALID',
    names: 'source/corrupt.onnx',
  },
  {
    title: 'an empty file',
    log: `[ERROR] Invalid ONNX Model:source/empty.onnx\n[ERROR] Convert error, please check your file format.${NONE}`,
    code: 'E_MODEL_INVALID',
    names: 'source/empty.onnx',
  },
  {
    title: 'an initializer that is not there',
    log: '[15:18:14] :149: Check it out ==> /classifier/Gemm_output_0 has empty input, the index is 1\nmodelconv: the converter crashed with SIGSEGV',
    code: 'E_MODEL_INVALID',
    names: '/classifier/Gemm_output_0 has empty input',
  },
  {
    title: 'a stride of 0',
    log: 'Start to Optimize the MNN Net...\nmodelconv: the converter crashed with SIGFPE',
    code: 'E_NOT_CONVERTIBLE',
    names: 'SIGFPE',
  },
  {
    title: 'quantized ONNX',
    log: "terminate called after throwing an instance of 'std::out_of_range'\n  what():  vector::_M_range_check: __n (which is 2) >= this->size() (which is 1)\nmodelconv: the converter crashed with SIGABRT",
    code: 'E_NOT_CONVERTIBLE',
    names: 'vector::_M_range_check',
  },
  {
    title: 'memory',
    log: "terminate called after throwing an instance of 'std::bad_alloc'\n  what():  std::bad_alloc\nmodelconv: the converter crashed with SIGABRT",
    code: 'E_TOOL_FAILED',
    names: 'memory',
  },
  {
    title: 'a model that does not load',
    log: 'Converted Success!\nmodelconv: MNN cannot load the model: load_module_from_file failed out/m.mnn\nCreate module error',
    code: 'E_NOT_CONVERTIBLE',
    names: 'MNN cannot load the model',
  },
  {
    title: 'a convolution of rank 5',
    log: 'Converted Success!\nmodelconv: MNN cannot run the model: output y has the shape [1, 3, 4, 5, 0]\ncall to readMap meet a error',
    code: 'E_NOT_CONVERTIBLE',
    names: 'output y has the shape',
  },
  {
    title: 'shapes that do not go together',
    log: 'Converted Success!\nmodelconv: MNN cannot run the model: it gives 0 of 1 outputs\nReshape error: 12288 -> 192\nCompute Shape Error for model_238/tf.linalg.matmul_4/MatMul1\ncode=3 in onForward, 666',
    code: 'E_NOT_CONVERTIBLE',
    names: 'it gives 0 of 1 outputs',
  },
  {
    title: 'a full disk',
    log: 'OSError: [Errno 28] No space left on device',
    code: 'E_OUTPUT',
    names: 'TMPDIR',
  },
] as const;

describe('a known failure of MNN is explained', () => {
  for (const { title, log, code, names } of KNOWN) {
    it(title, () => {
      const error = explain(`Start to Convert Other Model Format To MNN Model...\n${log}\n`);
      expect(error?.code).toBe(code);
      expect([error?.message, error?.why, error?.next].join('\n')).toContain(names);
      expect(log).toContain(error?.why);
      expect(error?.next ?? '').not.toBe('');
    });
  }
});

it('samples that do not fit are their own fault, not that of the model', () => {
  const log =
    'modelconv: MNN cannot run the model: it gives 0 of 1 outputs\nCompute Shape Error for /Add_output_0';
  expect(explain(log, 'run')).toMatchObject({
    code: 'E_SAMPLES_INVALID',
    why: 'Compute Shape Error for /Add_output_0',
  });
});

it('an end by the memory keeper has a next step that helps', () => {
  expect(explain('modelconv: the converter crashed with SIGKILL')).toMatchObject({
    code: 'E_TOOL_FAILED',
    next: expect.stringContaining('more memory'),
  });
});

it('an unknown end is left to the general message', () => {
  expect(explain('modelconv: the converter wrote no model')).toBeUndefined();
  expect(explain('')).toBeUndefined();
});

it('an environment of which a part is gone says the command that makes it whole again', () => {
  const failure = failedWith("ModuleNotFoundError: No module named 'MNN'");
  const repair = 'modelconv toolchains install mnn@3.6.1 --reinstall';
  expect(mnn.explainFailure?.({ ...failure, repair })).toMatchObject({
    code: 'E_TOOL_MISSING',
    next: repair,
  });
});
