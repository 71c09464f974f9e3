import { match } from '../device/match.js';
import { subjectOfModel, subjectOfPackage } from '../device/subject.js';
import { tryReadHead } from '../package/read.js';
import type { CheckResult, Device } from '../schema/generated/types.js';
import { probeModel } from '../source/probe.js';

/**
 * Whether a model, or the model of a package, will load and run on devices. Of a package only the head is read, so
 * this works on encrypted ones, too.
 *
 * @throws ModelconvError as `inspectFile` does.
 */
export async function checkFile(file: string, devices: readonly Device[]): Promise<CheckResult> {
  const head = await tryReadHead(file);
  const subject =
    head === undefined
      ? subjectOfModel((await probeModel(file)).info)
      : subjectOfPackage(head.descriptor);
  return {
    path: file,
    kind: head === undefined ? 'model' : 'package',
    format: subject.format,
    devices: devices.map((device) => {
      const { matches, reasons } = match(subject, device);
      return { device: device.name, matches, reasons: [...reasons] };
    }),
  };
}
