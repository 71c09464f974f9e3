import { match } from '../device/match.js';
import { subjectOfPackage } from '../device/subject.js';
import { ModelconvError } from '../errors.js';
import type { Descriptor } from '../schema/generated/types.js';
import type { Assessment } from './assess.js';

/** What no conversion by the same recipe changes. */
const UNCHANGED: ReadonlySet<string> = new Set(['PRECISION', 'MEMORY']);

/** What keeps a package from being converted again, as its descriptor tells it. */
export function obstacles(
  file: string,
  descriptor: Descriptor,
  { target }: Assessment,
): ModelconvError[] {
  const { conversion } = descriptor;
  const convert = `modelconv convert SOURCE -d ${target?.device.name ?? 'DEVICE'} -o OUT`;
  if (conversion === undefined)
    return [
      new ModelconvError('E_NOT_CONVERTIBLE', {
        what: `${file} does not say how it was made`,
        why: 'it was packed from files that were converted elsewhere',
        next: `convert its source: ${convert}`,
      }),
    ];
  if (target === undefined)
    return [
      new ModelconvError('E_USAGE', {
        what: `${file} does not say for which device it was made`,
        next: `name one: modelconv upgrade ${file} -d DEVICE`,
      }),
    ];
  const misfits = match(subjectOfPackage(descriptor), target.device).reasons.filter(
    ({ code, ok }) => ok === false && UNCHANGED.has(code),
  );
  return misfits.map(
    ({ message }) =>
      new ModelconvError('E_NOT_CONVERTIBLE', {
        what: `converting ${file} again would not make it fit ${target.device.name}`,
        why: message,
        next: `convert its source another way: ${convert} --precision PRECISION`,
      }),
  );
}
