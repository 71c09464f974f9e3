import { open } from 'node:fs/promises';
import path from 'node:path';
import { type CalibrationSet, loadCalibration, syntheticCalibration } from '../calibration/load.js';
import { readFully } from '../host/files.js';
import type { CheckedRequest } from '../request/checked-request.js';
import { fixInputs } from '../request/input-shapes.js';
import { type PreprocessByInput, preprocessOf } from '../request/preprocess.js';
import type { ModelTensor } from '../schema/generated/types.js';
import type { ProbedModel } from '../source/probe.js';
import { elementBytes } from '../tensor/elements.js';
import { concreteShape } from '../tensor/generate.js';
import type { SampleSet } from '../tensor/samples.js';

/** Generated samples when their number is not given. */
const SYNTHETIC_SAMPLES = 32;
/** Samples of a calibration set that the parity check runs. */
const PARITY_SAMPLES = 64;

/**
 * The calibration set of a request, checked before any tool is started; undefined when none is given.
 *
 * @throws ModelconvError `E_INPUT`, `E_CALIBRATION_INVALID`, `E_USAGE`.
 */
export async function prepareCalibration(
  request: CheckedRequest,
  source: ProbedModel,
): Promise<CalibrationSet | undefined> {
  const { calibration, preprocess, verify } = request;
  if (calibration === undefined) return undefined;
  const inputs = fixInputs(source.info.inputs, request).map(withConcreteShape);
  if ('synthetic' in calibration) {
    const count = calibration.samples ?? SYNTHETIC_SAMPLES;
    const set = syntheticCalibration(inputs, source.indexLimits, verify.seed, count);
    return { ...set, warnings: [...set.warnings, ...idlePreprocess(preprocess)] };
  }
  return await loadCalibration({
    path: calibration.path,
    inputs,
    preprocess: preprocessOf(inputs, preprocess),
    limit: calibration.samples,
  });
}

/** Generated data is made as the model takes it: what is declared of raw data says something to the device alone. */
function idlePreprocess(preprocess: PreprocessByInput): string[] {
  const declared = new Set(Object.values(preprocess).flatMap((one) => Object.keys(one)));
  if (declared.size === 0) return [];
  return [
    `${[...declared].join(', ')}: kept in the package, but without effect on generated calibration data`,
  ];
}

/** Open sizes as the parity check would fill them: a batch of 1. */
function withConcreteShape(input: ModelTensor): ModelTensor {
  return input.shape === undefined ? input : { ...input, shape: concreteShape(input.shape) };
}

/**
 * The first samples of a calibration set that was written to `workDir`, for the parity check: they
 * look like what the model is for, which generated numbers do not.
 *
 * @throws system errors.
 */
export async function calibrationSamples(set: CalibrationSet, workDir: string): Promise<SampleSet> {
  const count = Math.min(set.count, PARITY_SAMPLES);
  const inputs = await Promise.all(
    set.inputs.map(async ({ name, dtype, shape }, index) => {
      const bytes = shape.reduce((product, size) => product * size, elementBytes(dtype)) * count;
      const data = Buffer.alloc(bytes);
      const handle = await open(path.join(workDir, `calibration/${index}.bin`));
      try {
        await readFully(handle, data, 0);
      } finally {
        await handle.close();
      }
      return { name, dtype, shape, data };
    }),
  );
  return { kind: 'calibration', count, inputs };
}
