import { mkdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { ModelconvError } from '../../errors.js';
import { exists } from '../../host/files.js';
import { withLock } from '../../host/lock.js';
import { checkOutput, writeAtomically } from '../../host/outputs.js';
import type { Device, DeviceEditResult } from '../../schema/generated/types.js';
import { parseDeviceFile, readDeviceText } from '../device-file.js';
import type { Inventory } from '../inventory.js';
import { versionWarning } from '../known-versions.js';
import { completed } from './complete.js';
import { changedFile, type DeviceChange } from './device-change.js';
import { checkResolves, hiddenBy, refuseExtended, resolvedIn, withFile } from './effects.js';
import { userFile } from './target.js';

/** Edits take a fraction of a second. */
const WAIT_MS = 10_000;

/** A change of a device file, and what it is held against. */
export interface EditRequest {
  readonly file: string;
  readonly change: DeviceChange;
  /** All devices as they are, this file's among them where it is one of the inventory. */
  readonly inventory: Inventory;
  readonly dryRun: boolean;
  /** Remove a device that others extend. */
  readonly force: boolean;
  /** The flag that names the file, for messages. */
  readonly flag: string;
}

/**
 * Change one device of a device file, which is left as it was when anything is wrong: before, the file
 * has to be valid; after, it has to be, too, and every device has to resolve. The file is replaced whole, and
 * of two processes that edit it the second one waits for the first.
 *
 * @throws ModelconvError `E_DEVICE_INVALID`, `E_DEVICE_UNKNOWN`, `E_USAGE`, `E_OUTPUT`, `E_BUSY`.
 */
export async function editDeviceFile(request: EditRequest): Promise<DeviceEditResult> {
  const { file, dryRun, flag } = request;
  if (dryRun) return (await edited(request)).result;
  if (path.resolve(file) === userFile()) await mkdir(path.dirname(file), { recursive: true });
  await checkOutput(file, [], true, flag);
  // a link keeps leading to the file
  const place = (await exists(file)) ? await realpath(file) : file;
  const lock = path.join(path.dirname(place), `.${path.basename(place)}.lock`);
  return await withLock(
    lock,
    `${file} is being edited`,
    async () => {
      const { before, text, result } = await edited(request);
      if (result.written) await replace(place, before, text, flag);
      return result;
    },
    { waitMs: WAIT_MS },
  );
}

interface Edited {
  readonly before: string | undefined;
  readonly text: string;
  readonly result: DeviceEditResult;
}

async function edited(request: EditRequest): Promise<Edited> {
  const { file, inventory, dryRun, force } = request;
  const before = (await exists(file)) ? await readDeviceText(file) : undefined;
  const own = before === undefined ? [] : await parseDeviceFile(before, file);
  const change = completed(
    request.change,
    own.find(({ name }) => name === request.change.name),
    withFile(inventory, file, own),
  );
  const text = changedFile(before, file, change);
  const devices = await devicesThen(text, file);
  const after = withFile(inventory, file, devices);
  if (change.kind === 'remove' && !force) refuseExtended(inventory, file, change.name);
  const warnings = checkResolves(inventory, after, file, change.kind === 'remove' && force);
  const device = change.kind === 'remove' ? undefined : resolvedIn(after, file, change);
  if (change.kind === 'add') warnings.push(...hiddenBy(after, file, change.name));
  const odd = device === undefined ? undefined : versionWarning(device);
  if (odd !== undefined) warnings.push(odd);
  return {
    before,
    text,
    result: {
      action: change.kind,
      name: change.name,
      file,
      created: before === undefined,
      written: !dryRun && text !== before,
      ...(device === undefined ? {} : { device }),
      ...(dryRun ? { text } : {}),
      ...(warnings.length === 0 ? {} : { warnings }),
    },
  };
}

/** The devices of the changed text; its faults are those of the change. */
async function devicesThen(text: string, file: string): Promise<Device[]> {
  try {
    return await parseDeviceFile(text, `${file} with this change`);
  } catch (error) {
    throw error instanceof ModelconvError
      ? error.withNext('correct the change; nothing was written')
      : error;
  }
}

async function replace(
  place: string,
  before: string | undefined,
  text: string,
  flag: string,
): Promise<void> {
  const mode = (await stat(place).catch(() => undefined))?.mode;
  await writeAtomically(
    place,
    async (handle) => {
      await handle.writeFile(text);
      if (mode !== undefined) await handle.chmod(mode & 0o777);
      // an editor takes no lock
      const now = (await exists(place)) ? await readDeviceText(place) : undefined;
      if (now !== before)
        throw new ModelconvError('E_BUSY', {
          what: `${place} was changed by another program meanwhile`,
          next: 'try again',
        });
    },
    true,
    flag,
  );
}
