import type { Step } from '../../host/run-step.js';
import type { DescribedCalibration } from '../../schema/generated/types.js';
import type { ConversionJob } from '../contract.js';

/** Name of the program that brings calibration data into the form of a tool; part of modelconv. */
export const EXPORT_PROGRAM = 'modelconv-calibration';

/** Directory of the exported data in the work directory. */
export const EXPORT_DIR = 'calibration/exported';

/** What `{calibration}` stands for: the list, or the only file. */
export function exportedCalibration({ form }: DescribedCalibration): string {
  return `${EXPORT_DIR}/${form === 'npy' ? 'samples.npy' : 'list.txt'}`;
}

/** The step that writes it. */
export function exportStep(
  { form, layout = 'as-model', entry = '{file}', separator = ' ' }: DescribedCalibration,
  { timeoutMs }: ConversionJob,
  spec: string,
): Step {
  return {
    label: 'calibration',
    program: EXPORT_PROGRAM,
    args: [
      ...['--spec', spec],
      ...['--form', form],
      ...['--layout', layout],
      ...['--entry', entry],
      ...['--separator', separator],
    ],
    timeoutMs,
  };
}
