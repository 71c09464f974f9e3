import { accuracyText, dropText } from '../accuracy/accuracy-text.js';
import { ModelconvError } from '../errors.js';
import type { CheckedRequest } from '../request/checked-request.js';
import type { Accuracy } from '../schema/generated/types.js';

/** What was lost, as one sentence; undefined when it is allowed. */
export function accuracyFault(accuracy: Accuracy): string | undefined {
  return accuracy.passed === false ? `${accuracyText(accuracy)}: ${dropText(accuracy)}` : undefined;
}

/** The error of a model that lost more than is allowed. */
export function accuracyError(
  { device, calibration }: Pick<CheckedRequest, 'device' | 'calibration'>,
  accuracy: Accuracy,
): ModelconvError {
  const data = calibration === undefined ? '' : 'give other or more calibration data, ';
  return new ModelconvError('E_ACCURACY', {
    what: `what was converted for ${device.name} loses more accuracy than --max-drop allows`,
    why: accuracyFault(accuracy),
    next: `allow more with --max-drop, ${data}or choose another --precision`,
  });
}
