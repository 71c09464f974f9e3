import { ModelconvError } from '../../errors.js';
import type { StepFailure } from '../../host/run-step.js';
import { INSTALL } from './detect.js';

interface KnownFailure {
  readonly pattern: RegExp;
  explain(match: RegExpExecArray, failure: StepFailure): ModelconvError;
}

/** Log lines of ONNX Runtime 1.16 to 1.30 and what they mean. */
const KNOWN_FAILURES: readonly KnownFailure[] = [
  {
    pattern: /no operator of the model can be quantized/,
    explain: ([line]) =>
      new ModelconvError('E_NOT_CONVERTIBLE', {
        what: 'ONNX Runtime has nothing to quantize in this model',
        why: line,
        next: 'leave --precision out',
      }),
  },
  {
    // its words for a scale that is no number
    pattern: /AssertionError: scale issue/,
    explain: ([line]) =>
      new ModelconvError('E_MODEL_INVALID', {
        what: 'the model cannot be quantized: weights or computed values are not finite numbers',
        why: line,
        next: 'export the model again from a checkpoint without NaN',
      }),
  },
  {
    pattern: /No module named '(?!.*onnxruntime-node)([\w.]+)'/,
    explain: ([line], { repair }) =>
      new ModelconvError('E_TOOL_MISSING', {
        what: 'ONNX Runtime (Python) is not completely installed',
        why: line,
        next: repair ?? 'install it by itself: modelconv toolchains install onnxruntime',
      }),
  },
  {
    pattern:
      /(?:Fatal error: |No Op registered for |Could not find an implementation for )([\w.:]+)[^\n]*/,
    explain: ([line, operator]) =>
      new ModelconvError('E_NOT_CONVERTIBLE', {
        what: `the model uses the operator ${operator?.replace(/\(.*$/, '')}, which ONNX Runtime does not have`,
        why: line,
        next: 'export the model without the custom operator, or with one that the ai.onnx operator set has',
      }),
  },
  {
    pattern:
      /(?:Non-zero status code returned while running|Got invalid dimensions for input|Unexpected input data type|indices element out of data bounds)[^\n]*/,
    explain: ([line], { step }) => notRunnable(line, step.label),
  },
  {
    pattern:
      /std::bad_alloc|Failed to allocate memory[^\n]*|MemoryError[^\n]*|Unable to allocate [^\n]*/,
    explain: ([line]) =>
      new ModelconvError('E_TOOL_FAILED', {
        what: 'ONNX Runtime ran out of memory',
        why: line,
        next: 'convert on a machine with more memory',
      }),
  },
  {
    pattern: /No space left on device|ENOSPC/,
    explain: ([line]) =>
      new ModelconvError('E_OUTPUT', {
        what: 'the converter could not write: the disk of the temporary directory is full',
        why: line,
        next: 'set TMPDIR to a directory with more room',
      }),
  },
  {
    pattern:
      /(?:Cannot find module|ERR_DLOPEN_FAILED|invalid ELF header|version `GLIBC[^\n]*)[^\n]*/,
    explain: ([line]) =>
      new ModelconvError('E_TOOL_MISSING', {
        what: 'onnxruntime-node could not be loaded',
        why: line,
        next: `install it again: ${INSTALL}`,
      }),
  },
  {
    pattern:
      /(?:INVALID_GRAPH|INVALID_PROTOBUF|INVALID_ARGUMENT|Load model from [^\n]* failed|ValidateEmbeddedTensorProtoDataSizeAndShape)[^\n]*/,
    explain: ([line]) =>
      new ModelconvError('E_MODEL_INVALID', {
        what: 'ONNX Runtime refuses the model',
        why: line,
        next: 'check it with: python -m onnx.checker, or export it again',
      }),
  },
];

/** The model ends on the tensors that it gets; whose they are, the step says. */
function notRunnable(line: string | undefined, step: string): ModelconvError {
  if (step === 'run')
    return new ModelconvError('E_SAMPLES_INVALID', {
      what: 'the model cannot be run on these samples',
      why: line,
      next: 'give real ones with --samples FILE|DIR, or leave the parity check out with --no-verify',
    });
  if (step === 'quantize')
    return new ModelconvError('E_CALIBRATION_INVALID', {
      what: 'the model cannot be run on the calibration data',
      why: line,
      next: 'give the data that the model is for, prepared as it takes them, with --calibration DIR',
    });
  return new ModelconvError('E_TOOL_FAILED', {
    what: 'onnxruntime-node failed',
    why: line,
    next: 'run again with --log FILE to keep its whole log',
  });
}

/** What is known of a failed step. */
export function explainFailure(failure: StepFailure): ModelconvError | undefined {
  for (const { pattern, explain } of KNOWN_FAILURES) {
    const match = pattern.exec(failure.logTail);
    if (match !== null) return explain(match, failure);
  }
  return undefined;
}
