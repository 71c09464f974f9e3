import path from 'node:path';
import { ModelconvError } from '../../errors.js';
import { userConfigDir } from '../../host/user-dirs.js';
import type { DeviceEntry } from '../../schema/generated/types.js';
import { didYouMean } from '../../schema/nearest.js';
import { type Inventory, PROJECT_FILE } from '../inventory.js';

/** What the command line says of the file to change. */
export interface TargetWish {
  readonly to?: string | undefined;
  readonly user?: boolean | undefined;
  readonly devices?: string | undefined;
}

/** The device file of the user. */
export function userFile(): string {
  return path.join(userConfigDir(), 'devices.yaml');
}

/**
 * The file that a device is added to: the named one, else that of the project.
 *
 * @throws ModelconvError `E_USAGE` when two are named.
 */
export function fileToAddTo({ to, user, devices }: TargetWish, cwd: string): string {
  if (to !== undefined && user === true)
    throw new ModelconvError('E_USAGE', {
      what: '--to and --user name two files',
      next: 'leave one of them out',
    });
  if (user === true) return userFile();
  return to ?? devices ?? path.join(cwd, PROJECT_FILE);
}

/**
 * The nearest file that defines a device.
 *
 * @throws ModelconvError `E_DEVICE_UNKNOWN`; `E_USAGE` for devices that no file defines.
 */
export function fileThatDefines(
  { entries }: Inventory,
  name: string,
  { user }: TargetWish,
): string {
  const named = entries.filter(({ device }) => device.name === name);
  const own = named.find(
    ({ file }) => file !== undefined && (user !== true || path.resolve(file) === userFile()),
  );
  if (own?.file !== undefined) return own.file;
  const [other] = named;
  throw other === undefined ? unknownDevice(entries, name) : notInFile(name, other, user === true);
}

function unknownDevice(entries: readonly DeviceEntry[], name: string): ModelconvError {
  const names = entries.filter(({ origin }) => origin === 'file').map(({ device }) => device.name);
  return new ModelconvError('E_DEVICE_UNKNOWN', {
    what: `there is no device named "${name}".${didYouMean(name, names)}`,
    next: 'see what there is: modelconv devices list',
  });
}

function notInFile(name: string, { origin, file }: DeviceEntry, user: boolean): ModelconvError {
  if (user && file !== undefined)
    return new ModelconvError('E_USAGE', {
      what: `"${name}" is not defined in your own device file`,
      why: `it is in ${file}`,
      next: 'leave --user out',
    });
  return new ModelconvError('E_USAGE', {
    what: `"${name}" cannot be changed`,
    why: origin === 'probed' ? 'it is this machine, looked at anew each time' : 'it is built in',
    next:
      origin === 'probed'
        ? 'keep what it is now under another name: modelconv devices probe --save --name NAME'
        : `add one that extends it: modelconv devices add NAME --extends ${name} --set KEY=VALUE`,
  });
}
