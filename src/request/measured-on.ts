import { parseMaxDrop } from '../accuracy/max-drop.js';
import { ModelconvError } from '../errors.js';
import type { ConversionRequest, RequestEval } from '../schema/generated/types.js';
import type { RequestedCalibration, RequestedEvaluation } from './checked-request.js';
import type { RequestFlags } from './flags.js';

/** The word that asks for generated calibration data. */
const SYNTHETIC = 'synthetic';

export function calibrationOf(
  flags: RequestFlags,
  document: ConversionRequest | undefined,
): RequestedCalibration | undefined {
  const samples = flags.calibrationSamples ?? document?.calibration?.samples;
  const path = flags.calibration ?? document?.calibration?.path;
  const isSynthetic =
    flags.calibration === undefined
      ? document?.calibration?.synthetic === true
      : flags.calibration === SYNTHETIC;
  if (isSynthetic && document?.calibration?.path !== undefined && flags.calibration === undefined)
    throw new ModelconvError('E_USAGE', {
      what: 'calibration has both a path and synthetic: true',
      next: 'leave one of the two out',
    });
  if (isSynthetic) return { synthetic: true, samples };
  if (path !== undefined) return { path, samples };
  if (samples === undefined) return undefined;
  throw new ModelconvError('E_USAGE', {
    what: 'the number of calibration samples is given, but no calibration data',
    next: 'give it with --calibration DIR|FILE',
  });
}

export function evaluationOf(
  flags: RequestFlags,
  document: ConversionRequest | undefined,
): RequestedEvaluation | undefined {
  const { path, output, samples, maxDrop } = {
    ...document?.eval,
    ...(flags.eval === undefined ? {} : { path: flags.eval }),
    ...(flags.evalOutput === undefined ? {} : { output: flags.evalOutput }),
    ...(flags.evalSamples === undefined ? {} : { samples: flags.evalSamples }),
    ...(flags.maxDrop === undefined ? {} : { maxDrop: flags.maxDrop }),
  } as Partial<RequestEval>;
  if (path !== undefined)
    return {
      path,
      output,
      samples,
      maxDrop: maxDrop === undefined ? undefined : parseMaxDrop(maxDrop),
    };
  const idle = [
    ...(flags.evalOutput === undefined ? [] : ['--eval-output']),
    ...(flags.evalSamples === undefined ? [] : ['--eval-samples']),
    ...(flags.maxDrop === undefined ? [] : ['--max-drop']),
  ];
  if (idle.length === 0) return undefined;
  throw new ModelconvError('E_USAGE', {
    what: `${idle.join(', ')} is given, but no data to measure the accuracy on`,
    next: 'give it with --eval DIR|FILE.npz',
  });
}
